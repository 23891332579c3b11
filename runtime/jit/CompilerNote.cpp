// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/CompilerNote.h"

#include "runtime/base/Files.h"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <link.h>
#include <span>
#include <vector>

namespace jit {
namespace {

constexpr std::size_t most_headers = 128, most_note_bytes = std::size_t{64} << 10;

template <class T> bool read_into(const InputFile &file, std::uint64_t offset, T &header) {
  return !file.read(offset, std::as_writable_bytes(std::span(&header, 1)));
}

/// The next `bytes` of a segment of notes, whose parts are padded to 4 bytes.
std::optional<std::span<const char>> take(std::span<const char> &rest, std::size_t bytes) {
  const std::size_t padded = (bytes + 3) / 4 * 4;
  if (bytes > rest.size())
    return std::nullopt;
  const std::span<const char> taken = rest.first(bytes);
  rest = rest.subspan(std::min(padded, rest.size()));
  return taken;
}

/// Which note is wanted.
struct Wanted {
  std::string_view owner;
  std::uint32_t kind;
};
constexpr Wanted version_note = {CompilerNote::owner, CompilerNote::version_kind};
constexpr Wanted build_id_note = {"GNU", NT_GNU_BUILD_ID};

/// The contents of the note, if it is in this segment.
std::optional<std::span<const char>> find_note(std::span<const char> rest, const Wanted &wanted) {
  for (;;) {
    const auto header = take(rest, sizeof(Elf64_Nhdr));
    if (!header)
      return std::nullopt;
    Elf64_Nhdr note;
    std::memcpy(&note, header->data(), sizeof note);
    const auto name = take(rest, note.n_namesz);
    const auto contents = name ? take(rest, note.n_descsz) : std::nullopt;
    if (!contents)
      return std::nullopt;
    const std::string_view owner(name->data(), strnlen(name->data(), name->size()));
    if (owner == wanted.owner && note.n_type == wanted.kind)
      return contents;
  }
}

/// The same in all segments of a file; empty if it has none.
Result<std::vector<char>> read_note(const std::filesystem::path &path, const Wanted &wanted) {
  const Result<InputFile> file = InputFile::open(path);
  if (!file)
    return Failure{file.message()};
  const std::vector<char> none;
  Elf64_Ehdr elf;
  if (!read_into(*file, 0, elf) || std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
      elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != EM_X86_64 ||
      elf.e_phentsize != sizeof(Elf64_Phdr) || elf.e_phnum > most_headers)
    return none;
  for (std::uint64_t k = 0; k < elf.e_phnum; ++k) {
    Elf64_Phdr segment;
    if (!read_into(*file, elf.e_phoff + k * sizeof segment, segment))
      return none;
    if (segment.p_type != PT_NOTE || segment.p_filesz > most_note_bytes)
      continue;
    std::vector<char> notes(segment.p_filesz);
    if (file->read(segment.p_offset, std::as_writable_bytes(std::span(notes))))
      return none;
    if (const auto found = find_note(notes, wanted))
      return std::vector<char>(found->begin(), found->end());
  }
  return none;
}

std::string hexadecimal(std::span<const char> bytes) {
  std::string text;
  for (const char byte : bytes)
    for (const int shift : {4, 0})
      text += "0123456789abcdef"[static_cast<unsigned char>(byte) >> shift & 15];
  return text;
}

} // namespace

Result<std::string> read_compiler_version(const std::filesystem::path &path) {
  const Result<std::vector<char>> text = read_note(path, version_note);
  if (!text)
    return Failure{text.message()};
  return std::string(text->begin(), std::ranges::find(*text, '\0'));
}

std::string read_build_id(const std::filesystem::path &path) {
  const Result<std::vector<char>> id = read_note(path, build_id_note);
  return id ? hexadecimal(*id) : "";
}

std::string loaded_build_id(const void *address) {
  struct Search {
    std::uintptr_t address;
    std::string id;
  } search{reinterpret_cast<std::uintptr_t>(address), {}};
  dl_iterate_phdr(
      [](dl_phdr_info *module, std::size_t, void *context) {
        auto &search = *static_cast<Search *>(context);
        const std::span segments(module->dlpi_phdr, module->dlpi_phnum);
        const bool here = std::ranges::any_of(segments, [&](const Elf64_Phdr &segment) {
          return segment.p_type == PT_LOAD &&
                 search.address - module->dlpi_addr - segment.p_vaddr < segment.p_memsz;
        });
        for (const Elf64_Phdr &segment : segments)
          if (here && segment.p_type == PT_NOTE) {
            const auto *notes = reinterpret_cast<const char *>(module->dlpi_addr + segment.p_vaddr);
            if (const auto found = find_note({notes, segment.p_filesz}, build_id_note))
              search.id = hexadecimal(*found);
          }
        return here ? 1 : 0;
      },
      &search);
  return search.id;
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/CompilerNote.h"

#include "runtime/base/Files.h"

#include <cstring>
#include <elf.h>
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

/// The version, if it is in this segment.
std::optional<std::string> version_in(std::span<const char> rest) {
  for (;;) {
    const auto header = take(rest, sizeof(Elf64_Nhdr));
    if (!header)
      return std::nullopt;
    Elf64_Nhdr note;
    std::memcpy(&note, header->data(), sizeof note);
    const auto name = take(rest, note.n_namesz);
    const auto text = name ? take(rest, note.n_descsz) : std::nullopt;
    if (!text)
      return std::nullopt;
    const std::string_view owner(name->data(), strnlen(name->data(), name->size()));
    if (owner == CompilerNote::owner && note.n_type == CompilerNote::version_kind)
      return std::string(text->data(), strnlen(text->data(), text->size()));
  }
}

} // namespace

Result<std::string> read_compiler_version(const std::filesystem::path &path) {
  const Result<InputFile> file = InputFile::open(path);
  if (!file)
    return Failure{file.message()};
  Elf64_Ehdr elf;
  if (!read_into(*file, 0, elf) || std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
      elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != EM_X86_64 ||
      elf.e_phentsize != sizeof(Elf64_Phdr) || elf.e_phnum > most_headers)
    return std::string();
  for (std::uint64_t k = 0; k < elf.e_phnum; ++k) {
    Elf64_Phdr segment;
    if (!read_into(*file, elf.e_phoff + k * sizeof segment, segment))
      return std::string();
    if (segment.p_type != PT_NOTE || segment.p_filesz > most_note_bytes)
      continue;
    std::vector<char> notes(segment.p_filesz);
    if (file->read(segment.p_offset, std::as_writable_bytes(std::span(notes))))
      return std::string();
    if (auto version = version_in(notes))
      return *version;
  }
  return std::string();
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The header and the table are structs that lie in the file as in memory.
#include "runtime/program/Container.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

namespace jit {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::array<char, 8> magic = {'T', 'J', 'F', 'I', 'L', 'E', '1', '\n'};

struct Header {
  std::array<char, 8> magic = jit::magic;
  std::uint32_t sections = 0, zero = 0;
  std::uint64_t bytes = 0;
  Digest table{};
  std::uint64_t more_zeros = 0;
};
static_assert(sizeof(Header) == 64);

struct Entry {
  SectionKind kind{};
  std::uint32_t target = 0;
  std::uint64_t offset = 0, bytes = 0;
  std::uint32_t flags = 0, zero = 0;
  Digest digest{};
};
static_assert(sizeof(Entry) == 64);

constexpr std::uint64_t alignment_of(SectionKind kind) {
  return kind == SectionKind::code || kind == SectionKind::constants ? 4096 : 64;
}
constexpr std::uint64_t next_place(std::uint64_t end, SectionKind kind) {
  const std::uint64_t alignment = alignment_of(kind);
  return (end + alignment - 1) / alignment * alignment;
}

constexpr bool is_known(SectionKind kind) {
  return kind >= SectionKind::key && kind <= SectionKind::profile;
}

constexpr std::uint64_t most_bytes(SectionKind kind) {
  switch (kind) {
  case SectionKind::key:
  case SectionKind::plan:
  case SectionKind::kernels:
    return max_plan_bytes;
  case SectionKind::code:
    return max_code_bytes;
  case SectionKind::bundle:
  case SectionKind::trace:
  case SectionKind::profile:
    return max_plan_bytes;
  case SectionKind::program:
    return max_code_bytes + 4 * max_plan_bytes;
  case SectionKind::constants:
    break;
  }
  return max_container_bytes;
}

/// Reads the structs of one file, and says what is wrong at which offset.
class Reader {
public:
  Reader(std::span<const std::byte> file, const std::string &name) : file(file), name(name) {}

  std::optional<std::string> read(std::vector<Section> &list) {
    if (file.size() > max_container_bytes)
      return wrong(max_container_bytes, "the file is longer than 2^40 bytes");
    Header header;
    if (file.size() < sizeof header)
      return wrong(file.size(), "the file ends in its header");
    std::memcpy(&header, file.data(), sizeof header);
    if (auto problem = check(header))
      return problem;
    for (std::size_t k = 0; k < header.sections; ++k)
      if (auto problem = read_section(k, list))
        return problem;
    if (end != file.size())
      return wrong(end, "bytes behind the last section");
    return std::nullopt;
  }

private:
  std::optional<std::string> check(const Header &header) {
    if (header.magic != magic)
      return wrong(0, "not a file of tracejit: it does not begin with TJFILE1");
    if (header.sections > max_container_sections)
      return wrong(8, std::to_string(header.sections) + " sections, at most " +
                          std::to_string(max_container_sections) + " are read");
    if (header.zero != 0)
      return wrong(12, "not zero");
    if (header.bytes != file.size())
      return wrong(16, "the file has " + std::to_string(file.size()) + " bytes, not " +
                           std::to_string(header.bytes) + " as it says");
    if (header.more_zeros != 0)
      return wrong(56, "not zero");
    const std::size_t table_bytes = header.sections * sizeof(Entry);
    if (file.size() - sizeof header < table_bytes)
      return wrong(file.size(), "the file ends in its table of sections");
    if (sha256(file.subspan(sizeof header, table_bytes)) != header.table)
      return wrong(24, "the table of sections does not have this digest");
    end = sizeof header + table_bytes;
    return std::nullopt;
  }

  std::optional<std::string> read_section(std::size_t number, std::vector<Section> &list) {
    const std::size_t at = sizeof(Header) + number * sizeof(Entry);
    Entry entry;
    std::memcpy(&entry, file.data() + at, sizeof entry);
    const std::string section = "section " + std::to_string(number) + ": ";
    if (entry.zero != 0 || (entry.flags & ~section_is_required) != 0)
      return wrong(at + 24, section + "unknown flags");
    if (!is_known(entry.kind) && (entry.flags & section_is_required))
      return wrong(at, section + "of a kind that this version does not know, and required");
    if (entry.bytes > most_bytes(entry.kind))
      return wrong(at + 16, section + std::to_string(entry.bytes) + " bytes, at most " +
                                std::to_string(most_bytes(entry.kind)) + " are read");
    const std::uint64_t place = next_place(end, entry.kind);
    if (entry.offset != place)
      return wrong(at + 8, section + "begins at " + std::to_string(entry.offset) + ", not at " +
                               std::to_string(place) + " behind what comes before");
    if (place > file.size() || entry.bytes > file.size() - place)
      return wrong(at + 16, section + "ends behind the end of the file");
    const auto padding = file.subspan(end, place - end);
    if (std::ranges::any_of(padding, [](std::byte byte) { return byte != std::byte{}; }))
      return wrong(end, section + "the padding in front of it is not zero");
    end = place + entry.bytes;
    list.push_back({entry.kind, entry.target, entry.flags, entry.offset,
                    file.subspan(place, entry.bytes), entry.digest});
    return std::nullopt;
  }

  std::string wrong(std::uint64_t offset, const std::string &rule) const {
    return name + ": at byte " + std::to_string(offset) + ": " + rule;
  }

  std::span<const std::byte> file;
  const std::string &name;
  std::uint64_t end = 0; ///< of what was read
};

} // namespace

Digest digest_of_table(std::span<const std::byte> file) {
  Header header;
  assert(file.size() >= sizeof header);
  std::memcpy(&header, file.data(), sizeof header);
  return header.table;
}

Result<Container> Container::read(std::span<const std::byte> file, std::string name) {
  Container container;
  container.name = std::move(name);
  if (auto problem = Reader(file, container.name).read(container.list))
    return Failure{std::move(*problem)};
  return container;
}

const Section *Container::find(SectionKind kind, std::uint32_t target) const noexcept {
  for (const Section &section : list)
    if (section.kind == kind && section.target == target)
      return &section;
  return nullptr;
}

std::optional<std::string> Container::verify(const Section &section) const {
  if (sha256(section.bytes) == section.digest)
    return std::nullopt;
  return name + ": at byte " + std::to_string(section.offset) +
         ": the section does not have its digest";
}

ContainerWriter &ContainerWriter::add(SectionKind kind, std::span<const std::byte> bytes,
                                      std::uint32_t target, std::uint32_t flags) {
  assert(list.size() < max_container_sections && bytes.size() <= most_bytes(kind));
  list.push_back({kind, target, flags, 0, bytes, {}});
  return *this;
}

std::vector<std::byte> ContainerWriter::file() const {
  std::vector<Entry> table;
  std::uint64_t end = sizeof(Header) + list.size() * sizeof(Entry);
  for (const Section &section : list) {
    const std::uint64_t place = next_place(end, section.kind);
    end = place + section.bytes.size();
    table.push_back({section.kind, section.target, place, section.bytes.size(), section.flags, 0,
                     sha256(section.bytes)});
  }
  Header header;
  header.sections = static_cast<std::uint32_t>(list.size());
  header.bytes = end;
  header.table = sha256(std::as_bytes(std::span(table)));
  std::vector<std::byte> bytes(end);
  const auto put = [&](std::uint64_t place, std::span<const std::byte> what) {
    std::ranges::copy(what, bytes.begin() + static_cast<std::ptrdiff_t>(place));
  };
  put(0, std::as_bytes(std::span(&header, 1)));
  put(sizeof header, std::as_bytes(std::span(table)));
  for (std::size_t k = 0; k < list.size(); ++k)
    put(table[k].offset, list[k].bytes);
  return bytes;
}

} // namespace jit

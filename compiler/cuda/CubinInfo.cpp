// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Section .nv.info is a list of attributes: a format, a number, and for format 4 a size and so many
// bytes; those read here are a symbol's index and a value.
#include "compiler/cuda/CubinInfo.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace jit::gpu {
namespace {

struct Section {
  std::uint32_t name, type;
  std::uint64_t flags, address, offset, size;
  std::uint32_t link, info;
  std::uint64_t alignment, entry_size;
};
static_assert(sizeof(Section) == 64);

struct Symbol {
  std::uint32_t name;
  std::uint8_t info, other;
  std::uint16_t section;
  std::uint64_t value, size;
};
static_assert(sizeof(Symbol) == 24);

constexpr std::uint16_t machine_cuda = 190;
constexpr std::uint32_t symbol_table = 2;
constexpr std::uint8_t with_size = 4;
enum Attribute : std::uint8_t { frame_size = 0x11, min_stack_size = 0x12, register_count = 0x2f };

class Reader {
public:
  explicit Reader(std::span<const char> bytes) : bytes(bytes) {}

  bool read_sections() {
    constexpr char magic[] = {0x7f, 'E', 'L', 'F', 2};
    const auto machine = at<std::uint16_t>(18), entry = at<std::uint16_t>(58);
    const auto count = at<std::uint16_t>(60), names = at<std::uint16_t>(62);
    const auto offset = at<std::uint64_t>(40);
    if (!is_whole || std::memcmp(bytes.data(), magic, sizeof magic) != 0 ||
        machine != machine_cuda || entry != sizeof(Section) || names >= count)
      return false;
    for (std::uint64_t k = 0; k < count && is_whole; ++k)
      sections.push_back(at<Section>(offset + k * sizeof(Section)));
    if (is_whole)
      section_names = sections[names];
    return is_whole;
  }

  std::optional<std::map<std::string, KernelResources>> run() {
    if (!read_sections())
      return std::nullopt;
    for (const Section &section : sections)
      if (section.type == symbol_table)
        symbols = section;
    if (symbols.link >= sections.size())
      return std::nullopt;
    symbol_names = sections[symbols.link];
    for (const Section &section : sections)
      if (string(section_names, section.name) == ".nv.info")
        read_attributes(section);
    return is_whole ? std::optional(std::move(kernels)) : std::nullopt;
  }

private:
  template <class T> T at(std::uint64_t offset) {
    T value{};
    if (bytes.size() < sizeof(T) || offset > bytes.size() - sizeof(T))
      is_whole = false;
    else
      std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
  }

  std::string string(const Section &strings, std::uint32_t offset) {
    const std::uint64_t begin = strings.offset + offset;
    if (begin >= bytes.size()) {
      is_whole = false;
      return {};
    }
    const std::string_view rest(bytes.data() + begin, bytes.size() - begin);
    return std::string(rest.substr(0, rest.find('\0')));
  }

  void read_attributes(const Section &section) {
    for (std::uint64_t offset = 0; is_whole && offset + 4 <= section.size;) {
      const std::uint64_t place = section.offset + offset;
      const auto format = at<std::uint8_t>(place), attribute = at<std::uint8_t>(place + 1);
      const auto size = at<std::uint16_t>(place + 2);
      offset += 4;
      if (format != with_size)
        continue; // the value is where others have the size
      if (size == 8)
        take(attribute, at<std::uint32_t>(place + 4), at<std::uint32_t>(place + 8));
      offset += size;
    }
  }

  void take(std::uint8_t attribute, std::uint32_t symbol, std::uint32_t value) {
    if (attribute != frame_size && attribute != min_stack_size && attribute != register_count)
      return;
    const auto entry = at<Symbol>(symbols.offset + std::uint64_t{symbol} * sizeof(Symbol));
    KernelResources &kernel = kernels[string(symbol_names, entry.name)];
    (attribute == frame_size       ? kernel.frame_bytes
     : attribute == min_stack_size ? kernel.stack_bytes
                                   : kernel.registers) = value;
  }

  std::span<const char> bytes;
  bool is_whole = true;
  std::vector<Section> sections;
  Section section_names{}, symbols{}, symbol_names{};
  std::map<std::string, KernelResources> kernels;
};

} // namespace

std::optional<std::map<std::string, KernelResources>> cubin_info(std::span<const char> cubin) {
  return Reader(cubin).run();
}

} // namespace jit::gpu

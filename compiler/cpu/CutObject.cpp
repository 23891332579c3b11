// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From an ELF object to blobs: sections of functions are taken whole, of constants what the
// functions refer to.
#include "compiler/cpu/CutObject.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/Endian.h>
#include <llvm/Support/MathExtras.h>

#include <cstring>
#include <tuple>

namespace jit::cpu {
namespace {

using Object = llvm::object::ELF64LEObjectFile;
using llvm::object::SectionRef;

/// A symbol of the object; `section` is 0 if it is defined elsewhere.
struct Symbol {
  std::uint64_t section = 0, value = 0;
  std::string name;
  bool names_section = false; ///< all of it
};
/// A place in a section that holds the distance to a symbol, plus `addend`.
struct Distance {
  std::uint64_t offset;
  Symbol to;
  std::int64_t addend;
};
/// Bytes [begin, end) of a section and where they lie in the blob.
struct Piece {
  std::uint64_t section, begin, end, alignment;
  std::uint64_t place = 0;

  bool same_bytes(const Piece &other) const {
    return section == other.section && begin == other.begin && end == other.end;
  }
};

class Cutter {
public:
  explicit Cutter(const Object &object) : object(object) {}
  std::string read();
  std::string cut(llvm::ArrayRef<std::string> functions, KernelBlob &blob) const;

private:
  std::string read_symbols();
  std::string read_distances();
  Piece piece_of(const Symbol &symbol, bool whole) const;
  llvm::ArrayRef<Distance> distances_in(const Piece &piece) const {
    const auto found = distances.find(piece.section);
    return found == distances.end() ? llvm::ArrayRef<Distance>()
                                    : llvm::ArrayRef<Distance>(found->second);
  }

  const Object &object;
  llvm::DenseMap<std::uint64_t, SectionRef> sections; ///< by index
  llvm::StringMap<Symbol> functions;
  llvm::DenseMap<std::uint64_t, std::vector<std::uint64_t>> starts; ///< symbols of a section
  llvm::DenseMap<std::uint64_t, std::vector<Distance>> distances;   ///< by section
};

/// The value, or nothing and its message in `failure`.
template <class T> std::optional<T> get(llvm::Expected<T> value, std::string &failure) {
  if (value)
    return std::move(*value);
  failure = llvm::toString(value.takeError());
  return std::nullopt;
}

} // namespace

static std::optional<Symbol> describe(const llvm::object::ELFSymbolRef &symbol,
                                      const Object &object, std::string &failure) {
  const auto name = get(symbol.getName(), failure);
  const auto section = get(symbol.getSection(), failure);
  if (!name || !section)
    return std::nullopt;
  Symbol result{0, 0, name->str()};
  if (*section == object.section_end())
    return result;
  result.section = (*section)->getIndex();
  result.names_section = symbol.getELFType() == llvm::ELF::STT_SECTION;
  const auto value = get(symbol.getValue(), failure);
  if (!value)
    return std::nullopt;
  result.value = *value;
  return result;
}

std::string Cutter::read_symbols() {
  std::string failure;
  for (const llvm::object::ELFSymbolRef symbol : object.symbols()) {
    const auto found = describe(symbol, object, failure);
    if (!found)
      return failure;
    if (!found->section)
      continue;
    starts[found->section].push_back(found->value);
    if (symbol.getELFType() == llvm::ELF::STT_FUNC)
      functions[found->name] = *found;
  }
  for (auto &[section, values] : starts)
    llvm::sort(values);
  return "";
}

std::string Cutter::read_distances() {
  std::string failure;
  for (const SectionRef &section : object.sections()) {
    const auto target = get(section.getRelocatedSection(), failure);
    if (!target)
      return failure;
    if (*target == object.section_end() || !((*target)->isText() || (*target)->isData()))
      continue;
    for (const llvm::object::ELFRelocationRef each : section.relocations()) {
      const auto symbol = describe(*each.getSymbol(), object, failure);
      const auto addend = get(each.getAddend(), failure);
      if (!symbol || !addend)
        return failure;
      if (!symbol->section)
        return "the code needs " + symbol->name;
      if (each.getType() != llvm::ELF::R_X86_64_PC32)
        return "the code is not position-independent: " + symbol->name;
      distances[(*target)->getIndex()].push_back({each.getOffset(), *symbol, *addend});
    }
  }
  return "";
}

std::string Cutter::read() {
  for (const SectionRef &section : object.sections())
    sections[section.getIndex()] = section;
  std::string failure = read_symbols();
  return failure.empty() ? read_distances() : failure;
}

/// What a symbol names: up to the next symbol, or its whole section.
Piece Cutter::piece_of(const Symbol &symbol, bool whole) const {
  const SectionRef section = sections.lookup(symbol.section);
  const std::uint64_t alignment = section.getAlignment().value();
  if (whole)
    return {symbol.section, 0, section.getSize(), alignment};
  const std::vector<std::uint64_t> &values = starts.find(symbol.section)->second;
  const auto next = llvm::upper_bound(values, symbol.value);
  const std::uint64_t lowest_bit = symbol.value & -symbol.value;
  return {symbol.section, symbol.value, next == values.end() ? section.getSize() : *next,
          lowest_bit ? std::min(alignment, lowest_bit) : alignment};
}

std::string Cutter::cut(llvm::ArrayRef<std::string> names, KernelBlob &blob) const {
  llvm::SmallVector<Piece> code, constants;
  for (const std::string &name : names) {
    const auto found = functions.find(name);
    if (found == functions.end())
      return "the object lacks " + name;
    if (found->second.value != 0)
      return name + " does not begin its section";
    code.push_back(piece_of(found->second, true));
  }
  for (const Piece &function : code)
    for (const Distance &each : distances_in(function)) {
      const Piece piece = piece_of(each.to, each.to.names_section);
      if (!distances_in(piece).empty())
        return "constants of " + each.to.name + " hold addresses";
      if (llvm::none_of(constants, [&](const Piece &known) { return known.same_bytes(piece); }))
        constants.push_back(piece);
    }
  llvm::sort(constants, [](const Piece &a, const Piece &b) {
    return std::tie(b.alignment, a.section, a.begin) < std::tie(a.alignment, b.section, b.begin);
  });

  std::uint64_t size = 0;
  std::string failure;
  const auto put = [&](Piece &piece) {
    piece.place = llvm::alignTo(size, piece.alignment);
    size = piece.place + (piece.end - piece.begin);
    blob.bytes.resize(size);
    const auto contents = get(sections.lookup(piece.section).getContents(), failure);
    if (contents)
      std::memcpy(&blob.bytes[piece.place], contents->data() + piece.begin,
                  piece.end - piece.begin);
  };
  llvm::for_each(constants, put);
  llvm::for_each(code, put);
  for (const Piece &function : code) {
    blob.entries.push_back(function.place);
    for (const Distance &each : distances_in(function)) {
      const Piece wanted = piece_of(each.to, each.to.names_section);
      const auto piece =
          llvm::find_if(constants, [&](const Piece &known) { return known.same_bytes(wanted); });
      const std::uint64_t at = function.place + each.offset;
      const std::uint64_t to = piece->place + each.to.value - piece->begin;
      const auto distance = static_cast<std::int64_t>(to - at) + each.addend;
      llvm::support::endian::write32le(&blob.bytes[at], static_cast<std::uint32_t>(distance));
    }
  }
  return failure;
}

std::string cut_object(llvm::MemoryBufferRef object,
                       llvm::ArrayRef<std::vector<std::string>> kernels,
                       std::vector<KernelBlob> &blobs) {
  std::string failure;
  const auto file = get(Object::create(object), failure);
  if (!file)
    return failure;
  Cutter cutter(*file);
  failure = cutter.read();
  blobs.assign(kernels.size(), {});
  for (std::size_t k = 0; k < kernels.size() && failure.empty(); ++k)
    failure = cutter.cut(kernels[k], blobs[k]);
  return failure;
}

} // namespace jit::cpu

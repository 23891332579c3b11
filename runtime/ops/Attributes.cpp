// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Words of attributes: writing, reading, checking, interning.
#include "runtime/ops/Attributes.h"
#include "runtime/base/InternTable.h"

#include <algorithm>

namespace jit {
namespace {

constinit InternTable<Attr> attributes;

bool is_well_formed(const AttrField &field, AttrWords &rest) noexcept {
  if (rest.empty())
    return false;
  const std::int64_t word = rest.front();
  rest = rest.subspan(1);
  switch (field.kind) {
  case AttrKind::integer:
    return true;
  case AttrKind::boolean:
    return word == 0 || word == 1;
  case AttrKind::dtype:
    return word >= 0 && word <= static_cast<std::int64_t>(DType::f64);
  case AttrKind::list:
    if (word < 0 || word > max_rank || static_cast<std::size_t>(word) > rest.size())
      return false;
    rest = rest.subspan(static_cast<std::size_t>(word));
    return true;
  }
  return false;
}

} // namespace

AttrWriter &AttrWriter::list(Dims values) {
  integer(static_cast<std::int64_t>(values.size()));
  for (std::int64_t value : values)
    integer(value);
  return *this;
}

DimList AttrReader::list() {
  const auto count = static_cast<std::size_t>(integer());
  DimList values{words.subspan(next, count)};
  next += count;
  return values;
}

bool attrs_well_formed(const OpInfo &op, AttrWords words) noexcept {
  for (const AttrField &field : op.attrs)
    if (!is_well_formed(field, words))
      return false;
  return words.empty();
}

const Attr *intern_attr(AttrWords words) {
  std::uint64_t hash = words.size();
  for (std::int64_t word : words)
    hash = hash_word(hash, static_cast<std::uint64_t>(word));
  return attributes.find_or_add(
      hash, [&](const Attr &attr) { return std::ranges::equal(attr.words, words); },
      [&] { return new Attr{{words.begin(), words.end()}, hash}; });
}

} // namespace jit

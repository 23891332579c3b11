// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attributes of ops: words with a generated typed view (SumAttrs, SliceAttrs, ...), interned for
// comparing.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/ops/OpTable.h"

#include <vector>

namespace jit {

/// Interned words: equal attributes are the same pointer. Never freed; the table is capped.
struct Attr {
  std::vector<std::int64_t> words;
  std::uint64_t hash;
};

/// Finds or adds; nullptr past the cap (65,536 entries), and then the op cannot be traced.
const Attr *intern_attr(AttrWords words);

/// Appends the words of one attribute after another, in record order.
class AttrWriter {
public:
  AttrWriter &integer(std::int64_t value) { return push(value); }
  AttrWriter &boolean(bool value) { return push(value); }
  AttrWriter &dtype(DType value) { return push(static_cast<std::int64_t>(value)); }
  AttrWriter &list(Dims values);
  operator AttrWords() const noexcept { return {words.data(), count}; }

private:
  AttrWriter &push(std::int64_t value) noexcept {
    words[count++] = value;
    return *this;
  }
  std::array<std::int64_t, 4 * (max_rank + 1)> words;
  std::size_t count = 0;
};

/// Reads them back in the same order. Precondition: the words were written for the same op, or
/// checked.
class AttrReader {
public:
  explicit AttrReader(AttrWords words) noexcept : words(words) {}
  std::int64_t integer() noexcept { return words[next++]; }
  bool boolean() noexcept { return integer() != 0; }
  DType dtype() noexcept { return static_cast<DType>(integer()); }
  TRACEJIT_PRIVATE DimList list();

private:
  AttrWords words;
  std::size_t next = 0;
};

/// Whether the words fit the op's fields: count, list lengths <= max_rank, known dtypes. For input
/// from files.
bool attrs_well_formed(const OpInfo &op, AttrWords words) noexcept;

/// "axis=[0,1] keepdims=true", as in trace files and messages; empty without attributes.
std::string attrs_to_string(const OpInfo &op, AttrWords words);

/// Reads the same text: every field once, in record order. Returns the message of an error, as from
/// files.
std::optional<std::string> attrs_from_string(const OpInfo &op, std::string_view text,
                                             std::vector<std::int64_t> &words);

} // namespace jit

#include "runtime/ops/AttrStructs.inc"

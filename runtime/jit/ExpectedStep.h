// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ExpectedStep: the one op that is expected next. One cache line with all that the quick way of
// matching compares, and all that follows from a match.
#pragma once

#include "runtime/ops/NumberRange.h"
#include "runtime/tensor/Impl.h"

#include <array>
#include <cstdint>

namespace jit {

/// What is expected of one operand, as a word that mostly one comparison decides by.
class ExpectedWord {
public:
  /// In the lowest byte; in between are numbers, each the kind of an Operand that holds it, and
  /// integers in the range of a dtype, which is in the second byte.
  enum Tag : std::uint8_t { value, input, ranged = 0xfe, new_input = 0xff };

  ExpectedWord() noexcept = default;
  /// A value that waits in the session: by how much its place differs from that of value 0. The
  /// place of what is ready or failed differs in one of the two top bits, and the places of other
  /// sessions somewhere in the address.
  static ExpectedWord of_value(std::uint32_t v) noexcept {
    return ExpectedWord(std::uintptr_t{v} << Where::slot_shift);
  }
  /// An input that was bound before.
  static ExpectedWord of_input(std::uint32_t k) noexcept {
    return ExpectedWord(std::uintptr_t{k} << 32 | input);
  }
  /// One that is bound with this op.
  static ExpectedWord of_new_input() noexcept { return ExpectedWord(new_input); }
  static ExpectedWord of_number(std::uint32_t k, ScalarKind kind) noexcept {
    return ExpectedWord(std::uintptr_t{k} << 32 | detail::Access::kind_of_number(kind));
  }
  static ExpectedWord of_ranged_integer(std::uint32_t k, DType dtype) noexcept {
    return ExpectedWord(std::uintptr_t{k} << 32 | static_cast<std::uintptr_t>(dtype) << 8 | ranged);
  }

  std::uint8_t tag() const noexcept { return static_cast<std::uint8_t>(bits); }
  /// Of an input or number.
  std::uint32_t index() const noexcept { return static_cast<std::uint32_t>(bits >> 32); }
  /// Of an integer in a range.
  bool holds(std::int64_t number) const noexcept {
    return number_range(static_cast<DType>(bits >> 8 & 0xff)).holds(number);
  }
  /// Whether this is where the expected value waits. Precondition: the tag is `value`.
  bool fits(Where where, Where first_value) const noexcept {
    return where.difference(first_value) == bits;
  }

private:
  explicit ExpectedWord(std::uintptr_t bits) noexcept : bits(bits) {}
  std::uintptr_t bits = 0;
};

/// Of an op with one result, without attributes and indices to check.
struct alignas(64) ExpectedStep {
  static constexpr std::size_t most_operands = 3;
  static constexpr OpKind no_op{0xffff};

  OpKind op = no_op; ///< no_op: nothing fits
  std::uint8_t operand_count = 0;
  /// The op, if it binds inputs or has a number in a range, which takes a way of its own: then `op`
  /// is no_op.
  OpKind binding_op = no_op;
  std::uint32_t node = 0;             ///< of the trie
  std::uint32_t value = 0;            ///< number of the result
  std::uint32_t numbers = 0;          ///< bound with this op and before
  const Meta *meta = nullptr;         ///< of the result
  const ExpectedStep *next = nullptr; ///< what is expected afterwards; never null in a trie
  std::array<ExpectedWord, most_operands> operands{};
};
static_assert(sizeof(ExpectedStep) == 64);

/// Where nothing is expected.
extern constinit const ExpectedStep no_step;

} // namespace jit

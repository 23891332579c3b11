// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RowPlan: the body of a row op made ready to run: inner loops, and places for values in a
// workspace of one tile. A tile is `rows` positions along the axis by some columns.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/ScalarValue.h"

namespace jit {

/// A body is at most this long; its operands and results are values.
inline constexpr int max_steps = 16;
inline constexpr int max_row_operands = 6;
inline constexpr int max_values = max_row_operands + max_steps * (max_results + 3);

struct RowValue {
  enum Extent : std::uint8_t {
    number,  ///< one element for the whole tensor
    column,  ///< one for each column: the result of a reduction
    element, ///< one for each position
  };
  Extent extent = number;
  DType dtype = DType::f32;
  std::int8_t place = -1; ///< of its columns or elements in the workspace
  ScalarValue value;      ///< of a number
};

struct RowStep {
  OpKind op;
  ElementLoop loop; ///< null for a reduction
  std::uint8_t operand_count;
  std::uint8_t operands[3]; ///< values
  std::uint8_t result;      ///< value; a second result follows it
};

/// Values: first the operands of the op, then the results of the steps and the constants.
struct RowPlan {
  RowValue values[max_values];
  RowStep steps[max_steps];
  int step_count = 0;
  int value_count = 0;
  int result = 0;
  int element_places = 0;
  int column_places = 0;
  DType dtype = DType::f32;
};

/// `call` is of a row op; its dtype is that of the first result.
RowPlan make_row_plan(const KernelTable &table, const OpInfo &op, const KernelCall &call) noexcept;

} // namespace jit

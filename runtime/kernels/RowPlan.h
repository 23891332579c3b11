// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RowPlan: the body of a row op made ready to run: inner loops, and places for values in a
// workspace of one tile. A tile is `rows` positions along the axis by some columns.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/ScalarValue.h"
#include "runtime/ops/Limits.h"

namespace jit {

/// Operands, results of steps and constants of a body.
inline constexpr int max_values =
    max_row_operands + max_row_steps * (max_results + max_element_operands);

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
  std::uint8_t operands[max_element_operands]; ///< values
  std::uint8_t result;                         ///< value; a second result follows it
};

/// Values: first the operands of the op, then the results of the steps and the constants.
struct RowPlan {
  RowValue values[max_values];
  RowStep steps[max_row_steps];
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

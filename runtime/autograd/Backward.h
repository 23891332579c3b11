// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Backward: one recorded op as its gradient sees it. Gradients call public functions only, so that
// the backward pass is recorded, traced and fused like any other code.
#pragma once

#include "runtime/ops/OpTable.h"
#include "runtime/tensor/DeviceMemory.h"

#include <tracejit/ops.h>

#include <array>
#include <span>

namespace jit::autograd {

/// What the gradient of one operand needs kept: bit i for operand i, bit 8 + r for result r.
using Keep = std::uint16_t;
inline constexpr Keep first_result = 8;
/// Operands beyond the sixth share its bit; only concat has so many, and it keeps none.
inline constexpr std::size_t last_operand_bit = first_result - 1;

class Backward;
/// One op of the table; `apply` is null for an op whose result is a constant. Tables are generated
/// from dialects/trace/Gradients.td.
struct GradientRule {
  void (*apply)(Backward &);
  std::span<const Keep> keeps; ///< by operand
  /// What of it an op with these attributes needs; null: all.
  Keep (*narrowed)(AttrWords, Keep);
};
const GradientRule &gradient_rule(OpKind op) noexcept;

/// An operand of a recorded op.
struct TapeOperand {
  static constexpr std::uint32_t constant = 0xffffffff;
  std::uint32_t parent = constant; ///< its value number on the tape
  Impl *kept = nullptr;            ///< a reference, if a gradient needs the value
  const Meta *meta = nullptr;      ///< null for a number
  Scalar number = 0;
};

class Backward {
public:
  OpKind op;
  AttrWords attrs;
  std::span<const TapeOperand> operands;
  std::array<Impl *, max_results> results{}; ///< those kept
  std::array<Tensor, max_results> upstream;  ///< gradients of the results, may be empty
  const std::vector<bool> *wanted = nullptr; ///< by operand
  std::span<Tensor> given;                   ///< by operand
  std::source_location site;                 ///< of the call that asked for gradients

  /// Whether the gradient of an operand is asked for.
  bool wants(std::size_t operand) const { return (*wanted)[operand]; }
  /// Whether a result takes part.
  bool has_dy(std::size_t result) const noexcept { return !upstream[result].empty(); }
  Operand dy(std::size_t result = 0) const { return {upstream[result], site}; }
  /// A tensor that the record says is kept, or a number.
  Operand operand(std::size_t i) const;
  Operand result(std::size_t r) const;
  Operand at(Tensor &&value) const { return {std::move(value), site}; }
  Operand at(const Tensor &value) const { return {value, site}; }
  template <Number T> Operand at(T number) const { return {number, site}; }
  Dims shape(std::size_t i) const noexcept { return operands[i].meta->dims(); }
  DType dtype(std::size_t i) const noexcept { return operands[i].meta->dtype; }
  /// Reductions in the gradient of a row op: over the row axis, which is kept.
  Reduce row() const;
  /// The gradient of an operand: summed over what broadcasting repeated, in the operand's dtype.
  void give(std::size_t operand, Operand gradient);
};

/// The gradient of a value of shape `shape` that was broadcast to that of x.
Tensor sum_to(const Backward &b, Tensor x, Dims shape);

} // namespace jit::autograd

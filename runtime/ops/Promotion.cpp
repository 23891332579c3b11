// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// dtype promotion and the type rules.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/OpTable.h"

#include <algorithm>

namespace jit {
namespace {

// bool < integer < floating, as ScalarKind orders them.
ScalarKind kind_of(DType dtype) noexcept {
  if (is_float(dtype))
    return ScalarKind::floating;
  return is_integer(dtype) ? ScalarKind::integer : ScalarKind::boolean;
}

DType to_floating(DType dtype) noexcept { return is_float(dtype) ? dtype : DType::f32; }

/// Whether an operand takes part in promotion: numbers of elementwise ops do, indices, view starts
/// and the like do not.
bool promotes(const OpInfo &op, std::size_t operand) noexcept {
  const OperandField &field = op.operands[std::min(operand, op.operands.size() - 1)];
  if (op.types == TypeRule::select && operand == 0)
    return false;
  return field.kind == OperandKind::any || field.kind == OperandKind::tensor;
}

DType promote_participants(const OpInfo &op, std::span<const OperandType> operands) noexcept {
  DType tensors = DType::boolean;
  ScalarKind numbers = ScalarKind::boolean;
  bool any_tensor = false;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (!promotes(op, i))
      continue;
    const OperandType &operand = operands[i];
    if (operand.meta) {
      tensors = promote(tensors, operand.meta->dtype);
      any_tensor = true;
    } else {
      numbers = std::max(numbers, operand.kind);
    }
  }
  return any_tensor && kind_of(tensors) >= numbers ? tensors : default_dtype(numbers);
}

} // namespace

DType default_dtype(ScalarKind kind) noexcept {
  switch (kind) {
  case ScalarKind::boolean:
    return DType::boolean;
  case ScalarKind::integer:
    return DType::i64;
  case ScalarKind::floating:
    return DType::f32;
  }
  return DType::f32;
}

DType promote(DType x, DType y) noexcept {
  if (is_float(x) || is_float(y) || x == DType::boolean || y == DType::boolean ||
      is_unsigned(x) == is_unsigned(y))
    return std::max(x, y); // within each kind DType goes from narrow to wide
  const DType of_unsigned = is_unsigned(x) ? x : y, of_signed = is_unsigned(x) ? y : x;
  if (itemsize(of_signed) > itemsize(of_unsigned))
    return of_signed;
  return of_unsigned == DType::u8    ? DType::i16
         : of_unsigned == DType::u16 ? DType::i32
                                     : DType::i64;
}

DType promote(std::span<const OperandType> operands) noexcept {
  return promote_participants(info(OpKind::add), operands);
}

ElementTypes element_types(const OpInfo &op, AttrWords attrs,
                           std::span<const OperandType> operands) noexcept {
  const DType promoted = promote_participants(op, operands);
  switch (op.types) {
  case TypeRule::numeric:
  case TypeRule::select:
    return {promoted, promoted};
  case TypeRule::floating:
    return {to_floating(promoted), to_floating(promoted)};
  case TypeRule::comparison:
    return {promoted, DType::boolean};
  case TypeRule::logical:
    return {DType::boolean, DType::boolean};
  case TypeRule::cast:
    return {promoted, AstypeAttrs::decode(attrs).dtype};
  case TypeRule::custom:
    break;
  }
  return {promoted, promoted};
}

} // namespace jit

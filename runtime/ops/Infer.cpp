// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Inference: the checks that all ops share around the op's own rule.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/OpTable.h"
#include "runtime/ops/ShapeRules.h"

#include <algorithm>

namespace jit {
namespace {

std::string operand_text(const OpInfo &op, const InferRequest &request, std::size_t i) {
  const OperandType &operand = request.operands[i];
  return operand_label(op, i, request.operands.size()) + " " +
         (operand.meta ? describe(*operand.meta) : "a number");
}

const OperandField &field_of(const OpInfo &op, std::size_t operand) {
  return op.operands[std::min(operand, op.operands.size() - 1)];
}

RuleError check_arity(const OpInfo &op, const InferRequest &request) {
  const std::size_t expected = op.operands.size(), given = request.operands.size();
  const bool variadic = expected > 0 && op.operands.back().variadic;
  if (given == expected || (variadic && given + 1 >= expected))
    return std::nullopt;
  return "expected " + std::string(variadic ? "at least " : "") +
         std::to_string(expected - variadic) + " operands, got " + std::to_string(given);
}

RuleError check_operand(const OpInfo &op, const InferRequest &request, std::size_t i) {
  const Meta *meta = request.operands[i].meta;
  if (meta && !is_supported(meta->dtype))
    return "dtype " + std::string(name(meta->dtype)) +
           " is not supported: " + operand_text(op, request, i);
  switch (field_of(op, i).kind) {
  case OperandKind::number:
    return meta ? RuleError(operand_text(op, request, i) + " must be a number") : std::nullopt;
  case OperandKind::index:
    if (!meta || !is_integer(meta->dtype))
      return operand_text(op, request, i) + " must be a tensor of integers";
    return std::nullopt;
  case OperandKind::tensor:
    if (!meta)
      return operand_text(op, request, i) + " must be a tensor";
    break;
  case OperandKind::any:
    break;
  }
  if (meta && !op.dtypes.contains(meta->dtype))
    return "dtype " + std::string(name(meta->dtype)) +
           " is not accepted: " + operand_text(op, request, i);
  return std::nullopt;
}

/// Attribute `dtype` must be one of the op's dtypes.
RuleError check_attrs(const OpInfo &op, AttrWords words) {
  if (!attrs_well_formed(op, words))
    return "attributes are malformed";
  AttrReader reader(words);
  for (const AttrField &field : op.attrs) {
    if (field.kind == AttrKind::list)
      reader.list();
    else if (field.kind != AttrKind::dtype)
      reader.integer();
    else if (const DType dtype = reader.dtype(); !is_supported(dtype) || !op.dtypes.contains(dtype))
      return "dtype " + std::string(name(dtype)) +
             (is_supported(dtype) ? " is not accepted" : " is not supported");
  }
  return std::nullopt;
}

/// Only elementwise ops mix dtypes.
RuleError check_same_dtype(const OpInfo &op, const InferRequest &request) {
  if (op.family == Family::elementwise ||
      (op.types != TypeRule::numeric && op.types != TypeRule::floating))
    return std::nullopt;
  const DType compute = element_types(op, request.attrs, request.operands).compute;
  for (std::size_t i = 0; i < request.operands.size(); ++i)
    if (const Meta *meta = request.operands[i].meta;
        meta && field_of(op, i).kind == OperandKind::tensor && meta->dtype != compute)
      return "dtypes differ: " + list_operands(request);
  return std::nullopt;
}

/// Null: there is no tensor among the operands.
const Meta *first_tensor(const InferRequest &request) {
  for (const OperandType &operand : request.operands)
    if (operand.meta)
      return operand.meta;
  return nullptr;
}

RuleError check_devices(const InferRequest &request) {
  const Meta *first = first_tensor(request);
  for (const OperandType &operand : request.operands)
    if (operand.meta && operand.meta->device != first->device)
      return "operands are on different devices: " + list_operands(request) +
             "; move one with to()";
  return std::nullopt;
}

RuleError finish(const OpInfo &op, const InferRequest &request, Inferred &out) {
  const Meta *first = first_tensor(request);
  for (std::size_t i = 0; i < op.results; ++i) {
    ResultType &result = out.results[i];
    if (!checked_size(result.dtype, result.dims))
      return "the result " + describe(result.dtype, result.dims) + " is too large";
    result.device = first ? first->device : on_cpu;
    result.strides = result.view ? canonical_strides(result.dims, result.strides)
                                 : row_major_strides(result.dims);
  }
  return std::nullopt;
}

RuleError infer_unnamed(const OpInfo &op, const InferRequest &request, Inferred &out) {
  out.count = op.results;
  for (ResultType &result : out.results)
    result.view = false;
  if (RuleError error = check_arity(op, request))
    return error;
  if (RuleError error = check_attrs(op, request.attrs))
    return error;
  for (std::size_t i = 0; i < request.operands.size(); ++i)
    if (RuleError error = check_operand(op, request, i))
      return error;
  if (RuleError error = check_devices(request))
    return error;
  if (RuleError error = check_same_dtype(op, request))
    return error;
  if (RuleError error = op.infer(request, out))
    return error;
  return finish(op, request, out);
}

} // namespace

std::string operand_label(const OpInfo &op, std::size_t i, std::size_t count) {
  const OperandField &field = field_of(op, i);
  if (field.variadic)
    return "operand " + std::to_string(i);
  if (count == 2 && op.operands[0].kind == op.operands[1].kind)
    return i == 0 ? "lhs" : "rhs";
  return std::string(field.name);
}

std::string list_operands(const InferRequest &request) {
  const OpInfo &op = info(request.op);
  std::string text;
  for (std::size_t i = 0; i < request.operands.size(); ++i)
    text += (i ? ", " : "") + operand_text(op, request, i);
  return text;
}

std::optional<std::string> infer(const InferRequest &request, Inferred &out) {
  const OpInfo &op = info(request.op);
  if (RuleError error = infer_unnamed(op, request, out))
    return std::string(op.name) + ": " + *error;
  return std::nullopt;
}

} // namespace jit

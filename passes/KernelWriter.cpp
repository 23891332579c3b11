// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes one kernel.func and the launch that runs it.
#include "passes/KernelWriter.h"

#include <mlir/IR/BuiltinOps.h>

using namespace mlir;

namespace jit {

DType element_dtype(Value value) {
  return kernel::dtype_of(cast<kernel::ValType>(value.getType()).getElement());
}

KernelWriter::KernelWriter(OpBuilder &builder, Location location, StringRef name,
                           ArrayRef<kernel::Axis> axes)
    : outer(builder), body(builder.getContext()), location(location) {
  auto module = builder.getBlock()->getParentOp()->getParentOfType<ModuleOp>();
  body.setInsertionPointToEnd(module.getBody());
  function = kernel::FuncOp::create(
      body, location, name, kernel::SpaceAttr::get(builder.getContext(), axes), TypeRange());
  body.setInsertionPointToEnd(&function.block());
}

// A tensor of one element that is known now.
static TypedAttr splat_value(trace::ConstantOp constant) {
  const auto value = dyn_cast_or_null<DenseElementsAttr>(constant ? constant.getValue() : nullptr);
  return value && value.isSplat() ? value.getSplatValue<TypedAttr>() : TypedAttr();
}

Value KernelWriter::load(Value tensor, ArrayRef<std::int64_t> strides) {
  if (auto scalar = tensor.getDefiningOp<trace::ScalarOp>())
    return number(scalar);
  if (const TypedAttr value = splat_value(tensor.getDefiningOp<trace::ConstantOp>()))
    return kernel::ConstOp::create(body, location, value);
  return read(tensor, strides);
}

Value KernelWriter::buffer(Value tensor) {
  const auto found = llvm::find(operands, tensor);
  const auto position = static_cast<unsigned>(found - operands.begin());
  if (found == operands.end()) {
    const Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
    function.block().addArgument(kernel::BufType::get(context(), element), location);
    operands.push_back(tensor);
  }
  return function.block().getArgument(position);
}

Value KernelWriter::read(Value tensor, ArrayRef<std::int64_t> strides) {
  return kernel::LoadOp::create(body, location, buffer(tensor),
                                kernel::MapAttr::of(context(), 0, strides));
}

Value KernelWriter::padded(Value tensor, ArrayRef<std::int64_t> strides, std::int64_t offset,
                           ArrayRef<Bound> bounds, Value outside) {
  Value guard;
  for (const Bound &bound : bounds) {
    const auto coordinate = kernel::MapAttr::of(context(), bound.start, bound.coordinate);
    const Value inside = kernel::InsideOp::create(body, location, coordinate, bound.extent);
    guard = guard ? ew(ScalarFunction::logical_and, {guard, inside}, DType::boolean) : inside;
  }
  const Value element = kernel::LoadOp::create(
      body, location, buffer(tensor), kernel::MapAttr::of(context(), offset, strides), guard);
  return ew(ScalarFunction::where, {guard, element, outside}, element_dtype(element));
}

Value KernelWriter::gather(Value tensor, ArrayRef<std::int64_t> strides, Value index,
                           std::int64_t stride, std::int64_t extent) {
  return kernel::GatherOp::create(body, location, buffer(tensor),
                                  kernel::MapAttr::of(context(), 0, strides), index, stride,
                                  extent);
}

Value KernelWriter::number(trace::ScalarOp scalar) {
  const Type element = cast<RankedTensorType>(scalar.getType()).getElementType();
  const Type type = kernel::ValType::get(context(), element, 0);
  for (auto arg : function.block().getOps<kernel::ArgOp>())
    if (slots[arg.getNumber()] == static_cast<std::int32_t>(scalar.getSlot()) &&
        arg.getType() == type)
      return arg;
  slots.push_back(static_cast<std::int32_t>(scalar.getSlot()));
  return kernel::ArgOp::create(body, location, type, static_cast<std::int32_t>(slots.size() - 1));
}

Value KernelWriter::constant(double value, DType dtype) {
  const Type type = kernel::element_type(context(), dtype);
  TypedAttr attr;
  if (is_float(dtype))
    attr = body.getFloatAttr(type, value);
  else
    attr = body.getIntegerAttr(type, static_cast<std::int64_t>(value));
  return kernel::ConstOp::create(body, location, attr);
}

Value KernelWriter::index(unsigned axis) {
  const Type type = kernel::ValType::get(context(), body.getI64Type(), 1u << axis);
  return kernel::IndexOp::create(body, location, type, static_cast<std::int32_t>(axis));
}

Value KernelWriter::ew(ScalarFunction function, ValueRange values, DType result) {
  return kernel::EwOp::create(body, location, function, values,
                              kernel::element_type(context(), result));
}

Value KernelWriter::cast(Value value, DType dtype) {
  return element_dtype(value) == dtype ? value : ew(ScalarFunction::cast, value, dtype);
}

kernel::ReduceOp KernelWriter::reduce(kernel::ReduceKind kind, Value operand,
                                      kernel::ReduceOrder order, std::int64_t correction) {
  using kernel::ReduceKind;
  const auto type = llvm::cast<kernel::ValType>(operand.getType());
  const std::uint32_t axes = type.getAxes() & ~function.getSpace().of_kind(kernel::AxisKind::row);
  Type element = type.getElement();
  if (kind == ReduceKind::argmax || kind == ReduceKind::argmin)
    element = body.getI64Type();
  const Type result = kernel::ValType::get(context(), element, axes);
  llvm::SmallVector<Type, 2> types(kind == ReduceKind::varmean ? 2 : 1, result);
  return kernel::ReduceOp::create(body, location, types, kind, operand, order,
                                  static_cast<std::uint64_t>(correction));
}

Value KernelWriter::contract(Value lhs, Value rhs) {
  const auto a = llvm::cast<kernel::ValType>(lhs.getType());
  const auto b = llvm::cast<kernel::ValType>(rhs.getType());
  const std::uint32_t inner = function.getSpace().of_kind(kernel::AxisKind::inner);
  const Type result =
      kernel::ValType::get(context(), a.getElement(), (a.getAxes() | b.getAxes()) & ~inner);
  return kernel::ContractOp::create(body, location, result, lhs, rhs);
}

void KernelWriter::store(Value value, ArrayRef<std::int64_t> strides, RankedTensorType result,
                         std::int64_t offset) {
  stores.push_back({value, kernel::MapAttr::of(context(), offset, strides)});
  results.push_back(result);
}

kernel::LaunchOp KernelWriter::finish(ArrayRef<std::int32_t> ops) {
  for (const Store &store : stores) {
    const Type element = llvm::cast<kernel::ValType>(store.value.getType()).getElement();
    const Value buffer =
        function.block().addArgument(kernel::BufType::get(context(), element), location);
    kernel::StoreOp::create(body, location, store.value, buffer, store.map);
  }
  return kernel::LaunchOp::create(outer, location, results, function.getSymName(), operands, slots,
                                  ops);
}

} // namespace jit

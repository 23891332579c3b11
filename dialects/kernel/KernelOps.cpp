// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops of the `kernel` dialect: text, builders, verifiers.
#include "dialects/kernel/KernelSyntax.h"

#include <llvm/ADT/SmallPtrSet.h>
#include <mlir/IR/Builders.h>

using namespace mlir;

namespace jit::kernel {

MapAttr access_map(Operation *op) {
  if (auto load = dyn_cast<LoadOp>(op))
    return load.getMap();
  if (auto gather = dyn_cast<GatherOp>(op))
    return gather.getMap();
  if (auto inside = dyn_cast<InsideOp>(op))
    return inside.getCoordinate();
  auto store = dyn_cast<StoreOp>(op);
  return store ? store.getMap() : MapAttr();
}

void set_access_map(Operation *op, MapAttr map) {
  if (auto load = dyn_cast<LoadOp>(op))
    load.setMapAttr(map);
  else if (auto gather = dyn_cast<GatherOp>(op))
    gather.setMapAttr(map);
  else if (auto inside = dyn_cast<InsideOp>(op))
    inside.setCoordinateAttr(map);
  else
    cast<StoreOp>(op).setMapAttr(map);
}

// Hooks of `custom<...>` in the assembly formats; their names are fixed by ODS.
static ParseResult parseAccess(OpAsmParser &parser, MapAttr &map) {
  return failure(parser.parseLSquare() || parse_affine(parser, map) || parser.parseRSquare());
}
static void printAccess(OpAsmPrinter &printer, Operation *, MapAttr map) {
  printer << '[';
  print_affine(printer, map);
  printer << ']';
}
static ParseResult parseFunction(OpAsmParser &parser, FunctionAttr &function) {
  return parse_function(parser, function);
}
static void printFunction(OpAsmPrinter &printer, Operation *, FunctionAttr function) {
  printer << StringRef(jit::name(function.getValue()));
}
static ParseResult parseAxisName(OpAsmParser &parser, IntegerAttr &axis) {
  unsigned number = 0;
  if (parse_axis(parser, number))
    return failure();
  axis = parser.getBuilder().getI32IntegerAttr(static_cast<int32_t>(number));
  return success();
}
static void printAxisName(OpAsmPrinter &printer, Operation *, IntegerAttr axis) {
  printer << axis_letter(static_cast<unsigned>(axis.getInt()));
}

static SpaceAttr space_of(Operation *op) {
  auto function = dyn_cast_or_null<FuncOp>(op->getParentOp());
  return function ? function.getSpace() : SpaceAttr();
}

// --- func ---

void FuncOp::build(OpBuilder &builder, OperationState &state, StringRef name, SpaceAttr space,
                   TypeRange arguments) {
  state.getOrAddProperties<Properties>().sym_name = builder.getStringAttr(name);
  state.getOrAddProperties<Properties>().space = space;
  Region *body = state.addRegion();
  Block *block = new Block;
  body->push_back(block);
  for (const Type type : arguments)
    block->addArgument(type, state.location);
}

ParseResult FuncOp::parse(OpAsmParser &parser, OperationState &state) {
  StringAttr symbol;
  SmallVector<OpAsmParser::Argument> arguments;
  Properties &properties = state.getOrAddProperties<Properties>();
  if (parser.parseSymbolName(symbol) ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren, /*allowType=*/true) ||
      parser.parseKeyword("space"))
    return failure();
  const Attribute space = SpaceAttr::parse(parser, {});
  if (!space || parser.parseOptionalAttrDictWithKeyword(state.attributes))
    return failure();
  properties.sym_name = symbol;
  properties.space = cast<SpaceAttr>(space);
  Region *body = state.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  if (body->empty())
    body->emplaceBlock();
  return success();
}

void FuncOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '(';
  llvm::interleaveComma(block().getArguments(), printer,
                        [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ") space";
  getSpace().print(printer);
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {"sym_name", "space"});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

unsigned FuncOp::count_inputs() {
  unsigned inputs = 0;
  for (const BlockArgument argument : block().getArguments())
    inputs +=
        llvm::none_of(argument.getUsers(), [](Operation *user) { return isa<StoreOp>(user); });
  return inputs;
}

static LogicalResult verify_arguments(FuncOp function) {
  bool outputs = false;
  for (const BlockArgument argument : function.block().getArguments()) {
    if (!isa<BufType>(argument.getType()))
      return function.emitOpError("takes buffers only");
    unsigned stores = 0, loads = 0;
    for (Operation *user : argument.getUsers())
      ++(isa<StoreOp>(user) ? stores : loads);
    if (stores > 1 || (stores && loads))
      return function.emitOpError("stores once to an output and never loads it");
    if (outputs && !stores)
      return function.emitOpError("takes inputs before outputs");
    outputs |= stores != 0;
  }
  return success();
}

LogicalResult FuncOp::verify() {
  const SpaceAttr space = getSpace();
  if (space.size() > max_axes)
    return emitOpError("has more than ") << max_axes << " axes";
  if (!llvm::is_sorted(space.getAxes(),
                       [](const Axis &a, const Axis &b) { return a.kind < b.kind; }))
    return emitOpError("has axes out of order: parallel, row, inner");
  std::optional<ReduceOrder> order;
  for (Operation &op : block()) {
    for (const Type type : op.getResultTypes())
      if (const auto value = dyn_cast<ValType>(type); value && value.getAxes() & ~space.all())
        return op.emitOpError("ranges over an axis that the space lacks");
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      if (order.value_or(reduce.getOrder()) != reduce.getOrder())
        return op.emitOpError("differs in order from another reduction of the kernel");
      order = reduce.getOrder();
    }
  }
  return verify_arguments(*this);
}

// --- load, store ---

static uint32_t axes_of(Value value) {
  return value ? cast<ValType>(value.getType()).getAxes() : 0;
}

// Whether the guard may be one, and the result is of the buffer's type and ranges over `axes`.
static LogicalResult verify_read(Operation *op, BufType buffer, Value guard, uint32_t axes) {
  const auto type = cast<ValType>(op->getResult(0).getType());
  if (type.getElement() != buffer.getElement())
    return op->emitOpError("gives an element type that is not the buffer's");
  if (guard && !cast<ValType>(guard.getType()).getElement().isInteger(1))
    return op->emitOpError("has a guard that is no truth");
  if (type.getAxes() != (axes | axes_of(guard)))
    return op->emitOpError("ranges over other axes than its map and its operands");
  return success();
}

void LoadOp::build(OpBuilder &builder, OperationState &state, Value buffer, MapAttr map,
                   Value guard) {
  state.addOperands(buffer);
  if (guard)
    state.addOperands(guard);
  state.getOrAddProperties<Properties>().map = map;
  const Type element = cast<BufType>(buffer.getType()).getElement();
  state.addTypes(ValType::get(builder.getContext(), element, map.axes() | axes_of(guard)));
}

LogicalResult LoadOp::verify() {
  return verify_read(*this, getBuffer().getType(), getGuard(), getMap().axes());
}

void GatherOp::build(OpBuilder &builder, OperationState &state, Value buffer, MapAttr map,
                     Value index, int64_t stride, int64_t extent, Value guard) {
  state.addOperands({buffer, index});
  if (guard)
    state.addOperands(guard);
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.map = map;
  properties.stride = builder.getI64IntegerAttr(stride);
  properties.extent = builder.getI64IntegerAttr(extent);
  const Type element = cast<BufType>(buffer.getType()).getElement();
  state.addTypes(
      ValType::get(builder.getContext(), element, map.axes() | axes_of(index) | axes_of(guard)));
}

LogicalResult GatherOp::verify() {
  const Type index = getIndex().getType().getElement();
  if (!index.isIntOrIndex() || index.isInteger(1))
    return emitOpError("takes an index of integers");
  if (static_cast<int64_t>(getExtent()) < 1)
    return emitOpError("has no place for an index");
  return verify_read(*this, getBuffer().getType(), getGuard(),
                     getMap().axes() | axes_of(getIndex()));
}

void InsideOp::build(OpBuilder &builder, OperationState &state, MapAttr coordinate,
                     int64_t extent) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.coordinate = coordinate;
  properties.extent = builder.getI64IntegerAttr(extent);
  state.addTypes(ValType::get(builder.getContext(), builder.getI1Type(), coordinate.axes()));
}

LogicalResult InsideOp::verify() {
  const ValType type = getResult().getType();
  if (!type.getElement().isInteger(1) || type.getAxes() != getCoordinate().axes())
    return emitOpError("gives i1 over the axes of its coordinate");
  return success();
}

LogicalResult StoreOp::verify() {
  const ValType type = getValue().getType();
  if (type.getElement() != getBuffer().getType().getElement())
    return emitOpError("stores an element type that is not the buffer's");
  if (type.getAxes() & ~getMap().axes())
    return emitOpError("stores a value that ranges over more axes than the map");
  const SpaceAttr space = space_of(*this);
  if (!space)
    return success();
  if (getMap().axes() & ~space.all())
    return emitOpError("has a map over an axis that the space lacks");
  // Distinct points: sorted by stride, each axis must step over all that the smaller ones reach.
  SmallVector<std::pair<int64_t, int64_t>, max_axes> steps;
  for (unsigned axis = 0; axis < space.size(); ++axis)
    if (const int64_t stride = getMap().stride(axis); stride != 0 && space.extent(axis) > 1)
      steps.push_back({std::abs(stride), space.extent(axis)});
  llvm::sort(steps);
  int64_t reach = 0;
  for (const auto &[stride, extent] : steps) {
    if (stride <= reach)
      return emitOpError("may write an element twice");
    reach += stride * (extent - 1);
  }
  return success();
}

// --- values ---

void ConstOp::build(OpBuilder &builder, OperationState &state, TypedAttr value) {
  state.getOrAddProperties<Properties>().value = value;
  state.addTypes(ValType::get(builder.getContext(), value.getType(), 0));
}

LogicalResult ConstOp::verify() {
  const ValType type = getResult().getType();
  if (type.getAxes() || type.getElement() != getValue().getType())
    return emitOpError("has a result of another type than its value");
  return success();
}

LogicalResult IndexOp::verify() {
  if (!getResult().getType().getElement().isInteger(64) ||
      getResult().getType().getAxes() != 1u << getAxis())
    return emitOpError("gives i64 over its axis");
  return success();
}

void EwOp::build(OpBuilder &builder, OperationState &state, ScalarFunction function,
                 ValueRange operands, Type element) {
  uint32_t axes = 0;
  for (const Value operand : operands)
    axes |= axes_of(operand);
  state.addOperands(operands);
  state.getOrAddProperties<Properties>().function =
      FunctionAttr::get(builder.getContext(), function);
  state.addTypes(ValType::get(builder.getContext(), element, axes));
}

LogicalResult EwOp::verify() {
  uint32_t axes = 0;
  for (const Value operand : getOperands())
    axes |= axes_of(operand);
  if (axes != getResult().getType().getAxes())
    return emitOpError("ranges over other axes than its operands");
  return success();
}

LogicalResult ReduceOp::verify() {
  const bool pair = getKind() == ReduceKind::varmean;
  if (getNumResults() != (pair ? 2 : 1))
    return emitOpError("has the wrong number of results");
  const SpaceAttr space = space_of(*this);
  if (!space)
    return success();
  const uint32_t rows = space.of_kind(AxisKind::row);
  if (!rows)
    return emitOpError("needs a row axis");
  for (const Value result : getResults())
    if (cast<ValType>(result.getType()).getAxes() != (getOperand().getType().getAxes() & ~rows))
      return emitOpError("gives other axes than those of the operand without the row axes");
  return success();
}

LogicalResult ContractOp::verify() {
  const SpaceAttr space = space_of(*this);
  const uint32_t inner = space ? space.of_kind(AxisKind::inner) : 0;
  const uint32_t axes = getLhs().getType().getAxes() | getRhs().getType().getAxes();
  if (!getLhs().getDefiningOp<LoadOp>() || !getRhs().getDefiningOp<LoadOp>())
    return emitOpError("takes plain loads");
  if (getLhs().getType().getElement() != getRhs().getType().getElement() ||
      getLhs().getType().getElement() != getResult().getType().getElement())
    return emitOpError("mixes element types");
  if ((axes & ~inner) != getResult().getType().getAxes())
    return emitOpError("gives other axes than those of the operands without the inner axis");
  return success();
}

LogicalResult KeepOp::verify() {
  return getValue().getType() == getResult().getType()
             ? LogicalResult(success())
             : LogicalResult(emitOpError("changes the type"));
}

LogicalResult JoinOp::verify() {
  const auto whole = cast<RankedTensorType>(getResult().getType());
  const auto axis = static_cast<int64_t>(getAxis());
  if (axis >= whole.getRank())
    return emitOpError("has no such axis");
  int64_t extent = 0;
  for (const Value part : getParts()) {
    const auto type = cast<RankedTensorType>(part.getType());
    if (!part.getDefiningOp<LaunchOp>() || !part.hasOneUse())
      return emitOpError("takes results of launches that nobody else reads");
    SmallVector<int64_t> shape(type.getShape());
    if (type.getRank() != whole.getRank() || type.getElementType() != whole.getElementType())
      return emitOpError("joins tensors of one type");
    extent += std::exchange(shape[static_cast<size_t>(axis)], whole.getDimSize(axis));
    if (ArrayRef<int64_t>(shape) != whole.getShape())
      return emitOpError("joins tensors whose other extents are equal");
  }
  if (extent != whole.getDimSize(axis))
    return emitOpError("has parts that do not fill it");
  return success();
}

LogicalResult LaunchOp::verify() {
  if (getEpilogue() && getNumOperands() < 2)
    return emitOpError("lacks the operands of its product");
  return success();
}

} // namespace jit::kernel

#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.cpp.inc"

#include "dialects/kernel/KernelDialect.cpp.inc"

void jit::kernel::KernelDialect::initialize() {
  register_types();
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelOps.cpp.inc"
      >();
}

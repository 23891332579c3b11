// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Import: a recorded path as a module of dialect `trace`.
#include "compiler/import/Import.h"
#include "dialects/kernel/KernelDialect.h"
#include "dialects/trace/TraceDialect.h"
#include "runtime/base/SafePoint.h"

#include <mlir/IR/Builders.h>

using namespace mlir;

namespace jit {

namespace {

class Importer {
public:
  Importer(MLIRContext *context, const Graph &graph) : graph(graph), builder(context) {}
  OwningOpRef<ModuleOp> run();

private:
  trace::FuncOp make_function(ModuleOp module);
  void import_op(std::uint32_t number);
  DType operand_dtype(const GraphOp &op, const OpInfo &row, std::size_t position);
  Value operand(OperandCode code, DType dtype);
  Value scalar(std::uint32_t slot, DType dtype);
  Type type_of(std::uint32_t value) {
    const Meta &meta = *graph.values[value].meta;
    return trace::tensor_type(builder.getContext(), meta.dtype, meta.dims());
  }

  const Graph &graph;
  OpBuilder builder;
  Block *body = nullptr;
  std::int32_t current = -1;
  Location location = builder.getUnknownLoc();
  llvm::SmallVector<Value> values;
  llvm::DenseMap<std::pair<std::uint32_t, unsigned>, Value> scalars;
};

} // namespace

trace::FuncOp Importer::make_function(ModuleOp module) {
  builder.setInsertionPointToEnd(module.getBody());
  llvm::SmallVector<Attribute> strides;
  llvm::SmallVector<Type> types;
  bool row_major = true;
  for (const Meta *input : graph.inputs) {
    types.push_back(trace::tensor_type(builder.getContext(), input->dtype, input->dims()));
    strides.push_back(builder.getDenseI64ArrayAttr({input->stride_values, input->rank}));
    row_major &= input->contiguous;
  }
  OperationState state(location, trace::FuncOp::getOperationName());
  state.addAttribute("sym_name", builder.getStringAttr(graph.name.empty() ? "path" : graph.name));
  if (!row_major)
    state.addAttribute("strides", builder.getArrayAttr(strides));
  auto *block = new Block;
  state.addRegion()->push_back(block);
  for (const Type type : types)
    block->addArgument(type, location);
  return cast<trace::FuncOp>(builder.create(state));
}

// One trace.scalar for a slot and dtype, at the top so that every op may use it.
Value Importer::scalar(std::uint32_t slot, DType dtype) {
  Value &known = scalars[{slot, static_cast<unsigned>(dtype)}];
  if (!known) {
    OpBuilder top = OpBuilder::atBlockBegin(body);
    known = trace::ScalarOp::create(top, builder.getUnknownLoc(),
                                    trace::tensor_type(builder.getContext(), dtype, {}), slot);
  }
  return known;
}

Value Importer::operand(OperandCode code, DType dtype) {
  if (code.kind() == OperandCode::scalar)
    return scalar(code.index(), dtype);
  const Value value = code.kind() == OperandCode::input ? Value(body->getArgument(code.index()))
                                                        : values[code.index()];
  const Meta &meta = *graph.meta_of(code);
  if (meta.dtype == dtype)
    return value;
  const OpInfo &cast = info(OpKind::astype);
  const std::int64_t word = static_cast<std::int64_t>(dtype);
  const Type type = trace::tensor_type(builder.getContext(), dtype, meta.dims());
  Operation *op = trace::create_op(builder, location, cast, value, {&word, 1}, type);
  trace::set_graph_op(op, current);
  return op->getResult(0);
}

// The dtype an operand is converted to before the op.
DType Importer::operand_dtype(const GraphOp &op, const OpInfo &row, std::size_t position) {
  const OperandCode code = op.operands[position];
  const Meta *meta = graph.meta_of(code);
  const DType own = meta ? meta->dtype : default_dtype(graph.scalars[code.index()]);
  const OperandField &field = row.operands[std::min(position, row.operands.size() - 1)];
  const DType result = graph.values[op.first_value].meta->dtype;
  switch (row.family) {
  case Family::elementwise: {
    if (row.types == TypeRule::cast)
      return own;
    if (row.types == TypeRule::select && position == 0)
      return DType::boolean;
    llvm::SmallVector<OperandType, 3> types;
    for (const OperandCode each : op.operands)
      types.push_back(graph.type_of(each));
    return element_types(row, op.attrs ? AttrWords(op.attrs->words) : AttrWords(), types).compute;
  }
  case Family::row:
  case Family::contraction:
  case Family::movement:
    return result;
  case Family::index:
    return field.kind == OperandKind::index || row.kind == OpKind::one_hot ? own : result;
  case Family::creation:
    return row.kind == OpKind::full ? result : own;
  case Family::reduction:
  case Family::scan:
  case Family::sort:
  case Family::view:
    return own;
  }
  return own;
}

void Importer::import_op(std::uint32_t number) {
  const GraphOp &op = graph.ops[number];
  const OpInfo &row = info(op.op);
  current = static_cast<std::int32_t>(number);
  location = FileLineColLoc::get(builder.getContext(), op.site.file, op.site.line, 0);
  llvm::SmallVector<Value> operands;
  for (std::size_t i = 0; i < op.operands.size(); ++i)
    operands.push_back(operand(op.operands[i], operand_dtype(op, row, i)));
  llvm::SmallVector<Type, max_results> types;
  for (std::uint32_t i = 0; i < op.results; ++i)
    types.push_back(type_of(op.first_value + i));
  const AttrWords words = op.attrs ? AttrWords(op.attrs->words) : AttrWords();
  Operation *made = trace::create_op(builder, location, row, operands, words, types);
  trace::set_graph_op(made, current);
  llvm::append_range(values, made->getResults());
}

OwningOpRef<ModuleOp> Importer::run() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  body = &make_function(*module).block();
  builder.setInsertionPointToEnd(body);
  for (std::uint32_t number = 0; number < graph.ops.size(); ++number) {
    safe_point();
    import_op(number);
  }
  llvm::SmallVector<Value> outputs;
  for (const std::uint32_t output : graph.outputs)
    outputs.push_back(values[output]);
  trace::ReturnOp::create(builder, builder.getUnknownLoc(), outputs);
  return module;
}

OwningOpRef<ModuleOp> import_graph(MLIRContext *context, const Graph &graph) {
  return Importer(context, graph).run();
}

} // namespace jit

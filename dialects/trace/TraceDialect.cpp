// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The `trace` dialect: the bridge between MLIR's ops and the op table, and the ops that have no
// row.
#include "dialects/trace/TraceDialect.h"
#include "dialects/kernel/KernelDialect.h"
#include "runtime/ops/Attributes.h"

#include <llvm/ADT/SmallString.h>
#include <mlir/IR/Builders.h>

using namespace mlir;

namespace jit::trace {

const OpInfo *table_row(Operation *op) {
  const OperationName name = op->getName();
  if (name.getDialectNamespace() != "trace")
    return nullptr;
  const std::optional<OpKind> kind = op_from_name(std::string_view(name.stripDialect()));
  return kind ? &info(*kind) : nullptr;
}

RankedTensorType tensor_type(MLIRContext *context, DType dtype, Dims dims) {
  return RankedTensorType::get({dims.data(), dims.size()}, kernel::element_type(context, dtype));
}

const Meta *meta_of(Type type) {
  const auto tensor = cast<RankedTensorType>(type);
  return intern_contiguous(kernel::dtype_of(tensor.getElementType()),
                           Dims(tensor.getShape().data(), tensor.getShape().size()));
}

llvm::SmallVector<std::int64_t> words_of(Operation *op, const OpInfo &row) {
  llvm::SmallVector<std::int64_t> words;
  for (const AttrField &field : row.attrs) {
    const Attribute attr = op->getAttr(field.name);
    switch (field.kind) {
    case AttrKind::integer:
    case AttrKind::boolean:
      words.push_back(isa<BoolAttr>(attr) ? cast<BoolAttr>(attr).getValue()
                                          : cast<IntegerAttr>(attr).getInt());
      break;
    case AttrKind::dtype:
      words.push_back(static_cast<std::int64_t>(kernel::dtype_of(cast<TypeAttr>(attr).getValue())));
      break;
    case AttrKind::list: {
      const ArrayRef<std::int64_t> items = cast<DenseI64ArrayAttr>(attr).asArrayRef();
      words.push_back(static_cast<std::int64_t>(items.size()));
      words.append(items.begin(), items.end());
      break;
    }
    }
  }
  return words;
}

void add_attributes(OperationState &state, const OpInfo &row, AttrWords words) {
  Builder builder(state.getContext());
  AttrReader reader(words);
  for (const AttrField &field : row.attrs) {
    Attribute attr;
    switch (field.kind) {
    case AttrKind::integer:
      attr = builder.getI64IntegerAttr(reader.integer());
      break;
    case AttrKind::boolean:
      attr = builder.getBoolAttr(reader.boolean());
      break;
    case AttrKind::dtype:
      attr = TypeAttr::get(kernel::element_type(state.getContext(), reader.dtype()));
      break;
    case AttrKind::list: {
      const DimList items = reader.list();
      attr = builder.getDenseI64ArrayAttr({items.begin(), items.size()});
      break;
    }
    }
    state.addAttribute(StringRef(field.name), attr);
  }
}

Operation *create_op(OpBuilder &builder, Location location, const OpInfo &row, ValueRange operands,
                     AttrWords attrs, TypeRange results) {
  llvm::SmallString<32> name("trace.");
  name += StringRef(row.name);
  OperationState state(location, name, operands, results);
  add_attributes(state, row, attrs);
  return builder.create(state);
}

std::int32_t graph_op(Operation *op) {
  const auto number = dyn_cast_or_null<IntegerAttr>(op->getDiscardableAttr("op"));
  return number ? static_cast<std::int32_t>(number.getInt()) : -1;
}

void set_graph_op(Operation *op, std::int32_t number) {
  if (number < 0)
    return;
  op->setDiscardableAttr("op", IntegerAttr::get(IntegerType::get(op->getContext(), 32), number));
}

// An operand is a number iff trace.scalar makes it; it counts as a tensor of rank 0, which promotes
// alike once conversions are explicit, except where the record wants a number.
LogicalResult verify_by_infer(Operation *op) {
  const OpInfo *row = table_row(op);
  if (!row)
    return op->emitOpError("is not in the op table");
  llvm::SmallVector<OperandType> operands;
  for (const auto [number, operand] : llvm::enumerate(op->getOperands())) {
    const OperandField &field = row->operands[std::min(number, row->operands.size() - 1)];
    const Meta *meta = meta_of(operand.getType());
    if (field.kind != OperandKind::number)
      operands.push_back({meta, ScalarKind::floating});
    else
      operands.push_back({nullptr, is_float(meta->dtype)           ? ScalarKind::floating
                                   : meta->dtype == DType::boolean ? ScalarKind::boolean
                                                                   : ScalarKind::integer});
  }
  const llvm::SmallVector<std::int64_t> words = words_of(op, *row);
  Inferred inferred;
  if (const auto message = infer({row->kind, words, operands}, inferred))
    return op->emitOpError() << "is wrong: " << StringRef(*message);
  if (op->getNumResults() != inferred.count)
    return op->emitOpError("has the wrong number of results");
  for (const auto [number, type] : llvm::enumerate(op->getResultTypes())) {
    const ResultType &expected = inferred.results[number];
    if (type != tensor_type(op->getContext(), expected.dtype, expected.dims))
      return op->emitOpError("gives ") << StringRef(describe(*meta_of(type))) << ", expected "
                                       << StringRef(describe(expected.dtype, expected.dims));
  }
  return success();
}

ParseResult FuncOp::parse(OpAsmParser &parser, OperationState &state) {
  StringAttr symbol;
  SmallVector<OpAsmParser::Argument> arguments;
  if (parser.parseSymbolName(symbol) ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren, /*allowType=*/true) ||
      parser.parseOptionalAttrDictWithKeyword(state.attributes))
    return failure();
  state.addAttribute("sym_name", symbol);
  Region *body = state.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  ensureTerminator(*body, parser.getBuilder(), state.location);
  return success();
}

void FuncOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '(';
  llvm::interleaveComma(block().getArguments(), printer,
                        [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ')';
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {"sym_name"});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult FuncOp::verify() {
  const std::optional<ArrayAttr> strides = getStrides();
  if (!strides)
    return success();
  if (strides->size() != block().getNumArguments())
    return emitOpError("needs strides for every argument");
  for (const auto [argument, attr] : llvm::zip(block().getArguments(), *strides)) {
    const auto list = dyn_cast<DenseI64ArrayAttr>(attr);
    if (!list || list.size() != cast<RankedTensorType>(argument.getType()).getRank())
      return emitOpError("needs one stride for every axis of an argument");
  }
  return success();
}

} // namespace jit::trace

#define GET_OP_CLASSES
#include "dialects/trace/TraceOps.cpp.inc"

#include "dialects/trace/TraceDialect.cpp.inc"

void jit::trace::TraceDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/trace/TraceOps.cpp.inc"
      >();
}

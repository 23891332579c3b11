// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The `trace` dialect in C++: a recorded path as SSA over tensors. Its ops are the records beside
// this file; passes treat them by their row of the op table rather than by class.
#pragma once

#include "runtime/ops/OpTable.h"

#include <llvm/ADT/SmallVector.h>
#include <mlir/Bytecode/BytecodeOpInterface.h>
#include <mlir/IR/BuiltinAttributes.h>
#include <mlir/IR/BuiltinTypes.h>
#include <mlir/IR/Dialect.h>
#include <mlir/IR/OpImplementation.h>
#include <mlir/IR/SymbolTable.h>
#include <mlir/Interfaces/SideEffectInterfaces.h>

namespace jit::trace {

/// The row of the op table, or nullptr for scalar, constant and what is not of this dialect.
const OpInfo *table_row(mlir::Operation *op);

mlir::LogicalResult verify_by_infer(mlir::Operation *op);

template <class Concrete>
struct CheckedByInfer : mlir::OpTrait::TraitBase<Concrete, CheckedByInfer> {
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) { return verify_by_infer(op); }
};

} // namespace jit::trace

#include "dialects/trace/TraceDialect.h.inc"

#define GET_OP_CLASSES
#include "dialects/trace/TraceOps.h.inc"

namespace jit::trace {

mlir::RankedTensorType tensor_type(mlir::MLIRContext *context, DType dtype, Dims dims);
/// Row-major meta of a tensor type.
const Meta *meta_of(mlir::Type tensor);

/// Attributes of an op as words, in record order, and back.
llvm::SmallVector<std::int64_t> words_of(mlir::Operation *op, const OpInfo &row);
void add_attributes(mlir::OperationState &state, const OpInfo &row, AttrWords words);

/// Makes an op of the table.
mlir::Operation *create_op(mlir::OpBuilder &builder, mlir::Location location, const OpInfo &row,
                           mlir::ValueRange operands, AttrWords attrs, mlir::TypeRange results);

/// Graph op number, kept through all passes for reports; -1 if unknown.
std::int32_t graph_op(mlir::Operation *op);
void set_graph_op(mlir::Operation *op, std::int32_t number);

} // namespace jit::trace

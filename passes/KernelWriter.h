// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes one kernel.func and the launch that runs it.
#pragma once

#include "dialects/kernel/KernelDialect.h"
#include "dialects/trace/TraceDialect.h"

#include <mlir/IR/Builders.h>

namespace jit {

/// Operands and results are added as loads and stores ask for them; `finish` puts the launch at the
/// builder's place. Scalar arguments are shared by slot and dtype.
class KernelWriter {
public:
  /// The function goes to the end of the module, the launch to where `builder` stands.
  KernelWriter(mlir::OpBuilder &builder, mlir::Location location, llvm::StringRef name,
               llvm::ArrayRef<kernel::Axis> axes);

  /// Element of a tensor; numbers and one-element constants become arg and const.
  mlir::Value load(mlir::Value tensor, llvm::ArrayRef<std::int64_t> strides);
  /// The same from a buffer always, as contractions need: numbers and constants are not put in
  /// place.
  mlir::Value read(mlir::Value tensor, llvm::ArrayRef<std::int64_t> strides);
  /// The same where all coordinates lie inside, else `outside`.
  struct Bound {
    llvm::SmallVector<std::int64_t> coordinate; ///< by axis
    std::int64_t start;                         ///< of the coordinate
    std::int64_t extent;
  };
  mlir::Value padded(mlir::Value tensor, llvm::ArrayRef<std::int64_t> strides, std::int64_t offset,
                     llvm::ArrayRef<Bound> bounds, mlir::Value outside);
  /// Element of a tensor at a place that `index` names; KernelOps.td, gather.
  mlir::Value gather(mlir::Value tensor, llvm::ArrayRef<std::int64_t> strides, mlir::Value index,
                     std::int64_t stride, std::int64_t extent);
  mlir::Value number(trace::ScalarOp scalar);
  mlir::Value constant(double value, DType dtype);
  mlir::Value index(unsigned axis);
  mlir::Value ew(ScalarFunction function, mlir::ValueRange operands, DType result);
  /// Nothing if the value has the dtype already.
  mlir::Value cast(mlir::Value value, DType dtype);
  kernel::ReduceOp reduce(kernel::ReduceKind kind, mlir::Value operand, kernel::ReduceOrder order,
                          std::int64_t correction = 0);
  mlir::Value contract(mlir::Value lhs, mlir::Value rhs);
  void store(mlir::Value value, llvm::ArrayRef<std::int64_t> strides, mlir::RankedTensorType result,
             std::int64_t offset = 0);

  kernel::LaunchOp finish(llvm::ArrayRef<std::int32_t> ops);
  kernel::FuncOp made() const { return function; }

private:
  mlir::MLIRContext *context() { return body.getContext(); }
  mlir::Value buffer(mlir::Value tensor);
  mlir::OpBuilder &outer;
  mlir::OpBuilder body;
  mlir::Location location;
  kernel::FuncOp function;
  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<mlir::Type> results;
  llvm::SmallVector<std::int32_t> slots;
  struct Store {
    mlir::Value value;
    kernel::MapAttr map;
  };
  llvm::SmallVector<Store> stores;
};

DType element_dtype(mlir::Value value);

} // namespace jit

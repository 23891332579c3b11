// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lifter: turns one op of the program into a launch of a kernel of its own.
#pragma once

#include "passes/KernelWriter.h"
#include "passes/Views.h"
#include "runtime/base/SeededBugs.h"

namespace jit {

using Strides = llvm::SmallVector<std::int64_t, kernel::max_axes>;

/// Axes of a tensor's dimensions: those of extent 1 have none.
struct Iteration {
  llvm::SmallVector<kernel::Axis, max_rank> axes;
  llvm::SmallVector<int, max_rank> axis_of; ///< dimension -> axis, or -1

  void add(std::int64_t extent, kernel::AxisKind kind) {
    axis_of.push_back(extent == 1 ? -1 : static_cast<int>(axes.size()));
    if (extent != 1)
      axes.push_back({extent, kind});
  }
  /// Strides over the axes for a tensor whose last dimension belongs to our last dimension.
  Strides strides(Dims extents, Dims steps) const {
    Strides result(axes.size(), 0);
    for (std::size_t i = 0; i < extents.size(); ++i)
      if (const int axis = axis_of[axis_of.size() - extents.size() + i];
          axis >= 0 && extents[i] > 1)
        result[static_cast<unsigned>(axis)] = steps[i];
    if (planted(SeededBug::broadcast_from_left) && extents.size() == 1 && axes.size() == 2 &&
        axes[0].extent == axes[1].extent)
      std::swap(result[0], result[1]);
    return result;
  }
  Strides strides(const Meta &meta) const { return strides(meta.dims(), meta.strides()); }
};

/// All parallel.
Iteration over(Dims extents);

/// Lifts one op. Every method returns what has the results of the op, or nothing if the op stays
/// with the library.
class Lifter {
public:
  Lifter(trace::FuncOp program, Views &views, bool turn)
      : builder(program.getContext()), views(views), turn(turn) {}

  mlir::Operation *lift(mlir::Operation *op);
  void copy_returned_values(trace::ReturnOp end);
  bool has_turned() const { return !copies.empty(); }

private:
  kernel::LaunchOp elementwise(mlir::Operation *op, const OpInfo &row);
  kernel::LaunchOp reduction(mlir::Operation *op, const OpInfo &row);
  kernel::LaunchOp contraction(mlir::Operation *op);
  kernel::LaunchOp full(trace::FullOp op);
  kernel::LaunchOp one_hot(trace::OneHotOp op);
  kernel::LaunchOp take(trace::TakeOp op);
  kernel::LaunchOp take_along_axis(trace::TakeAlongAxisOp op);
  kernel::LaunchOp pad(trace::PadOp op);
  kernel::LaunchOp copy(mlir::Value value, mlir::RankedTensorType type, std::int32_t op);
  bool is_worth_joining(trace::ConcatOp op);
  kernel::JoinOp join(trace::ConcatOp op);
  mlir::Value turned(mlir::Value value);
  kernel::LaunchOp reduce_stage(mlir::Operation *op, const OpInfo &row, mlir::Value operand,
                                Dims reduced, kernel::ReduceOrder order, mlir::TypeRange results,
                                DType compute, bool divide);

  KernelWriter start(mlir::Location location, llvm::ArrayRef<kernel::Axis> axes) {
    return KernelWriter(builder, location, "k" + std::to_string(count++), axes);
  }

  mlir::OpBuilder builder;
  Views &views;
  const bool turn;
  llvm::DenseMap<mlir::Value, mlir::Value> copies; ///< of values that are read down their columns
  unsigned count = 0;
};

} // namespace jit

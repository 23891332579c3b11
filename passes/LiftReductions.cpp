// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lifts reductions, in one or two stages, and contractions.
#include "passes/KernelFacts.h"
#include "passes/Lifter.h"

using namespace mlir;

namespace jit {

using kernel::AxisKind;

static std::optional<kernel::ReduceKind> reduce_kind(OpKind op) {
  using kernel::ReduceKind;
  switch (op) {
  case OpKind::sum:
  case OpKind::mean:
    return ReduceKind::sum;
  case OpKind::prod:
    return ReduceKind::prod;
  case OpKind::max:
    return ReduceKind::max;
  case OpKind::min:
    return ReduceKind::min;
  case OpKind::any:
    return ReduceKind::any;
  case OpKind::all:
    return ReduceKind::all;
  case OpKind::argmax:
    return ReduceKind::argmax;
  case OpKind::argmin:
    return ReduceKind::argmin;
  case OpKind::var_mean:
    return ReduceKind::varmean;
  default:
    return {};
  }
}

// One kernel that reduces some dimensions of `operand` in one order.
kernel::LaunchOp Lifter::reduce_stage(Operation *op, const OpInfo &row, Value operand, Dims reduced,
                                      kernel::ReduceOrder order, TypeRange results, DType compute,
                                      bool divide) {
  const Meta &from = *views.of(operand).meta;
  // Parallel axes come first, so the axes are not in the order of the dimensions.
  Iteration iteration;
  iteration.axis_of.assign(from.rank, -1);
  Strides kept_extents;
  std::int64_t length = 1;
  for (const bool rows : {false, true})
    for (unsigned i = 0; i < from.rank; ++i) {
      const std::int64_t extent = from.dim_values[i];
      if (llvm::is_contained(reduced, i) != rows)
        continue;
      (rows ? length : kept_extents.emplace_back(1)) *= extent;
      if (extent == 1)
        continue;
      iteration.axis_of[i] = static_cast<int>(iteration.axes.size());
      iteration.axes.push_back({extent, rows ? AxisKind::row : AxisKind::parallel});
    }

  KernelWriter kernel = start(op->getLoc(), iteration.axes);
  const kernel::ReduceKind kind = *reduce_kind(row.kind);
  const Value element = kernel.cast(kernel.load(operand, iteration.strides(from)), compute);
  llvm::SmallVector<Value, 2> values;
  if (length == 1) {
    values.push_back(element);
  } else {
    std::int64_t correction = 0;
    if (auto variance = dyn_cast<trace::VarMeanOp>(op))
      correction = planted(SeededBug::correction_ignored)
                       ? 0
                       : static_cast<std::int64_t>(variance.getCorrection());
    llvm::append_range(values, kernel.reduce(kind, element, order, correction)->getResults());
  }
  if (divide) {
    double n = static_cast<double>(trace::meta_of(op->getOperand(0).getType())->size) /
               static_cast<double>(trace::meta_of(op->getResult(0).getType())->size);
    if (planted(SeededBug::mean_of_last_stage))
      n = static_cast<double>(length);
    values[0] =
        kernel.ew(ScalarFunction::divide, {values[0], kernel.constant(n, compute)}, compute);
  }
  Iteration kept;
  for (const std::int64_t extent : kept_extents)
    kept.add(extent, AxisKind::parallel);
  const Strides strides =
      kept.strides(Dims(kept_extents.data(), kept_extents.size()),
                   row_major_strides(Dims(kept_extents.data(), kept_extents.size())));
  for (const auto [value, type] : llvm::zip(values, results))
    kernel.store(value, strides, cast<RankedTensorType>(type));
  kernel::LaunchOp launch = kernel.finish(trace::graph_op(op));
  if (rows_line_up(kernel.made()))
    return launch;
  launch.erase();
  kernel.made().erase();
  return {};
}

kernel::LaunchOp Lifter::reduction(Operation *op, const OpInfo &row) {
  const Meta &from = *views.of(op->getOperand(0)).meta;
  if (from.size == 0)
    return {};
  // The order depends on the logical shape without reduced dimensions of extent 1: numerics.
  const ArrayRef<std::int64_t> axes = op->getAttrOfType<DenseI64ArrayAttr>("axis").asArrayRef();
  llvm::SmallVector<std::int64_t, max_rank> inner, outer;
  bool suffix = true;
  for (std::int64_t i = from.rank; i-- > 0;) {
    const bool reduced = llvm::is_contained(axes, i);
    if (reduced && from.dim_values[i] == 1)
      continue;
    suffix &= reduced;
    if (reduced)
      (suffix ? inner : outer).insert((suffix ? inner : outer).begin(), i);
  }
  const bool one_element = inner.empty() && outer.empty();
  const bool winner = row.kind == OpKind::argmax || row.kind == OpKind::argmin;
  if (one_element && (winner || row.kind == OpKind::var_mean))
    return {};

  const bool truth = row.kind == OpKind::any || row.kind == OpKind::all;
  const DType result = trace::meta_of(op->getResult(0).getType())->dtype;
  const DType compute = truth ? DType::boolean : winner ? from.dtype : result;
  const bool mean = row.kind == OpKind::mean;
  llvm::SmallVector<std::int64_t, max_rank> reduced(axes.begin(), axes.end());
  if (inner.empty() || outer.empty())
    return reduce_stage(op, row, op->getOperand(0), {reduced.data(), reduced.size()},
                        inner.empty() && !planted(SeededBug::outer_sum_as_inner)
                            ? kernel::ReduceOrder::outer
                            : kernel::ReduceOrder::inner,
                        op->getResultTypes(), compute, mean);

  // Both kinds of axes: the suffix first, then the others over its results.
  if (winner || row.kind == OpKind::var_mean)
    return {};
  DimList between;
  for (std::int64_t i = 0; i < from.rank; ++i)
    if (!llvm::is_contained(inner, i))
      between.push_back(from.dim_values[i]);
  const Type type = trace::tensor_type(op->getContext(), compute, between);
  kernel::LaunchOp first = reduce_stage(op, row, op->getOperand(0), {inner.data(), inner.size()},
                                        kernel::ReduceOrder::inner, type, compute, false);
  if (!first)
    return {};
  llvm::SmallVector<std::int64_t, max_rank> rest;
  for (const std::int64_t axis : axes)
    if (!llvm::is_contained(inner, axis))
      rest.push_back(axis - llvm::count_if(inner, [&](std::int64_t i) { return i < axis; }));
  return reduce_stage(op, row, first.getResult(0), {rest.data(), rest.size()},
                      kernel::ReduceOrder::outer, op->getResultTypes(), compute, mean);
}

// The space is exactly <batch..., m, n : parallel, k : inner>; batch dimensions of extent 1 have no
// axis, m, n and k always have one.
kernel::LaunchOp Lifter::contraction(Operation *op) {
  const Meta &x = *views.of(op->getOperand(0)).meta;
  const Meta &y = *views.of(op->getOperand(1)).meta;
  const Meta &result = *trace::meta_of(op->getResult(0).getType());
  const unsigned x_lead = x.rank > 1 ? x.rank - 2u : 0, y_lead = y.rank > 1 ? y.rank - 2u : 0;
  if ((x.rank == 1 && y.rank == 1) || x.size == 0 || y.size == 0)
    return {}; // vecdot has the order of a reduction; an empty one is the library's

  const unsigned batch = std::max(x_lead, y_lead);
  Iteration iteration;
  for (unsigned i = 0; i < batch; ++i)
    iteration.add(result.dim_values[i], AxisKind::parallel);
  const auto m = static_cast<unsigned>(iteration.axes.size()), n = m + 1, k = m + 2;
  iteration.axes.push_back({x.rank > 1 ? x.dim_values[x.rank - 2] : 1, AxisKind::parallel});
  iteration.axes.push_back({y.rank > 1 ? y.dim_values[y.rank - 1] : 1, AxisKind::parallel});
  iteration.axes.push_back({x.dim_values[x.rank - 1], AxisKind::inner});

  const auto set = [&](Strides &strides, unsigned axis, std::int64_t stride) {
    strides[axis] = iteration.axes[axis].extent > 1 ? stride : 0;
  };
  Strides a = iteration.strides({x.dim_values, x_lead}, {x.stride_values, x_lead});
  if (x.rank > 1)
    set(a, m, x.stride_values[x.rank - 2]);
  set(a, k, x.stride_values[x.rank - 1]);
  Strides b = iteration.strides({y.dim_values, y_lead}, {y.stride_values, y_lead});
  set(b, k, y.stride_values[y.rank > 1 ? y.rank - 2 : 0]);
  if (y.rank > 1)
    set(b, n, y.stride_values[y.rank - 1]);
  Strides c = iteration.strides({result.dim_values, batch}, {result.stride_values, batch});
  set(c, m, iteration.axes[n].extent);
  set(c, n, 1);

  KernelWriter kernel = start(op->getLoc(), iteration.axes);
  const Value lhs = kernel.read(op->getOperand(0), a);
  const Value rhs = kernel.read(op->getOperand(1), b);
  kernel.store(kernel.contract(lhs, rhs), c, cast<RankedTensorType>(op->getResult(0).getType()));
  return kernel.finish(trace::graph_op(op));
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lifts ops that put elements elsewhere: by an index, behind a border, side by side.
#include "passes/Lifter.h"

#include <numeric>

using namespace mlir;

namespace jit {

kernel::LaunchOp Lifter::one_hot(trace::OneHotOp op) {
  const Meta &result = *trace::meta_of(op.getType());
  const Meta &index = *views.of(op.getIndex()).meta;
  if (op.getDepth() == 1)
    return {}; // the index has no axis to be compared with
  const Iteration iteration = over(result.dims());
  Strides strides(iteration.axes.size(), 0);
  for (unsigned i = 0; i < index.rank; ++i)
    if (index.dim_values[i] > 1)
      strides[static_cast<unsigned>(iteration.axis_of[i])] = index.stride_values[i];
  KernelWriter kernel = start(op.getLoc(), iteration.axes);
  const Value wanted = kernel.cast(kernel.load(op.getIndex(), strides), DType::i64);
  const Value here = kernel.index(static_cast<unsigned>(iteration.axes.size() - 1));
  const Value hit = kernel.ew(ScalarFunction::equal, {wanted, here}, DType::boolean);
  kernel.store(kernel.cast(hit, result.dtype), iteration.strides(result), op.getType());
  return kernel.finish(trace::graph_op(op));
}

// The axes of the index stand in the place of one axis of x.
kernel::LaunchOp Lifter::take(trace::TakeOp op) {
  const Meta &result = *trace::meta_of(op.getType());
  const Meta &x = *views.of(op.getX()).meta, &index = *views.of(op.getIndex()).meta;
  const auto axis = static_cast<unsigned>(op.getAxis());
  const Iteration iteration = over(result.dims());
  Strides from(iteration.axes.size(), 0), which(iteration.axes.size(), 0);
  for (unsigned i = 0; i < result.rank; ++i) {
    const int at = iteration.axis_of[i];
    if (at < 0)
      continue;
    if (i >= axis && i < axis + index.rank)
      which[static_cast<unsigned>(at)] = index.stride_values[i - axis];
    else
      from[static_cast<unsigned>(at)] = x.stride_values[i < axis ? i : i + 1 - index.rank];
  }
  KernelWriter kernel = start(op.getLoc(), iteration.axes);
  const Value place = kernel.load(op.getIndex(), which);
  kernel.store(kernel.gather(op.getX(), from, place, x.stride_values[axis], x.dim_values[axis]),
               iteration.strides(result), op.getType());
  return kernel.finish(trace::graph_op(op));
}

kernel::LaunchOp Lifter::take_along_axis(trace::TakeAlongAxisOp op) {
  const Meta &result = *trace::meta_of(op.getType());
  const Meta &x = *views.of(op.getX()).meta;
  const auto axis = static_cast<unsigned>(op.getAxis());
  const Iteration iteration = over(result.dims());
  Strides from = iteration.strides(result.dims(), x.strides());
  if (const int at = iteration.axis_of[axis]; at >= 0)
    from[static_cast<unsigned>(at)] = 0;
  KernelWriter kernel = start(op.getLoc(), iteration.axes);
  const Value place = kernel.load(op.getIndex(), iteration.strides(*views.of(op.getIndex()).meta));
  kernel.store(kernel.gather(op.getX(), from, place, x.stride_values[axis], x.dim_values[axis]),
               iteration.strides(result), op.getType());
  return kernel.finish(trace::graph_op(op));
}

kernel::LaunchOp Lifter::pad(trace::PadOp op) {
  const Meta &result = *trace::meta_of(op.getType());
  const Meta &x = *views.of(op.getX()).meta;
  const bool spread = llvm::any_of(op.getInterior(), [](std::int64_t gap) { return gap != 0; });
  const bool narrow = itemsize(x.dtype) < 4; // AVX2 has no masked loads of them
  if (x.size == 0 || spread || narrow ||
      cast<RankedTensorType>(op.getValue().getType()).getElementType() !=
          op.getType().getElementType())
    return {};
  const Iteration iteration = over(result.dims());
  llvm::SmallVector<KernelWriter::Bound> bounds;
  Strides strides(iteration.axes.size(), 0);
  std::int64_t offset = 0;
  for (unsigned i = 0; i < result.rank; ++i) {
    const int axis = iteration.axis_of[i];
    if (axis < 0)
      continue;
    const auto at = static_cast<unsigned>(axis);
    if (x.dim_values[i] > 1) { // else its coordinate is 0 wherever it counts
      strides[at] = x.stride_values[i];
      offset -= op.getLow()[i] * x.stride_values[i];
    }
    if (result.dim_values[i] == x.dim_values[i])
      continue;
    KernelWriter::Bound &bound = bounds.emplace_back();
    bound.coordinate.assign(iteration.axes.size(), 0);
    bound.coordinate[at] = 1;
    bound.start = -op.getLow()[i];
    bound.extent = x.dim_values[i];
  }
  KernelWriter kernel = start(op.getLoc(), iteration.axes);
  kernel.store(bounds.empty() ? kernel.load(op.getX(), strides)
                              : kernel.padded(op.getX(), strides, offset, bounds,
                                              kernel.load(op.getValue(), {})),
               iteration.strides(result), op.getType());
  return kernel.finish(trace::graph_op(op));
}

// Whether some parts are computed here, and those are whole or have runs long enough for vectors.
bool Lifter::is_worth_joining(trace::ConcatOp op) {
  constexpr std::size_t most_parts = 16;
  constexpr std::int64_t least_run = 16;
  const Dims extents = trace::meta_of(op.getType())->dims();
  const auto axis = static_cast<std::size_t>(op.getAxis());
  const auto product = [](Dims of) {
    return std::accumulate(of.begin(), of.end(), std::int64_t{1}, std::multiplies<>());
  };
  const bool whole = product(extents.first(axis)) == 1;
  bool computed = false;
  for (const Value x : op.getXs()) {
    const View &view = views.of(x);
    if (view.meta->size == 0 || !view.root.getDefiningOp<kernel::LaunchOp>())
      continue;
    if (!whole && product(view.meta->dims().subspan(axis)) < least_run)
      return false;
    computed = true;
  }
  return computed && op.getXs().size() <= most_parts;
}

// A copy of every part to its place, which fusion lets its maker do; KernelOps.td, join.
kernel::JoinOp Lifter::join(trace::ConcatOp op) {
  const Meta &result = *trace::meta_of(op.getType());
  const auto axis = static_cast<unsigned>(op.getAxis());
  if (!is_worth_joining(op))
    return {};
  llvm::SmallVector<Value> parts;
  std::int64_t offset = 0;
  for (const Value x : op.getXs()) {
    const Meta &part = *views.of(x).meta;
    if (part.size == 0)
      continue;
    const Iteration iteration = over(part.dims());
    KernelWriter kernel = start(op.getLoc(), iteration.axes);
    kernel.store(kernel.load(x, iteration.strides(part)),
                 iteration.strides(part.dims(), result.strides()),
                 cast<RankedTensorType>(x.getType()), offset);
    parts.push_back(kernel.finish(trace::graph_op(op)).getResult(0));
    offset += part.dim_values[axis] * result.stride_values[axis];
  }
  return kernel::JoinOp::create(builder, op.getLoc(), op.getType(), parts, op.getAxis(),
                                static_cast<std::uint32_t>(trace::graph_op(op)));
}

} // namespace jit

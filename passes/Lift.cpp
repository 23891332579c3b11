// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lift: one kernel for every op that can be one, one function per family. Views become maps, but
// for large transposed operands of elementwise ops, which are copied. What stays in dialect trace
// is run by the library.
#include "passes/KernelFacts.h"
#include "passes/KernelWriter.h"
#include "passes/Passes.h"
#include "passes/Views.h"
#include "runtime/base/SafePoint.h"
#include "runtime/base/SeededBugs.h"
#include "runtime/ops/Attributes.h"

#include <mlir/IR/BuiltinOps.h>

#include <numeric>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_LIFT
#include "passes/Passes.h.inc"

using kernel::Axis;
using kernel::AxisKind;
using Strides = llvm::SmallVector<std::int64_t, kernel::max_axes>;

namespace {

/// Lifts one op. Every method returns what has the results of the op, or nothing if the op stays
/// with the library.
class Lifter {
public:
  Lifter(trace::FuncOp program, Views &views, bool turn)
      : builder(program.getContext()), views(views), turn(turn) {}

  Operation *lift(Operation *op);
  void copy_returned_values(trace::ReturnOp end);
  bool has_turned() const { return !copies.empty(); }

private:
  kernel::LaunchOp elementwise(Operation *op, const OpInfo &row);
  kernel::LaunchOp reduction(Operation *op, const OpInfo &row);
  kernel::LaunchOp contraction(Operation *op);
  kernel::LaunchOp full(trace::FullOp op);
  kernel::LaunchOp one_hot(trace::OneHotOp op);
  kernel::LaunchOp take(trace::TakeOp op);
  kernel::LaunchOp take_along_axis(trace::TakeAlongAxisOp op);
  kernel::LaunchOp pad(trace::PadOp op);
  kernel::LaunchOp copy(Value value, RankedTensorType type, std::int32_t op);
  bool is_worth_joining(trace::ConcatOp op);
  kernel::JoinOp join(trace::ConcatOp op);
  Value turned(Value value);
  kernel::LaunchOp reduce_stage(Operation *op, const OpInfo &row, Value operand, Dims reduced,
                                kernel::ReduceOrder order, TypeRange results, DType compute,
                                bool divide);

  KernelWriter start(Location location, ArrayRef<Axis> axes) {
    return KernelWriter(builder, location, "k" + std::to_string(count++), axes);
  }

  OpBuilder builder;
  Views &views;
  const bool turn;
  llvm::DenseMap<Value, Value> copies; ///< of values that are read down their columns
  unsigned count = 0;
};

/// Axes of a tensor's dimensions: those of extent 1 have none.
struct Iteration {
  llvm::SmallVector<Axis, max_rank> axes;
  llvm::SmallVector<int, max_rank> axis_of; ///< dimension -> axis, or -1

  void add(std::int64_t extent, AxisKind kind) {
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

} // namespace

static Iteration over(Dims extents) {
  Iteration iteration;
  for (const std::int64_t extent : extents)
    iteration.add(extent, AxisKind::parallel);
  return iteration;
}

// Whether reading the tensor row by row takes a cache line an element, and its lines are many.
static bool lies_in_columns(const Meta &meta) {
  constexpr std::int64_t least = 16, worth = 4096; // extents and elements
  unsigned last = meta.rank;
  while (last > 0 && meta.dim_values[last - 1] == 1)
    --last;
  if (last < 2 || meta.size < worth || meta.dim_values[last - 1] < least ||
      meta.stride_values[last - 1] == 0 || meta.stride_values[last - 1] == 1)
    return false;
  for (unsigned axis = 0; axis + 1 < last; ++axis)
    if (meta.stride_values[axis] == 1 && meta.dim_values[axis] >= least)
      return true;
  return false;
}

// The value as a kernel should read it: the library copies in tiles what lies in columns.
Value Lifter::turned(Value value) {
  if (!turn || !lies_in_columns(*views.of(value).meta))
    return value;
  Value &copy = copies[value];
  if (!copy) {
    const auto type = cast<RankedTensorType>(value.getType());
    const std::int64_t words[] = {static_cast<std::int64_t>(trace::meta_of(type)->dtype)};
    copy = trace::create_op(builder, value.getLoc(), info(OpKind::astype), value, words, type)
               ->getResult(0);
  }
  return copy;
}

kernel::LaunchOp Lifter::elementwise(Operation *op, const OpInfo &row) {
  const Meta &result = *trace::meta_of(op->getResult(0).getType());
  const Iteration iteration = over(result.dims());
  llvm::SmallVector<Value> operands;
  for (const Value operand : op->getOperands())
    operands.push_back(turned(operand));
  KernelWriter kernel = start(op->getLoc(), iteration.axes);
  llvm::SmallVector<Value> values;
  for (const Value operand : operands)
    values.push_back(kernel.load(operand, iteration.strides(*views.of(operand).meta)));
  kernel.store(kernel.ew(row.scalar, values, result.dtype), iteration.strides(result),
               cast<RankedTensorType>(op->getResult(0).getType()));
  return kernel.finish(trace::graph_op(op));
}

// Row-major copy of a value of any strides, then seen with the extents of `type`.
kernel::LaunchOp Lifter::copy(Value value, RankedTensorType type, std::int32_t op) {
  const Meta &from = *views.of(value).meta;
  const Iteration iteration = over(from.dims());
  KernelWriter kernel = start(value.getLoc(), iteration.axes);
  const Value element = kernel.load(value, iteration.strides(from));
  kernel.store(element, iteration.strides(from.dims(), row_major_strides(from.dims())), type);
  return kernel.finish(op);
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

kernel::LaunchOp Lifter::full(trace::FullOp op) {
  const Meta &result = *trace::meta_of(op.getType());
  const Iteration iteration = over(result.dims());
  KernelWriter kernel = start(op.getLoc(), iteration.axes);
  kernel.store(kernel.load(op.getValue(), {}), iteration.strides(result), op.getType());
  return kernel.finish(trace::graph_op(op));
}

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

// --- reductions ---

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

// --- contractions ---

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

// --- the pass ---

Operation *Lifter::lift(Operation *op) {
  const OpInfo *row = trace::table_row(op);
  if (!row || is_view(op, views))
    return {};
  for (const Type type : op->getResultTypes())
    if (trace::meta_of(type)->size == 0)
      return {};
  builder.setInsertionPoint(op);
  switch (row->family) {
  case Family::elementwise:
    return elementwise(op, *row);
  case Family::reduction:
    return reduction(op, *row);
  case Family::contraction:
    if (row->kind == OpKind::matmul)
      return contraction(op);
    return {};
  case Family::view: // a reshape that copies
    return copy(op->getOperand(0), cast<RankedTensorType>(op->getResult(0).getType()),
                trace::graph_op(op));
  case Family::creation:
    if (auto filled = dyn_cast<trace::FullOp>(op))
      return full(filled);
    return {};
  case Family::index:
    if (auto hot = dyn_cast<trace::OneHotOp>(op))
      return one_hot(hot);
    if (auto taken = dyn_cast<trace::TakeOp>(op))
      return take(taken);
    if (auto taken = dyn_cast<trace::TakeAlongAxisOp>(op))
      return take_along_axis(taken);
    return {};
  case Family::movement:
    if (auto concat = dyn_cast<trace::ConcatOp>(op))
      return join(concat);
    if (auto padded = dyn_cast<trace::PadOp>(op))
      return pad(padded);
    return {};
  case Family::row:
  case Family::scan:
  case Family::sort:
    return {};
  }
  return {};
}

// Outputs are blocks of their own: whatever is returned twice, or is an argument, a view or a
// constant, is copied.
void Lifter::copy_returned_values(trace::ReturnOp end) {
  llvm::SmallDenseSet<Value> seen;
  builder.setInsertionPoint(end);
  for (OpOperand &operand : end->getOpOperands()) {
    const Value value = operand.get();
    Operation *maker = value.getDefiningOp();
    const bool own = maker && !isa<trace::ConstantOp, trace::ScalarOp>(maker) &&
                     !is_view(maker, views) && seen.insert(value).second;
    const auto type = cast<RankedTensorType>(value.getType());
    if (!own && type.getNumElements() != 0)
      operand.set(copy(value, type, maker ? trace::graph_op(maker) : -1).getResult(0));
  }
}

bool lift(trace::FuncOp program, bool turn) {
  Views views;
  Lifter lifter(program, views, turn);
  llvm::SmallVector<Operation *> lifted; // erased last: views are kept by value
  for (Operation &op : llvm::make_early_inc_range(program.block())) {
    safe_point();
    if (Operation *made = lifter.lift(&op)) {
      op.replaceAllUsesWith(made->getResults());
      lifted.push_back(&op);
    }
  }
  for (Operation *op : lifted)
    op->erase();
  lifter.copy_returned_values(cast<trace::ReturnOp>(program.block().getTerminator()));
  return lifter.has_turned();
}

namespace {
struct LiftPass : impl::LiftBase<LiftPass> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<trace::FuncOp>())
      lift(program);
  }
};
} // namespace

} // namespace jit

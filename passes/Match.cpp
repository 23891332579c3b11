// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Merger, first half: whether a producer and a consumer can be one kernel, and over which axes.
#include "passes/Merge.h"

#include <algorithm>

using namespace mlir;

namespace jit {

using kernel::AxisKind;

llvm::StringRef name(WhyApart reason) {
  switch (reason) {
  case WhyApart::indirect_load:
    return "indirect_load";
  case WhyApart::grid_sync:
    return "grid_sync";
  case WhyApart::pass_limit:
    return "pass_limit";
  case WhyApart::scratch_limit:
    return "scratch_limit";
  case WhyApart::cycle:
    return "cycle";
  case WhyApart::peak_memory:
    return "peak_memory";
  case WhyApart::recompute_cost:
    return "recompute_cost";
  case WhyApart::order_conflict:
    return "order_conflict";
  }
  return "";
}

template <class OpType> static bool has(kernel::FuncOp function) {
  return !function.block().getOps<OpType>().empty();
}

static kernel::ReduceOrder order_of(kernel::FuncOp function) {
  return (*function.block().getOps<kernel::ReduceOp>().begin()).getOrder();
}

Merger::Merger(Node producer, Node consumer, Views &views)
    : producer(producer), consumer(consumer), views(views),
      producer_reduces(has<kernel::ReduceOp>(producer.function)),
      producer_contracts(has<kernel::ContractOp>(producer.function)),
      consumer_reduces(has<kernel::ReduceOp>(consumer.function)),
      consumer_contracts(has<kernel::ContractOp>(consumer.function)),
      refined(consumer.function.getSpace().getAxes()), body(producer.function.getContext()) {}

kernel::StoreOp Merger::store_of(unsigned result) {
  const unsigned inputs = producer.launch.getNumOperands();
  return cast<kernel::StoreOp>(
      *producer.function.block().getArgument(inputs + result).user_begin());
}

// The bounds that a guard consists of: no more is known of other truths.
static void add_bounds(Value guard, llvm::SmallVectorImpl<Bound> &bounds) {
  if (auto inside = guard.getDefiningOp<kernel::InsideOp>())
    bounds.push_back({inside.getCoordinate(), static_cast<std::int64_t>(inside.getExtent())});
  else if (auto ew = guard.getDefiningOp<kernel::EwOp>();
           ew && ew.scalar() == ScalarFunction::logical_and)
    for (const Value operand : ew->getOperands())
      add_bounds(operand, bounds);
}

std::optional<WhyApart> Merger::find_uses() {
  for (const auto [position, operand] : llvm::enumerate(consumer.launch.getOperands())) {
    const View &view = views.of(operand);
    if (view.root.getDefiningOp() != producer.launch)
      continue;
    if (!view.terms.empty())
      return WhyApart::indirect_load;
    const unsigned result = cast<OpResult>(view.root).getResultNumber();
    for (Operation *user :
         consumer.function.block().getArgument(static_cast<unsigned>(position)).getUsers()) {
      auto load = dyn_cast<kernel::LoadOp>(user);
      if (!load) // a gather asks for elements that no one knows before
        return WhyApart::indirect_load;
      if (llvm::any_of(load->getUsers(), [](Operation *op) { return isa<kernel::ContractOp>(op); }))
        return WhyApart::grid_sync;
      uses.push_back({load, result, view.offset, {}, {}});
      if (!load.getGuard())
        continue;
      // What reduces is needed at all of its points.
      if (producer_reduces || producer_contracts)
        return WhyApart::grid_sync;
      add_bounds(load.getGuard(), uses.back().bounds);
    }
  }
  return {};
}

// Solves all loads over one refinement of the consumer's axes.
std::optional<WhyApart> Merger::unify_all() {
  const kernel::SpaceAttr from = producer.function.getSpace();
  for (bool again = true; again;) {
    const std::size_t axes = refined.axes.size();
    for (Use &use : uses) {
      bool row_major = false;
      const auto digits = digits_of(store_of(use.result).getMap(), from, row_major);
      use.point.assign(from.size(), {});
      const kernel::MapAttr map = use.load.getMap();
      if (!row_major || !(use.load.getGuard() ? unify_inside(digits, map, use.offset, use.bounds,
                                                             refined, use.point)
                                              : unify(digits, map, use.offset, refined, use.point)))
        return WhyApart::indirect_load;
    }
    again = refined.axes.size() != axes;
  }
  if (consumer_contracts && refined.axes.size() != consumer.function.getSpace().size())
    return WhyApart::indirect_load;
  return {};
}

bool used_by_others(Value value, Operation *consumer, Views &views) {
  llvm::SmallVector<Value> values{value};
  while (!values.empty()) {
    for (Operation *user : values.pop_back_val().getUsers()) {
      if (is_view(user, views))
        values.push_back(user->getResult(0));
      else if (user != consumer)
        return true;
    }
  }
  return false;
}

bool Merger::needed_elsewhere() {
  kept.clear();
  for (unsigned result = 0; result < producer.launch.getNumResults(); ++result)
    if (used_by_others(producer.launch.getResult(result), consumer.launch, views))
      kept.push_back(result);
  return !kept.empty();
}

std::uint32_t Merger::consumer_axes_of_kind(AxisKind kind) const {
  std::uint32_t axes = 0;
  for (const auto [number, axis] : llvm::enumerate(refined.axes))
    axes |= std::uint32_t(axis.kind == kind) << number;
  return axes;
}

// Axes of the refined consumer that the given axes of the producer depend on.
std::uint32_t Merger::touched(const Substitution &point, std::uint32_t axes) const {
  std::uint32_t result = 0;
  for (unsigned axis = 0; axis < point.size(); ++axis)
    if (axes >> axis & 1)
      for (unsigned other = 0; other < point[axis].coefficients.size(); ++other)
        result |= std::uint32_t(point[axis].coefficients[other] != 0) << other;
  return result;
}

// Whether every point of these axes of the producer belongs to exactly one of those they depend on:
// then each axis is a number in mixed radix over its own axes of the consumer.
bool Merger::one_to_one(const Substitution &point, std::uint32_t axes) {
  std::uint32_t seen = 0;
  for (unsigned axis = 0; axis < point.size(); ++axis) {
    if (!(axes >> axis & 1))
      continue;
    llvm::SmallVector<std::pair<std::int64_t, std::int64_t>, 4> steps;
    for (unsigned other = 0; other < point[axis].coefficients.size(); ++other)
      if (const std::int64_t factor = point[axis].coefficients[other]) {
        steps.push_back({std::abs(factor), refined.axes[other].extent});
        if (seen >> other & 1)
          return false;
        seen |= 1u << other;
      }
    std::sort(steps.begin(), steps.end());
    std::int64_t expected = 1;
    for (const auto &[factor, extent] : steps) {
      if (factor != expected)
        return false;
      expected *= extent;
    }
    if (expected != producer.function.getSpace().extent(axis))
      return false;
  }
  return true;
}

// An elementwise producer can be computed at any point; it is stored too if others need it and the
// merged kernel visits each of its points once, else it is computed twice.
std::optional<WhyApart> Merger::match_light() {
  llvm::SmallVector<unsigned> rows;
  for (unsigned axis = 0; axis < refined.axes.size(); ++axis)
    if (refined.axes[axis].kind == AxisKind::row)
      rows.push_back(axis);
  const std::uint32_t all = producer.function.getSpace().all();
  if (needed_elsewhere()) {
    const Substitution &point = uses[0].point;
    const std::uint32_t axes = touched(point, all);
    const std::uint32_t parallel = consumer_axes_of_kind(AxisKind::parallel);
    const std::uint32_t row = consumer_axes_of_kind(AxisKind::row);
    const bool same =
        llvm::all_of(uses, [&](Use &use) { return use.point == point && !use.load.getGuard(); });
    replaces = same && one_to_one(point, all) && (axes & parallel) == parallel &&
               ((axes & row) == row || (axes & row) == 0);
    if (!replaces)
      kept.clear();
  }
  order_axes(rows, false);
  return {};
}

// The epilogue of a contraction visits each element of C once, in C's own axes.
std::optional<WhyApart> Merger::match_contraction() {
  if (consumer_reduces || consumer_contracts)
    return WhyApart::grid_sync;
  const kernel::SpaceAttr from = producer.function.getSpace();
  const Substitution &point = uses[0].point;
  const std::uint32_t parallel = from.of_kind(AxisKind::parallel);
  if (llvm::any_of(uses, [&](const Use &use) { return use.point != point; }))
    return WhyApart::recompute_cost;
  consumer_axes.assign(refined.axes.size(), {});
  unsigned found = 0;
  for (unsigned axis = 0; axis < from.size(); ++axis) {
    if (!(parallel >> axis & 1) || from.extent(axis) == 1)
      continue;
    const AxisSum &sum = point[axis];
    const std::uint32_t one = touched(point, 1u << axis);
    const unsigned other = static_cast<unsigned>(llvm::countr_zero(one));
    if (sum.constant != 0 || llvm::popcount(one) != 1 || sum.coefficient(other) != 1 ||
        refined.axes[other].extent != from.extent(axis))
      return WhyApart::indirect_load;
    consumer_axes[other].add(axis, 1);
    ++found;
  }
  if (found != refined.axes.size())
    return WhyApart::recompute_cost; // the consumer repeats C along another axis
  needed_elsewhere();
  space.assign(from.getAxes().begin(), from.getAxes().end());
  for (Use &use : uses)
    for (unsigned axis = 0; axis < from.size(); ++axis) {
      use.point[axis] = {};
      use.point[axis].add(axis, 1);
    }
  return {};
}

// The producer's row axes are those of `rest`, flattened; cuts axes of the consumer so that they
// line up. Returns false if they do not.
bool Merger::line_up_rows(std::uint32_t rest) {
  const kernel::SpaceAttr from = producer.function.getSpace();
  unsigned other = static_cast<unsigned>(refined.axes.size());
  for (unsigned axis = from.size(); axis-- > 0;) {
    if (from.kind(axis) != AxisKind::row)
      continue;
    AxisSum sum;
    for (std::int64_t length = 1; length < from.extent(axis);) {
      do
        if (other == 0)
          return false;
      while (!(rest >> --other & 1));
      const std::int64_t wanted = from.extent(axis) / length;
      if (from.extent(axis) % length)
        return false;
      if (refined.axes[other].extent > wanted) {
        if (refined.axes[other].extent % wanted || refined.axes.size() == kernel::max_axes)
          return false;
        refined.split(other, wanted);
        if (unify_all())
          return false;
        // The lower part keeps the number, the upper part comes after it.
        const std::uint32_t upto = (2u << other) - 1;
        return line_up_rows((rest & upto) | 2u << other | (rest & ~upto) << 1);
      }
      sum.add(other, length);
      length *= refined.axes[other].extent;
      if (from.extent(axis) % length)
        return false;
    }
    for (Use &use : uses)
      use.point[axis] = sum;
  }
  // Nothing of `rest` may be left over.
  return (rest & ((1u << other) - 1)) == 0;
}

// A reduction's result is used only inside the loops that enclose it: the producer's parallel axes
// are the consumer's, and what else the consumer has are the rows.
std::optional<WhyApart> Merger::match_reduction() {
  if (consumer_contracts)
    return WhyApart::grid_sync;
  if (consumer_reduces && order_of(producer.function) != order_of(consumer.function))
    return WhyApart::order_conflict;
  const kernel::SpaceAttr from = producer.function.getSpace();
  const std::uint32_t parallel = from.of_kind(AxisKind::parallel),
                      row = from.of_kind(AxisKind::row);
  const auto axes_of_rows = [&] { return touched(uses[0].point, parallel); };
  for (const Use &use : uses)
    for (unsigned axis = 0; axis < from.size(); ++axis)
      if (parallel >> axis & 1 && use.point[axis] != uses[0].point[axis])
        return WhyApart::grid_sync;
  if (!one_to_one(uses[0].point, parallel) ||
      axes_of_rows() & ~consumer_axes_of_kind(AxisKind::parallel))
    return WhyApart::grid_sync;

  const auto rest_now = [&] { return ((1u << refined.axes.size()) - 1) & ~axes_of_rows(); };
  if (consumer_reduces && rest_now() != consumer_axes_of_kind(AxisKind::row))
    return WhyApart::grid_sync;
  bool over_rows = false;
  for (const Use &use : uses) {
    const std::uint32_t rows = touched(use.point, row);
    if (!rows)
      continue;
    over_rows = true;
    if (rows != rest_now() || !one_to_one(use.point, row))
      return WhyApart::grid_sync;
    for (unsigned axis = 0; axis < from.size(); ++axis)
      if (row >> axis & 1)
        for (const std::int64_t factor : use.point[axis].coefficients)
          if (factor < 0)
            return WhyApart::order_conflict;
  }
  const std::uint32_t rest = rest_now();
  llvm::SmallVector<unsigned> rows;
  if (rest) {
    // Lined up in order; loads that range over rows must agree with it.
    std::vector<Substitution> before;
    for (const Use &use : uses)
      before.push_back(use.point);
    const std::size_t axes = refined.axes.size();
    if (!line_up_rows(rest))
      return over_rows ? WhyApart::order_conflict : WhyApart::grid_sync;
    if (over_rows && refined.axes.size() != axes)
      return WhyApart::order_conflict;
    for (std::size_t i = 0; over_rows && i < uses.size(); ++i)
      if (touched(before[i], row) && before[i] != uses[i].point)
        return WhyApart::order_conflict;
    for (unsigned axis = 0; axis < refined.axes.size(); ++axis)
      if (rest_now() >> axis & 1)
        rows.push_back(axis);
  }
  needed_elsewhere();
  order_axes(rows, rest == 0);
  return {};
}

// The merged space: parallel axes of the consumer, then rows, then its inner axis.
void Merger::order_axes(ArrayRef<unsigned> rows, bool append_rows) {
  consumer_axes.assign(refined.axes.size(), {});
  const auto take = [&](unsigned axis, AxisKind kind) {
    consumer_axes[axis].add(static_cast<unsigned>(space.size()), 1);
    space.push_back({refined.axes[axis].extent, kind});
  };
  for (unsigned axis = 0; axis < refined.axes.size(); ++axis)
    if (!llvm::is_contained(rows, axis) && refined.axes[axis].kind == AxisKind::parallel)
      take(axis, AxisKind::parallel);
  for (const unsigned axis : rows)
    take(axis, AxisKind::row);
  for (unsigned axis = 0; axis < refined.axes.size(); ++axis)
    if (refined.axes[axis].kind == AxisKind::inner)
      take(axis, AxisKind::inner);
  for (Use &use : uses)
    use.point = compose(use.point, consumer_axes);
  if (!append_rows)
    return;
  const kernel::SpaceAttr from = producer.function.getSpace();
  for (unsigned axis = 0; axis < from.size(); ++axis) {
    if (from.kind(axis) != AxisKind::row)
      continue;
    for (Use &use : uses) {
      use.point[axis] = {};
      use.point[axis].add(static_cast<unsigned>(space.size()), 1);
    }
    space.push_back(from.getAxes()[axis]);
  }
}

std::optional<WhyApart> Merger::match() {
  if (const auto reason = find_uses())
    return reason;
  if (uses.empty())
    return WhyApart::indirect_load;
  if (const auto reason = unify_all())
    return reason;
  const auto reason = producer_contracts ? match_contraction()
                      : producer_reduces ? match_reduction()
                                         : match_light();
  if (!reason && space.size() > kernel::max_axes)
    return WhyApart::scratch_limit;
  return reason;
}

} // namespace jit

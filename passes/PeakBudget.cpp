// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A tree of maxima over places, and the lives of values in it.
#include "passes/PeakBudget.h"

#include <llvm/ADT/SetVector.h>

using namespace mlir;

namespace jit {

HeldBytes::HeldBytes(unsigned places)
    : places(places), most(4 * std::size_t{places} + 4), added(most.size()) {}

void HeldBytes::add(unsigned first, unsigned last, std::int64_t bytes) {
  if (bytes != 0)
    add(1, 0, places, first, last, bytes);
}

void HeldBytes::add(unsigned node, unsigned begin, unsigned end, unsigned first, unsigned last,
                    std::int64_t bytes) {
  if (last < begin || end <= first)
    return;
  if (first <= begin && end <= last + 1) {
    most[node] += bytes;
    added[node] += bytes;
    return;
  }
  const unsigned middle = (begin + end) / 2;
  add(2 * node, begin, middle, first, last, bytes);
  add(2 * node + 1, middle, end, first, last, bytes);
  most[node] = std::max(most[2 * node], most[2 * node + 1]) + added[node];
}

static unsigned count_ops(Block &block) {
  return static_cast<unsigned>(block.getOperations().size());
}

// Whether the results of the op lie in memory of their own.
static bool makes_values(Operation *op, Views &views) {
  return isa<kernel::LaunchOp, kernel::JoinOp>(op) || (trace::table_row(op) && !is_view(op, views));
}

PeakBudget::PeakBudget(trace::FuncOp program, Views &views, std::int64_t limit)
    : views(views), limit(limit), held(count_ops(program.block())),
      end(count_ops(program.block()) - 1) {
  unsigned next = 0;
  for (Operation &op : program.block())
    places[&op] = next++;
  const auto place = [&](Operation *op) { return std::optional(places.lookup(op)); };
  for (Operation &op : program.block())
    if (makes_values(&op, views))
      for (const Value result : op.getResults()) {
        const Life found = lives[result] = life(result, place);
        held.add(found.first, found.last, found.bytes);
      }
}

// `place` says where an op stands; nothing: it reads the value no more.
PeakBudget::Life PeakBudget::life(Value value,
                                  llvm::function_ref<std::optional<unsigned>(Operation *)> place) {
  const auto bytes = static_cast<std::int64_t>(trace::meta_of(value.getType())->bytes());
  const unsigned first = *place(value.getDefiningOp());
  Life result{first, first, bytes};
  std::optional<unsigned> first_reader;
  llvm::SmallVector<Value> shown{value}; // and views of it
  while (!shown.empty())
    for (Operation *user : shown.pop_back_val().getUsers()) {
      if (is_view(user, views))
        shown.push_back(user->getResult(0));
      else if (user->hasTrait<OpTrait::IsTerminator>())
        result.last = end;
      else if (const auto at = place(user)) {
        result.last = std::max(result.last, *at);
        first_reader = std::min(first_reader.value_or(*at), *at);
      }
    }
  if (value.getDefiningOp()->getNumOperands() == 0 && first_reader)
    result.first = *first_reader;                 // a fill is put there
  if (isa<kernel::JoinOp>(value.getDefiningOp())) // until there its parts count
    result.first = std::min(first + 1, result.last);
  return result;
}

std::vector<PeakBudget::Change> PeakBudget::changes_of(const Merge &merge, unsigned place) {
  llvm::SmallPtrSet<Operation *, 16> moved(merge.between.begin(), merge.between.end());
  llvm::SetVector<Value> values;
  const auto touch = [&](Operation *op) {
    for (const Value operand : op->getOperands())
      values.insert(views.of(operand).root);
    for (const Value result : op->getResults())
      values.insert(result);
  };
  touch(merge.producer);
  touch(merge.consumer);
  llvm::for_each(merge.between, touch);

  kernel::LaunchOp producer = merge.producer, merged = merge.merged;
  const auto made = merged.getResults();
  const auto producer_reads = [&](Value root) {
    return llvm::any_of(producer.getOperands(),
                        [&](Value operand) { return views.of(operand).root == root; });
  };
  std::vector<Change> changes;
  for (const Value value : values) {
    const auto known = lives.find(value);
    if (known == lives.end())
      continue;
    Change change{value, value, known->second, {}};
    const bool of_producer = value.getDefiningOp() == merge.producer;
    const auto place_now = [&](Operation *op) -> std::optional<unsigned> {
      if (op == merge.merged || (op == merge.consumer && of_producer))
        return std::nullopt; // it does not count yet; it computes the value itself
      if (op == merge.consumer || (op == merge.producer && merge.replaces) || moved.contains(op))
        return place;
      return places.lookup(op);
    };
    change.after = life(value, place_now);
    if (!merge.replaces && !of_producer && producer_reads(value))
      change.after.last = std::max(change.after.last, place);
    if (value.getDefiningOp() == merge.consumer)
      change.now = made[merge.kept.size() + cast<OpResult>(value).getResultNumber()];
    if (of_producer && merge.replaces) {
      const auto at = llvm::find(merge.kept, cast<OpResult>(value).getResultNumber());
      change.now = at == merge.kept.end() ? Value() : Value(made[at - merge.kept.begin()]);
    }
    changes.push_back(change);
  }
  return changes;
}

void PeakBudget::apply(const Change &change, bool back) {
  const std::int64_t sign = back ? -1 : 1;
  held.add(change.before.first, change.before.last, -sign * change.before.bytes);
  if (change.now)
    held.add(change.after.first, change.after.last, sign * change.after.bytes);
}

std::int64_t PeakBudget::try_merge(const Merge &merge) {
  if (limit == unlimited)
    return 0;
  const bool early = merge.replaces && !merge.kept.empty();
  const unsigned place = places.lookup(early ? merge.producer : merge.consumer);
  const std::vector<Change> changes = changes_of(merge, place);
  const std::int64_t most = std::max(limit, peak());
  for (const Change &change : changes)
    apply(change, false);
  if (const std::int64_t over = peak() - most; over > 0) {
    for (const Change &change : changes)
      apply(change, true);
    return over;
  }
  for (const Change &change : changes) {
    lives.erase(change.old);
    if (change.now)
      lives[change.now] = change.after;
  }
  for (Operation *op : merge.between)
    places[op] = place;
  places.erase(merge.consumer);
  if (merge.replaces)
    places.erase(merge.producer);
  places[merge.merged] = place;
  return 0;
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fuse: merges producers into consumers, biggest saved tensor first, while that makes the program
// faster by the cost model. Ties go by program order, so the result is deterministic.
#include "passes/KernelFacts.h"
#include "passes/KernelWriter.h"
#include "passes/LaunchOrder.h"
#include "passes/Merge.h"
#include "passes/Passes.h"
#include "passes/PeakBudget.h"
#include "passes/RefusedPairs.h"
#include "runtime/base/SafePoint.h"
#include "runtime/base/SeededBugs.h"

#include <mlir/IR/BuiltinOps.h>

#include <map>
#include <set>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_FUSE
#include "passes/Passes.h.inc"

namespace {

constexpr unsigned max_buffers = 24, max_ops = 512, max_passes = 4;
constexpr std::int64_t max_kept_bytes = 256 << 10;

class Fusion {
public:
  Fusion(trace::FuncOp program, std::int64_t peak_bytes);
  void run();

  FusionWork work;

private:
  struct Edge {
    std::int64_t saved; ///< bytes of the producer's results that the consumer loads
    std::uint32_t order;
    Operation *producer, *consumer;
    bool operator<(const Edge &other) const {
      return saved != other.saved ? saved > other.saved : order < other.order;
    }
  };
  void add_edges(kernel::LaunchOp consumer);
  void renew_edges_from(kernel::LaunchOp producer);
  void drop_edges(Operation *launch);
  std::optional<WhyApart> try_merge(const Edge &edge);
  std::optional<WhyApart> check_gain(Node producer, Node consumer, Node merged, bool replaces);
  bool path_through_others(Operation *producer, Operation *consumer);
  void put_in_place(Merger &merger, Node producer, Node consumer, Node merged);
  Node node(Operation *launch) {
    auto op = cast<kernel::LaunchOp>(launch);
    return {op, kernels.lookup(op.getCallee())};
  }
  void report();

  trace::FuncOp program;
  OpBuilder builder;
  Views views;
  llvm::StringMap<kernel::FuncOp> kernels;
  std::set<Edge> edges;
  /// The edges at either end of a launch; some may be gone.
  llvm::DenseMap<Operation *, llvm::SmallVector<Edge, 8>> edges_at;
  LaunchOrder order;
  PeakBudget budget;
  RefusedPairs refused;
  llvm::SmallVector<Operation *> between; ///< ops that the last search for a path met
  std::uint32_t next_edge = 0;
  std::int64_t too_much = 0; ///< bytes, of the last merge that was refused as peak_memory
  std::map<std::pair<std::int32_t, std::int32_t>, std::string> refusals;
};

} // namespace

Fusion::Fusion(trace::FuncOp program, std::int64_t peak_bytes)
    : program(program), builder(program.getContext()), order(program.block(), views),
      budget(program, views, peak_bytes) {
  for (auto function : program->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>())
    kernels[function.getSymName()] = function;
}

void Fusion::add_edges(kernel::LaunchOp consumer) {
  llvm::SmallVector<std::pair<Operation *, std::int64_t>, 4> producers;
  llvm::SmallPtrSet<void *, 4> roots;
  for (const Value operand : consumer.getOperands()) {
    const Value root = views.of(operand).root;
    auto producer = root.getDefiningOp<kernel::LaunchOp>();
    if (!producer || !roots.insert(root.getAsOpaquePointer()).second)
      continue;
    const auto bytes = static_cast<std::int64_t>(trace::meta_of(root.getType())->bytes());
    const auto found = llvm::find_if(
        producers, [&](const auto &each) { return each.first == producer.getOperation(); });
    if (found == producers.end())
      producers.push_back({producer, bytes});
    else
      found->second += bytes;
  }
  for (const auto &[producer, bytes] : producers) {
    const Edge edge{bytes, next_edge++, producer, consumer};
    edges.insert(edge);
    edges_at[producer].push_back(edge);
    edges_at[consumer].push_back(edge);
    ++work.edges;
  }
}

void Fusion::drop_edges(Operation *launch) {
  for (const Edge &edge : edges_at[launch])
    edges.erase(edge);
  edges_at.erase(launch);
}

// Whether the consumer needs the producer through another op too. What stands before the producer
// cannot, so the search ends there; `between` gets everything that it met behind it.
bool Fusion::path_through_others(Operation *producer, Operation *consumer) {
  llvm::SmallPtrSet<Operation *, 32> seen;
  between.clear();
  const auto visit = [&](Operation *op) {
    for (const Value operand : op->getOperands()) {
      Operation *maker = views.of(operand).root.getDefiningOp();
      if (!maker || order.before(maker, producer) || !seen.insert(maker).second)
        continue;
      if (maker != producer)
        between.push_back(maker);
      else if (op != consumer)
        return true;
    }
    return false;
  };
  seen.insert(consumer);
  if (visit(consumer))
    return true;
  seen.erase(producer); // found directly so far
  for (std::size_t next = 0; next < between.size(); ++next) {
    ++work.search_steps;
    if (visit(between[next]))
      return true;
  }
  return false;
}

// Limits that show only in the merged kernel.
static std::optional<WhyApart> check_limits(kernel::FuncOp function) {
  const kernel::SpaceAttr space = function.getSpace();
  // A row that is reduced and looked at in one place only: it is whole in the one kernel or the
  // other.
  for (auto store : function.block().getOps<kernel::StoreOp>())
    if (store.getValue().getType().getAxes() & ~store.getMap().axes())
      return WhyApart::order_conflict;
  unsigned ops = 0;
  for (Operation &op : function.block())
    ops += isa<kernel::EwOp>(op);
  if (function.block().getNumArguments() > max_buffers || ops > max_ops)
    return WhyApart::scratch_limit;
  if (!space.of_kind(kernel::AxisKind::row))
    return {};
  if (number_row_passes(function).loops > max_passes)
    return WhyApart::pass_limit;
  std::int64_t kept = 0;
  for (const Value value : values_to_keep(function))
    kept += static_cast<std::int64_t>(itemsize(element_dtype(value))) *
            space.points(space.of_kind(kernel::AxisKind::row));
  if (kept > max_kept_bytes)
    return WhyApart::scratch_limit;
  if (!rows_line_up(function))
    return WhyApart::order_conflict;
  return {};
}

// Limits and costs of the merged kernel.
std::optional<WhyApart> Fusion::check_gain(Node producer, Node consumer, Node merged,
                                           bool replaces) {
  if (const auto reason = check_limits(merged.function))
    return reason;
  const double before =
      estimate_ns(consumer.function) + estimate_ns(producer.function) * (replaces ? 1 : 0.5);
  if (estimate_ns(merged.function) >= before)
    return WhyApart::recompute_cost;
  return {};
}

std::optional<WhyApart> Fusion::try_merge(const Edge &edge) {
  const Node producer = node(edge.producer), consumer = node(edge.consumer);
  safe_point();
  ++work.attempts;
  const RefusedPairs::Key pair = refused.key(producer, consumer, views);
  if (const auto reason = refused.find(pair))
    return reason;
  Merger merger(producer, consumer, views);
  if (const auto reason = merger.match()) {
    refused.add(pair, *reason);
    return reason;
  }
  between.clear();
  if (merger.keeps_results() && path_through_others(producer.launch, consumer.launch) &&
      !planted(SeededBug::cycle_ignored))
    return WhyApart::cycle;
  Node merged = merger.build(builder, "f" + std::to_string(work.built++));
  auto reason = check_gain(producer, consumer, merged, merger.replaces_producer());
  if (reason)
    refused.add(pair, *reason);
  else if ((too_much =
                budget.try_merge({producer.launch, consumer.launch, merged.launch,
                                  merger.replaces_producer(), merger.kept_results(), between})))
    reason = WhyApart::peak_memory;
  if (reason) {
    merged.launch.erase();
    merged.function.erase();
    return reason;
  }
  put_in_place(merger, producer, consumer, merged); // `edge` is gone
  return {};
}

void Fusion::put_in_place(Merger &merger, Node producer, Node consumer, Node merged) {
  const auto forget = [&](Node gone) {
    drop_edges(gone.launch);
    kernels.erase(gone.launch.getCallee());
    for (const Value result : gone.launch.getResults())
      views.forget(result);
  };
  forget(consumer);
  if (merger.replaces_producer())
    forget(producer);
  if (merger.keeps_results()) { // the others that need them may stand before the consumer
    order.move_before(between, producer.launch);
    order.erase(consumer.launch);
    order.replace(producer.launch, merged.launch);
  } else {
    if (merger.replaces_producer())
      order.erase(producer.launch);
    order.replace(consumer.launch, merged.launch);
  }
  kernels[merged.launch.getCallee()] = merged.function;
  merger.commit(merged);
  add_edges(merged.launch);
  renew_edges_from(merged.launch);
}

// Those who read results of the launch, through views too.
void Fusion::renew_edges_from(kernel::LaunchOp launch) {
  llvm::SmallPtrSet<Operation *, 4> consumers;
  llvm::SmallVector<Value> values(launch.getResults());
  while (!values.empty()) {
    for (Operation *user : values.pop_back_val().getUsers()) {
      if (is_view(user, views))
        values.push_back(user->getResult(0));
      else if (isa<kernel::LaunchOp>(user) && consumers.insert(user).second) {
        llvm::erase_if(edges_at[user], [&](const Edge &each) {
          if (each.consumer == user)
            edges.erase(each);
          return each.consumer == user;
        });
        add_edges(cast<kernel::LaunchOp>(user));
      }
    }
  }
}

// Refusals between launches that are still there, by the last op of the one and the first of the
// other.
void Fusion::report() {
  std::set<std::pair<std::int32_t, std::int32_t>> current;
  for (auto consumer : program.block().getOps<kernel::LaunchOp>())
    for (const Value operand : consumer.getOperands())
      if (auto producer = views.of(operand).root.getDefiningOp<kernel::LaunchOp>())
        current.insert({producer.getOps().back(), consumer.getOps().back()});
  llvm::SmallVector<Attribute> items;
  for (const auto &[ops, reason] : refusals) {
    if (!current.contains(ops) || ops.first < 0 || ops.second < 0 || ops.first == ops.second)
      continue;
    items.push_back(builder.getI32IntegerAttr(ops.first));
    items.push_back(builder.getI32IntegerAttr(ops.second));
    items.push_back(builder.getStringAttr(reason));
  }
  if (!items.empty())
    program.setRefusalsAttr(builder.getArrayAttr(items));
}

void Fusion::run() {
  for (auto launch : program.block().getOps<kernel::LaunchOp>())
    add_edges(launch);
  while (!edges.empty()) {
    const Edge edge = *edges.begin();
    const std::int32_t from = cast<kernel::LaunchOp>(edge.producer).getOps().back();
    const std::int32_t to = cast<kernel::LaunchOp>(edge.consumer).getOps().back();
    if (const auto reason = try_merge(edge)) {
      std::string &text = refusals[{from, to}] = name(*reason).str();
      if (reason == WhyApart::peak_memory)
        text += ": " + std::to_string(too_much) + " bytes";
      edges.erase(edge);
    } else {
      refusals.erase({from, to});
    }
  }
  order.arrange(program.block(), views);
  report();
}

FusionWork fuse_within(trace::FuncOp program, std::int64_t peak_bytes) {
  Fusion fusion(program, peak_bytes);
  fusion.run();
  return fusion.work;
}

void fuse(trace::FuncOp program) { fuse_within(program, PeakBudget::unlimited); }

namespace {
struct FusePass : impl::FuseBase<FusePass> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<trace::FuncOp>())
      fuse(program);
  }
};
} // namespace

} // namespace jit

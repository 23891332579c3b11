// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fuse: merges producers into consumers, biggest saved tensor first, while that makes the program
// faster by the cost model. Ties go by program order, so the result is deterministic.
#include "passes/KernelFacts.h"
#include "passes/KernelWriter.h"
#include "passes/Merge.h"
#include "passes/Passes.h"
#include "runtime/base/SeededBugs.h"

#include <mlir/Analysis/TopologicalSortUtils.h>
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
  explicit Fusion(trace::FuncOp program);
  void run();

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
  void drop_edges(Operation *launch);
  std::optional<WhyApart> try_merge(const Edge &edge);
  bool path_through_others(Operation *producer, Operation *consumer);
  Node node(Operation *launch) {
    auto op = cast<kernel::LaunchOp>(launch);
    return {op, kernels.lookup(op.getCallee())};
  }
  void report();

  trace::FuncOp program;
  OpBuilder builder;
  Layouts layouts;
  llvm::StringMap<kernel::FuncOp> kernels;
  std::set<Edge> edges;
  std::uint32_t next_edge = 0;
  unsigned made = 0;
  std::map<std::pair<std::int32_t, std::int32_t>, WhyApart> refusals;
};

} // namespace

Fusion::Fusion(trace::FuncOp program) : program(program), builder(program.getContext()) {
  for (auto function : program->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>())
    kernels[function.getSymName()] = function;
}

void Fusion::add_edges(kernel::LaunchOp consumer) {
  llvm::SmallVector<std::pair<Operation *, std::int64_t>, 4> producers;
  llvm::SmallPtrSet<void *, 4> roots;
  for (const Value operand : consumer.getOperands()) {
    const Value root = layouts.of(operand).root;
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
  for (const auto &[producer, bytes] : producers)
    edges.insert({bytes, next_edge++, producer, consumer});
}

void Fusion::drop_edges(Operation *launch) {
  std::erase_if(
      edges, [&](const Edge &edge) { return edge.producer == launch || edge.consumer == launch; });
}

// Whether the consumer needs the producer through another op too.
bool Fusion::path_through_others(Operation *producer, Operation *consumer) {
  llvm::SmallPtrSet<Operation *, 32> seen;
  llvm::SmallVector<Operation *> work;
  const auto visit = [&](Operation *op, bool direct) {
    for (const Value operand : op->getOperands()) {
      Operation *maker = layouts.of(operand).root.getDefiningOp();
      if (maker && !(direct && maker == producer) && seen.insert(maker).second)
        work.push_back(maker);
    }
  };
  visit(consumer, true);
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (op == producer)
      return true;
    visit(op, false);
  }
  return false;
}

// Limits that show only in the merged kernel.
static std::optional<WhyApart> check_limits(kernel::FuncOp function) {
  const kernel::SpaceAttr space = function.getSpace();
  unsigned ops = 0;
  for (Operation &op : function.block())
    ops += isa<kernel::EwOp>(op);
  if (function.block().getNumArguments() > max_buffers || ops > max_ops)
    return WhyApart::scratch_limit;
  if (!space.of_kind(kernel::AxisKind::row))
    return {};
  if (number_passes(function).loops > max_passes)
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

std::optional<WhyApart> Fusion::try_merge(const Edge &edge) {
  Node producer = node(edge.producer), consumer = node(edge.consumer);
  Merger merger(producer, consumer, layouts);
  if (const auto reason = merger.match())
    return reason;
  if (merger.replaces_producer() && path_through_others(edge.producer, edge.consumer) &&
      !planted(SeededBug::cycle_ignored))
    return WhyApart::cycle;
  const std::string name = "f" + std::to_string(made++);
  Node merged = merger.build(builder, name);
  std::optional<WhyApart> reason = check_limits(merged.function);
  if (!reason) {
    const double before = estimate_ns(consumer.function) +
                          estimate_ns(producer.function) * (merger.replaces_producer() ? 1 : 0.5);
    if (estimate_ns(merged.function) >= before)
      reason = WhyApart::recompute_cost;
  }
  if (reason) {
    merged.launch.erase();
    merged.function.erase();
    return reason;
  }
  drop_edges(edge.consumer); // invalidates `edge`
  if (merger.replaces_producer())
    drop_edges(producer.launch);
  kernels.erase(consumer.launch.getCallee());
  if (merger.replaces_producer())
    kernels.erase(producer.launch.getCallee());
  kernels[name] = merged.function;
  merger.commit(merged);
  layouts = Layouts();
  add_edges(merged.launch);
  llvm::SmallPtrSet<Operation *, 4> consumers;
  llvm::SmallVector<Value> values(merged.launch.getResults());
  while (!values.empty()) {
    for (Operation *user : values.pop_back_val().getUsers()) {
      if (is_view(user, layouts))
        values.push_back(user->getResult(0));
      else if (isa<kernel::LaunchOp>(user) && consumers.insert(user).second) {
        std::erase_if(edges, [&](const Edge &each) { return each.consumer == user; });
        add_edges(cast<kernel::LaunchOp>(user));
      }
    }
  }
  return {};
}

// Refusals between launches that are still there, by the last op of the one and the first of the
// other.
void Fusion::report() {
  std::set<std::pair<std::int32_t, std::int32_t>> current;
  for (auto consumer : program.block().getOps<kernel::LaunchOp>())
    for (const Value operand : consumer.getOperands())
      if (auto producer = layouts.of(operand).root.getDefiningOp<kernel::LaunchOp>())
        current.insert({producer.getOps().back(), consumer.getOps().back()});
  llvm::SmallVector<Attribute> items;
  for (const auto &[ops, reason] : refusals) {
    if (!current.contains(ops) || ops.first < 0 || ops.second < 0 || ops.first == ops.second)
      continue;
    items.push_back(builder.getI32IntegerAttr(ops.first));
    items.push_back(builder.getI32IntegerAttr(ops.second));
    items.push_back(builder.getStringAttr(name(reason)));
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
      refusals[{from, to}] = *reason;
      edges.erase(edge);
    } else {
      refusals.erase({from, to});
    }
  }
  sortTopologically(&program.block());
  report();
}

void fuse(trace::FuncOp program) { Fusion(program).run(); }

namespace {
struct FusePass : impl::FuseBase<FusePass> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<trace::FuncOp>())
      fuse(program);
  }
};
} // namespace

} // namespace jit

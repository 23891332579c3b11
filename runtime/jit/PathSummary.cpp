// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/PathSummary.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>

namespace jit {

double three_digits(double value) noexcept {
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 2).ptr;
  double rounded = 0;
  std::from_chars(text, end, rounded);
  return rounded;
}

namespace {

std::string op_text(const GraphOp &op) {
  return std::string(info(op.op).name) + " " + describe(op.site);
}

// Groups ------------------------------------------------------------------------------------

bool same_but_shapes(const Graph &a, const Graph &b) {
  return a.scalars == b.scalars &&
         std::ranges::equal(a.ops, b.ops, [](const auto &x, const auto &y) {
           return x.op == y.op && x.operands == y.operands && x.results == y.results;
         });
}

/// The types of the first input in which the paths differ.
void add_type(PathSummary &summary, const Graph &first, const Graph &other) {
  constexpr std::size_t most = 3;
  const auto [a, b] = std::ranges::mismatch(first.inputs, other.inputs);
  if (a == first.inputs.end() || b == other.inputs.end())
    return;
  if (summary.types.empty())
    summary.types.push_back(describe(**a));
  if (std::string text = describe(**b);
      summary.types.size() < most && std::ranges::find(summary.types, text) == summary.types.end())
    summary.types.push_back(std::move(text));
}

std::string state_text(const PathLife::Now &life, EagerReason why) {
  return std::string(life.has_program() && why != EagerReason::none ? "ready" : name(life.state));
}

// One path ----------------------------------------------------------------------------------

double predicted_loss_ns(const Path &path, const PathSummary &now, EagerReason why, double unseen) {
  if (why == EagerReason::no_gain || !now.met_of_late)
    return 0;
  auto runs =
      static_cast<double>(why == EagerReason::none ? now.unstored : now.eager + now.replayed);
  if (why == EagerReason::resting) // most runs of a rest are not looked at
    runs += static_cast<double>(path.unseen.load(std::memory_order_relaxed)) +
            unseen * static_cast<double>(path.visits());
  return std::max(0.0, path.gain_ns()) * runs;
}

/// Pairs of one text are one entry.
struct Pair {
  std::uint64_t count = 0, bytes = 0;
};
using Pairs = std::map<std::pair<std::string, std::string>, Pair>;

ApartSummary apart_summary(const std::string &reason, const Pairs &pairs) {
  ApartSummary summary;
  summary.reason = reason;
  summary.advice = apart_advice(reason);
  const Pair *largest = nullptr;
  for (const auto &[ops, pair] : pairs) {
    summary.pairs += pair.count;
    summary.bytes += pair.bytes;
    if (largest && pair.bytes <= largest->bytes)
      continue;
    largest = &pair;
    summary.producer = ops.first;
    summary.consumer = ops.second;
  }
  summary.equal_pairs = largest->count;
  summary.equal_bytes = largest->bytes;
  summary.other_pairs = summary.pairs - largest->count;
  summary.other_bytes = summary.bytes - largest->bytes;
  return summary;
}

std::vector<ApartSummary> apart_summaries(const Graph &graph, const ProgramInfo &program) {
  std::map<std::string, Pairs> by_reason;
  for (const FusionRefusal &refusal : program.refusals) {
    const GraphOp &producer = graph.ops[refusal.producer], &consumer = graph.ops[refusal.consumer];
    Pair &pair = by_reason[refusal.reason.substr(0, refusal.reason.find(':'))]
                          [{op_text(producer), op_text(consumer)}];
    ++pair.count;
    for (std::uint8_t r = 0; r < producer.results; ++r)
      pair.bytes += graph.values[producer.first_value + r].meta->bytes();
  }
  std::vector<ApartSummary> list;
  for (const auto &[reason, pairs] : by_reason)
    list.push_back(apart_summary(reason, pairs));
  std::ranges::sort(list, std::ranges::greater(), &ApartSummary::bytes);
  return list;
}

/// Values that need a place of their own in every run, by what is told of them.
std::map<std::string, std::uint64_t> stored_values(const Graph &graph, const Variant &variant,
                                                   std::uint64_t &bytes) {
  const std::vector<std::int32_t> &donors = variant.program->info().donated_input;
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t j = 0; j < variant.outputs.size(); ++j) {
    if (j < donors.size() && donors[j] >= 0)
      continue;
    const GraphValue &value = graph.values[variant.outputs[j]];
    bytes += value.meta->bytes();
    ++counts[op_text(graph.ops[value.op])];
  }
  return counts;
}

StoredSummary stored_summary(const Path &path, const std::string &at) {
  constexpr std::size_t most = 4;
  StoredSummary stored;
  if (at.empty() || 2 * path.exit_count(ExitReason::observe) <= path.visits())
    return stored;
  stored.at = at;
  stored.unused_bytes = path.unused_bytes.load(std::memory_order_relaxed);
  stored.deferred_values = path.deferred_values.load(std::memory_order_relaxed);
  stored.deferred_bytes = path.deferred_bytes.load(std::memory_order_relaxed);
  stored.computed_later = path.computed_later.load(std::memory_order_relaxed);
  // Where values are deferred, the program that stores least is the one that runs.
  const Variant &variant = stored.deferred_values
                               ? *std::ranges::min_element(path.variants, {}, &Variant::bytes)
                               : path.variants.front();
  for (const auto &[text, count] : stored_values(path.graph, variant, stored.bytes))
    if (stored.values.size() < most)
      stored.values.push_back(count == 1 ? text : text + " " + std::to_string(count) + "x");
    else
      stored.other_values += count;
  return stored;
}

void describe_programs(const Path &path, const std::string &read_at, PathSummary &summary) {
  for (const Variant &variant : path.variants) {
    const ProgramInfo &program = variant.program->info();
    summary.compile_ms += program.compile_ms;
    summary.code_bytes += program.code_bytes;
    summary.arena_bytes = std::max<std::uint64_t>(summary.arena_bytes, program.arena_bytes);
    summary.kernels_before = program.kernels_before;
    summary.kernels = program.kernels_after;
  }
  if (path.variants.empty())
    return;
  summary.apart = apart_summaries(path.graph, path.variants.back().program->info());
  summary.stored = stored_summary(path, read_at);
}

PathSummary of_path(Path &path, const PathLife::Now &life, EagerReason why,
                    const PathContext &context) {
  PathSummary summary;
  summary.id = path.id;
  summary.met_of_late = why != EagerReason::seen_once || path.came_up_of_late();
  summary.state = state_text(life, why);
  if (why != EagerReason::none) {
    summary.reason = name(why);
    summary.why = sentence(why);
    summary.advice = advice(why);
  }
  if (life.state == PathState::rejected)
    summary.detail = path.reject_detail;
  summary.ops = path.graph.ops.size();
  summary.compiled = path.hits.load(std::memory_order_relaxed);
  summary.eager = path.recorded.load(std::memory_order_relaxed);
  summary.replayed = path.replays.load(std::memory_order_relaxed);
  summary.unstored = path.exit_count(ExitReason::live_set);
  if (const std::unique_lock guard(path.measuring, std::try_to_lock); guard) {
    const Spread spread = path.spread();
    summary.pairs = spread.pairs;
    summary.low = spread.low;
    summary.high = spread.high;
  }
  if (const std::uint64_t visits = path.visits(); visits < life.retry_at)
    summary.retry_after = life.retry_at - visits;
  if (life.in_work())
    summary.waiting_ms =
        static_cast<double>(context.now_ns - std::min(context.now_ns, path.queued_ns)) / 1e6;
  describe_programs(path, context.read_at, summary);
  return summary;
}

/// Ratios of several paths.
void widen(PathSummary &group, const PathSummary &path) {
  if (path.pairs == 0)
    return;
  group.low = group.pairs ? std::min(group.low, path.low) : path.low;
  group.high = std::max(group.high, path.high);
  group.pairs += path.pairs;
}

} // namespace

bool PathGroup::takes(const Path &path, const PathSummary &other, EagerReason reason) const {
  if (why != reason || summary.state != other.state || summary.met_of_late != other.met_of_late)
    return false;
  return !other.met_of_late || same_but_shapes(first->graph, path.graph);
}

void PathGroup::add(const Path &path, const PathSummary &other, double unseen) {
  if (&path != first) {
    ++summary.count;
    if (summary.met_of_late)
      add_type(summary, first->graph, path.graph);
    widen(summary, other);
    summary.id = std::min(summary.id, other.id);
    summary.compiled += other.compiled;
    summary.eager += other.eager;
    summary.replayed += other.replayed;
    summary.unstored += other.unstored;
    summary.retry_after = std::min(summary.retry_after, other.retry_after);
    summary.waiting_ms = std::max(summary.waiting_ms, other.waiting_ms);
    summary.compile_ms += other.compile_ms;
    summary.code_bytes += other.code_bytes;
    summary.arena_bytes = std::max(summary.arena_bytes, other.arena_bytes);
  }
  const double run_ns = static_cast<double>(path.eager_estimate_ns());
  eager_ns += run_ns;
  lost_ns += predicted_loss_ns(path, other, why, unseen);
  saved_ns += path.saved_ns();
  if (const double ratio = path.ratio.load(std::memory_order_relaxed); ratio > 0) {
    const double runs = static_cast<double>(std::max<std::uint64_t>(other.compiled, 1));
    before_ns += runs * run_ns;
    after_ns += runs * run_ns / ratio;
  }
}

PathSummary PathGroup::finish(std::uint64_t calls) && {
  const auto count = static_cast<double>(summary.count);
  summary.eager_us = three_digits(eager_ns / count / 1000);
  summary.lost_us =
      three_digits(lost_ns / static_cast<double>(std::max<std::uint64_t>(calls, 1)) / 1000);
  summary.saved_ms = three_digits(saved_ns / 1e6);
  summary.speedup = after_ns > 0 ? three_digits(before_ns / after_ns) : 0;
  for (double *measured : {&summary.low, &summary.high, &summary.waiting_ms, &summary.compile_ms})
    *measured = three_digits(*measured);
  return std::move(summary);
}

void add_to_groups(std::vector<PathGroup> &groups, Path &path, const PathLife::Now &life,
                   const PathContext &context) {
  const EagerReason why = why_eager(path, life, context.resting);
  const PathSummary summary = of_path(path, life, why, context);
  auto group = std::ranges::find_if(
      groups, [&](const PathGroup &known) { return known.takes(path, summary, why); });
  if (group == groups.end())
    group = groups.insert(groups.end(), {&path, why, summary});
  group->add(path, summary, context.unseen);
}

} // namespace jit

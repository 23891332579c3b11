// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Snapshot.h"

#include "runtime/base/Options.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/PathSummary.h"
#include "runtime/policy/Clock.h"

#include <tracejit/compiler.h>

#include <algorithm>
#include <mutex>

namespace jit {
namespace {

/// Sums over the paths of a trace, in ns.
struct Sums {
  double eager = 0;           ///< of all runs, had they been eager
  double compiled_before = 0; ///< of measured compiled runs, had they been eager
  double compiled_after = 0;
  double saved = 0, compile_ms = 0;
  std::uint64_t runs = 0, compiled = 0;

  void add(const Path &path) {
    const double eager_ns = static_cast<double>(path.eager_estimate_ns());
    const auto hits = static_cast<double>(path.hits.load(std::memory_order_relaxed));
    eager += eager_ns * static_cast<double>(path.visits());
    saved += path.saved_ns();
    if (const double ratio = path.ratio.load(std::memory_order_relaxed); ratio > 0) {
      compiled_before += hits * eager_ns;
      compiled_after += hits * eager_ns / ratio;
    }
    for (const Variant &variant : path.variants)
      compile_ms += variant.program->info().compile_ms;
  }
};

/// Where the segments end that begin at `anchor`, if it is one place where a value is read.
std::string read_after(const Anchor &anchor) {
  const Anchor *found = nullptr;
  for (const Anchor *next = anchor.trace->anchors.load(std::memory_order_acquire); next;
       next = next->next) {
    if (next->before.load(std::memory_order_relaxed) != &anchor)
      continue;
    if (found)
      return "";
    found = next;
  }
  return found ? describe(found->site) : "";
}

/// For each run that was counted: runs that were not, as most are of a starting point that rests.
double unseen_runs(const Anchor &anchor) {
  std::uint64_t counted = anchor.known.forgotten().hits;
  for (const std::shared_ptr<Path> &path : anchor.known.paths())
    counted += path->visits();
  const std::uint64_t all = std::max(anchor.state.passes(), counted);
  return static_cast<double>(all - counted) /
         static_cast<double>(std::max<std::uint64_t>(counted, 1));
}

/// Told from the paths, so that it does not contradict them.
AnchorState::Phase more_of(AnchorState::Phase phase, const PathLife::Now &life) {
  using enum AnchorState::Phase;
  if (phase == cold && life.in_work())
    return waiting;
  return life.has_program() && phase != resting ? serving : phase;
}

double rank(const StartSummary &start) { return start.lost_us; }
double rank(const PathSummary &path) { return path.met_of_late ? path.lost_us : -1; }

/// Keeps the list in order: who loses more comes first, then who came first.
template <class T> void insert_by_loss(std::vector<T> &list, T item) {
  const auto place = std::ranges::upper_bound(list, rank(item), std::ranges::greater(),
                                              [](const T &other) { return rank(other); });
  list.insert(place, std::move(item));
}

/// The table's lock is held.
StartSummary start_summary(const Anchor &anchor, std::uint64_t calls, Sums &sums) {
  StartSummary start;
  start.at = describe(anchor.site);
  start.rest_left = anchor.state.rest_left();
  start.path_count = anchor.known.paths().size();
  start.forgotten_paths = anchor.known.forgotten().paths;
  const bool resting = start.rest_left > 0;
  AnchorState::Phase phase = resting ? AnchorState::Phase::resting : AnchorState::Phase::cold;
  const PathContext context{resting, now_ns(), unseen_runs(anchor), read_after(anchor)};
  std::vector<PathGroup> groups;
  start.compiled = anchor.known.forgotten().hits;
  for (const std::shared_ptr<Path> &path : anchor.known.paths()) {
    const PathLife::Now life = path->life.now();
    phase = more_of(phase, life);
    add_to_groups(groups, *path, life, context);
    start.compiled += path->hits.load(std::memory_order_relaxed);
    sums.add(*path);
  }
  for (PathGroup &group : groups) {
    PathSummary path = std::move(group).finish(calls);
    start.lost_us += path.lost_us;
    insert_by_loss(start.paths, std::move(path));
  }
  start.state = name(phase);
  start.lost_us = three_digits(start.lost_us);
  start.runs = std::max(anchor.state.passes(), start.compiled); // threads that race lose passes
  sums.runs += start.runs;
  sums.compiled += start.compiled;
  sums.saved += anchor.known.forgotten().saved_ns;
  return start;
}

std::string eager_text(const PathSummary &path) {
  const std::string who = path.count > 1 ? std::to_string(path.count) + " shapes run"
                                         : "path " + std::to_string(path.id) + " runs";
  return path.reason.empty() ? who + " op by op at times (live_set)"
                             : who + " eagerly (" + path.reason + ")";
}

/// Time first; where next to none is lost, bytes that need not be moved.
LossSummary largest_loss(const TraceSummary &trace, double eager_us) {
  LossSummary by_time, by_bytes;
  for (const StartSummary &start : trace.starts)
    for (const PathSummary &path : start.paths) {
      if (path.lost_us > by_time.us)
        by_time = {start.at, eager_text(path), path.lost_us, 0,
                   path.reason.empty() ? std::string(advice(EagerReason::live_set)) : path.advice};
      if (path.reason.empty() && path.stored.bytes > by_bytes.bytes)
        by_bytes = {path.stored.at, "values stored because they are alive there", 0,
                    path.stored.bytes, "let values go before that line, or end their scope"};
      for (const ApartSummary &apart : path.apart)
        if (apart.equal_bytes > by_bytes.bytes)
          by_bytes = {apart.consumer, "kernels apart (" + apart.reason + ")", 0, apart.equal_bytes,
                      apart.advice};
    }
  constexpr std::uint64_t least_bytes = 4096;
  if (by_time.us > eager_us / 100)
    return by_time;
  return by_bytes.bytes >= least_bytes ? by_bytes : LossSummary();
}

TraceSummary trace_summary(const Trace &trace, Locks locks, std::uint64_t &busy) {
  TraceSummary summary;
  summary.id = trace.id;
  summary.name = trace.name;
  summary.at = describe(trace.site);
  if (const Anchor *first = trace.known_anchor(0))
    summary.calls = first->state.passes();
  Sums sums;
  std::vector<Anchor *> anchors;
  for (Anchor *anchor = trace.anchors.load(std::memory_order_acquire); anchor;
       anchor = anchor->next)
    anchors.insert(anchors.begin(), anchor); // the newest heads the list
  for (Anchor *anchor : anchors) {
    std::unique_lock guard(anchor->known.lock, std::defer_lock);
    if (locks == Locks::wait)
      guard.lock();
    else if (!guard.try_lock()) {
      ++busy;
      continue;
    }
    insert_by_loss(summary.starts, start_summary(*anchor, summary.calls, sums));
  }
  summary.start_count = summary.starts.size();
  summary.compiled_percent = sums.runs ? 100 * sums.compiled / sums.runs : 0;
  if (sums.compiled_after > 0)
    summary.speedup = three_digits(sums.compiled_before / sums.compiled_after);
  summary.saved_ms = three_digits(sums.saved / 1e6);
  summary.compile_ms = three_digits(sums.compile_ms);
  const double calls = static_cast<double>(std::max<std::uint64_t>(summary.calls, 1));
  summary.loss = largest_loss(summary, sums.eager / calls / 1000);
  return summary;
}

std::string compiler_word(CompilerState state) {
  static constexpr std::string_view words[] = {"off", "opening", "ready", "failed"};
  return std::string(words[static_cast<std::size_t>(state)]);
}

} // namespace

Report take_snapshot(Locks locks) {
  Report report;
  Options now;
  now.mode = mode();
  report.mode = option_table().front().get(now);
  const CompilerStatus compiler = CompileThread::get().status_before_exit();
  report.compiler = compiler_word(compiler.state);
  report.compiler_message = compiler.message;
  report.paused = CompileThread::get().is_paused();
  for (const Trace *trace = Trace::all(); trace; trace = trace->next)
    report.traces.push_back(trace_summary(*trace, locks, report.busy_starts));
  std::ranges::reverse(report.traces);
  return report;
}

} // namespace jit

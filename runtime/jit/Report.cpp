// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Report.h"

#include <algorithm>
#include <ostream>
#include <sstream>

namespace jit {

static void describe_program(const Path &path, TraceReport &report) {
  for (const Variant &variant : path.variants) {
    const ProgramInfo &program = variant.program->info();
    report.compile_ms += program.compile_ms;
    (path.from_profile ? report.from_profile : report.from_cache) |= program.stored;
    report.code_bytes += program.code_bytes;
    report.arena_bytes = std::max<std::uint64_t>(report.arena_bytes, program.arena_bytes);
    report.kernels_before = program.kernels_before;
    report.kernels_after = program.kernels_after;
    report.refused_fusions.clear();
    for (const FusionRefusal &refusal : program.refusals) {
      const auto op_text = [&](std::uint32_t number) {
        const GraphOp &op = path.graph.ops[number];
        return std::string(info(op.op).name) + " (" + describe(op.site) + ")";
      };
      report.refused_fusions.push_back(op_text(refusal.producer) + " into " +
                                       op_text(refusal.consumer) + ": " + refusal.reason);
    }
  }
}

static std::string measured_text(Path &path) {
  const std::lock_guard guard(path.measuring);
  const Spread found = path.trial.spread();
  std::ostringstream text;
  text.precision(3);
  if (found.pairs)
    text << found.median << " times as fast [" << found.low << " .. " << found.high << "] in "
         << found.pairs << " pairs";
  return text.str();
}

/// Why the path runs eagerly; empty if it does not.
static std::string reject_text(Path &path, const PathLife::Now &life) {
  if (life.state != PathState::rejected)
    return "";
  std::string text = std::string(name(life.reason)) + ": " + std::string(sentence(life.reason));
  const std::string detail =
      life.reason == RejectReason::no_gain ? measured_text(path) : path.reject_detail;
  if (!detail.empty())
    text += " (" + detail + ")";
  const std::uint64_t visits = path.visits();
  if (visits < life.retry_at)
    text += ", tried again after " + std::to_string(life.retry_at - visits) + " more runs";
  if (const std::string_view todo = advice(eager_reason(life.reason)); !todo.empty())
    text += ". Do: " + std::string(todo);
  return text;
}

static TraceReport report_of(Path &path, const Anchor &anchor) {
  TraceReport report;
  report.id = path.id;
  report.name = anchor.trace->name;
  report.begin = describe(anchor.site);
  for (const GraphOp &op : path.graph.ops)
    if (std::string site = describe(op.site);
        std::find(report.sites.begin(), report.sites.end(), site) == report.sites.end())
      report.sites.push_back(std::move(site));
  const PathLife::Now life = path.life.now();
  report.state = name(life.state);
  report.reject_reason = reject_text(path, life);
  report.resting = anchor.state.rest_left();
  report.ops = static_cast<std::uint32_t>(path.graph.ops.size());
  report.recorded = path.recorded.load();
  report.hits = path.hits.load();
  report.replays = path.replays.load();
  for (int i = 0; i < exit_reason_count; ++i)
    if (const std::uint64_t count = path.exits[static_cast<std::size_t>(i)].load())
      report.exits.emplace_back(name(static_cast<ExitReason>(i)), count);
  report.unused_bytes = path.unused_bytes.load();
  report.deferred_bytes = path.deferred_bytes.load();
  report.deferred_values = path.deferred_values.load();
  report.computed_later = path.computed_later.load();
  if (path.ratio.load() > 0)
    report.saved_ms = path.gain_ns() * static_cast<double>(report.hits) / 1e6;
  describe_program(path, report);
  return report;
}

/// Calls f(anchor, path) for every known path of the trace, the table's lock held.
template <class F> static void for_each_path(const Trace &trace, F f) {
  for (Anchor *anchor = trace.anchors.load(std::memory_order_acquire); anchor;
       anchor = anchor->next) {
    const std::lock_guard guard(anchor->known.lock);
    for (const std::shared_ptr<Path> &path : anchor->known.paths())
      f(*anchor, *path);
  }
}

void append_graphs(const Trace &trace, std::vector<Graph> &graphs) {
  for_each_path(trace, [&](Anchor &, Path &path) { graphs.push_back(path.graph); });
}

void append_reports(const Trace &trace, std::vector<TraceReport> &reports) {
  for_each_path(trace,
                [&](Anchor &anchor, Path &path) { reports.push_back(report_of(path, anchor)); });
}

void sort_reports(std::vector<TraceReport> &reports) {
  std::sort(reports.begin(), reports.end(),
            [](const TraceReport &a, const TraceReport &b) { return a.id < b.id; });
}

std::ostream &operator<<(std::ostream &stream, const TraceReport &r) {
  stream << "trace " << r.id << (r.name.empty() ? "" : " " + r.name) << " at " << r.begin << ": "
         << r.state << ", " << r.ops << " ops\n";
  if (!r.reject_reason.empty())
    stream << "  rejected: " << r.reject_reason << "\n";
  if (r.resting)
    stream << "  its starting point rests: leaving known paths cost more than was gained; "
           << r.resting << " more runs are eager\n";
  stream << "  lines:";
  for (const std::string &site : r.sites)
    stream << " " << site;
  stream << "\n  runs: " << r.recorded << " recorded, " << r.hits << " compiled, " << r.replays
         << " replayed op by op\n  exits:";
  for (const auto &[reason, count] : r.exits)
    stream << " " << reason << "=" << count;
  stream << "\n";
  if (r.kernels_after)
    stream << "  program: " << r.kernels_before << " kernels before fusion, " << r.kernels_after
           << " after; "
           << (r.from_profile ? "read from the profile"
               : r.from_cache ? "read from the cache"
                              : "compiled")
           << " in " << r.compile_ms << " ms, " << r.code_bytes << " bytes of code, temporaries "
           << r.arena_bytes << " bytes, stored but unused " << r.unused_bytes << " bytes, saved "
           << r.saved_ms << " ms\n";
  if (r.deferred_values || r.computed_later)
    stream << "  deferred " << r.deferred_values << " values that are held but not needed, "
           << r.deferred_bytes << " bytes a run; computed after all in " << r.computed_later
           << " runs\n";
  for (const std::string &refusal : r.refused_fusions)
    stream << "  not fused: " << refusal << "\n";
  return stream;
}

} // namespace jit

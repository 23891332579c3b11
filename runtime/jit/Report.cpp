// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Report.h"

#include <algorithm>
#include <chrono>
#include <ostream>

namespace jit {

/// Cycles of the time stamp counter in a millisecond, measured since the first call.
static double cycles_per_ms() {
  using Clock = std::chrono::steady_clock;
  static const auto begin = std::pair(Clock::now(), cycles());
  const auto enough = std::chrono::milliseconds(2);
  while (Clock::now() - begin.first < enough) {
  }
  const std::chrono::duration<double, std::milli> passed = Clock::now() - begin.first;
  return static_cast<double>(cycles() - begin.second) / passed.count();
}

static void describe_program(const Path &path, TraceReport &report) {
  for (const Variant &variant : path.variants) {
    const ProgramInfo &program = variant.program->info();
    report.compile_ms += program.compile_ms;
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

static std::string reject_text(const Path &path, const Anchor &anchor) {
  if (path.state.load() == PathState::rejected) {
    const RejectReason reason = path.reason.load();
    return std::string(name(reason)) + ": " + std::string(sentence(reason)) +
           (path.reject_detail.empty() ? "" : " (" + path.reject_detail + ")");
  }
  if (anchor.unstable.load() && anchor.passive())
    return std::string(name(RejectReason::unstable)) + ": " +
           std::string(sentence(RejectReason::unstable));
  return "";
}

static TraceReport report_of(const Path &path, const Anchor &anchor) {
  TraceReport report;
  report.id = path.id;
  report.name = anchor.trace->name;
  report.begin = describe(anchor.site);
  for (const GraphOp &op : path.graph.ops)
    if (std::string site = describe(op.site);
        std::find(report.sites.begin(), report.sites.end(), site) == report.sites.end())
      report.sites.push_back(std::move(site));
  report.state = name(path.state.load());
  report.reject_reason = reject_text(path, anchor);
  report.ops = static_cast<std::uint32_t>(path.graph.ops.size());
  report.recorded = path.recorded.load();
  report.hits = path.hits.load();
  report.replays = path.replays.load();
  for (int i = 0; i < exit_reason_count; ++i)
    if (const std::uint64_t count = path.exits[static_cast<std::size_t>(i)].load())
      report.exits.emplace_back(name(static_cast<ExitReason>(i)), count);
  report.unused_bytes = path.unused_bytes.load();
  report.saved_ms =
      static_cast<double>(path.trial.gain()) * static_cast<double>(report.hits) / cycles_per_ms();
  describe_program(path, report);
  return report;
}

void append_paths(const Trace &trace, std::vector<std::shared_ptr<Path>> &paths) {
  for (Anchor *anchor = trace.anchors.load(std::memory_order_acquire); anchor;
       anchor = anchor->next) {
    const std::lock_guard guard(anchor->lock);
    paths.insert(paths.end(), anchor->paths.begin(), anchor->paths.end());
  }
}

void append_reports(const Trace &trace, std::vector<TraceReport> &reports) {
  for (Anchor *anchor = trace.anchors.load(std::memory_order_acquire); anchor;
       anchor = anchor->next) {
    const std::lock_guard guard(anchor->lock);
    for (const std::shared_ptr<Path> &path : anchor->paths)
      reports.push_back(report_of(*path, *anchor));
  }
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
           << " after; compiled in " << r.compile_ms << " ms, " << r.code_bytes
           << " bytes of code, temporaries " << r.arena_bytes << " bytes, stored but unused "
           << r.unused_bytes << " bytes, saved " << r.saved_ms << " ms\n";
  for (const std::string &refusal : r.refused_fusions)
    stream << "  not fused: " << refusal << "\n";
  return stream;
}

} // namespace jit

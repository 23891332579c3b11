// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// jit::trace, modes and explain: the public face of runtime/jit.
#include "runtime/base/Options.h"
#include "runtime/cuda/Devices.h"
#include "runtime/eager/Dispatch.h"
#include "runtime/eager/Typed.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/Report.h"
#include "runtime/jit/Segment.h"
#include "runtime/jit/Snapshot.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/trace/Text.h"

#include <tracejit/trace.h>

#include <algorithm>
#include <exception>
#include <ostream>
#include <utility>

namespace jit {

void set_mode(Mode mode) {
  interrupt_segment(ExitReason::mode_change);
  change_mode(mode);
}

Mode current_mode() noexcept { return mode(); }

void synchronize(std::source_location site) {
  interrupt_segment(ExitReason::observe);
  Session::close_all(ExitReason::observe);
  if (thread_trace.lost)
    throw_lost(thread_trace);
  if (const std::optional<std::string> wrong = gpu::finish_all())
    throw Error(ErrorCode::device, "synchronize: " + *wrong, site);
}

/// Whether a path that still comes up waits for its verdict.
static bool trial_is_open() noexcept {
  for (Trace *trace = Trace::all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors.load(std::memory_order_acquire); anchor;
         anchor = anchor->next)
      if (anchor->judges())
        return true;
  return false;
}

bool wait_compiled(std::chrono::milliseconds timeout, Until until) {
  // The clock's own numbers end before those of milliseconds.
  constexpr std::chrono::milliseconds none{0}, year = std::chrono::hours{24 * 365};
  return CompileThread::get().wait_idle(std::clamp(timeout, none, year)) &&
         (until == Until::compiled || !trial_is_open());
}

void pause_compiling() noexcept { CompileThread::get().pause(); }
void resume_compiling() noexcept { CompileThread::get().resume(); }

NoTrace::NoTrace(const std::source_location &site) noexcept
    : site(site), outermost(begin_no_trace()) {}

NoTrace::~NoTrace() {
  if (outermost)
    end_no_trace(site);
}

std::vector<TraceReport> explain(std::source_location site) {
  return detail::typed("explain", site, [] {
    std::vector<TraceReport> reports;
    for (Trace *trace = Trace::all(); trace; trace = trace->next)
      append_reports(*trace, reports);
    sort_reports(reports);
    return reports;
  });
}

Report report(std::source_location site) {
  return detail::typed("report", site, [] { return take_snapshot(Locks::wait); });
}

void save_trace(std::ostream &stream, std::string_view name, std::source_location site) {
  const MxcsrGuard environment; // digits of denormals
  detail::typed("save_trace", site, [&] {
    std::vector<Graph> graphs;
    for (Trace *trace = Trace::all(); trace; trace = trace->next)
      if (name.empty() || trace->name == name)
        append_graphs(*trace, graphs);
    for (const Graph &graph : graphs)
      stream << to_text(graph);
  });
  if (!stream)
    throw Error(ErrorCode::io, "save_trace: the stream could not be written", site);
}

namespace detail {

const TraceHandle &find_trace(const void *type, const void *target, const TraceOptions &options,
                              const std::source_location &site) {
  const std::uint64_t key = reinterpret_cast<std::uintptr_t>(type) * 0x9e3779b97f4a7c15u ^
                            reinterpret_cast<std::uintptr_t>(target);
  return typed("trace", site, [&]() -> const TraceHandle & {
    return Trace::find(key, options.name, site, options.warmup, options.max_paths);
  });
}

std::vector<TraceReport> explain_trace(const TraceHandle &trace, const std::source_location &site) {
  return typed("explain", site, [&] {
    std::vector<TraceReport> reports;
    append_reports(static_cast<const Trace &>(trace), reports);
    sort_reports(reports);
    return reports;
  });
}

void reset_trace(const TraceHandle &handle) noexcept {
  const auto &trace = static_cast<const Trace &>(handle);
  for (Anchor *anchor = trace.anchors.load(std::memory_order_acquire); anchor;
       anchor = anchor->next)
    anchor->forget();
}

CallReport last_call(const TraceHandle &trace, const std::source_location &site) {
  const ThreadTrace &t = thread_trace;
  if (!t.anchor || t.anchor->trace != &trace)
    return {};
  return typed("last", site, [&] {
    CallReport report{t.compiled, t.eager, "", ""};
    if (t.eager && t.why != EagerReason::none) {
      report.reason = std::string(name(t.why)) + ": " + std::string(sentence(t.why));
      report.advice = advice(t.why);
    }
    return report;
  });
}

TraceScope::TraceScope(const TraceHandle &trace) noexcept {
  Trace *before = nullptr;
  // Traces are shared by all threads; their atomics are what changes.
  engaged = enter_scope(const_cast<Trace &>(static_cast<const Trace &>(trace)), before);
  outer = before;
}

TraceScope::~TraceScope() {
  if (engaged)
    leave_scope(static_cast<Trace *>(outer), std::uncaught_exceptions() > 0);
}

void TraceScope::finish() {
  if (!std::exchange(engaged, false))
    return;
  leave_scope(static_cast<Trace *>(outer), false);
  if (thread_trace.lost) [[unlikely]]
    throw_lost(thread_trace);
}

} // namespace detail
} // namespace jit

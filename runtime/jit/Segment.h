// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Segment: what the ops between two events on one thread are used for: matched, recorded, timed, or
// nothing.
#pragma once

#include "runtime/jit/Anchor.h"
#include "runtime/jit/Session.h"
#include "runtime/trace/Recorder.h"

#include <span>

namespace jit {

enum class Activity : std::uint8_t {
  none,      ///< ops just run
  armed,     ///< the next op begins a segment
  matching,  ///< ops are matched and stay pending
  recording, ///< ops run and are written down
  following, ///< ops run and are hashed: the eager side of a trial, or a run that is only counted
};

/// The tracing state of one thread. Trivially destructible: tensors may be used in destructors of
/// thread-locals, after the thread's clean-up has run; then `closed` is set and ops just run.
struct ThreadTrace {
  Activity activity = Activity::none;
  bool closed = false;
  bool timed = false;        ///< cycles of this segment are being added up
  std::uint8_t tapes = 0;    ///< open gradient tapes
  GradientMark gradient = 0; ///< of the ops that a backward pass runs
  Anchor *anchor = nullptr;  ///< where this segment began
  Trace *trace = nullptr;    ///< of the outermost scope in force
  Session *session = nullptr;
  Recorder *recorder = nullptr;
  std::uint64_t spent = 0;       ///< cycles inside the runtime in this segment
  std::uint32_t flush_every = 0; ///< option of that name; 0: never
  std::uint64_t sequence = 0;    ///< hash of the ops that ran, while following
  std::uint32_t steps = 0;       ///< ops that ran, while following
  std::uint32_t trial_ops = 0;   ///< of the path whose eager side is timed; 0: of any
  std::uint64_t followed = 0;    ///< stamp of the values made while following
};
extern thread_local constinit ThreadTrace thread_trace;

/// The op under way, as every activity sees it.
struct OpCall {
  OpKind op;
  AttrWords attrs;
  std::span<const Argument> arguments;
  const std::source_location *location;
};

/// Decides what the segment of an armed thread is for.
void begin_segment(ThreadTrace &t);
/// Before an op runs. The number of its results if it was matched: they are pending and carry a
/// reference each. 0: the caller runs it eagerly, then calls after_eager. Throws Error for an op
/// that is invalid.
std::uint8_t before_op(const OpCall &call, Impl **results);
/// Before an op while following: ends it where the path on trial ends and more ops come.
void end_trial_path(ThreadTrace &t) noexcept;
/// After an op has run while following.
inline void follow_op(ThreadTrace &t, OpKind op, std::span<Impl *const> results) noexcept {
  ++t.steps;
  t.sequence = next_in_sequence(t.sequence, op, results[0]->meta);
  for (Impl *result : results)
    result->recording.store(t.followed, std::memory_order_relaxed);
}
/// After an op has run eagerly.
void after_eager(const OpCall &call, const ResultMetas &metas,
                 std::span<Impl *const> results) noexcept;

/// Makes a value Ready (or Failed) if it is pending; a read of a ready value ends nothing.
void observe(Impl &value, const std::source_location &site);
/// Makes it ready without this being an observation of the user: the op that needs it misses.
void resolve(Impl &value) noexcept;

/// Ends the segment of this thread, if any.
void end_segment(ExitReason reason) noexcept;
/// The next op on this thread begins a segment at (trace, site), if there is memory for the anchor.
void arm(const std::source_location &site) noexcept;

/// Adds the time between its making and its end to the segment, if the segment is timed.
class SegmentTimer {
public:
  SegmentTimer() noexcept
      : start(thread_trace.timed ||
                      (thread_trace.activity == Activity::armed && thread_trace.anchor->may_time())
                  ? cycles()
                  : 0) {}
  ~SegmentTimer() {
    if (start && thread_trace.timed)
      thread_trace.spent += cycles() - start;
  }
  SegmentTimer(const SegmentTimer &) = delete;

private:
  std::uint64_t start;
};

/// Entry and exit of a traced call. True if this scope is the outermost in force; without memory
/// it is not traced.
bool enter_scope(Trace &trace, Trace *&outer) noexcept;
void leave_scope(Trace *outer) noexcept;

} // namespace jit

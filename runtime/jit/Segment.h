// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Segment: what the ops between two events on one thread are used for: matched, recorded, timed, or
// nothing.
#pragma once

#include "runtime/jit/Anchor.h"
#include "runtime/jit/OpOperands.h"
#include "runtime/jit/Sequence.h"
#include "runtime/jit/Session.h"
#include "runtime/policy/Clock.h"
#include "runtime/trace/Recorder.h"

#include <span>

namespace jit {

/// Inside a scope a thread is not `none`, so boundaries do not depend on what a segment is used
/// for; but for one that sleeps, in which there are no boundaries.
enum class Activity : std::uint8_t {
  none,      ///< no scope, or one that sleeps: ops just run
  armed,     ///< the next op begins a segment
  matching,  ///< ops are matched and stay pending
  recording, ///< ops run and are written down
  following, ///< ops run, their results are stamped, and some runs are hashed
};

/// What a thread needs for tracing besides the few words that every op looks at.
struct ThreadWork {
  static constexpr std::uint32_t most_parked = 8;
  Recorder recorder;
  OpenHalves halves;
  Stopwatch spent;           ///< inside the runtime in this segment, if it is timed
  Session *parked = nullptr; ///< list of sessions whose values wait beyond their segment
  Session *spare = nullptr;  ///< to go on with when one is parked
  std::uint32_t parked_count = 0;
  std::uint32_t flush_every = 0; ///< option of that name; 0: never
  std::uint32_t turn = 0;        ///< while following, the path whose eager turn it is; 0: of none
};

/// The tracing state of one thread. Trivially destructible: tensors may be used in destructors of
/// thread-locals, after the thread's clean-up has run; then `closed` is set and ops just run.
struct ThreadTrace {
  static constexpr std::uint8_t thread_ended = 1, in_no_trace = 2, no_trace_interrupts = 4;

  /// The op that is matched without a look at the rest of this; no_step: every op is looked at.
  const ExpectedStep *next = &no_step;
  Activity activity = Activity::none;
  std::uint8_t closed = 0;             ///< why ops just run, bits as above; 0: they may be traced
  bool lost = false;                   ///< a step got no memory and was undone: the next op says so
  bool refused = false;                ///< an op in the scope has thrown out_of_memory
  bool hashing = false;                ///< while following: `sequence` is kept
  bool slow_match = false;             ///< every op takes the way that looks at everything
  Timed timed = Timed::no;             ///< how the runtime's time in this segment is added up
  std::uint8_t tapes = 0;              ///< open gradient tapes
  GradientMark gradient = 0;           ///< of the ops that a backward pass runs
  EagerReason why = EagerReason::none; ///< the first segment of the call that ran eagerly did
  DeviceNumber device = on_cpu;        ///< of the ops of this segment, if it has any
  // Of the last traced call, as far as they can count:
  std::uint16_t compiled = 0, eager = 0; ///< segments
  Anchor *anchor = nullptr;              ///< where this segment began
  Trace *trace = nullptr;                ///< of the outermost scope in force
  Session *session = nullptr;
  Session *quick = nullptr; ///< the same if its lock needs no fence, else null
  ThreadWork *work = nullptr;
  // While following:
  std::uint64_t sequence = 0; ///< hash of the ops that ran
  std::uint64_t followed = 0; ///< stamp of the values made
  std::uint32_t steps = 0;    ///< ops that ran
  std::uint32_t values = 0;   ///< that they made

  void set_session(Session *mine) noexcept {
    session = mine;
    quick = fence::is_one_sided() ? mine : nullptr;
  }
  /// After an op was matched.
  void expect_next() noexcept {
    const bool expects = !slow_match && !tapes && timed == Timed::no && quick;
    next = expects ? &session->upcoming() : &no_step;
  }
  /// Before anything that ends the segment, or makes ops need a second look.
  void expect_nothing() noexcept { next = &no_step; }

  /// Ops just run, but for a stamp on their results.
  bool only_stamps() const noexcept {
    return activity == Activity::following && !hashing && timed == Timed::no;
  }
  /// Only the first reason is kept.
  void blame(EagerReason reason) noexcept {
    if (why == EagerReason::none)
      why = reason;
  }
  /// A segment ended. `reason`: why it ran eagerly; none: it did not.
  void count_segment(EagerReason reason) noexcept {
    std::uint16_t &count = reason == EagerReason::none ? compiled : eager;
    count = static_cast<std::uint16_t>(count + (count != 0xffff));
    blame(reason);
  }
};
/// The loader has little room for it, see tools/checks/tls.py.
static_assert(sizeof(ThreadTrace) == 88);
extern thread_local constinit ThreadTrace thread_trace;

/// The op under way, as every activity sees it.
struct OpCall {
  OpKind op;
  AttrWords attrs;
  std::span<const Argument> arguments;
  const std::source_location *location;
  bool owns_first = false; ///< nobody uses the caller's handle of argument 0 afterwards
};

/// Throws why a step was undone, once: its thread would go on as if it had been done. `t.lost` is
/// set, and `t.activity` is not none, so that no quick way misses it.
[[noreturn]] void throw_lost(ThreadTrace &t);

/// Where the time of a device counts: what it was asked for before is done first. Before the
/// stopwatch of a segment runs for the first time.
void wait_before_timing(DeviceNumber device) noexcept;

/// Decides what the segment of an armed thread is for.
void begin_segment(ThreadTrace &t);
/// Before an op runs. The number of its results if it was matched: they are pending and carry a
/// reference each. 0: the caller runs it eagerly, then calls after_eager. Throws Error for an op
/// that is invalid.
std::uint8_t before_op(const OpCall &call, Impl **results);
/// Whether a followed segment may end before the next op.
inline bool may_end_here(const ThreadTrace &t) noexcept {
  return t.hashing && t.anchor->is_boundary(t.steps);
}

/// After an op has run while following, its operands still held.
template <class Operands>
void follow_op(ThreadTrace &t, OpKind op, AttrWords attrs, const Operands &operands,
               std::span<Impl *const> results) noexcept {
  ++t.steps;
  if (t.hashing) {
    for (const auto &operand : operands) {
      const Impl *impl = detail::impl_of(operand);
      t.sequence = !impl ? sequence::number(t.sequence)
                   : impl->recording.load(std::memory_order_relaxed) == t.followed
                       ? sequence::value(t.sequence, impl->recorded_value)
                       : sequence::input(t.sequence);
    }
    t.sequence = sequence::op(t.sequence, op, attrs, interned_twin(*results[0]->meta));
  }
  for (Impl *result : results) {
    result->recorded_value = t.values++;
    result->recording.store(t.followed, std::memory_order_relaxed);
  }
}
/// After an op has run eagerly.
void after_eager(const OpCall &call, const ResultMetas &metas,
                 std::span<Impl *const> results) noexcept;

/// Makes a value Ready (or Failed) if it is pending; a read of a ready value ends nothing.
void observe(Impl &value, const std::source_location &site);
/// Makes it ready without this being an observation of the user: the op that needs it misses.
void resolve(Impl &value) noexcept;

/// Ends the segment of this thread, if any. `observed`: the value that is read, if others that are
/// held may wait.
void end_segment(ExitReason reason, const Impl *observed = nullptr) noexcept;
/// Computes what waits in parked sessions of this thread.
void finish_parked() noexcept;
/// The same in the middle of a scope: what is left of it just runs.
void interrupt_segment(ExitReason reason) noexcept;
/// The next op on this thread begins a segment at (trace, site), if there is memory for the anchor.
void arm(const std::source_location &site) noexcept;

/// Adds the time between its making and its end to the segment, if the segment is timed.
class SegmentTimer {
public:
  explicit SegmentTimer(Timed by = thread_trace.timed) noexcept
      : by(by == Timed::no && thread_trace.activity == Activity::armed &&
                   thread_trace.anchor->may_time()
               ? Timed::by_cycles
               : by),
        start(this->by != Timed::no ? Stopwatch::read(this->by) : 0) {}
  ~SegmentTimer() {
    if (by != Timed::no && thread_trace.timed != Timed::no)
      thread_trace.work->spent.add(by, start);
  }
  SegmentTimer(const SegmentTimer &) = delete;

private:
  Timed by;
  std::uint64_t start;
};

/// Ops of this thread just run from here on; what was pending runs first. False: they did before.
bool begin_no_trace() noexcept;
/// Precondition: begin_no_trace() was true. In a scope the next op begins a segment at `site`.
void end_no_trace(const std::source_location &site) noexcept;

/// Entry and exit of a traced call. True if this scope is the outermost in force; without memory
/// it is not traced.
bool enter_scope(Trace &trace, Trace *&outer) noexcept;
/// `failing`: by an exception.
void leave_scope(Trace *outer, bool failing) noexcept;

} // namespace jit

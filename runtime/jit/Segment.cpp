// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Segment.h"

#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Fork.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/SegmentEvents.h"
#include "runtime/jit/Visits.h"
#include "runtime/policy/Ledger.h"

#include <optional>
#include <utility>

namespace jit {

thread_local constinit ThreadTrace thread_trace;

namespace {

void say_lost(Session &session) {
  ValueFailure *why = session.take_lost();
  log_line(LogComponent::runtime, LogLevel::error,
           std::string("a thread ended whose last step got no memory: ") + why->error().what());
  release(why);
}

/// Flushes when the thread ends; made when the thread first traces.
struct ThreadCleanup {
  ~ThreadCleanup() {
    ThreadTrace &t = thread_trace;
    end_segment(ExitReason::thread_exit);
    if (t.lost)
      if_memory([&] { say_lost(*t.session); });
    t.closed |= ThreadTrace::thread_ended;
    t.activity = Activity::none;
    t.trace = nullptr;
    if (!t.session)
      return;
    finish_parked();
    if (t.work->spare)
      Session::give_back(t.work->spare);
    Session *const mine = t.session;
    t.set_session(nullptr);
    Session::give_back(mine);
    delete std::exchange(t.work, nullptr);
  }
};

/// False: no memory.
bool prepare_thread(ThreadTrace &t) noexcept {
  if (t.session)
    return true;
  CompileThread::stop_with_main_thread();
  ns_of_cycles(0); // the two clocks are compared from here on
  return if_memory([&] {
    survive_fork();
    thread_local ThreadCleanup cleanup;
    static_cast<void>(cleanup);
    auto work = std::make_unique<ThreadWork>();
    t.set_session(Session::acquire(work->halves));
    t.work = work.release();
  });
}

void record(ThreadTrace &t) {
  t.work->recorder.start();
  t.activity = Activity::recording;
  t.timed = Timed::by_cycles;
}

/// Takes the first parked session of which this is true off the list; null: there is none.
template <class Condition> Session *unlink_parked(ThreadWork &work, Condition condition) noexcept {
  for (Session **link = &work.parked; *link; link = &(*link)->next_parked)
    if (condition(**link)) {
      --work.parked_count;
      return std::exchange(*link, (*link)->next_parked);
    }
  return nullptr;
}

/// The parked sessions of which this is true are closed, and can be used again. Closing may run
/// code of the user, who frees adopted memory, so the list is looked at anew each time.
template <class Condition> void let_parked_go(ThreadWork &work, Condition condition) noexcept {
  while (Session *session = unlink_parked(work, condition)) {
    session->finish();
    session->leave_trie();
    if (work.spare)
      Session::give_back(session);
    else
      work.spare = session;
  }
}

/// Nothing will be compiled here, so runs are only counted.
bool only_counted() noexcept { return !CompileThread::get().has_compiler(); }

/// What a pass that is not matched is for. Runs are recognised by their hash; what nobody knows is
/// recorded by the run after it, and one in 64 whatever its hash says.
void record_or_follow(ThreadTrace &t, std::uint64_t pass) {
  constexpr std::uint32_t recorded_at_first = 4;
  constexpr std::uint64_t period = 61; // no power of two: paths may come in turn
  Anchor &anchor = *t.anchor;
  const bool known = anchor.recordings.load(std::memory_order_relaxed) >= recorded_at_first;
  const bool wanted = anchor.wants_recording.load(std::memory_order_relaxed) ||
                      (!known && anchor.state.phase() == AnchorState::Phase::cold) ||
                      pass % period == 0;
  if (wanted && Ledger::of_process().allows(now_ns())) {
    anchor.wants_recording.store(false, std::memory_order_relaxed);
    return record(t);
  }
  follow(t, true);
}

} // namespace

void follow(ThreadTrace &t, bool hashing) noexcept {
  t.activity = Activity::following;
  t.hashing = hashing;
  t.sequence = sequence::begin;
  t.steps = t.values = t.work->turn = 0;
  t.followed = Recorder::next_serial();
}

void begin_segment(ThreadTrace &t) {
  Anchor &anchor = *t.anchor;
  const bool timed = anchor.may_time();
  const std::uint64_t pass = anchor.state.next_pass();
  t.timed = timed ? Timed::by_cycles : Timed::no;
  t.device = on_cpu; // unless before_op says otherwise
  t.work->spent.reset();
  if (const Mode now = mode(); now == Mode::off || now == Mode::log) {
    t.blame(EagerReason::mode);
    return now == Mode::off ? follow(t, false) : record_or_follow(t, pass);
  }
  if (anchor.state.waiting.load(std::memory_order_relaxed) > 0) // whatever else is done here
    CompileThread::get().hurry();
  switch (anchor.state.phase()) {
  case AnchorState::Phase::resting:
    t.blame(EagerReason::resting);
    if (only_counted())
      return record_or_follow(t, pass);
    return follow(t, anchor.state.hashes(pass) || anchor.boundaries.load());
  case AnchorState::Phase::serving:
    if (t.session->open(anchor)) {
      t.activity = Activity::matching;
      t.work->flush_every = static_cast<std::uint32_t>(options().flush_every);
      t.slow_match = t.work->flush_every || t.session->probes();
      return;
    }
    return record_or_follow(t, pass);
  case AnchorState::Phase::waiting:
  case AnchorState::Phase::cold:
    return record_or_follow(t, pass);
  }
}

void look_for_lost(ThreadTrace &t) noexcept {
  if (!t.session->lost_step())
    return;
  t.lost = true;
  t.activity = Activity::armed;
}

void throw_lost(ThreadTrace &t) {
  t.lost = false;
  t.activity = Activity::none;
  if (t.trace && !t.closed)
    follow(t, false);
  ValueFailure *const why = t.session->take_lost();
  std::string text;
  ErrorCode code = ErrorCode::out_of_memory;
  const bool told = if_memory([&] {
    std::optional<std::string> refusal;
    if (why->meta->device != on_cpu)
      refusal = DeviceMemory::of(why->meta->device).refusal();
    if (refusal)
      code = ErrorCode::device;
    text = std::string(why->op) + ": " +
           refusal.value_or("out of memory for " + describe(*why->meta)) +
           "; the step was undone, and Variables have their values from before it";
  });
  const char *const file = why->file; // never freed
  const std::uint32_t line = why->line;
  release(why);
  if (!told)
    throw std::bad_alloc();
  throw Error(code, text, file, line);
}

void end_segment(ExitReason reason, const Impl *observed) noexcept {
  ThreadTrace &t = thread_trace;
  if (t.lost) // stays armed
    return;
  if (t.work && t.work->parked) [[unlikely]]
    let_parked_go(*t.work, [](Session &session) { return session.nobody_waits(); });
  t.expect_nothing();
  const Activity activity = std::exchange(t.activity, Activity::none);
  switch (activity) {
  case Activity::none:
  case Activity::armed:
    return;
  case Activity::matching:
    t.count_segment(end_matching(t, reason, observed));
    return look_for_lost(t);
  case Activity::recording: {
    if (Graph graph; finish_recording(t, graph) && !graph.ops.empty())
      t.count_segment(visits::recorded(*t.anchor, std::move(graph), reason,
                                       t.timed != Timed::no ? t.work->spent.ns() : 0));
    return;
  }
  case Activity::following:
    return t.count_segment(end_following(t, reason));
  }
}

void finish_parked() noexcept {
  if (ThreadWork *work = thread_trace.work; work && work->parked)
    let_parked_go(*work, [](Session &) { return true; });
}

void interrupt_segment(ExitReason reason) noexcept {
  ThreadTrace &t = thread_trace;
  end_segment(reason);
  finish_parked();
  if (t.trace && !t.closed && !t.lost)
    follow(t, false);
}

void arm(const std::source_location &site) noexcept {
  ThreadTrace &t = thread_trace;
  if (!t.trace || t.closed || t.lost)
    return;
  const std::uint64_t key = site_key(site, t.gradient);
  Anchor *anchor = t.trace->known_anchor(key);
  if (!anchor)
    anchor = t.trace->anchor(key, Site::of(site, t.gradient));
  if (!anchor) // no memory: what follows counts as more of the last segment
    return follow(t, false);
  anchor->before.store(t.anchor, std::memory_order_relaxed);
  t.anchor = anchor;
  t.activity = Activity::armed;
}

void resolve(Impl &value) noexcept {
  const Where where = value.where.load(std::memory_order_acquire);
  if (where.state() != Where::pending)
    return;
  // The session may have moved on: it closes only if the value still waits in it.
  where.session()->close_for(value, ExitReason::foreign);
}

void observe(Impl &value, const std::source_location &site) {
  ThreadTrace &t = thread_trace;
  const Where where = value.where.load(std::memory_order_acquire);
  const bool own = where.state() == Where::pending && where.session() == t.session;
  // While recording or following nothing is pending, but a pending run would end here.
  const bool would_wait = (t.activity == Activity::recording && t.work->recorder.made(value)) ||
                          (t.activity == Activity::following &&
                           value.recording.load(std::memory_order_relaxed) == t.followed);
  if (own || would_wait) {
    end_segment(ExitReason::observe, &value);
    arm(site);
  }
  if (t.lost) [[unlikely]]
    throw_lost(t);
  resolve(value);
}

/// Whether nothing has to be noticed in the pass that begins: its anchor rests and is the only one
/// of its trace.
static bool sleeps(const Trace &trace, const Anchor &anchor) noexcept {
  const AnchorState &state = anchor.state;
  return state.resting() && !anchor.next && trace.anchors.load() == &anchor && mode() == Mode::on &&
         !state.hashes(state.passes() + 1) && !anchor.boundaries.load() && !only_counted();
}

bool enter_scope(Trace &trace, Trace *&outer) noexcept {
  ThreadTrace &t = thread_trace;
  outer = t.trace;
  if (t.closed || mode() == Mode::off || t.trace || (t.activity != Activity::none && !t.lost))
    return false;
  Anchor *anchor = trace.anchor(0, trace.site);
  if (!anchor || !prepare_thread(t))
    return false;
  t.trace = &trace;
  t.anchor = anchor;
  t.activity = Activity::armed;
  t.refused = false;
  t.why = EagerReason::none;
  t.compiled = t.eager = 0;
  if (!t.lost && sleeps(trace, *anchor)) {
    anchor->state.next_pass();
    t.activity = Activity::none;
    t.count_segment(EagerReason::resting);
  }
  return true;
}

bool begin_no_trace() noexcept {
  ThreadTrace &t = thread_trace;
  if (t.closed & ThreadTrace::in_no_trace)
    return false;
  if (t.activity != Activity::none) // else nothing is there to be gone on with
    t.closed |= ThreadTrace::no_trace_interrupts;
  end_segment(ExitReason::no_trace);
  t.closed |= ThreadTrace::in_no_trace;
  return true;
}

void end_no_trace(const std::source_location &site) noexcept {
  ThreadTrace &t = thread_trace;
  const bool interrupted = t.closed & ThreadTrace::no_trace_interrupts;
  t.closed &= ThreadTrace::thread_ended;
  if (interrupted)
    arm(site);
}

void leave_scope(Trace *outer, bool failing) noexcept {
  end_segment(ExitReason::scope_end);
  finish_parked();
  if (thread_trace.lost && thread_trace.refused && failing) { // told already
    release(thread_trace.session->take_lost());
    thread_trace.lost = false;
  }
  thread_trace.trace = outer;
  thread_trace.activity = thread_trace.lost ? Activity::armed : Activity::none;
}

} // namespace jit

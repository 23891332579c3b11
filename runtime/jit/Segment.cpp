// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Segment.h"

#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Fork.h"
#include "runtime/jit/Mode.h"

#include <mutex>

namespace jit {

thread_local constinit ThreadTrace thread_trace;

namespace {

/// Flushes when the thread ends; made when the thread first traces.
struct ThreadCleanup {
  ~ThreadCleanup() {
    ThreadTrace &t = thread_trace;
    end_segment(ExitReason::thread_exit);
    t.closed = true;
    t.activity = Activity::none;
    t.trace = nullptr;
    if (t.session)
      Session::give_back(std::exchange(t.session, nullptr));
    delete std::exchange(t.recorder, nullptr);
  }
};

/// False: no memory.
bool prepare_thread(ThreadTrace &t) noexcept {
  if (t.session)
    return true;
  CompileThread::stop_with_main_thread();
  return if_memory([&] {
    survive_fork();
    thread_local ThreadCleanup cleanup;
    static_cast<void>(cleanup);
    auto recorder = std::make_unique<Recorder>();
    t.session = Session::acquire();
    t.recorder = recorder.release();
  });
}

void follow(ThreadTrace &t) noexcept {
  t.activity = Activity::following;
  t.sequence = 0;
  t.steps = 0;
  t.followed = Recorder::next_serial();
}

/// Where nothing will be compiled, runs beyond the first few are recognised by their hash, and one
/// in 64 is recorded to see what else there is.
bool only_counted(const Anchor &anchor, std::uint64_t pass) noexcept {
  constexpr std::uint64_t recorded_at_first = 16, period = 64;
  return pass > recorded_at_first && pass % period != 0 &&
         (mode() == Mode::log || !CompileThread::get().has_compiler()) && !anchor.trie.load();
}

} // namespace

void begin_segment(ThreadTrace &t) {
  Anchor &anchor = *t.anchor;
  const bool check = anchor.checks_next();
  const std::uint64_t pass = anchor.passes.load(std::memory_order_relaxed) + 1;
  anchor.passes.store(pass, std::memory_order_relaxed);
  t.activity = Activity::none;
  t.timed = false;
  if (mode() == Mode::off || anchor.passive())
    return;
  const Path *trial = anchor.on_trial.load(std::memory_order_acquire);
  const bool has_programs = anchor.trie.load(std::memory_order_acquire) != nullptr;
  const bool recheck = options().trial && has_programs && !trial && check;
  // The eager turns of a trial take every second pass at most: other paths are met in between.
  const bool eager_turn = trial ? pass % 2 == 0 && trial->trial.next_is_eager()
                                : recheck && pass % Trial::check_period == 0;
  t.timed = trial || recheck;
  t.trial_ops = trial ? static_cast<std::uint32_t>(trial->graph.ops.size()) : 0;
  t.spent = 0;
  if (eager_turn) {
    follow(t);
  } else if (has_programs && t.session->open(anchor)) {
    t.activity = Activity::matching;
    t.flush_every = static_cast<std::uint32_t>(options().flush_every);
  } else if (anchor.compiling.load(std::memory_order_relaxed)) {
    CompileThread::get().hurry();
  } else if (only_counted(anchor, pass)) {
    follow(t);
  } else {
    t.recorder->start();
    t.activity = Activity::recording;
  }
}

namespace {

/// A miss: the values so far are computed, and recording goes on as if they had been recorded.
void miss(ThreadTrace &t) {
  Session::Prefix prefix;
  t.activity = Activity::none;
  t.timed = false;
  t.anchor->count_run(true);
  if (t.session->close_for_recording(ExitReason::mismatch, prefix)) {
    if (if_memory(
            [&] { t.recorder->resume(std::move(prefix.graph), prefix.inputs, prefix.values); }))
      t.activity = Activity::recording;
    else
      t.recorder->cancel();
  } else if (!t.anchor->passive()) {
    t.recorder->start();
    t.activity = Activity::recording;
  }
}

/// The session was closed by another thread: a program that it ran counts for a trial.
void account_outside(ThreadTrace &t) noexcept {
  const Session::RunOutside ran = t.session->run_outside();
  if (t.timed && ran.path)
    CompileThread::get().measured(*t.anchor, *ran.path, false, t.spent + ran.time);
  t.timed = false;
}

/// Ends what does not match the op, if that is what the outcome means.
void leave_path(ThreadTrace &t, const OpCall &call, Session::Match outcome) {
  switch (outcome) {
  case Session::Match::hit:
    return;
  case Session::Match::bad_index:
    throw Error(ErrorCode::invalid_argument, t.session->index_error(), *call.location);
  case Session::Match::closed:
    account_outside(t);
    t.activity = Activity::none;
    return;
  case Session::Match::cut:
    account_outside(t);
    arm(*call.location);
    return;
  case Session::Match::miss: {
    // Only a valid op may end the segment.
    ResultMetas metas;
    if (auto message = infer_metas(call.op, call.attrs, call.arguments, metas))
      throw Error(ErrorCode::invalid_argument, *message, *call.location);
    drop_metas(metas);
    miss(t);
    return;
  }
  case Session::Match::needs_index:
  case Session::Match::too_much:
    end_segment(outcome == Session::Match::needs_index ? ExitReason::index_check
                                                       : ExitReason::memory_limit);
    arm(*call.location);
    return;
  }
}

/// The number of results, or 0 if the op has not been matched.
std::uint8_t match_op(ThreadTrace &t, const OpCall &call, Impl **results) {
  // A value of another session becomes ready first: no thread holds two session locks.
  for (const Argument &argument : call.arguments) {
    if (!argument.impl)
      continue;
    const Where where = argument.impl->where.load(std::memory_order_acquire);
    if (where.state() == Where::pending && where.session() != t.session) [[unlikely]]
      resolve(*argument.impl);
  }
  std::uint8_t count = 0;
  const Session::Match outcome =
      t.session->match(call.op, call.attrs, call.arguments, results, count);
  leave_path(t, call, outcome);
  return count;
}

/// The boundaries that a session would meet here are boundaries of the recording too.
void cut_recording(ThreadTrace &t, const OpCall &call) {
  const bool index_unknown =
      info(call.op).index_check && !t.recorder->index_known(call.op, call.attrs, call.arguments);
  if (!index_unknown && !t.recorder->over_memory_limit())
    return;
  end_segment(index_unknown ? ExitReason::index_check : ExitReason::memory_limit);
  arm(*call.location);
}

} // namespace

std::uint8_t before_op(const OpCall &call, Impl **results) {
  ThreadTrace &t = thread_trace;
  // Twice at most: a boundary before this op ends one segment and begins another.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (t.activity == Activity::recording)
      cut_recording(t, call);
    if (t.activity == Activity::armed)
      begin_segment(t);
    if (t.activity != Activity::matching)
      break;
    if (const std::uint8_t count = match_op(t, call, results)) {
      if (t.flush_every && t.session->matched() % t.flush_every == 0)
        t.session->close(ExitReason::forced);
      return count;
    }
  }
  return 0;
}

/// False: no memory, so the recording is forgotten.
static bool finish_recording(ThreadTrace &t, Graph &graph) noexcept {
  const bool finished = if_memory([&] { graph = t.recorder->finish(); });
  if (!finished)
    t.recorder->cancel();
  return finished;
}

void end_trial_path(ThreadTrace &t) noexcept {
  if (!t.timed || t.steps != t.trial_ops)
    return;
  CompileThread::get().timed_eager(*t.anchor, t.sequence, t.spent);
  t.activity = Activity::none;
  t.timed = false;
}

void after_eager(const OpCall &call, const ResultMetas &metas,
                 std::span<Impl *const> results) noexcept {
  ThreadTrace &t = thread_trace;
  if (t.activity == Activity::following)
    return follow_op(t, call.op, results);
  if (t.activity != Activity::recording)
    return;
  bool recorded = false;
  if_memory([&] {
    recorded = t.recorder->append(call.op, call.attrs, call.arguments, metas, results,
                                  Site::of(*call.location, t.gradient));
  });
  if (!recorded) {
    t.recorder->cancel();
    t.activity = Activity::none;
  } else if (t.recorder->size() > Recorder::max_ops) {
    t.activity = Activity::none;
    if (Graph graph; finish_recording(t, graph))
      CompileThread::get().too_long(*t.anchor, std::move(graph));
  }
}

void end_segment(ExitReason reason) noexcept {
  ThreadTrace &t = thread_trace;
  const Activity activity = std::exchange(t.activity, Activity::none);
  switch (activity) {
  case Activity::none:
  case Activity::armed:
    return;
  case Activity::matching: {
    Path *path = nullptr;
    {
      const SegmentTimer timer;
      path = t.session->close(reason);
    }
    if (!path)
      return account_outside(t);
    t.anchor->count_run(false);
    if (t.timed)
      CompileThread::get().measured(*t.anchor, *path, false, t.spent);
    return;
  }
  case Activity::recording: {
    if (Graph graph; finish_recording(t, graph) && !graph.ops.empty())
      CompileThread::get().recorded(*t.anchor, std::move(graph), reason);
    return;
  }
  case Activity::following:
    if (t.timed)
      CompileThread::get().timed_eager(*t.anchor, t.sequence, t.spent);
    else if (t.sequence)
      CompileThread::get().counted(*t.anchor, t.sequence, reason);
    return;
  }
}

void arm(const std::source_location &site) noexcept {
  ThreadTrace &t = thread_trace;
  if (!t.trace || t.closed)
    return;
  const std::uint64_t key = site_key(site, t.gradient);
  t.anchor = t.trace->known_anchor(key);
  if (!t.anchor)
    t.anchor = t.trace->anchor(key, Site::of(site, t.gradient));
  t.activity = t.anchor ? Activity::armed : Activity::none;
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
  const bool would_wait = (t.activity == Activity::recording && t.recorder->made(value)) ||
                          (t.activity == Activity::following &&
                           value.recording.load(std::memory_order_relaxed) == t.followed);
  if (own || would_wait) {
    end_segment(ExitReason::observe);
    arm(site);
  }
  resolve(value);
}

bool enter_scope(Trace &trace, Trace *&outer) noexcept {
  ThreadTrace &t = thread_trace;
  outer = t.trace;
  if (t.closed || mode() == Mode::off || t.activity != Activity::none)
    return false;
  Anchor *anchor = trace.anchor(0, trace.site);
  if (!anchor || !prepare_thread(t))
    return false;
  t.trace = &trace;
  t.anchor = anchor;
  t.activity = Activity::armed;
  return true;
}

void leave_scope(Trace *outer) noexcept {
  end_segment(ExitReason::scope_end);
  thread_trace.trace = outer;
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an op does to the segment of its thread:
//
//   op                      armed    matching                      recording      following
//   fits a path             begin    pending                       runs, noted    runs, stamped
//   fits a settled path     begin    settled: replay, follow       runs, noted    runs, stamped
//   fits none, boundary     begin    boundary: run, arm, again     -              -
//   fits none, else         begin    miss: run or replay, record   runs, noted    runs, stamped
//   of a path that is to    begin    eager_turn: replay, follow    runs, noted    runs, stamped
//     be measured eagerly
//   needs an index or       begin    run, arm, again               end, arm,      at a known
//     memory                                                       again          boundary: the
//     same
//   after another thread    -        follow; the third time at     -              -
//     closed the session             one place: arm, again
//   too long, untraceable   begin    miss without recording        follow         runs, stamped
//   invalid                 throws, and nothing changes
//
// A segment has ops of one device: one of another ends it and begins the next.
#include "runtime/jit/SegmentEvents.h"

#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/Visits.h"
#include "runtime/jit/WhyEager.h"
#include "runtime/kernels/DeviceBackend.h"
#include "runtime/policy/Ledger.h"

namespace jit {
namespace {

/// One in so many settled runs is recorded whatever its hash says. No power of two: paths may come
/// in turn.
constexpr std::uint64_t recorded_period = 61;

std::uint64_t timed_ns(const ThreadTrace &t) noexcept {
  return t.timed != Timed::no ? t.work->spent.ns() : 0;
}

/// Following goes on after the ops that were matched and have been run one by one.
void follow_prefix(ThreadTrace &t, const Session::Matched &prefix) noexcept {
  follow(t, true);
  t.followed = prefix.stamp;
  t.sequence = prefix.sequence;
  t.steps = prefix.ops;
  t.values = prefix.values;
}

/// The session was closed by another thread: a program that it ran counts for a trial.
EagerReason account_outside(ThreadTrace &t) noexcept {
  const Session::RunOutside ran = t.session->run_outside();
  if (ran.path)
    visits::compiled(*t.anchor, *ran.path,
                     t.timed != Timed::no ? t.work->spent.ns() + ns_of_cycles(ran.time) : 0,
                     t.work->halves);
  t.session->leave_trie();
  t.timed = Timed::no;
  return ran.path ? EagerReason::none : EagerReason::foreign;
}

/// The matched ops run one by one, and the rest of the segment is followed.
void leave_eagerly(ThreadTrace &t, ExitReason reason) {
  const bool turn = reason == ExitReason::eager_turn;
  if (reason != ExitReason::settled)
    t.blame(turn                             ? EagerReason::eager_turn
            : reason == ExitReason::mismatch ? EagerReason::mismatch
                                             : EagerReason::out_of_memory);
  if (turn)
    t.work->spent.reset();
  const Session::Matched prefix = t.session->close_for_following(reason);
  t.session->leave_trie();
  if (!turn) {
    if (prefix.ops > 0)
      t.timed = Timed::no; // the time of a replay is not that of an eager run
    t.anchor->state.debit((match_ns_per_op + replay_ns_per_op) * prefix.ops);
  } else if (t.session->turn_ns_per_op() >= worth_cpu_clock_ns) {
    t.timed = Timed::by_cpu;
  }
  follow_prefix(t, prefix);
  if (turn)
    t.work->turn = t.session->turn_path_id();
}

/// No known path goes on with this op. What was matched is computed, and recording goes on as if it
/// had been recorded; or the run is followed, if it may well be known.
void miss(ThreadTrace &t) {
  Anchor &anchor = *t.anchor;
  const bool may_be_known = anchor.trie_is_old.load(std::memory_order_relaxed) &&
                            !anchor.wants_recording.load(std::memory_order_relaxed);
  if (may_be_known || !Ledger::of_process().allows(now_ns()))
    return leave_eagerly(t, ExitReason::mismatch);
  t.blame(EagerReason::mismatch);
  anchor.wants_recording.store(false, std::memory_order_relaxed);
  Session::Prefix prefix;
  const Session::HandedOver handed = t.session->close_for_recording(ExitReason::mismatch, prefix);
  t.session->leave_trie();
  if (handed == Session::HandedOver::nothing) {
    t.work->recorder.start();
    t.activity = Activity::recording;
    return;
  }
  t.timed = Timed::no;
  anchor.state.debit((match_ns_per_op + replay_ns_per_op) * prefix.graph.ops.size());
  if (handed == Session::HandedOver::prefix && if_memory([&] {
        t.work->recorder.resume(std::move(prefix.graph), prefix.inputs, prefix.values);
      })) {
    t.activity = Activity::recording;
  } else {
    t.work->recorder.cancel();
    follow(t, false);
  }
}

/// Only a valid op may end the segment.
void check_valid(const OpCall &call) {
  ResultMetas metas;
  if (auto message = infer_metas(call.op, call.attrs, call.arguments, metas))
    throw Error(ErrorCode::invalid_argument, *message, *call.location);
  drop_metas(metas);
}

void end_and_arm(const OpCall &call, ExitReason reason) {
  end_segment(reason);
  arm(*call.location);
}

/// Ends what does not match the op, if that is what the outcome means.
void leave_path(ThreadTrace &t, const OpCall &call, Session::Match outcome) {
  if (outcome != Session::Match::hit)
    t.expect_nothing();
  switch (outcome) {
  case Session::Match::hit:
    return;
  case Session::Match::bad_index:
    throw Error(ErrorCode::invalid_argument, t.session->index_error(), *call.location);
  case Session::Match::closed:
    t.blame(account_outside(t));
    return follow(t, false);
  case Session::Match::cut:
    account_outside(t);
    return arm(*call.location);
  case Session::Match::miss:
    check_valid(call);
    return miss(t);
  case Session::Match::settled:
    check_valid(call);
    // What nobody knows may begin like a settled path, and hashes may collide.
    if (t.anchor->wants_recording.load(std::memory_order_relaxed) ||
        t.anchor->state.passes() % recorded_period == 0)
      return miss(t);
    return leave_eagerly(t, ExitReason::settled);
  case Session::Match::eager_turn:
    check_valid(call);
    return leave_eagerly(t, ExitReason::eager_turn);
  case Session::Match::boundary:
    check_valid(call);
    return end_and_arm(call, ExitReason::boundary);
  case Session::Match::no_memory:
    return leave_eagerly(t, ExitReason::out_of_memory);
  case Session::Match::needs_index:
    return end_and_arm(call, ExitReason::index_check);
  case Session::Match::too_much:
    return end_and_arm(call, ExitReason::memory_limit);
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
  if (outcome != Session::Match::hit) {
    look_for_lost(t);
    if (t.lost) [[unlikely]]
      throw_lost(t);
  }
  return count;
}

/// The boundaries that a session would meet here are boundaries of the recording too.
void cut_recording(ThreadTrace &t, const OpCall &call) {
  const bool index_unknown = info(call.op).index_check &&
                             !t.work->recorder.index_known(call.op, call.attrs, call.arguments);
  if (index_unknown || t.work->recorder.over_memory_limit())
    end_and_arm(call, index_unknown ? ExitReason::index_check : ExitReason::memory_limit);
}

/// And those that are known are boundaries of a run that is followed.
void cut_following(ThreadTrace &t, const OpCall &call) {
  if (may_end_here(t) && visits::is_boundary(*t.anchor, t.sequence, t.steps))
    end_and_arm(call, ExitReason::boundary);
}

/// Whether the segment has ops.
bool has_begun(const ThreadTrace &t) noexcept {
  switch (t.activity) {
  case Activity::matching:
    return t.session->matched() > 0;
  case Activity::recording:
    return t.work->recorder.size() > 0;
  case Activity::following:
    return t.steps > 0;
  case Activity::none:
  case Activity::armed:
    break;
  }
  return false;
}

/// Ends what runs on another device than the op. Precondition: `t.device` is not the op's.
void leave_device(ThreadTrace &t, const OpCall &call, DeviceNumber device) {
  if (has_begun(t)) {
    check_valid(call);
    end_and_arm(call, ExitReason::device);
  }
  t.device = device;
}

} // namespace

void wait_before_timing(DeviceNumber device) noexcept {
  if (device != on_cpu && thread_trace.activity == Activity::armed &&
      thread_trace.anchor->may_time())
    DeviceBackend::of(device).finish();
}

/// The time of a segment on a device is that until its work is done, on either side of a trial.
static void wait_in_time(const ThreadTrace &t, DeviceNumber device) noexcept {
  if (device == on_cpu || t.timed == Timed::no)
    return;
  const SegmentTimer timer;
  DeviceBackend::of(device).finish();
}

std::uint8_t before_op(const OpCall &call, Impl **results) {
  ThreadTrace &t = thread_trace;
  const DeviceNumber device = device_of(call.arguments);
  // Twice at most: a boundary before this op ends one segment and begins another.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (t.lost) [[unlikely]]
      throw_lost(t);
    if (t.device != device) [[unlikely]]
      leave_device(t, call, device);
    if (t.activity == Activity::recording)
      cut_recording(t, call);
    else if (t.activity == Activity::following)
      cut_following(t, call);
    if (t.activity == Activity::armed) {
      begin_segment(t);
      t.device = device;
    }
    if (t.activity != Activity::matching)
      break;
    if (const std::uint8_t count = match_op(t, call, results)) {
      t.slow_match = t.work->flush_every || t.session->probes();
      t.expect_next();
      if (t.work->flush_every && t.session->matched() % t.work->flush_every == 0)
        t.session->close(ExitReason::forced);
      return count;
    }
  }
  return 0;
}

bool finish_recording(ThreadTrace &t, Graph &graph) noexcept {
  const bool finished = if_memory([&] { graph = t.work->recorder.finish(); });
  if (!finished)
    t.work->recorder.cancel();
  return finished;
}

void after_eager(const OpCall &call, const ResultMetas &metas,
                 std::span<Impl *const> results) noexcept {
  ThreadTrace &t = thread_trace;
  if (t.activity == Activity::following)
    return follow_op(t, call.op, call.attrs, call.arguments, results);
  if (t.activity != Activity::recording)
    return;
  bool recorded = false;
  const Site site = Site::of(*call.location, t.gradient);
  const bool had_memory = if_memory([&] {
    recorded = t.work->recorder.append(call.op, call.attrs, call.arguments, metas, results, site);
  });
  if (!recorded) {
    if (Graph graph; had_memory && finish_recording(t, graph))
      visits::untraceable(*t.anchor, std::move(graph), call.op, site);
    else
      t.work->recorder.cancel();
    follow(t, false);
  } else if (t.work->recorder.size() > Recorder::max_ops) {
    if (Graph graph; finish_recording(t, graph))
      visits::rejected(*t.anchor, std::move(graph), RejectReason::too_long);
    follow(t, false);
  }
}

/// Whether there is a session to go on with if the one at hand is parked.
static bool can_park(ThreadTrace &t) noexcept {
  ThreadWork &work = *t.work;
  if (options().defer == DeferChoice::off || t.tapes || work.parked_count >= work.most_parked)
    return false;
  return work.spare || if_memory([&] { work.spare = Session::acquire(work.halves); });
}

static void park(ThreadTrace &t) noexcept {
  ThreadWork &work = *t.work;
  t.session->next_parked = std::exchange(work.parked, t.session);
  t.set_session(std::exchange(work.spare, nullptr));
  ++work.parked_count;
}

EagerReason end_matching(ThreadTrace &t, ExitReason reason, const Impl *observed) noexcept {
  Session::Ended ended;
  {
    const SegmentTimer timer(t.timed == Timed::no                          ? Timed::no
                             : t.session->flush_ns() >= worth_cpu_clock_ns ? Timed::by_cpu
                                                                           : Timed::by_cycles);
    ended = t.session->close(
        reason, observed && t.session->holds(*observed) && can_park(t) ? observed : nullptr);
  }
  wait_in_time(t, t.device);
  if (!ended.was_open)
    return account_outside(t);
  EagerReason why = EagerReason::none;
  if (ended.ran)
    visits::compiled(*t.anchor, *ended.ran, timed_ns(t), t.work->halves);
  else if (ended.turn)
    visits::turned(*t.anchor, *ended.path, timed_ns(t), t.work->halves);
  else if (mode() == Mode::check)
    visits::uncounted(*t.anchor);
  else if (!ended.counted)
    visits::replayed(*t.anchor, ended.path, ended.ops);
  if (!ended.ran)
    why = ended.turn   ? EagerReason::eager_turn
          : ended.path ? why_eager(*t.anchor, *ended.path, EagerReason::live_set)
                       : EagerReason::unfinished;
  if (ended.parked)
    park(t);
  else
    t.session->leave_trie();
  return why;
}

EagerReason end_following(ThreadTrace &t, ExitReason reason) noexcept {
  wait_in_time(t, t.device);
  if (t.hashing && t.steps > 0)
    return visits::followed(*t.anchor, {t.sequence, t.steps, timed_ns(t), t.work->turn}, reason,
                            t.work->halves);
  visits::uncounted(*t.anchor);
  return t.why == EagerReason::none ? EagerReason::unfinished : t.why;
}

} // namespace jit

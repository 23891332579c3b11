// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Visits.h"

#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/WhyEager.h"
#include "runtime/policy/Clock.h"
#include "runtime/policy/Ledger.h"

#include <algorithm>
#include <mutex>

namespace jit {

OpenHalves::Half *OpenHalves::place_of(const Path &path) noexcept {
  constexpr std::uint8_t patience = 16;
  Half &half = at(path.id);
  if (half.path == 0 || half.path == path.id || ++half.passed_over > patience)
    return &half;
  return nullptr;
}

void OpenHalves::waste(std::uint32_t path) noexcept {
  if (Half &half = at(path); half.path == path || half.path == 0)
    half = {path, true, true, 0, 0};
}

bool OpenHalves::wants_eager(const Path &path) noexcept {
  if (!path.wants_pairs.load(std::memory_order_relaxed) || !Ledger::of_process().allows(now_ns()))
    return false;
  const Half *half = place_of(path);
  if (!half)
    return false;
  if (half->path == path.id && (half->eager || !half->drawn))
    return !half->eager;
  return next_random() & 1;
}

std::uint32_t OpenHalves::next_random() noexcept {
  random ^= random << 13;
  random ^= random >> 17;
  random ^= random << 5;
  return random;
}

namespace visits {
namespace {

using TryLock = std::unique_lock<std::mutex>;

/// Throws std::bad_alloc.
void say(const Anchor &anchor, const Path &path, const std::string &what) {
  log_line(LogComponent::trace, LogLevel::info,
           "path " + std::to_string(path.id) + " of trace " + anchor.trace->name + ": " + what);
}

std::string two_digits(double value) {
  std::string text = std::to_string(value);
  return text.substr(0, text.find('.') + 3);
}

void pass_ended(Anchor &anchor, std::uint64_t eager_ns) noexcept {
  if (!anchor.state.pass_ended(eager_ns))
    return;
  if (anchor.rebuild_wanted.load(std::memory_order_relaxed)) // the message was dropped
    CompileThread::get().rebuild(anchor);
  if (const TryLock guard(anchor.known.lock, std::try_to_lock); guard)
    anchor.known.cool();
}

void debit(Anchor &anchor, std::uint64_t ns) noexcept {
  anchor.state.debit(ns);
  Ledger::of_process().charge(ns);
}

// The trial of a path ------------------------------------------------------------------------

/// A path that was eager until now leaves caches to its neighbours in the call: those that lost
/// their trials beside it may be tried again at once. This anchor's lock may be held.
void pardon_neighbours(Anchor &anchor) noexcept {
  for (Anchor *other = anchor.trace->anchors.load(std::memory_order_acquire); other;
       other = other->next) {
    if (other == &anchor)
      continue;
    if (const TryLock guard(other->known.lock, std::try_to_lock); guard)
      for (const std::shared_ptr<Path> &path : other->known.paths())
        if (path->life.now().reason == RejectReason::no_gain)
          path->life.pardon();
  }
}

/// Whether other parts of the call are about to become compiled: until they are, they may take away
/// from this one what a compiled call would leave it.
bool neighbours_change(const Anchor &anchor) noexcept {
  for (const Anchor *other = anchor.trace->anchors.load(std::memory_order_acquire); other;
       other = other->next)
    if (other != &anchor && (other->state.waiting.load(std::memory_order_relaxed) > 0 ||
                             other->probes.load(std::memory_order_relaxed) > 0))
      return true;
  return false;
}

void judged(Anchor &anchor, Path &path, Verdict verdict, double ratio) noexcept {
  const bool won = verdict == Verdict::won;
  const bool mine = won ? path.life.change(PathState::trial, PathState::active)
                        : path.life.reject(PathState::trial, RejectReason::no_gain, path.visits());
  if (!mine)
    return; // somebody else judged
  CompileThread::get().paths_changed();
  path.ratio.store(static_cast<float>(ratio), std::memory_order_relaxed);
  path.wants_pairs.store(false, std::memory_order_relaxed);
  anchor.probes.fetch_sub(1, std::memory_order_relaxed);
  if_memory([&] {
    say(anchor, path,
        std::string(won ? "active" : "eager, no_gain") + ", " + two_digits(ratio) +
            " times as fast");
  });
  if (won)
    return pardon_neighbours(anchor);
  anchor.state.serving.fetch_sub(1, std::memory_order_relaxed);
  CompileThread::get().rebuild(anchor);
}

/// The path's `measuring` lock is held.
void learn_eager(Path &path, std::uint64_t ns) noexcept {
  if (ns == 0)
    return;
  path.eager_times.add(ns);
  path.eager_ns.store(path.eager_times.lower_quartile(), std::memory_order_relaxed);
}

/// One run of a path that wants pairs.
void add_half(Anchor &anchor, Path &path, bool eager, std::uint64_t ns,
              OpenHalves &halves) noexcept {
  OpenHalves::Half *half = halves.place_of(path);
  if (!half)
    return;
  OpenHalves::Half other = *half;
  if (eager && path.life.state() == PathState::active && !(other.path == path.id && other.warm)) {
    if (other.path != path.id)
      other = {path.id};
    other.warm = true; // and the next run is eager too
    *half = other;
    return;
  }
  if (other.path != path.id || other.eager == eager || other.ns == 0) {
    const bool mine = other.path == path.id;
    *half = {path.id, eager, mine && other.drawn, 0, ns, mine && other.warm};
    return;
  }
  *half = {};
  if (other.drawn)
    halves.waste(path.id); // goes on being drawn
  paired(anchor, path, eager ? ns : other.ns, eager ? other.ns : ns);
}

/// A timed compiled run of a path on trial.
void on_trial(Anchor &anchor, Path &path, std::uint64_t ns, OpenHalves &halves) noexcept {
  if (path.wants_pairs.load(std::memory_order_relaxed))
    return add_half(anchor, path, false, ns, halves);
  const TryLock guard(path.measuring, std::try_to_lock);
  if (!guard || path.life.state() != PathState::trial || !path.trial.needs_first())
    return;
  const std::uint64_t eager_ns = path.eager_ns.load(std::memory_order_relaxed);
  if (path.trial.add_first(ns, eager_ns) == Verdict::won)
    judged(anchor, path, Verdict::won,
           static_cast<double>(eager_ns) / static_cast<double>(std::max<std::uint64_t>(ns, 1)));
  else if (!path.trial.needs_first())
    path.wants_pairs.store(true, std::memory_order_relaxed);
}

// From sighting to program -------------------------------------------------------------------

/// Whether one more program may be had: there is a place, or this one is worth two of the least.
/// The table's lock is held.
bool has_place(const Anchor &anchor, const Path &newcomer) noexcept {
  const auto most = static_cast<std::int32_t>(anchor.trace->max_paths);
  if (anchor.state.serving + anchor.state.waiting < most)
    return true;
  double least = newcomer.score() / 2;
  for (const std::shared_ptr<Path> &path : anchor.known.paths())
    if (path->life.now().has_program())
      least = std::min(least, path->score());
  return least < newcomer.score() / 2;
}

/// A path was seen: it may be hot, or its time to be looked at again may have come. The table's
/// lock is held.
void consider(Anchor &anchor, Path &path) noexcept {
  const std::uint64_t seen = path.visits();
  if (path.life.retry(seen) && path.life.state() == PathState::trial) {
    anchor.state.serving.fetch_add(1, std::memory_order_relaxed);
    begin_trial(anchor, path);
    CompileThread::get().rebuild(anchor);
    return;
  }
  const int threshold = options().threshold >= 0 ? options().threshold : anchor.trace->warmup;
  if (path.life.state() != PathState::watching ||
      path.recorded.load(std::memory_order_relaxed) <
          static_cast<std::uint64_t>(std::max(threshold, 1)) ||
      mode() == Mode::log || !CompileThread::get().has_compiler() ||
      !anchor.state.deserves_program(path.id))
    return;
  const bool place = seen >= path.place_at && has_place(anchor, path);
  path.crowded_out.store(!place, std::memory_order_relaxed);
  if (!place || !path.life.change(PathState::watching, PathState::queued))
    return;
  path.queued_ns = now_ns();
  anchor.state.waiting.fetch_add(1, std::memory_order_relaxed);
  anchor.trie_is_old.store(true, std::memory_order_relaxed);
  if (CompileThread::get().queue(anchor, path)) {
    if (anchor.trie.load(std::memory_order_relaxed))
      CompileThread::get().rebuild(anchor);
    return;
  }
  path.life.change(PathState::queued, PathState::watching);
  anchor.state.waiting.fetch_sub(1, std::memory_order_relaxed);
}

void mark_boundary(Anchor &anchor, Path &path, ExitReason end) noexcept {
  if (end == ExitReason::index_check || end == ExitReason::memory_limit ||
      end == ExitReason::foreign)
    anchor.mark_boundary(path);
}

} // namespace

void paired(Anchor &anchor, Path &path, std::uint64_t eager_ns,
            std::uint64_t compiled_ns) noexcept {
  const double ratio =
      static_cast<double>(eager_ns) / static_cast<double>(std::max<std::uint64_t>(compiled_ns, 1));
  const std::uint64_t apart =
      eager_ns > compiled_ns ? eager_ns - compiled_ns : compiled_ns - eager_ns;
  // A run during which the thread was put aside is not what a turn costs.
  debit(anchor, std::min(apart, 2 * path.eager_estimate_ns()));
  const TryLock guard(path.measuring, std::try_to_lock);
  if (!guard)
    return;
  if (path.life.state() == PathState::trial) {
    const Verdict verdict = path.trial.add(ratio, path.life.margin());
    const bool too_soon = verdict == Verdict::lost && path.trial.count() < PairedTrial::max_pairs &&
                          neighbours_change(anchor);
    if (verdict != Verdict::undecided && !too_soon)
      judged(anchor, path, verdict, path.trial.median());
    return;
  }
  if (!path.wants_pairs.exchange(false, std::memory_order_relaxed))
    return;
  const bool slow = path.recheck.add(ratio);
  path.ratio.store(static_cast<float>(path.spread().median), std::memory_order_relaxed);
  if (slow && path.life.change(PathState::active, PathState::trial)) {
    path.trial.start();
    path.recheck.start(); // its probe becomes the trial's
    if_memory([&] { say(anchor, path, "on trial again: checks found it slower than eager"); });
  } else {
    anchor.probes.fetch_sub(1, std::memory_order_relaxed);
  }
}

void begin_trial(Anchor &anchor, Path &path) noexcept {
  const std::lock_guard guard(path.measuring); // held for moments, by threads that only try it
  path.trial.start();
  path.recheck.start();
  path.ratio.store(0, std::memory_order_relaxed); // or runs would be charged by the last verdict
  path.wants_pairs.store(false, std::memory_order_relaxed); // after its first runs
  anchor.probes.fetch_add(1, std::memory_order_relaxed);
}

EagerReason recorded(Anchor &anchor, Graph graph, ExitReason end, std::uint64_t ns) noexcept {
  const auto ops = static_cast<std::uint32_t>(graph.ops.size());
  debit(anchor, record_ns_per_op * ops);
  std::uint64_t eager_ns = 0;
  EagerReason why = EagerReason::seen_once;
  if (const TryLock guard(anchor.known.lock, std::try_to_lock); guard) {
    std::shared_ptr<Path> path;
    if_memory([&] {
      graph.name = anchor.trace->name;
      graph.begin = anchor.key;
      path = anchor.known.find_or_add(std::move(graph), now_ns());
    });
    if (path) {
      anchor.recordings.fetch_add(1, std::memory_order_relaxed);
      path->recorded.fetch_add(1, std::memory_order_relaxed);
      path->count_exit(end);
      mark_boundary(anchor, *path, end);
      if (const TryLock measuring(path->measuring, std::try_to_lock); measuring && ns) {
        path->eager_times.add_recorded(ns, ops);
        path->eager_ns.store(path->eager_times.lower_quartile(), std::memory_order_relaxed);
      }
      why = why_eager(anchor, *path, why);
      consider(anchor, *path);
      eager_ns = path->eager_estimate_ns();
    }
  }
  pass_ended(anchor, eager_ns);
  return why;
}

EagerReason followed(Anchor &anchor, const FollowedRun &run, ExitReason end,
                     OpenHalves &halves) noexcept {
  std::uint64_t eager_ns = run.ns;
  bool turned = false;
  EagerReason why = EagerReason::queued; // its program is not in the trie yet
  if (const TryLock guard(anchor.known.lock, std::try_to_lock); guard) {
    Path *path = anchor.known.find(run.sequence, run.ops, run.turn);
    turned = path && path->id == run.turn;
    if (!path) {
      anchor.wants_recording.store(true, std::memory_order_relaxed);
    } else {
      path->recorded.fetch_add(1, std::memory_order_relaxed);
      if (anchor.state.resting() && !anchor.boundaries.load(std::memory_order_relaxed))
        path->unseen.fetch_add(anchor.state.hash_period() - 1, std::memory_order_relaxed);
      path->count_exit(end);
      if (const TryLock measuring(path->measuring, std::try_to_lock); measuring)
        learn_eager(*path, run.ns);
      if (run.ns && path->wants_pairs.load(std::memory_order_relaxed))
        add_half(anchor, *path, true, run.ns, halves);
      why = why_eager(anchor, *path, why);
      consider(anchor, *path);
      eager_ns = path->eager_estimate_ns();
    }
    anchor.state.hashed(path && path->life.now().has_program());
  }
  if (run.turn && !turned)
    halves.waste(run.turn);
  pass_ended(anchor, eager_ns);
  return why;
}

void uncounted(Anchor &anchor) noexcept { pass_ended(anchor, 0); }

void compiled(Anchor &anchor, Path &path, std::uint64_t ns, OpenHalves &halves) noexcept {
  const double gain = path.gain_ns();
  if (gain > 0)
    anchor.state.credit(static_cast<std::uint64_t>(gain));
  else
    debit(anchor, static_cast<std::uint64_t>(-gain));
  const PathState state = path.life.state();
  if (ns && state == PathState::trial) {
    on_trial(anchor, path, ns, halves);
  } else if (ns && state == PathState::active && path.wants_pairs.load(std::memory_order_relaxed)) {
    add_half(anchor, path, false, ns, halves);
  } else if (state == PathState::active &&
             Recheck::is_due(path.hits.load(std::memory_order_relaxed)) && options().trial) {
    const TryLock guard(path.measuring, std::try_to_lock);
    if (guard && path.life.state() == PathState::active &&
        !path.wants_pairs.exchange(true, std::memory_order_relaxed))
      anchor.probes.fetch_add(1, std::memory_order_relaxed);
  }
  pass_ended(anchor, path.eager_estimate_ns());
}

void turned(Anchor &anchor, Path &path, std::uint64_t ns, OpenHalves &halves) noexcept {
  if (ns && path.wants_pairs.load(std::memory_order_relaxed))
    add_half(anchor, path, true, ns, halves);
  pass_ended(anchor, path.eager_estimate_ns());
}

void replayed(Anchor &anchor, Path *path, std::uint32_t ops) noexcept {
  anchor.state.debit((match_ns_per_op + replay_ns_per_op) * ops);
  if (path) {
    if (!path->life.now().has_program()) { // a sighting like any other
      path->recorded.fetch_add(1, std::memory_order_relaxed);
      if (const TryLock guard(anchor.known.lock, std::try_to_lock); guard)
        consider(anchor, *path);
    }
  }
  pass_ended(anchor, path ? path->eager_estimate_ns() : 0);
}

namespace {

/// What was recorded before tracing had to stop runs eagerly. `find` gives the path that stands for
/// it, `detail` what is told beside the reason.
template <class Find, class Detail>
void reject(Anchor &anchor, Graph begin, RejectReason why, Find find, Detail detail) noexcept {
  debit(anchor, record_ns_per_op * begin.ops.size());
  const TryLock guard(anchor.known.lock, std::try_to_lock);
  if (!guard)
    return;
  if_memory([&] {
    begin.name = anchor.trace->name;
    const std::shared_ptr<Path> path = find(std::move(begin));
    if (!path)
      return;
    path->recorded.fetch_add(1, std::memory_order_relaxed);
    path->reject_detail = detail();
    const std::string more = path->reject_detail.empty() ? "" : " (" + path->reject_detail + ")";
    if (path->life.reject(PathState::watching, why, path->visits()))
      say(anchor, *path, std::string(sentence(why)) + more);
  });
}

} // namespace

void rejected(Anchor &anchor, Graph begin, RejectReason why) noexcept {
  reject(
      anchor, std::move(begin), why,
      [&](Graph graph) { return anchor.known.find_or_add(std::move(graph), now_ns()); },
      [] { return std::string(); });
}

void untraceable(Anchor &anchor, Graph begin, OpKind op, const Site &site) noexcept {
  reject(
      anchor, std::move(begin), RejectReason::untraceable,
      [&](Graph graph) { return anchor.known.find_or_add_untraceable(std::move(graph)); },
      [&] { return std::string(info(op).name) + " at " + describe(site); });
}

bool is_boundary(Anchor &anchor, std::uint64_t sequence, std::uint32_t ops) noexcept {
  if (!anchor.is_boundary(ops))
    return false;
  const TryLock guard(anchor.known.lock, std::try_to_lock);
  const Path *path = guard ? anchor.known.find(sequence, ops, 0) : nullptr;
  return path && path->ends_at_boundary.load(std::memory_order_relaxed);
}

} // namespace visits
} // namespace jit

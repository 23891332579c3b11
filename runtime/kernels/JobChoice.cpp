// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of kinds, trials and the choice between them.
#include "runtime/kernels/JobChoice.h"

#include <algorithm>

namespace jit {
namespace {

constexpr int steady_weight = 16; ///< jobs that the usual time of the present choice looks back on
/// The same of a choice on trial, which is seen rarely: the machine may have changed meanwhile.
constexpr int trial_weight = 4;
constexpr double far = 4;                     ///< times the usual
constexpr double excess_window = 150'000'000; ///< cycles of jobs, 50 ms: some slices of a scheduler
constexpr double earn_back = 50, jobs_between_trials = 16;
/// A level that was never seen is tried after it, too, has been earned: only fourfold, since much
/// may be won.
constexpr double first_earn_back = 4;
constexpr double worth_more_threads = 0.9;
/// What waking workers for a trial costs others, and us where every CPU is wanted, in cycles.
constexpr double waking = 300'000;
/// A kind that was used within so many jobs keeps its place.
constexpr std::uint64_t keep_jobs = 4 * JobChoice::capacity;
constexpr double other_code = 1e9; ///< farther away than any number of chunks of the same code

unsigned first_slot(const JobKind &kind) noexcept {
  const std::uint64_t mixed =
      (kind.function ^ static_cast<std::uint64_t>(kind.chunks) * 0x9e3779b97f4a7c15u) *
      0xd6e8feb86659fd93u;
  static_assert(JobChoice::capacity == 64);
  return static_cast<unsigned>(mixed >> 58);
}

bool empty(const JobKind &kind) noexcept { return kind.chunks == 0; }

} // namespace

bool JobChoice::Mean::is_far(double time) const noexcept { return count > 0 && time > far * usual; }

void JobChoice::Mean::add(double time) noexcept {
  const double part = is_far(time) ? far * usual : time;
  count = std::min(count + 1, steady_weight);
  usual += (part - usual) / count;
  excess += (time - part - excess) * std::min(usual / excess_window, 1.0 / steady_weight);
}

void JobChoice::Mean::add_trial(double time) noexcept {
  count = std::min(count + 1, trial_weight);
  usual += (time - usual) / count;
  excess -= excess / trial_weight;
}

bool JobChoice::exists(const Entry &entry, int level) noexcept {
  return level != 1 || entry.threads > 4;
}

int JobChoice::threads_of(const Entry &entry, int level) noexcept {
  return level == 0 ? 1 : level == 1 ? entry.threads / 2 : entry.threads;
}

JobChoice::Mean &JobChoice::present(Entry &entry) noexcept {
  return entry.means[static_cast<unsigned>(entry.best)];
}

/// Its place, or -1. Places are never emptied, so a search ends at the first empty one.
int JobChoice::find(const JobKind &kind) const noexcept {
  for (unsigned i = 0, slot = first_slot(kind); i < capacity; ++i, slot = (slot + 1) % capacity) {
    if (kinds[slot] == kind)
      return static_cast<int>(slot);
    if (empty(kinds[slot]))
      return -1;
  }
  return -1;
}

/// A free place, or that of a kind that has not come for long; -1: there is none. With more kinds
/// in turn than places, the first ones stay: taking the oldest each time would know none of them.
int JobChoice::place(const JobKind &kind) noexcept {
  unsigned oldest = 0;
  for (unsigned i = 0, slot = first_slot(kind); i < capacity; ++i, slot = (slot + 1) % capacity) {
    if (empty(kinds[slot]))
      return static_cast<int>(slot);
    if (entries[slot].used < entries[oldest].used)
      oldest = slot;
  }
  return jobs - entries[oldest].used > keep_jobs ? static_cast<int>(oldest) : -1;
}

/// What is best for `kind` is likely to be what is best for the same code with the nearest number
/// of chunks, or for other code with about as many. Null: nothing is known of either.
const JobChoice::Entry *JobChoice::similar(const JobKind &kind) const noexcept {
  int nearest = -1;
  double least = 0;
  for (int slot = 0; slot < capacity; ++slot) {
    const JobKind &other = kinds[static_cast<unsigned>(slot)];
    if (empty(other) || !entries[static_cast<unsigned>(slot)].compared)
      continue;
    const bool same_code = other.function == kind.function;
    const auto [few, many] = std::minmax(other.chunks, kind.chunks);
    if (!same_code && many / 2 > few)
      continue;
    const double distance =
        static_cast<double>(many) / static_cast<double>(few) + (same_code ? 0 : other_code);
    if (nearest < 0 || distance < least) {
      nearest = slot;
      least = distance;
    }
  }
  return nearest < 0 ? nullptr : &entries[static_cast<unsigned>(nearest)];
}

/// The place of the kind, taken now if need be; -1: there is none.
int JobChoice::enter(const JobKind &kind) noexcept {
  int slot = find(kind);
  if (slot >= 0)
    return slot;
  const Entry *other = similar(kind);
  slot = place(kind);
  if (slot < 0)
    return -1;
  Entry fresh;
  if (other)
    fresh.best = other->best;
  kinds[static_cast<unsigned>(slot)] = kind;
  entries[static_cast<unsigned>(slot)] = fresh;
  return slot;
}

/// What was measured with another number of threads tells nothing any more.
void JobChoice::restart(Entry &entry, int threads) noexcept {
  Entry fresh;
  fresh.threads = threads;
  fresh.best = exists(fresh, entry.best) ? entry.best : levels - 1;
  entry = fresh;
}

JobChoice::Turn JobChoice::begin(const JobKind &kind, int threads) noexcept {
  ++jobs;
  Turn turn;
  turn.kind = kind;
  const int slot = enter(kind);
  if (slot < 0) {
    const Entry *other = similar(kind);
    turn.threads = other && other->best == 0 ? 1 : threads;
    return turn;
  }
  Entry &entry = entries[static_cast<unsigned>(slot)];
  if (entry.threads != threads)
    restart(entry, threads);
  entry.used = jobs;
  if (entry.trial < 0)
    consider_trial(entry);
  turn.entry = static_cast<std::int8_t>(slot);
  turn.on_trial = entry.trial >= 0;
  turn.level = turn.on_trial ? entry.trial : entry.best;
  turn.threads = threads_of(entry, turn.level);
  const bool more = turn.on_trial && turn.level > entry.best;
  turn.wakes = more && !entry.woken;
  turn.calms = more && entry.woken;
  return turn;
}

/// Puts the level whose turn it is on trial, if enough has been earned.
void JobChoice::consider_trial(Entry &entry) noexcept {
  if (present(entry).count == 0 || entry.earned < entry.wait)
    return;
  // Downwards, so that half the threads come before one.
  int level = entry.tried;
  do
    level = (level + levels - 1) % levels;
  while (level == entry.best || !exists(entry, level));
  if (entry.means[static_cast<unsigned>(level)].count == 0) {
    const double ratio = static_cast<double>(threads_of(entry, entry.best)) /
                         static_cast<double>(threads_of(entry, level));
    if (entry.earned < first_earn_back * present(entry).value() * std::max(ratio - 1, 1.0))
      return;
  }
  entry.trial = entry.tried = static_cast<std::int8_t>(level);
  entry.woken = level < entry.best; // fewer threads need no waking
  entry.lost = entry.woken ? 0 : waking;
}

void JobChoice::end(const Turn &turn, double time) noexcept {
  if (turn.entry < 0 || kinds[static_cast<unsigned>(turn.entry)] != turn.kind)
    return;
  Entry &entry = entries[static_cast<unsigned>(turn.entry)];
  if (turn.threads != threads_of(entry, turn.level))
    return; // begun with another number of threads
  if (turn.on_trial) {
    if (turn.level == entry.trial)
      end_trial(entry, time);
  } else {
    entry.earned += time;
    if (!entry.cold)
      entry.means[static_cast<unsigned>(turn.level)].add(time);
    entry.cold = false;
  }
  choose(entry);
}

void JobChoice::end_trial(Entry &entry, double time) noexcept {
  const Mean &now = present(entry);
  Mean &tried = entry.means[static_cast<unsigned>(entry.trial)];
  // Once is chance, twice is the rule.
  const bool is_far = now.is_far(time);
  const double counted = is_far && !tried.was_far ? far * now.usual : time;
  entry.lost += counted - now.usual;
  // The first job with more threads pays for waking them; the second shows what they bring.
  if (!entry.woken) {
    entry.woken = true;
    return;
  }
  entry.compared = true;
  tried.was_far = is_far;
  tried.add_trial(counted);
  const double base = entry.trial > entry.best ? now.usual : now.value();
  // What looks better is looked at again at once: it costs nothing.
  const bool better = counted <= worth_more_threads * base;
  entry.wait = better ? 0 : earn_back * std::max(entry.lost, 0.0) + jobs_between_trials * now.usual;
  entry.earned = 0;
  entry.trial = -1;
}

/// What a job takes on the mean at this level. A few trials do not see who is put aside now and
/// then; that happens to the caller with any number of threads, so with more than the present one
/// it is taken to be as much.
double JobChoice::expected(Entry &entry, int level) noexcept {
  const Mean &mean = entry.means[static_cast<unsigned>(level)], &now = present(entry);
  if (level <= entry.best || now.count == 0)
    return mean.value();
  return std::max(mean.value(), mean.usual * now.value() / now.usual);
}

void JobChoice::choose(Entry &entry) noexcept {
  int best = -1;
  double least = 0;
  for (int level = 0; level < levels; ++level) {
    if (entry.means[static_cast<unsigned>(level)].count == 0)
      continue;
    const double time = expected(entry, level);
    if (best < 0 || time <= worth_more_threads * least) {
      best = level;
      least = time;
    }
  }
  if (best < 0 || best == entry.best)
    return;
  entry.best = static_cast<std::int8_t>(best);
  entry.earned = 0; // it may settle first
  entry.wait = jobs_between_trials * least;
}

} // namespace jit

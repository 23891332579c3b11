// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Anchor.h"

#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Fork.h"
#include "runtime/jit/KeptProfile.h"
#include "runtime/jit/Profile.h"

#include <algorithm>
#include <memory>
#include <mutex>

namespace jit {

static std::atomic<Trace *> every_trace{nullptr};

Trace *Trace::all() noexcept { return every_trace.load(std::memory_order_acquire); }

void Trace::reconsider_all() noexcept {
  for (Trace *trace = all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors.load(std::memory_order_acquire); anchor;
         anchor = anchor->next) {
      const std::lock_guard guard(anchor->known.lock);
      for (const std::shared_ptr<Path> &path : anchor->known.paths())
        if (path->life.now().reason == RejectReason::no_gain)
          path->life.pardon();
      anchor->state.wake();
    }
}

Anchor *Trace::known_anchor(std::uint64_t wanted) const noexcept {
  for (Anchor *known = anchors.load(std::memory_order_acquire); known; known = known->next)
    if (known->key == wanted)
      return known;
  return nullptr;
}

Anchor *Trace::anchor(std::uint64_t key, const Site &at) noexcept {
  Anchor *head = anchors.load(std::memory_order_acquire);
  if (Anchor *known = known_anchor(key))
    return known;
  std::unique_ptr<Anchor> added(new (std::nothrow) Anchor);
  if (!added)
    return nullptr;
  added->trace = this;
  added->key = key;
  added->site = at;
  added->next = head;
  added->known.most_known =
      std::max(PathTable::least_known, max_paths * PathTable::known_per_program);
  while (!anchors.compare_exchange_weak(added->next, added.get(), std::memory_order_release,
                                        std::memory_order_acquire)) {
    for (Anchor *known = added->next; known != head; known = known->next)
      if (known->key == key)
        return known;
    head = added->next;
  }
  return added.release();
}

/// What a RunGuess can number, with the paths that have no program.
static constexpr int most_paths = 64;

static std::mutex making; // of traces; never held by the compile thread

void Trace::lock_for_fork() noexcept { making.lock(); }
void Trace::unlock_after_fork() noexcept { making.unlock(); }

/// Nobody else has seen the trace.
void Trace::build_first_tries() noexcept {
  for (Anchor *anchor = anchors.load(); anchor; anchor = anchor->next)
    if_memory([&] { anchor->trie.store(trie_of(*anchor).release()); });
}

Trace &Trace::find(std::uint64_t key, const std::string &name, const std::source_location &site,
                   int warmup, int max_paths) {
  survive_fork(); // before the lock is taken for the first time
  const std::lock_guard guard(making);
  for (Trace *trace = all(); trace; trace = trace->next)
    if (trace->key == key && trace->name == name)
      return *trace;
  auto trace = std::make_unique<Trace>();
  trace->next = all();
  trace->id = trace->next ? trace->next->id + 1 : 1;
  trace->name = name;
  trace->site = Site::of(site);
  trace->key = key;
  trace->warmup = warmup;
  trace->max_paths = static_cast<std::size_t>(std::clamp(max_paths, 1, most_paths));
  profile::attach(*trace);
  kept::attach(*trace, site);
  trace->build_first_tries();
  every_trace.store(trace.get(), std::memory_order_release);
  return *trace.release();
}

/// Takes the path out of use. The table's lock is held.
static void retire(Anchor &anchor, Path &path) noexcept {
  const std::lock_guard guard(path.measuring); // nobody judges meanwhile
  const auto leaves = [&](PathState from) { return path.life.change(from, PathState::forgotten); };
  // In the order of a path's life: the compile thread may take it on meanwhile.
  if (leaves(PathState::queued) || leaves(PathState::compiling)) {
    anchor.state.waiting.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  const bool on_trial = leaves(PathState::trial);
  if (!on_trial && !leaves(PathState::active))
    return;
  if (path.wants_pairs.exchange(false) || on_trial)
    anchor.probes.fetch_sub(1, std::memory_order_relaxed);
  anchor.state.serving.fetch_sub(1, std::memory_order_relaxed);
}

void Anchor::forget() noexcept {
  {
    const std::lock_guard guard(known.lock);
    for (const std::shared_ptr<Path> &path : known.paths())
      retire(*this, *path);
    known.forget_all();
    recordings.store(0, std::memory_order_relaxed);
    boundaries.store(0, std::memory_order_relaxed);
    wants_recording.store(false, std::memory_order_relaxed);
  }
  state.forget();
  if (trie.load(std::memory_order_relaxed)) // until it is replaced its programs run, uncounted
    CompileThread::get().rebuild(*this);
}

void Anchor::mark_boundary(Path &path) noexcept {
  path.ends_at_boundary.store(true, std::memory_order_relaxed);
  boundaries.fetch_or(std::uint64_t{1} << (path.graph.ops.size() & 63), std::memory_order_relaxed);
}

bool Anchor::judges() noexcept {
  if (state.resting())
    return false;
  const auto repeats = static_cast<std::uint64_t>(std::max(trace->warmup, 1));
  // New, and still visited: what has come up less often than it takes may come up again.
  const std::uint64_t passes = state.passes();
  const bool is_new = passes != asked_at.exchange(passes) && passes < 8 * (1 + repeats);
  const std::lock_guard guard(known.lock);
  return std::ranges::any_of(known.paths(), [&](const std::shared_ptr<Path> &path) {
    const PathState now = path->life.state();
    return (now == PathState::trial && path->came_up_of_late()) ||
           (is_new && now == PathState::watching &&
            path->recorded.load(std::memory_order_relaxed) < repeats);
  });
}

bool Anchor::may_time() const noexcept {
  return state.may_time(probes.load(std::memory_order_relaxed) > 0 ||
                        wants_recording.load(std::memory_order_relaxed));
}

} // namespace jit

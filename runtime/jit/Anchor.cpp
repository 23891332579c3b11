// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Anchor.h"

#include "runtime/jit/Fork.h"

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
  for (Anchor *known = head; known; known = known->next)
    if (known->key == key)
      return known;
  std::unique_ptr<Anchor> added(new (std::nothrow) Anchor);
  if (!added)
    return nullptr;
  added->trace = this;
  added->key = key;
  added->site = at;
  added->next = head;
  while (!anchors.compare_exchange_weak(added->next, added.get(), std::memory_order_release,
                                        std::memory_order_acquire)) {
    for (Anchor *known = added->next; known != head; known = known->next)
      if (known->key == key)
        return known;
    head = added->next;
  }
  return added.release();
}

static std::mutex making; // of traces; never held by the compile thread

void Trace::lock_for_fork() noexcept { making.lock(); }
void Trace::unlock_after_fork() noexcept { making.unlock(); }

Trace &Trace::find(std::uint64_t key, const std::string &name, const std::source_location &site,
                   int warmup) {
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
  every_trace.store(trace.get(), std::memory_order_release);
  return *trace.release();
}

bool Anchor::may_time() const noexcept {
  constexpr std::uint64_t at_first = 16, sample = 64;
  const std::uint64_t pass = state.passes() + 1;
  return pass <= at_first || pass % sample == 0 || probes.load(std::memory_order_relaxed) > 0 ||
         wants_recording.load(std::memory_order_relaxed);
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trace: what one jit::trace call site stands for. Anchor: a point in it where segments begin.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/jit/Path.h"
#include "runtime/jit/Trie.h"

#include <tracejit/trace.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace jit {

struct Trace;

/// A segment begins at an anchor: the start of the traced call, or right after an observation in
/// it.
struct Anchor {
  static constexpr std::size_t max_paths = 16;
  static constexpr std::uint32_t max_retries = 3;

  Trace *trace = nullptr;
  std::uint64_t key = 0; ///< of the site; 0: the start of the call
  Site site;
  Anchor *next = nullptr; ///< anchors of the same trace, insert only

  /// What sessions match against; replaced by the compile thread only.
  std::atomic<const Trie *> trie{nullptr};
  /// The path that is being measured, or null. Kept alive by `paths`, which keeps what was ever
  /// here.
  std::atomic<Path *> on_trial{nullptr};

  /// A RunGuess: what ran last, and what will run next with some luck.
  std::atomic<std::uint64_t> ran_last{0};

  /// Segments begun here, in all; and in the window that decides about `unstable`. Threads that
  /// race lose a count, which only matters to ratios: no locked instruction for that.
  std::atomic<std::uint64_t> passes{0};
  std::atomic<std::uint32_t> window_opened{0}, window_missed{0};
  /// The first path waits for its program: nothing is recorded meanwhile.
  std::atomic<bool> compiling{false};
  /// Nothing is matched or recorded before this pass.
  std::atomic<std::uint64_t> retry_at{0};
  std::atomic<std::uint32_t> retries{0};
  std::atomic<bool> unstable{false}; ///< the last rest was because of misses

  /// Guards what follows. User threads only try it.
  std::mutex lock;
  bool held_for_fork = false; ///< the lock, by the handlers of fork
  std::vector<std::shared_ptr<Path>> paths;

  /// Drops the path that was never compiled and was seen least; false if there is none. Lock held.
  bool forget_one();
  bool passive() const noexcept {
    return passes.load(std::memory_order_relaxed) < retry_at.load(std::memory_order_relaxed);
  }
  /// Whether the next pass is the first or the second in a period of checks.
  bool checks_next() const noexcept {
    return (passes.load(std::memory_order_relaxed) + 1) % Trial::check_period < 2;
  }
  /// Whether the next pass may be timed.
  bool may_time() const noexcept {
    return on_trial.load(std::memory_order_relaxed) || checks_next();
  }
  /// A run ended well or left the paths; more than one miss in four puts the anchor to rest.
  void count_run(bool missed) noexcept;
  /// Rests for 2^k x 1,000 passes, k growing with every call; after `max_retries` for good.
  void rest() noexcept;
};

/// Never freed: a Traced object, a session or a report may point to it.
struct Trace : detail::TraceHandle {
  std::uint32_t id = 0;
  std::string name;
  Site site;
  std::uint64_t key = 0;
  int warmup = 2;
  std::atomic<Anchor *> anchors{nullptr};
  Trace *next = nullptr; ///< all traces, insert only

  /// The anchor with this key, made at need; null: no memory. Any thread, no lock.
  Anchor *anchor(std::uint64_t key, const Site &site) noexcept;

  TRACEJIT_PRIVATE static Trace *all() noexcept;
  /// The trace with this key and name, made at need.
  static Trace &find(std::uint64_t key, const std::string &name, const Site &site, int warmup);

  /// For the handlers of fork: no trace is in the making.
  static void lock_for_fork() noexcept;
  static void unlock_after_fork() noexcept;
};

} // namespace jit

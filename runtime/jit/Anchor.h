// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trace: what one jit::trace call site stands for. Anchor: a point in it where segments begin.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/jit/PathTable.h"
#include "runtime/jit/Trie.h"
#include "runtime/policy/AnchorState.h"

#include <tracejit/trace.h>

#include <atomic>
#include <string>

namespace jit {

struct ProfiledModule;
struct Trace;

/// A segment begins at an anchor: the start of the traced call, or right after an observation in
/// it.
struct Anchor {
  Trace *trace = nullptr;
  std::uint64_t key = 0; ///< of the site; 0: the start of the call
  Site site;
  Anchor *next = nullptr; ///< anchors of the same trace, insert only
  /// Where the segment began after whose end this one was armed last.
  std::atomic<Anchor *> before{nullptr};

  AnchorState state;
  /// What sessions match against; replaced by the compile thread only.
  std::atomic<const Trie *> trie{nullptr};
  /// A known path is not in `trie` yet: a run that leaves the trie may well be known.
  std::atomic<bool> trie_is_old{false};
  std::atomic<bool> rebuild_posted{false}, rebuild_wanted{false};
  /// Paths that want eager runs to be paired with compiled ones.
  std::atomic<std::int32_t> probes{0};
  /// A run took a path that nobody knows: the next one is recorded.
  std::atomic<bool> wants_recording{false};
  std::atomic<std::uint32_t> recordings{0};
  /// After how many ops a known path ends at a boundary: a bit for each, modulo 64.
  std::atomic<std::uint64_t> boundaries{0};
  /// A RunGuess: what ran last, and what will run next with some luck.
  std::atomic<std::uint64_t> ran_last{0};

  std::atomic<std::uint64_t> asked_at{0}; ///< passes when judges() was asked last

  PathTable known;

  /// Forgets rests, verdicts and recordings: what runs here is judged anew. Any thread.
  void forget() noexcept;
  /// Whether a path that still comes up waits for its verdict, or is new. Any thread.
  bool judges() noexcept;
  /// Whether the next pass may be timed: where programs are measured, and where eager times are
  /// learned.
  bool may_time() const noexcept;
  /// What follows the path has to begin a segment.
  void mark_boundary(Path &path) noexcept;
  bool is_boundary(std::uint32_t ops) const noexcept {
    return boundaries.load(std::memory_order_relaxed) >> (ops & 63) & 1;
  }
};

/// Never freed: a Traced object, a session or a report may point to it.
struct Trace : detail::TraceHandle {
  std::uint32_t id = 0;
  std::string name;
  Site site;
  std::uint64_t key = 0;
  ProfiledModule *module = nullptr; ///< whose source makes the trace; null: not known
  std::uint64_t place = 0;          ///< in that source, for all processes
  int warmup = 2;
  std::size_t max_paths = 16; ///< programs at one anchor
  std::atomic<Anchor *> anchors{nullptr};
  Trace *next = nullptr; ///< all traces, insert only

  /// The anchor with this key, made at need; null: no memory. Any thread, no lock.
  Anchor *anchor(std::uint64_t key, const Site &site) noexcept;
  Anchor *known_anchor(std::uint64_t key) const noexcept;

  TRACEJIT_PRIVATE static Trace *all() noexcept;
  /// What programs were judged by has changed: rests end, and paths that were not faster are on
  /// trial again at their next visit.
  static void reconsider_all() noexcept;
  /// The trace with this key and name, made at need.
  static Trace &find(std::uint64_t key, const std::string &name, const std::source_location &site,
                     int warmup, int max_paths);

  void build_first_tries() noexcept;

  /// For the handlers of fork: no trace is in the making.
  static void lock_for_fork() noexcept;
  static void unlock_after_fork() noexcept;
};

} // namespace jit

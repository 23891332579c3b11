// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a finished segment means for the path it took: counted, queued, measured, judged. Called by
// the thread that ran it, which waits for nobody: a lock that is taken loses one sighting.
#pragma once

#include "runtime/jit/Anchor.h"

#include <array>

namespace jit {

/// Runs of paths on trial that wait for their partner of the other kind. One thread's.
class OpenHalves {
public:
  struct Half {
    std::uint32_t path = 0; ///< 0: none
    bool eager = false;
    bool drawn = false;           ///< turns were wasted: they must not keep step with other paths
    std::uint8_t passed_over = 0; ///< how often another path wanted its place
    std::uint64_t ns = 0;         ///< 0: the eager turn became a run of another path
    bool warm = false; ///< of a check: an eager run has gone before, which found cold caches
  };
  /// The path's place; null while another has it that may complete its pair yet.
  Half *place_of(const Path &path) noexcept;
  /// The eager turn of this path became a run of another: it waits for a run of its own.
  void waste(std::uint32_t path) noexcept;
  /// Whether the next run of the path should be eager, to become half of a pair. Which comes first
  /// is drawn.
  bool wants_eager(const Path &path) noexcept;
  /// True for so many percent of calls.
  bool draw(int percent) noexcept { return next_random() % 100 < static_cast<unsigned>(percent); }

private:
  std::uint32_t next_random() noexcept;
  Half &at(std::uint32_t path) noexcept { return halves[path % halves.size()]; }
  std::array<Half, 8> halves{};
  std::uint32_t random = 0x2545f491u;
};

/// A segment that ran eagerly and was followed by its hash.
struct FollowedRun {
  std::uint64_t sequence;
  std::uint32_t ops;
  std::uint64_t ns;       ///< 0: not timed
  std::uint32_t turn = 0; ///< the path whose eager turn it was to be; 0: of none
};

namespace visits {

/// A segment ran eagerly and was written down; `ns` as above. The answer, here and below: why.
EagerReason recorded(Anchor &anchor, Graph graph, ExitReason end, std::uint64_t ns) noexcept;
EagerReason followed(Anchor &anchor, const FollowedRun &run, ExitReason end,
                     OpenHalves &halves) noexcept;
/// A pass ended that was neither recorded nor hashed.
void uncounted(Anchor &anchor) noexcept;
/// The program of the path ran.
void compiled(Anchor &anchor, Path &path, std::uint64_t ns, OpenHalves &halves) noexcept;
/// An eager and a compiled run of a path that wants pairs, by one thread and next to each other.
void paired(Anchor &anchor, Path &path, std::uint64_t eager_ns, std::uint64_t compiled_ns) noexcept;
/// The path was replayed to be the eager half of a pair.
void turned(Anchor &anchor, Path &path, std::uint64_t ns, OpenHalves &halves) noexcept;
/// Matched ops were run one by one: at the end of a path (else null) or on the way.
void replayed(Anchor &anchor, Path *path, std::uint32_t ops) noexcept;
/// A segment grew past the cap; `begin` is what was recorded.
void rejected(Anchor &anchor, Graph begin, RejectReason why) noexcept;
/// An op cannot be written down; `begin` is what was recorded before it.
void untraceable(Anchor &anchor, Graph begin, OpKind op, const Site &site) noexcept;
/// Whether a known path ends here and its next op has to begin a segment.
bool is_boundary(Anchor &anchor, std::uint64_t sequence, std::uint32_t ops) noexcept;

/// Measures a path whose program is about to be published. By the compile thread.
void begin_trial(Anchor &anchor, Path &path) noexcept;

} // namespace visits
} // namespace jit

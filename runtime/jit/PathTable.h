// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PathTable: the paths that are known at one anchor.
#pragma once

#include "runtime/jit/Path.h"

#include <memory>
#include <mutex>
#include <vector>

namespace jit {

/// What is left of paths that are no longer known.
struct ForgottenPaths {
  std::uint64_t paths = 0;
  std::uint64_t hits = 0; ///< compiled runs
  double saved_ns = 0;
};

/// All but `lock` belongs to whoever holds it. User threads only try it.
class PathTable {
public:
  /// So many for each program that there may be, and so many at least.
  static constexpr std::size_t known_per_program = 4, least_known = 64;

  std::mutex lock;
  bool held_for_fork = false; ///< the lock, by the handlers of fork
  std::size_t most_known = least_known;

  const std::vector<std::shared_ptr<Path>> &paths() const noexcept { return known; }
  /// The path of this structure, made at need; null if all places are taken by better ones.
  /// Throws std::bad_alloc.
  std::shared_ptr<Path> find_or_add(Graph graph, std::uint64_t now_ns);
  /// The path that stands for all runs with an op that cannot be written down: no recording is
  /// taken for it. Null and throws as above.
  std::shared_ptr<Path> find_or_add_untraceable(Graph begin);
  /// The path that a thread has followed, or null; of several with this hash the one with the id
  /// `preferred`, if it is there.
  Path *find(std::uint64_t sequence, std::size_t ops, std::uint32_t preferred) const noexcept;
  /// Paths go their last way by this: the state `forgotten`. Who holds one does nothing with it.
  /// Precondition: it has no program in use, and nobody waits for one.
  void forget_all() noexcept;
  const ForgottenPaths &forgotten() const noexcept { return gone; }
  /// Every 64 passes: what was visited long ago counts less.
  void cool() noexcept;

private:
  bool forget_one() noexcept;
  bool let_go(Path &path) noexcept;
  std::shared_ptr<Path> add(Graph graph, std::uint64_t hash, std::uint64_t sequence);
  std::vector<std::shared_ptr<Path>> known;
  ForgottenPaths gone;
};

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PathTable: the paths that are known at one anchor.
#pragma once

#include "runtime/jit/Path.h"

#include <memory>
#include <mutex>
#include <vector>

namespace jit {

/// All but `lock` belongs to whoever holds it. User threads only try it.
class PathTable {
public:
  static constexpr std::size_t max_known = 64;

  std::mutex lock;
  bool held_for_fork = false; ///< the lock, by the handlers of fork

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
  void clear() noexcept { known = {}; }
  /// Every 64 passes: what was visited long ago counts less.
  void cool() noexcept;

private:
  bool forget_one() noexcept;
  std::shared_ptr<Path> add(Graph graph, std::uint64_t hash, std::uint64_t sequence);
  std::vector<std::shared_ptr<Path>> known;
};

} // namespace jit

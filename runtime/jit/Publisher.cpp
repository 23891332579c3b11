// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Publisher.h"

#include "runtime/base/AsymmetricFence.h"
#include "runtime/jit/Session.h"

#include <algorithm>
#include <utility>

namespace jit {

/// Of equally good ones the older first. What a path is worth changes while its threads run, so it
/// is asked once. The table's lock is held.
static std::vector<std::shared_ptr<Path>>
best_first(const std::vector<std::shared_ptr<Path>> &paths) {
  struct Ranked {
    std::pair<double, std::uint32_t> rank;
    const std::shared_ptr<Path> *path;
  };
  std::vector<Ranked> ranked;
  for (const std::shared_ptr<Path> &path : paths)
    ranked.push_back({{path->score(), ~path->id}, &path});
  std::ranges::sort(ranked, std::ranges::greater(), &Ranked::rank);
  std::vector<std::shared_ptr<Path>> sorted;
  for (const Ranked &next : ranked)
    sorted.push_back(*next.path);
  return sorted;
}

std::unique_ptr<const Trie> trie_of(Anchor &anchor) {
  std::vector<std::shared_ptr<Path>> programs, settled;
  {
    const std::lock_guard guard(anchor.known.lock);
    for (const std::shared_ptr<Path> &path : anchor.known.paths())
      (path->life.now().has_program() && !path->variants.empty() ? programs : settled)
          .push_back(path);
    programs = best_first(programs);
  }
  // Only this thread changes what the paths hold, so the lock is not needed meanwhile.
  return programs.empty() ? nullptr : build_trie(programs, settled);
}

void Publisher::publish(Anchor &anchor) {
  retired.reserve(retired.size() + 1);
  // First: what is queued from here on is not in the trie.
  anchor.trie_is_old.store(false, std::memory_order_relaxed);
  anchor.rebuild_wanted.store(false, std::memory_order_relaxed);
  std::unique_ptr<const Trie> trie = trie_of(anchor);
  if (const Trie *old = anchor.trie.exchange(trie.release(), std::memory_order_seq_cst))
    retired.emplace_back(old);
}

void Publisher::free_retired() {
  if (retired.empty())
    return;
  fence::heavy();
  std::erase_if(retired, [](const std::unique_ptr<const Trie> &trie) {
    for (Session *session = Session::all(); session; session = session->next)
      if (session->published.load(std::memory_order_acquire) == trie.get())
        return false;
    return true;
  });
}

} // namespace jit

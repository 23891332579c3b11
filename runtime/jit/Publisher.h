// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Publisher: replaces the tries of anchors, and frees the old ones when nobody reads them.
#pragma once

#include "runtime/jit/Anchor.h"

#include <memory>
#include <vector>

namespace jit {

/// What is known at the anchor; null: no programs.
std::unique_ptr<const Trie> trie_of(Anchor &anchor);

/// Of the compile thread. A session announces the trie it reads by a hazard pointer
/// (Session::published); a replaced trie is freed once no session announces it, and with it the
/// programs that no other trie and no path holds.
class Publisher {
public:
  /// Makes a trie of what is known at the anchor and puts it in place. Throws std::bad_alloc before
  /// anything has changed.
  void publish(Anchor &anchor);
  void free_retired();

private:
  std::vector<std::unique_ptr<const Trie>> retired;
};

} // namespace jit

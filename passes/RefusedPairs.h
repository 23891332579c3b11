// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pairs of kernels that were tried and stay apart. A program repeats itself: what was refused in
// one layer, or before some third kernel changed, is refused again.
#pragma once

#include "passes/Merge.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/StringMap.h>

namespace jit {

class RefusedPairs {
public:
  /// What decides about an attempt, cycles apart: both kernels and how they are connected. Two
  /// different pairs with one key would cost a merge, and change no value.
  using Key = std::pair<std::uint64_t, std::uint64_t>;
  Key key(Node producer, Node consumer, Views &views);

  std::optional<WhyApart> find(Key key) const;
  void add(Key key, WhyApart reason) { reasons[key] = reason; }

private:
  std::uint64_t content(kernel::FuncOp function);

  llvm::StringMap<std::uint64_t> contents; ///< by name of the kernel
  llvm::DenseMap<Key, WhyApart> reasons;
};

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// KernelCache: every kernel is compiled once per content, for all programs of the process.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/program/CompiledKernel.h"

#include <list>
#include <string_view>
#include <unordered_map>

namespace jit {

/// Used by one thread, that which compiles. Programs hold what they run, wherever they are
/// destroyed; of what nobody holds, the most recently used stays.
class TRACEJIT_PRIVATE KernelCache {
public:
  /// Bytes of code and keys that no program holds.
  static constexpr std::size_t most_idle_bytes = std::size_t{16} << 20;

  explicit KernelCache(std::size_t most_idle = most_idle_bytes) : most_idle(most_idle) {}

  /// The kernel of this key, all of which must be equal, or null.
  std::shared_ptr<const KernelCode> find(std::string_view key);
  void add(std::shared_ptr<const KernelCode> code);
  std::size_t size() const { return entries.size(); }

private:
  using Entry = std::shared_ptr<const KernelCode>;
  void drop_idle();

  std::size_t most_idle;
  std::list<Entry> entries; ///< most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
};

} // namespace jit

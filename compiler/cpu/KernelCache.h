// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// KernelCache: every kernel is compiled once per content, for all programs of the process.
#pragma once

#include "compiler/cpu/CompiledKernel.h"

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace jit::cpu {

/// Used by one thread, that which compiles. Programs hold what they run, wherever they are
/// destroyed; of what nobody holds, the most recently used stays.
class KernelCache {
public:
  /// Bytes of code and keys that no program holds.
  static constexpr std::size_t most_idle_bytes = std::size_t{16} << 20;

  explicit KernelCache(std::size_t most_idle = most_idle_bytes) : most_idle(most_idle) {}

  /// The kernel of this key, all of which must be equal, or null.
  std::shared_ptr<const KernelCode> find(const std::string &key);
  void add(std::string key, std::shared_ptr<const KernelCode> code);
  std::size_t size() const { return entries.size(); }

private:
  struct Entry {
    std::string key;
    std::shared_ptr<const KernelCode> code;
    std::size_t bytes() const { return key.size() + code->bytes; }
    bool idle() const { return code.use_count() == 1; }
  };
  void drop_idle();

  std::size_t most_idle;
  std::list<Entry> entries; ///< most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
};

} // namespace jit::cpu

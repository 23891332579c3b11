// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/KernelCache.h"

namespace jit {

std::shared_ptr<const KernelCode> KernelCache::find(std::string_view key) {
  const auto found = by_key.find(key);
  if (found == by_key.end())
    return nullptr;
  entries.splice(entries.begin(), entries, found->second);
  return *found->second;
}

void KernelCache::add(std::shared_ptr<const KernelCode> code) {
  entries.push_front(std::move(code));
  by_key[entries.front()->key] = entries.begin();
  drop_idle();
}

void KernelCache::drop_idle() {
  std::size_t idle = 0;
  for (auto entry = entries.begin(); entry != entries.end();) {
    const std::size_t bytes = (*entry)->key.size() + (*entry)->bytes;
    const bool held = entry->use_count() > 1;
    idle += held ? 0 : bytes;
    if (held || idle <= most_idle) {
      ++entry;
      continue;
    }
    idle -= bytes;
    by_key.erase((*entry)->key);
    entry = entries.erase(entry);
  }
}

} // namespace jit

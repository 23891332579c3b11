// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cpu/KernelCache.h"

namespace jit::cpu {

std::shared_ptr<const KernelCode> KernelCache::find(const std::string &key) {
  const auto found = by_key.find(key);
  if (found == by_key.end())
    return nullptr;
  entries.splice(entries.begin(), entries, found->second);
  return found->second->code;
}

void KernelCache::add(std::string key, std::shared_ptr<const KernelCode> code) {
  entries.push_front({std::move(key), std::move(code)});
  by_key[entries.front().key] = entries.begin();
  drop_idle();
}

void KernelCache::drop_idle() {
  std::size_t idle = 0;
  for (auto entry = entries.begin(); entry != entries.end();) {
    idle += entry->idle() ? entry->bytes() : 0;
    if (!entry->idle() || idle <= most_idle) {
      ++entry;
      continue;
    }
    idle -= entry->bytes();
    by_key.erase(entry->key);
    entry = entries.erase(entry);
  }
}

} // namespace jit::cpu

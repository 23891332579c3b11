// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Asks the C library, which reads cpuid.
#include "runtime/kernels/CacheSizes.h"

#include <unistd.h>

namespace jit {

const CacheSizes &cache_sizes() noexcept {
  static const CacheSizes sizes = [] {
    CacheSizes found;
    auto ask = [](int name, std::int64_t &bytes) {
      if (const long answer = sysconf(name); answer > 0)
        bytes = answer;
    };
    ask(_SC_LEVEL1_DCACHE_SIZE, found.l1);
    ask(_SC_LEVEL2_CACHE_SIZE, found.l2);
    ask(_SC_LEVEL3_CACHE_SIZE, found.l3);
    return found;
  }();
  return sizes;
}

} // namespace jit

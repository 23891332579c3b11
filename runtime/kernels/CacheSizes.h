// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes of the data caches that blocking and streaming are derived from.
#pragma once

#include "runtime/base/Export.h"

#include <cstdint>

namespace jit {

/// Bytes of each level of data cache as one core sees it.
struct CacheSizes {
  std::int64_t l1 = 32 << 10;
  std::int64_t l2 = 512 << 10;
  std::int64_t l3 = 8 << 20;

  /// Null for a level that nobody asks for.
  std::int64_t *level(unsigned number) noexcept {
    return number == 1 ? &l1 : number == 2 ? &l2 : number == 3 ? &l3 : nullptr;
  }
  bool operator==(const CacheSizes &) const = default;
};

/// Where the sizes come from; tests bring files and answers of their own.
struct CacheSource {
  const char *root; ///< what every path begins with, "" for the system's files
  /// Registers eax to edx of cpuid; false: the processor has no such leaf.
  bool (*cpuid)(std::uint32_t leaf, std::uint32_t part, std::uint32_t registers[4]) noexcept;
};
const CacheSource &system_caches() noexcept;

/// What cpuid knows; false: nothing.
bool ask_cpuid(const CacheSource &source, CacheSizes &sizes) noexcept;

/// By sysfs, else by cpuid; a level that neither knows keeps the modest default above. The C
/// library is not asked: in virtual machines it may count the third level of all sockets.
TRACEJIT_PRIVATE CacheSizes find_cache_sizes(const CacheSource &source = system_caches()) noexcept;

/// The caches of this processor, looked for once.
TRACEJIT_PRIVATE const CacheSizes &cache_sizes() noexcept;

} // namespace jit

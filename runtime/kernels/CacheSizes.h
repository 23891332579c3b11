// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes of the data caches that blocking is derived from.
#pragma once

#include "runtime/base/Export.h"

#include <cstdint>

namespace jit {

/// Bytes of each level of data cache as one core sees it.
struct CacheSizes {
  std::int64_t l1 = 32 << 10;
  std::int64_t l2 = 512 << 10;
  std::int64_t l3 = 8 << 20;
};

/// The caches of this processor, asked for once; a level that the system does not report keeps the
/// modest default above.
TRACEJIT_PRIVATE const CacheSizes &cache_sizes() noexcept;

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the processor itself says of its caches.
#include "runtime/kernels/CacheSizes.h"

#include <cpuid.h>

namespace jit {
namespace {

/// Leaf 4 of Intel and leaf 0x8000001D of AMD describe a cache in the same bits.
bool ask_leaf(const CacheSource &source, std::uint32_t leaf, CacheSizes &sizes) noexcept {
  constexpr std::uint32_t most_caches = 16;
  bool any = false;
  for (std::uint32_t cache = 0; cache < most_caches; ++cache) {
    std::uint32_t r[4];
    if (!source.cpuid(leaf, cache, r))
      break;
    const std::uint32_t type = r[0] & 31;
    if (type == 0)
      break;
    const std::int64_t ways = (r[1] >> 22) + 1, partitions = (r[1] >> 12 & 0x3ff) + 1,
                       line = (r[1] & 0xfff) + 1, sets = std::int64_t{r[2]} + 1;
    constexpr std::uint32_t instructions = 2;
    std::int64_t *const place = sizes.level(r[0] >> 5 & 7);
    if (type != instructions && place) {
      *place = ways * partitions * line * sets;
      any = true;
    }
  }
  return any;
}

} // namespace

const CacheSource &system_caches() noexcept {
  static constexpr CacheSource source{
      "", [](std::uint32_t leaf, std::uint32_t part, std::uint32_t r[4]) noexcept {
        return __get_cpuid_count(leaf, part, &r[0], &r[1], &r[2], &r[3]) != 0;
      }};
  return source;
}

bool ask_cpuid(const CacheSource &source, CacheSizes &sizes) noexcept {
  return ask_leaf(source, 4, sizes) || ask_leaf(source, 0x8000001d, sizes);
}

} // namespace jit

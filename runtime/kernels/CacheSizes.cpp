// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/CacheSizes.h"

#include "runtime/base/Log.h"
#include "runtime/base/OutOfMemory.h"

#include <cpuid.h>
#include <cstdio>
#include <cstring>
#include <string>

namespace jit {
namespace {

constexpr std::uint32_t most_caches = 16;

std::int64_t *level_of(CacheSizes &sizes, unsigned level) noexcept {
  return level == 1 ? &sizes.l1 : level == 2 ? &sizes.l2 : level == 3 ? &sizes.l3 : nullptr;
}

/// The first line of a file of a cache of the first processor.
bool read_line(const char *root, unsigned cache, const char *name, char (&line)[64]) noexcept {
  char path[512];
  const int length = std::snprintf(
      path, sizeof path, "%s/sys/devices/system/cpu/cpu0/cache/index%u/%s", root, cache, name);
  if (length < 0 || static_cast<std::size_t>(length) >= sizeof path)
    return false;
  std::FILE *file = std::fopen(path, "re");
  if (!file)
    return false;
  const bool read = std::fgets(line, sizeof line, file);
  std::fclose(file);
  return read;
}

/// "48K", "32M" or plain bytes; 0 if it is none of them.
std::int64_t bytes_of(const char *text) noexcept {
  long long number = 0;
  char unit = '\n';
  if (std::sscanf(text, "%lld%c", &number, &unit) < 1 || number <= 0 || number > 1 << 30)
    return 0;
  const int shift = unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
  return static_cast<std::int64_t>(number) << shift;
}

bool ask_sysfs(const char *root, CacheSizes &sizes) noexcept {
  bool any = false;
  for (unsigned cache = 0; cache < most_caches; ++cache) {
    char type[64], level[64], size[64];
    if (!read_line(root, cache, "type", type))
      break;
    if (std::strncmp(type, "Instruction", 11) == 0 || !read_line(root, cache, "level", level) ||
        !read_line(root, cache, "size", size))
      continue;
    std::int64_t *const place = level_of(sizes, static_cast<unsigned>(level[0] - '0'));
    if (const std::int64_t bytes = bytes_of(size); place && bytes > 0) {
      *place = bytes;
      any = true;
    }
  }
  return any;
}

/// Leaf 4 of Intel and leaf 0x8000001D of AMD describe a cache in the same bits.
bool ask_cpuid(const CacheSource &source, std::uint32_t leaf, CacheSizes &sizes) noexcept {
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
    std::int64_t *const place = level_of(sizes, r[0] >> 5 & 7);
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

CacheSizes find_cache_sizes(const CacheSource &source) noexcept {
  CacheSizes sizes;
  const char *from = "sysfs";
  if (!ask_sysfs(source.root, sizes)) {
    from = "cpuid";
    if (!ask_cpuid(source, 4, sizes) && !ask_cpuid(source, 0x8000001d, sizes))
      from = "nobody";
  }
  if_memory([&] {
    log_line(LogComponent::runtime, LogLevel::info,
             "data caches by " + std::string(from) + ": " + std::to_string(sizes.l1 >> 10) + ", " +
                 std::to_string(sizes.l2 >> 10) + ", " + std::to_string(sizes.l3 >> 10) + " KiB");
  });
  return sizes;
}

const CacheSizes &cache_sizes() noexcept {
  static const CacheSizes sizes = find_cache_sizes();
  return sizes;
}

} // namespace jit

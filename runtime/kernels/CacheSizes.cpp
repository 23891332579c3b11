// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/CacheSizes.h"

#include "runtime/base/Log.h"
#include "runtime/base/OutOfMemory.h"

#include <cstdio>
#include <cstring>
#include <string>

namespace jit {
namespace {

constexpr unsigned most_caches = 16;

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
    std::int64_t *const place = sizes.level(static_cast<unsigned>(level[0] - '0'));
    if (const std::int64_t bytes = bytes_of(size); place && bytes > 0) {
      *place = bytes;
      any = true;
    }
  }
  return any;
}

} // namespace

CacheSizes find_cache_sizes(const CacheSource &source) noexcept {
  CacheSizes sizes;
  const char *from = "sysfs";
  if (!ask_sysfs(source.root, sizes)) {
    from = "cpuid";
    if (!ask_cpuid(source, sizes))
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

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Physical memory and control group limits.
#include "runtime/base/SystemMemory.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace jit {
namespace {

/// The number that a file begins with after `before`; SIZE_MAX if there is none, or a word ("max").
std::size_t read_number(const char *path, const char *before = "") noexcept {
  std::FILE *file = std::fopen(path, "re");
  if (!file)
    return SIZE_MAX;
  unsigned long long value = 0;
  bool found = false;
  char line[256];
  while (!found && std::fgets(line, sizeof line, file))
    found = std::strncmp(line, before, std::strlen(before)) == 0 &&
            std::sscanf(line + std::strlen(before), "%llu", &value) == 1;
  std::fclose(file);
  return found && value > 0 ? static_cast<std::size_t>(value) : SIZE_MAX;
}

constexpr const char *limit_v2 = "/sys/fs/cgroup/memory.max";
constexpr const char *limit_v1 = "/sys/fs/cgroup/memory/memory.limit_in_bytes";

/// What a limit leaves; SIZE_MAX if there is none.
std::size_t rest_of(const char *limit, const char *usage) noexcept {
  const std::size_t most = read_number(limit), used = read_number(usage);
  if (most == SIZE_MAX || used == SIZE_MAX)
    return SIZE_MAX;
  return most > used ? most - used : 0;
}

} // namespace

std::size_t system_memory_bytes() noexcept {
  const auto pages = static_cast<std::size_t>(std::max(sysconf(_SC_PHYS_PAGES), 1L));
  const auto page = static_cast<std::size_t>(std::max(sysconf(_SC_PAGESIZE), 4096L));
  return std::min({pages * page, read_number(limit_v2), read_number(limit_v1)});
}

std::size_t system_memory_left() noexcept {
  const std::size_t kib = read_number("/proc/meminfo", "MemAvailable:");
  if (kib == SIZE_MAX)
    return 0;
  return std::min({kib << 10, rest_of(limit_v2, "/sys/fs/cgroup/memory.current"),
                   rest_of(limit_v1, "/sys/fs/cgroup/memory/memory.usage_in_bytes")});
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Physical memory and control group limits.
#include "runtime/base/SystemMemory.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <unistd.h>

namespace jit {
namespace {

std::size_t read_limit(const char *path) noexcept {
  std::FILE *file = std::fopen(path, "re");
  if (!file)
    return SIZE_MAX;
  unsigned long long value = 0;
  const bool found = std::fscanf(file, "%llu", &value) == 1; // "max" is no number: no limit
  std::fclose(file);
  return found && value > 0 ? static_cast<std::size_t>(value) : SIZE_MAX;
}

} // namespace

std::size_t system_memory_bytes() noexcept {
  const auto pages = static_cast<std::size_t>(std::max(sysconf(_SC_PHYS_PAGES), 1L));
  const auto page = static_cast<std::size_t>(std::max(sysconf(_SC_PAGESIZE), 4096L));
  return std::min({pages * page, read_limit("/sys/fs/cgroup/memory.max"),
                   read_limit("/sys/fs/cgroup/memory/memory.limit_in_bytes")});
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the system says of this process.
#pragma once

#include "test/faults/FailingMemory.h"

#include <cstdint>
#include <fstream>
#include <string>
#include <unistd.h>

namespace jit::faults {

inline std::int64_t resident_bytes() {
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

/// Whether memory has grown by no more than `slack`. Sanitizers keep what is freed for a while.
inline bool stayed_flat(std::int64_t early, std::int64_t latest, std::int64_t slack) {
  return !memory_can_fail || latest <= early + slack;
}

/// Mappings that can be both written and run.
inline int writable_code_mappings() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);)
    count += line.find(" rwx") != std::string::npos;
  return count;
}

/// The value of `--name N` among the arguments.
inline long argument(int argc, char **argv, const std::string &name, long otherwise) {
  for (int i = 1; i + 1 < argc; ++i)
    if (argv[i] == "--" + name)
      return std::stol(argv[i + 1]);
  return otherwise;
}

} // namespace jit::faults

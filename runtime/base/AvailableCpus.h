// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many CPUs this process may keep busy.
#pragma once

namespace jit {

/// Where the numbers come from; tests bring a mask and files of their own.
struct CpuSource {
  int (*affinity)() noexcept; ///< CPUs that the process may run on
  const char *root;           ///< what every path begins with, "" for the system's files
};
const CpuSource &system_cpus() noexcept;

/// CPUs that the process may run on, or fewer if its control group or one above (v1 or v2) grants
/// less time: a quota of 1.5 CPUs keeps two busy. At least 1. Opens some files.
int available_cpus(const CpuSource &source = system_cpus()) noexcept;

/// Lets the calling thread run wherever the process may.
void leave_cpus_of_creator() noexcept;

} // namespace jit

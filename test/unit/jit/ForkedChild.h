// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LeakSanitizer in a child of a process with threads: the threads are gone and with them the stacks
// that held their memory, so all of it would count as leaked.
#pragma once

#include <unistd.h>

namespace jit::test {
inline const pid_t tested_process = getpid();
}

/// LeakSanitizer calls it before it looks.
extern "C" [[gnu::used]] inline int __lsan_is_turned_off() {
  return getpid() != jit::test::tested_process;
}

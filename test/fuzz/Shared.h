// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a process shares with the children that it forks, whatever becomes of them.
#pragma once

#include <new>
#include <sys/mman.h>
#include <type_traits>

namespace jit::fuzz {

/// A T in memory that children see, to the end of the process.
template <class T> T &shared() {
  static_assert(std::is_trivially_copyable_v<T>);
  void *memory =
      mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::bad_alloc();
  return *new (memory) T;
}

} // namespace jit::fuzz

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/base/AtThreadExit.h"

#include <cxxabi.h>

extern "C" void *__dso_handle;

namespace jit {

// What a thread_local with a destructor comes to, without its object and its guard variable.
void at_thread_exit(void (*function)() noexcept) noexcept {
  abi::__cxa_thread_atexit([](void *given) { reinterpret_cast<void (*)() noexcept>(given)(); },
                           reinterpret_cast<void *>(function), &__dso_handle);
}

} // namespace jit

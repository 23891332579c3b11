// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/c/Border.h"

#include <cstdio>

namespace jit::c {

/// Longer texts are cut off.
static thread_local char text_of_thread[2048];

int failed(int code, const char *function, const char *text) noexcept {
  std::snprintf(text_of_thread, sizeof text_of_thread, "%s: %s", function, text);
  return code;
}

const char *last_failure() noexcept { return text_of_thread; }

} // namespace jit::c

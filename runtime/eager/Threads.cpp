// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Anchor.h"
#include "runtime/kernels/ThreadPool.h"

#include <tracejit/error.h>
#include <tracejit/threads.h>

#include <string>

namespace jit {

void set_thread_count(int n, std::source_location site) {
  if (n < 0)
    throw Error(ErrorCode::invalid_argument,
                "set_thread_count: " + std::to_string(n) + " threads; 0 means one for each CPU",
                site);
  const int before = thread_count();
  limit_thread_count(n);
  if (thread_count() != before)
    Trace::reconsider_all();
}

} // namespace jit

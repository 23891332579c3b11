// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What concerns the whole library.
#include "runtime/base/Version.h"
#include "runtime/c/Border.h"
#include "runtime/c/Tensors.h"

#include <tracejit/compiler.h>
#include <tracejit/memory.h>
#include <tracejit/threads.h>
#include <tracejit/trace.h>

using jit::c::guarded;
using jit::c::refuse;

const char *tj_version(void) { return jit::library_version; }

const char *tj_last_error(void) { return jit::c::last_failure(); }

int tj_enable_compiler(void) {
  return guarded("tj_enable_compiler", [] {
    if (!jit::enable_compiler())
      refuse(jit::compiler_status().message, jit::ErrorCode::unsupported);
  });
}

int tj_set_threads(int32_t count) {
  return guarded("tj_set_threads", [&] { jit::set_thread_count(count, std::source_location()); });
}

int tj_synchronize(void) {
  return guarded("tj_synchronize", [] { jit::synchronize(); });
}

void tj_tensor_release(DLManagedTensorVersioned *tensor) { jit::c::delete_managed(tensor); }

int tj_memory(int32_t what, int64_t *bytes) {
  return guarded("tj_memory", [&] {
    if (!bytes)
      refuse("bytes is NULL");
    const jit::MemoryStats stats = jit::memory_stats();
    switch (what) {
    case TJ_MEMORY_LIVE:
      *bytes = stats.live_bytes;
      return;
    case TJ_MEMORY_CACHED:
      *bytes = stats.cached_bytes;
      return;
    case TJ_MEMORY_PEAK:
      *bytes = stats.peak_live_bytes;
      return;
    default:
      refuse("there is no number " + std::to_string(what), jit::ErrorCode::unsupported);
    }
  });
}

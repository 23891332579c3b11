// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the sanitizers are told about fibers; nothing without them.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRACEJIT_EMU_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define TRACEJIT_EMU_TSAN
#endif
#endif

#ifdef TRACEJIT_EMU_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef TRACEJIT_EMU_TSAN
#include <sanitizer/tsan_interface.h>
#endif

// For functions that call kernels whose parameter is a reference of some type by their address.
#ifdef __clang__
#define TRACEJIT_EMU_CALLS_KERNELS __attribute__((no_sanitize("function")))
#else
#define TRACEJIT_EMU_CALLS_KERNELS
#endif

namespace jit::emu {

#if defined(TRACEJIT_EMU_ASAN) || defined(TRACEJIT_EMU_TSAN)
inline constexpr bool with_sanitizer = true;
#else
inline constexpr bool with_sanitizer = false;
#endif

#ifdef TRACEJIT_EMU_ASAN
inline void asan_start(void **save, const void *bottom, std::size_t bytes) {
  __sanitizer_start_switch_fiber(save, bottom, bytes);
}
inline void asan_finish(void *saved, const void **bottom, std::size_t *bytes) {
  __sanitizer_finish_switch_fiber(saved, bottom, bytes);
}
/// Frames that were abandoned have left marks on the stack.
inline void asan_clear(const void *bottom, std::size_t bytes) {
  __asan_unpoison_memory_region(bottom, bytes);
}
#else
inline void asan_start(void **, const void *, std::size_t) {}
inline void asan_finish(void *, const void **, std::size_t *) {}
inline void asan_clear(const void *, std::size_t) {}
#endif

#ifdef TRACEJIT_EMU_TSAN
inline void *tsan_create() { return __tsan_create_fiber(0); }
inline void *tsan_current() { return __tsan_get_current_fiber(); }
inline void tsan_switch(void *fiber) { __tsan_switch_to_fiber(fiber, 0); }
inline void tsan_destroy(void *fiber) {
  if (fiber)
    __tsan_destroy_fiber(fiber);
}
#else
inline void *tsan_create() { return nullptr; }
inline void *tsan_current() { return nullptr; }
inline void tsan_switch(void *) {}
inline void tsan_destroy(void *) {}
#endif

} // namespace jit::emu

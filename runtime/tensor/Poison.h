// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Marks free blocks for AddressSanitizer, so that it sees a use after free in spite of the caches.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define TRACEJIT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRACEJIT_ASAN 1
#endif
#endif

#ifdef TRACEJIT_ASAN
#include <sanitizer/asan_interface.h>
#define TRACEJIT_POISON(address, size) ASAN_POISON_MEMORY_REGION(address, size)
#define TRACEJIT_UNPOISON(address, size) ASAN_UNPOISON_MEMORY_REGION(address, size)
#else
#define TRACEJIT_POISON(address, size) ((void)(address), (void)(size))
#define TRACEJIT_UNPOISON(address, size) ((void)(address), (void)(size))
#endif

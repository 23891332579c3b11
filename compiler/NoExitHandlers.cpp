// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// For a library with LLVM inside. What destroys static objects at exit is registered with this
// function, here in place of the C library's: LLVM's live until the process is gone. So exit() on
// any thread, at any time, even while the compile thread opens the library, takes nothing away from
// it; and a process ends sooner. The library is never unloaded either.
extern "C" [[gnu::visibility("hidden")]] int __cxa_atexit(void (*)(void *), void *,
                                                          void *) noexcept;
int __cxa_atexit(void (*)(void *), void *, void *) noexcept { return 0; }

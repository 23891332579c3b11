// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the driver of the tests has seen in this process.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

namespace jit::test {

/// How often an entry point was called, by its name without `cu`.
inline unsigned long long driver_calls(const char *entry) {
  static const auto calls = reinterpret_cast<unsigned long long (*)(const char *)>(
      dlsym(dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD), "tj_fake_calls"));
  if (!calls) {
    ADD_FAILURE() << "not the driver of the tests";
    return 0;
  }
  return calls(entry);
}
inline unsigned long long launches() { return driver_calls("LaunchKernel"); }

} // namespace jit::test

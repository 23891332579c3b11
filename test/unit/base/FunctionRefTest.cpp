// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// References to callables, const and mutable.
#include "runtime/base/FunctionRef.h"

#include <gtest/gtest.h>

using namespace jit;

namespace {
int call(FunctionRef<int(int)> f, int x) { return f(x); }
} // namespace

TEST(FunctionRef, CallsTheReferencedObject) {
  int calls = 0;
  auto counter = [&calls](int x) mutable {
    ++calls;
    return x + 1;
  };
  EXPECT_EQ(call(counter, 4), 5);
  const auto constant = [](int x) { return 2 * x; };
  EXPECT_EQ(call(constant, 4), 8);
  EXPECT_EQ(call([](int x) { return x - 1; }, 4), 3);
  FunctionRef<int(int)> first(counter), copy = first;
  EXPECT_EQ(copy(1), 2);
  EXPECT_EQ(calls, 2);
}

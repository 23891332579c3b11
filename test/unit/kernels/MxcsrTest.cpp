// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The guard of the floating-point environment.
#include "runtime/kernels/Mxcsr.h"

#include <gtest/gtest.h>

using namespace jit;

TEST(MxcsrGuard, SetsTheDefaultAndRestoresExactly) {
  const std::uint32_t before = _mm_getcsr();
  for (const std::uint32_t value : {0x9FC0u /* FTZ, DAZ */, 0x7F80u /* toward zero */,
                                    0x3FBFu /* down, every flag */, 0x1D80u /* overflow traps */}) {
    _mm_setcsr(value);
    std::uint32_t inside;
    {
      const MxcsrGuard guard;
      inside = _mm_getcsr();
    }
    const std::uint32_t after = _mm_getcsr();
    _mm_setcsr(before);
    EXPECT_EQ(inside, default_mxcsr);
    EXPECT_EQ(after, value);
  }
}

TEST(MxcsrGuard, LeavesStickyFlagsAlone) {
  const std::uint32_t before = _mm_getcsr();
  _mm_setcsr(0x1F80 | 0x3F);
  std::uint32_t inside;
  {
    const MxcsrGuard guard;
    inside = _mm_getcsr();
  }
  _mm_setcsr(before);
  EXPECT_EQ(inside, 0x1F80u | 0x3Fu);
}

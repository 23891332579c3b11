// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/policy/Deferral.h"

#include <gtest/gtest.h>

namespace jit {
namespace {

TEST(Deferral, WhatIsNeededNowAndThenIsStoredLongerEachTime) {
  Deferral deferral;
  std::uint64_t at = 0;
  EXPECT_EQ(deferral.use(2, at), Deferral::Use::store);
  at = Deferral::first_probe;
  for (const std::uint64_t stored : {1'000u, 4'000u, 16'000u, 64'000u, 256'000u, 1'024'000u}) {
    for (std::uint32_t probe = 0; probe < Deferral::probes; ++probe, ++at) {
      EXPECT_EQ(deferral.use(2, at), Deferral::Use::probe);
      deferral.untouched(2, 5, at);
    }
    EXPECT_EQ(deferral.use(2, at), Deferral::Use::defer);
    deferral.touched(2, 5, at);
    EXPECT_EQ(deferral.use(2, at + stored - 1), Deferral::Use::store);
    at += stored;
  }
  EXPECT_EQ(deferral.use(3, at), Deferral::Use::probe);
}

} // namespace
} // namespace jit

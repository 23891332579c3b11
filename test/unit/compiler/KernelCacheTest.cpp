// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cpu/KernelCache.h"

#include <gtest/gtest.h>

namespace jit::cpu {
namespace {

std::shared_ptr<const KernelCode> code_of(std::size_t bytes) {
  return std::make_shared<const KernelCode>(KernelCode{{}, nullptr, bytes});
}

TEST(KernelCache, TheWholeKeyDecides) {
  KernelCache cache;
  const auto one = code_of(1);
  cache.add("kernel one", one);
  EXPECT_EQ(cache.find("kernel one"), one);
  EXPECT_FALSE(cache.find("kernel on"));
  EXPECT_FALSE(cache.find("kernel two"));
  EXPECT_FALSE(cache.find(""));
}

TEST(KernelCache, DropsTheLeastRecentlyUsed) {
  KernelCache cache(1000);
  cache.add("a", code_of(400));
  cache.add("b", code_of(400));
  EXPECT_TRUE(cache.find("a"));
  cache.add("c", code_of(400));
  EXPECT_TRUE(cache.find("a"));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("c"));
}

TEST(KernelCache, WhatProgramsHoldStaysAndDoesNotCount) {
  KernelCache cache(1000);
  auto held = code_of(5000);
  cache.add("held", held);
  cache.add("a", code_of(600));
  EXPECT_EQ(cache.size(), 2u);
  held.reset();
  cache.add("b", code_of(300));
  EXPECT_FALSE(cache.find("held"));
  EXPECT_EQ(cache.size(), 2u);
}

TEST(KernelCache, OneThatIsTooLargeIsNotKept) {
  KernelCache cache(1000);
  cache.add("a", code_of(10));
  cache.add("large", code_of(2000));
  EXPECT_FALSE(cache.find("large"));
  EXPECT_TRUE(cache.find("a"));
}

} // namespace
} // namespace jit::cpu

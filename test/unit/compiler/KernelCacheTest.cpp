// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/KernelCache.h"

#include <gtest/gtest.h>

namespace jit {
namespace {

std::shared_ptr<const KernelCode> code_of(std::string key, std::size_t bytes) {
  return std::make_shared<const KernelCode>(KernelCode{std::move(key), {}, nullptr, bytes});
}

TEST(KernelCache, TheWholeKeyDecides) {
  KernelCache cache;
  const auto one = code_of("kernel one", 1);
  cache.add(one);
  EXPECT_EQ(cache.find("kernel one"), one);
  EXPECT_FALSE(cache.find("kernel on"));
  EXPECT_FALSE(cache.find("kernel two"));
  EXPECT_FALSE(cache.find(""));
}

TEST(KernelCache, DropsTheLeastRecentlyUsed) {
  KernelCache cache(1000);
  cache.add(code_of("a", 400));
  cache.add(code_of("b", 400));
  EXPECT_TRUE(cache.find("a"));
  cache.add(code_of("c", 400));
  EXPECT_TRUE(cache.find("a"));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("c"));
}

TEST(KernelCache, WhatProgramsHoldStaysAndDoesNotCount) {
  KernelCache cache(1000);
  auto held = code_of("held", 5000);
  cache.add(held);
  cache.add(code_of("a", 600));
  EXPECT_EQ(cache.size(), 2u);
  held.reset();
  cache.add(code_of("b", 300));
  EXPECT_FALSE(cache.find("held"));
  EXPECT_EQ(cache.size(), 2u);
}

TEST(KernelCache, OneThatIsTooLargeIsNotKept) {
  KernelCache cache(1000);
  cache.add(code_of("a", 10));
  cache.add(code_of("large", 2000));
  EXPECT_FALSE(cache.find("large"));
  EXPECT_TRUE(cache.find("a"));
}

} // namespace
} // namespace jit

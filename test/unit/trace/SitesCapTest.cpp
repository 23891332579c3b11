// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A full table of file names. A program of its own: the table stays full.
#include "runtime/trace/Sites.h"

#include <gtest/gtest.h>

namespace jit {
namespace {

TEST(SitesCap, PastTheCapPlacesAreNotKnown) {
  const char *early = intern_file("early");
  int refused = 0;
  for (int i = 0; i < 70'000; ++i)
    refused += intern_file("generated-" + std::to_string(i)) == nullptr;
  EXPECT_GT(refused, 4'000);
  EXPECT_LT(refused, 70'000);
  EXPECT_EQ(intern_file("early"), early);
  const Site site = Site::of(std::source_location::current(), gradient_mark(OpKind::add));
  EXPECT_EQ(site.line, 0u);
  EXPECT_EQ(describe(site), "gradient of add unknown line");
}

} // namespace
} // namespace jit

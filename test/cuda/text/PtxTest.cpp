// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All functions of all dtypes by clang's back end for PTX: no flushing, no approximation, and as
// many fused multiply-adds as the text has.
#include "compiler/cuda/text/TextRules.h"
#include "test/cuda/text/TextSamples.h"
#include "test/cuda/text/Tools.h"

#include <gtest/gtest.h>

namespace jit::gpu::test {
namespace {

TEST(Ptx, AllFunctionsOfAllDtypes) {
  if (!has_ptx_clang())
    GTEST_SKIP() << "there is no " TEST_CUDA_CLANG " with the target nvptx64";
  ModuleText module;
  add_samples(module, {.vectors = 1});
  const std::string text = module.text(Prelude::clang);
  const std::string ptx = ptx_by_clang(text);
  ASSERT_NE(ptx, "");
  EXPECT_EQ(check_ptx(ptx), "");
  const auto in_text = count_fused_in_text(text), in_ptx = count_fused_in_ptx(ptx);
  ASSERT_EQ(in_text.size(), in_ptx.size());
  for (const auto &[kernel, count] : in_text)
    EXPECT_EQ(in_ptx.at(kernel), count) << kernel;
}

} // namespace
} // namespace jit::gpu::test

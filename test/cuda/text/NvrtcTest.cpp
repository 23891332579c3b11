// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels by NVIDIA's own compiler: they fit the registers that full occupancy leaves them, and use
// no local memory.
#include "test/cuda/text/Nvrtc.h"
#include "compiler/cuda/CubinInfo.h"
#include "test/cuda/text/TextSamples.h"

#include <gtest/gtest.h>

namespace jit::gpu::test {
namespace {

class NvrtcTargets : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Nvrtc, NvrtcTargets, testing::Values("sm_80", "sm_90", "sm_100"));

TEST_P(NvrtcTargets, RegistersOfFlatKernels) {
  if (find_nvrtc().empty())
    GTEST_SKIP() << "there is no libnvrtc.so.13 or .12";
  ModuleText module;
  // A sixth for each target, since half a minute is long for a test.
  const std::vector<Sample> samples = add_samples(module, {}, 6,
                                                  std::string_view(GetParam()) == "sm_80"   ? 0
                                                  : std::string_view(GetParam()) == "sm_90" ? 2
                                                                                            : 4);
  const std::string cubin = compile_by_nvrtc(module.text(Prelude::nvrtc), GetParam());
  ASSERT_NE(cubin, "");
  const auto info = cubin_info(cubin);
  ASSERT_TRUE(info);
  for (const Sample &sample : samples) {
    ASSERT_TRUE(info->contains(sample.name)) << sample.name;
    const KernelResources &kernel = info->at(sample.name);
    EXPECT_GE(kernel.registers, 8u) << sample.name;
    EXPECT_LE(kernel.registers, 64u) << sample.name;
    EXPECT_EQ(kernel.frame_bytes, 0u) << sample.name;
    EXPECT_EQ(kernel.stack_bytes, 0u) << sample.name;
  }
}

TEST(CubinInfo, OtherBytes) {
  EXPECT_FALSE(cubin_info({}));
  EXPECT_FALSE(cubin_info(std::string(500, 'x')));
  std::string header("\x7f"
                     "ELF\x02",
                     5);
  header.resize(64);
  header[18] = static_cast<char>(190);
  EXPECT_FALSE(cubin_info(header));
}

} // namespace
} // namespace jit::gpu::test

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels by NVIDIA's own compiler: they fit the registers that full occupancy leaves them, and use
// no local memory.
#include "test/cuda/text/Nvrtc.h"
#include "compiler/cuda/CubinInfo.h"
#include "test/cuda/text/TextSamples.h"
#include "test/cuda/text/Tools.h"

#include <gtest/gtest.h>

#include <filesystem>

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

// The texts of the pack are long: a minute of NVRTC, so this one runs when it is asked for.
TEST(Nvrtc, DISABLED_RegistersOfThePack) {
  for (const auto &file : std::filesystem::directory_iterator(TEST_PACK "/..")) {
    if (file.path().extension() != ".cu")
      continue;
    const std::string text = with_prelude(contents(file.path()), Prelude::nvrtc);
    const auto info = cubin_info(compile_by_nvrtc(text, "sm_90"));
    ASSERT_TRUE(info);
    for (const auto &[name, kernel] : *info) {
      if (name.find("tj_") != std::string::npos)
        continue; // called
      EXPECT_LE(kernel.registers, 64u) << name;
      EXPECT_EQ(kernel.frame_bytes, 0u) << name;
    }
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

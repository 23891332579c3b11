// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels by NVIDIA's own compiler: they fit the registers that full occupancy leaves them, and use
// no local memory.
#include "test/cuda/text/Nvrtc.h"
#include "compiler/cuda/CubinInfo.h"
#include "compiler/cuda/text/Form.h"
#include "test/cuda/text/TextSamples.h"
#include "test/cuda/text/Tools.h"
#include "test/unit/compiler/NestBuilder.h"

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

void check_resources_of(const std::filesystem::path &file) {
  const std::string text = with_prelude(contents(file), Prelude::nvrtc);
  const auto info = cubin_info(compile_by_nvrtc(text, "sm_90"));
  ASSERT_TRUE(info);
  for (const auto &[name, kernel] : *info) {
    if (name.find("tj_") != std::string::npos || name.starts_with("$"))
      continue; // called
    EXPECT_LE(kernel.registers, 64u) << name;
    // Calls in a loop of 64-bit offsets leave three of f64 without a register for one number.
    EXPECT_LE(kernel.frame_bytes, name.ends_with("_S") ? 8u : 0u) << name;
  }
}

// The texts of elementwise kernels are long: a minute of NVRTC, so this one runs when it is asked
// for.
TEST(Nvrtc, DISABLED_RegistersOfThePack) {
  for (const auto &file : std::filesystem::directory_iterator(TEST_PACK "/.."))
    if (file.path().extension() == ".cu")
      check_resources_of(file.path());
}

TEST(Nvrtc, RegistersOfEagerRows) {
  const std::filesystem::path text(TEST_PACK "/../rows.cu");
  if (find_nvrtc().empty() || !exists(text))
    GTEST_SKIP() << "there is no libnvrtc.so.13 or .12, or no pack";
  check_resources_of(text);
}

TEST(Nvrtc, RegistersOfMoves) {
  const std::string text = contents(TEST_PACK "/../moves.cu");
  if (find_nvrtc().empty() || text.empty())
    GTEST_SKIP() << "there is no libnvrtc.so.13 or .12, or no pack";
  const auto info = cubin_info(compile_by_nvrtc(with_prelude(text, Prelude::nvrtc), "sm_90"));
  ASSERT_TRUE(info && info->contains("scatter_runs_f32_s"));
  for (const auto &[name, kernel] : *info) {
    if (name.find("tj_") != std::string::npos)
      continue; // called
    EXPECT_LE(kernel.registers, 64u) << name;
    EXPECT_EQ(kernel.frame_bytes, 0u) << name;
    EXPECT_EQ(kernel.stack_bytes, 0u) << name;
  }
}

TEST(Nvrtc, Tiles) {
  if (find_nvrtc().empty())
    GTEST_SKIP() << "there is no libnvrtc.so.13 or .12";
  nest::test::NestBuilder k("transposed");
  k.parallel(1000).parallel(3).parallel(700);
  const unsigned x = k.load(DType::f32, 0, {1, 700000, 1000});
  const unsigned y = k.load(DType::f64, 1, {1, 700000, 1000});
  const unsigned sum = k.element(ScalarFunction::add, DType::f64,
                                 {k.element(ScalarFunction::cast, DType::f64, {x}), y});
  k.store(sum, 2, {2100, 700, 1});
  ModuleText module;
  const KernelResult added = add_kernel(module, k.nest).kernel;
  EXPECT_EQ(added.shared_bytes, 32u * 33 * (4 + 8));
  const auto info = cubin_info(compile_by_nvrtc(module.text(Prelude::nvrtc), "sm_90"));
  ASSERT_TRUE(info && info->contains(added.name));
  EXPECT_LE(info->at(added.name).registers, 64u);
  EXPECT_EQ(info->at(added.name).frame_bytes, 0u);
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

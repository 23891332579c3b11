// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes of caches from files and from answers of cpuid.
#include "runtime/kernels/CacheSizes.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace jit {
namespace {

constexpr auto no_cpuid = [](std::uint32_t, std::uint32_t, std::uint32_t[4]) noexcept {
  return false;
};

/// A cache in the bits of leaf 4.
void describe(std::uint32_t type, std::uint32_t level, std::uint32_t ways, std::uint32_t sets,
              std::uint32_t r[4]) noexcept {
  r[0] = type | level << 5;
  r[1] = (ways - 1) << 22 | 63;
  r[2] = sets - 1;
  r[3] = 0;
}

class CacheSizesTest : public testing::Test {
protected:
  void SetUp() override {
    root = testing::TempDir() + "tracejit-caches-" + std::to_string(getpid());
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  void cache(int index, const std::string &type, const std::string &level,
             const std::string &size) {
    const std::string folder =
        root + "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    std::filesystem::create_directories(folder);
    for (const auto &[name, text] : {std::pair("type", type), {"level", level}, {"size", size}})
      std::ofstream(folder + "/" + name) << text << "\n";
  }
  std::string root;
};

TEST_F(CacheSizesTest, ReadsSysfs) {
  cache(0, "Data", "1", "48K");
  cache(1, "Instruction", "1", "32K");
  cache(2, "Unified", "2", "2048K");
  cache(3, "Unified", "3", "36M");
  EXPECT_EQ(find_cache_sizes({root.c_str(), no_cpuid}),
            (CacheSizes{48 << 10, 2048 << 10, 36 << 20}));
}

TEST_F(CacheSizesTest, KeepsDefaultsForWhatIsNotSaid) {
  EXPECT_EQ(find_cache_sizes({root.c_str(), no_cpuid}), CacheSizes());
  cache(0, "Data", "1", "64K");
  cache(1, "Unified", "2", "much");
  cache(2, "Unified", "3", "-5K");
  cache(3, "Unified", "4", "128M");
  CacheSizes expected;
  expected.l1 = 64 << 10;
  EXPECT_EQ(find_cache_sizes({root.c_str(), no_cpuid}), expected);
}

TEST_F(CacheSizesTest, AsksCpuidWithoutSysfs) {
  const CacheSource intel{
      root.c_str(), [](std::uint32_t leaf, std::uint32_t part, std::uint32_t r[4]) noexcept {
        if (leaf != 4)
          return false;
        static constexpr std::uint32_t caches[][4] = {
            {1, 1, 12, 64}, {2, 1, 8, 64}, {3, 2, 16, 2048}, {3, 3, 12, 49152}};
        r[0] = 0;
        if (part < 4)
          describe(caches[part][0], caches[part][1], caches[part][2], caches[part][3], r);
        return true;
      }};
  EXPECT_EQ(find_cache_sizes(intel), (CacheSizes{48 << 10, 2 << 20, 36 << 20}));
  const CacheSource amd{root.c_str(),
                        [](std::uint32_t leaf, std::uint32_t part, std::uint32_t r[4]) noexcept {
                          r[0] = 0;
                          if (leaf == 4)
                            return true; // it answers nothing
                          if (part == 0)
                            describe(1, 1, 8, 64, r);
                          else if (part == 1)
                            describe(3, 3, 16, 32768, r);
                          return true;
                        }};
  CacheSizes expected;
  expected.l1 = 32 << 10;
  expected.l3 = 32 << 20;
  EXPECT_EQ(find_cache_sizes(amd), expected);
}

TEST(CacheSizes, OfThisMachineAreOrdered) {
  const CacheSizes &sizes = cache_sizes();
  EXPECT_GE(sizes.l1, 8 << 10);
  EXPECT_LT(sizes.l1, sizes.l2);
}

} // namespace
} // namespace jit

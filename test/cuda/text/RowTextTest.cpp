// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What compilers make of kernels with rows, and that tests see when such a text is wrong.
#include "compiler/cuda/CubinInfo.h"
#include "compiler/cuda/text/TextRules.h"
#include "test/cuda/text/Nvrtc.h"
#include "test/cuda/text/RowCases.h"
#include "test/cuda/text/Tools.h"

#include <gtest/gtest.h>

namespace jit::gpu::test {
namespace {

constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64;

/// Kernels of every kind, as one text.
std::vector<Case> add_all(ModuleText &module) {
  std::vector<Case> all{softmax(f32, true, false, 1000, 1000, Fill::tame),
                        softmax(f64, false, false, 10, 100000, Fill::tame),
                        log_softmax(1000, 20),
                        layer_norm(f32, false, 1000, 1024, Fill::tame),
                        layer_norm(f64, true, 1000, 30000, Fill::tame),
                        all_of_floats(f32, false, 1, 1 << 20, Fill::tame),
                        all_of_floats(f64, true, 777, 5000, Fill::tame),
                        all_of_integers(i64, false, 50, 5000),
                        mixed(100, 9000),
                        gathered(301, 777, 9),
                        windows(8, 64),
                        rank_0(f32, 1 << 20),
                        sum_and_max(f64, true, 100, 100000),
                        sum_and_max(f64, false, 100, 100000)};
  for (Case &c : all) {
    c.added = add_kernel(module, c.nest);
    EXPECT_EQ(c.added.kernel.failure, "");
  }
  return all;
}

TEST(RowText, Ptx) {
  if (!has_ptx_clang())
    GTEST_SKIP() << "there is no " TEST_CUDA_CLANG " with the target nvptx64";
  ModuleText module;
  add_all(module);
  const std::string ptx = ptx_by_clang(module.text(Prelude::clang));
  ASSERT_NE(ptx, "");
  EXPECT_EQ(check_ptx(ptx), "");
}

TEST(RowText, Registers) {
  if (find_nvrtc().empty())
    GTEST_SKIP() << "there is no libnvrtc.so.13 or .12";
  ModuleText module;
  const std::vector<Case> all = add_all(module);
  const auto info = cubin_info(compile_by_nvrtc(module.text(Prelude::nvrtc), "sm_90"));
  ASSERT_TRUE(info);
  for (const Case &c : all) {
    ASSERT_TRUE(info->contains(c.added.kernel.name));
    const KernelResources &kernel = info->at(c.added.kernel.name);
    EXPECT_LE(kernel.registers, 64u) << c.added.kernel.name;
    // A quotient of f64 is a call in which one number may have no register.
    const bool is_f64 = c.buffers[0].first == f64;
    EXPECT_LE(kernel.frame_bytes, is_f64 ? 8u : 0u) << c.added.kernel.name;
  }
}

std::string replaced(std::string text, const std::string &from, const std::string &to,
                     std::size_t number) {
  std::size_t at = text.find(from);
  for (; number > 0 && at != text.npos; --number)
    at = text.find(from, at + from.size());
  return at == text.npos ? std::string() : text.replace(at, from.size(), to);
}

/// Where the kernels of a text begin, behind the preludes' definitions.
std::size_t kernels_in(const std::string &text) {
  return text.find("TJ_KERNEL(", text.find("//--- kernels"));
}

struct Mutated {
  Case c;
  std::string prelude, kernel;
};
Mutated begin(Case c) {
  ModuleText module;
  c.added = add_kernel(module, c.nest);
  const std::string text = module.text(Prelude::nvrtc);
  EXPECT_EQ(first_difference(text, c), "");
  const std::size_t at = kernels_in(text);
  return {c, text.substr(0, at), text.substr(at)};
}

// Each barrier between a value's publication and its readers is missed in one of three orders. The
// other half keeps the next publication away from late readers: emulation lets few run that far.
TEST(RowText, LostBarriersAreSeen) {
  for (Case &c : std::vector<Case>{all_of_floats(f32, false, 9, 9001, Fill::tame),
                                   layer_norm(f32, false, 9, 9001, Fill::tame),
                                   all_of_floats(f64, true, 70, 700, Fill::tame)}) {
    const Mutated m = begin(c);
    std::size_t number = 0, seen = 0;
    for (;; ++number) {
      const std::string kernel = replaced(m.kernel, "TJ_BARRIER();", ";", number);
      if (kernel.empty())
        break;
      const bool is_seen = !first_difference(m.prelude + kernel, m.c).empty();
      EXPECT_TRUE(is_seen || number % 2 != 0)
          << m.c.added.kernel.name << " without barrier " << number;
      seen += is_seen;
    }
    EXPECT_GE(number, 4u);
    EXPECT_GT(seen, (number + 1) / 2);
  }
}

// Chains that join in another order, parts in another chain, a last part that is not cut off.
TEST(RowText, OtherOrdersAreSeen) {
  const Mutated sum = begin(rank_0(f32, 400000));
  const Mutated columns = begin(all_of_floats(f32, true, 70, 70000, Fill::tame));
  const auto is_seen = [](const Mutated &m, const std::string &from, const std::string &to,
                          std::size_t number = 0) {
    const std::string kernel = replaced(m.kernel, from, to, number);
    EXPECT_NE(kernel, "") << from;
    EXPECT_NE(first_difference(m.prelude + kernel, m.c), "") << from;
  };
  is_seen(sum, ", 16, 32)", ", 8, 32)");
  is_seen(sum, "& 63u", "& 31u");
  is_seen(sum, "j += 64u", "j += 128u");
  is_seen(sum, "-0x0p+0f", "0x1p-4f", 1);
  is_seen(columns, "j += 4u", "j += 8u");
}

} // namespace
} // namespace jit::gpu::test

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dot products of rows as text: the order `inner` with fused products, over as many levels of parts
// as a row takes.
#include "compiler/cuda/CubinInfo.h"
#include "compiler/cuda/text/Dot.h"
#include "compiler/cuda/text/TextRules.h"
#include "runtime/cuda/ContractChoice.h"
#include "test/cuda/emu/Compile.h"
#include "test/cuda/emu/Launch.h"
#include "test/cuda/emu/Library.h"
#include "test/cuda/text/Nvrtc.h"
#include "test/cuda/text/Tools.h"
#include "test/unit/compiler/TestMemory.h"

#include <gtest/gtest.h>

namespace jit::gpu::test {
namespace {

using jit::test::Memory;

constexpr emu::Order orders[] = {
    {emu::Order::ascending}, {emu::Order::descending}, {emu::Order::shuffled, 7}};

/// Rows of two operands, and the sum that order `inner` gives.
template <class T>
T dot_reference(const T *a, std::int64_t a_step, const T *b, std::int64_t b_step,
                std::int64_t count) {
  constexpr std::size_t chains = sizeof(T) == 8 ? 32 : 64;
  std::vector<T> parts;
  for (std::int64_t begin = 0; begin < count; begin += inner_chunk) {
    T sums[chains];
    std::fill_n(sums, chains, T(-0.0));
    for (std::int64_t i = begin; i < std::min(count, begin + inner_chunk); ++i) {
      T &sum = sums[static_cast<std::size_t>(i - begin) % chains];
      sum = std::fma(a[i * a_step], b ? b[i * b_step] : T(1), sum);
    }
    for (std::size_t half = chains / 2; half > 0; half /= 2)
      for (std::size_t i = 0; i < half; ++i)
        sums[i] += sums[i + half];
    parts.push_back(sums[0]);
  }
  return parts.empty()       ? T(0)
         : parts.size() == 1 ? parts[0]
                             : dot_reference<T>(parts.data(), 1, nullptr, 0,
                                                static_cast<std::int64_t>(parts.size()));
}

template <class T> void check_dot(std::int64_t rows, std::int64_t count, std::int64_t a_step) {
  const DType dtype = dtype_of<T>;
  Memory a(dtype, static_cast<std::size_t>(rows * count * a_step)),
      b(dtype, static_cast<std::size_t>(count));
  a.fill(1);
  b.fill(2);
  const std::string kernel = "dot_" + std::string(name(dtype));
  ModuleText module;
  add_dot(module, kernel, dtype);
  const std::string text = module.text(Prelude::nvrtc);
  ASSERT_EQ(check_text(text), "");
  const emu::Compilation made = emu::compile(text, 90, 13000);
  std::string why;
  const auto library = emu::Library::open_file(made.path, why);
  ASSERT_TRUE(library) << made.log << why;
  for (const emu::Order &order : orders) {
    std::int64_t chunks = chunks_of_row(count), left = count;
    Memory results(dtype, static_cast<std::size_t>(rows * chunks));
    DotArgs p{};
    p.a = a.first();
    p.b = b.first();
    p.a_step = a_step;
    p.b_step = 1;
    std::int64_t a_row = count * a_step;
    for (;;) {
      Memory sums(dtype, static_cast<std::size_t>(rows * chunks));
      p.c = sums.first();
      p.count = static_cast<unsigned long long>(left);
      p.axes = 0;
      p.units = 1;
      add_axis(p, chunks, 0, 0);
      add_axis(p, rows, a_row, 0);
      ASSERT_EQ(emu::run({library->find(kernel), &p, static_cast<unsigned>(std::min(p.units, 3ull)),
                          dot_threads(dtype), dot_shared_bytes(dtype), order})
                    .text,
                "");
      results = sums;
      if (chunks == 1)
        break;
      p.a = results.first();
      p.b = nullptr;
      p.a_step = 1;
      a_row = chunks;
      left = chunks;
      chunks = chunks_of_row(left);
    }
    for (std::int64_t row = 0; row < rows; ++row) {
      const T expected =
          dot_reference(reinterpret_cast<const T *>(a.first()) + row * count * a_step, a_step,
                        reinterpret_cast<const T *>(b.first()), 1, count);
      EXPECT_TRUE(jit::test::same(dtype, reinterpret_cast<const std::byte *>(&expected),
                                  results.first() + static_cast<std::size_t>(row) * sizeof(T)))
          << rows << " rows of " << count << ", " << row;
    }
  }
}

TEST(DotText, HasTheOrderOfInner) {
  for (const std::int64_t count : {0, 1, 2, 31, 63, 64, 65, 1000, 4096, 4097, 20011}) {
    check_dot<float>(3, count, 1);
    check_dot<double>(2, count, 3);
  }
}

std::string text_of_all(Prelude prelude) {
  ModuleText module;
  for (const DType dtype : {DType::boolean, DType::i8, DType::u8, DType::i16, DType::u16,
                            DType::i32, DType::u32, DType::i64, DType::f32, DType::f64})
    add_dot(module, "dot_" + std::string(name(dtype)), dtype);
  return module.text(prelude);
}

TEST(DotText, Ptx) {
  if (!has_ptx_clang())
    GTEST_SKIP() << "there is no " TEST_CUDA_CLANG " with the target nvptx64";
  const std::string ptx = ptx_by_clang(text_of_all(Prelude::clang));
  ASSERT_NE(ptx, "");
  EXPECT_EQ(check_ptx(ptx), "");
}

TEST(DotText, Registers) {
  if (find_nvrtc().empty())
    GTEST_SKIP() << "there is no libnvrtc.so.13 or .12";
  const auto info = cubin_info(compile_by_nvrtc(text_of_all(Prelude::nvrtc), "sm_90"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->size(), 10u);
  for (const auto &[kernel, resources] : *info) {
    EXPECT_LE(resources.registers, 64u) << kernel;
    EXPECT_EQ(resources.frame_bytes, 0u) << kernel;
  }
}

} // namespace
} // namespace jit::gpu::test

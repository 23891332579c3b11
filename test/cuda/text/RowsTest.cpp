// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels with rows against the interpreter of nests, which has the canonical orders a second time:
// rows of every length, reductions of every kind, what passes keep, in three orders of the threads.
#include "test/cuda/text/RowCases.h"
#include "test/unit/compiler/NestBuilder.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>

namespace jit::gpu::test {
namespace {

constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64, u8 = DType::u8,
                boolean = DType::boolean;

constexpr std::int64_t lengths[] = {1,  2,   3,   15,   16,   17,   31,   32,   33,    63,   64,
                                    65, 127, 997, 4095, 4096, 4097, 8192, 8193, 16384, 16411};

TEST(Rows, ReductionsOfFloats) {
  std::vector<Case> all;
  for (std::int64_t n : lengths)
    for (DType dtype : {f32, f64})
      all.push_back(all_of_floats(dtype, false, n < 100 ? 67 : 3, n, Fill::tame));
  for (std::int64_t n : {1, 16, 997, 16411}) {
    all.push_back(all_of_floats(f32, false, 5, n, Fill::wild));
    all.push_back(all_of_floats(f64, false, 5, n, Fill::zeros));
  }
  all.push_back(all_of_floats(f32, false, 1, 300007, Fill::tame));
  all.push_back(all_of_floats(f64, false, 2, 65536, Fill::tame));
  expect_as_interpreted(all);
}

TEST(Rows, ReductionsAcrossRows) {
  std::vector<Case> all;
  for (std::int64_t n : {1, 2, 3, 4, 5, 17, 255, 256, 257, 512, 1000, 5003})
    for (std::int64_t rows : {1, 3, 40, 131})
      all.push_back(all_of_floats(rows % 2 == 0 ? f64 : f32, true, rows, n, Fill::tame));
  all.push_back(all_of_floats(f32, true, 33, 2000, Fill::wild));
  all.push_back(all_of_floats(f32, true, 2, 300, Fill::zeros));
  all.push_back(all_of_floats(f32, true, 1, 66000, Fill::tame));
  all.push_back(all_of_floats(f32, true, 35, 66000, Fill::tame));
  expect_as_interpreted(all);
}

TEST(Rows, ReductionsOfIntegersAndTruths) {
  std::vector<Case> all;
  for (DType dtype : {boolean, u8, DType::i8, DType::i16, DType::u16, DType::i32, DType::u32, i64})
    for (std::int64_t n : {1, 16, 65, 997, 5000}) {
      all.push_back(all_of_integers(dtype, false, 5, n));
      all.push_back(all_of_integers(dtype, true, 5, n));
    }
  expect_as_interpreted(all);
}

TEST(Rows, SeveralPasses) {
  std::vector<Case> all;
  for (std::int64_t n : lengths) {
    const std::int64_t rows = n < 100 ? 67 : 3;
    all.push_back(softmax(f32, true, false, rows, n, Fill::tame));
    all.push_back(softmax(n % 2 == 0 ? f32 : f64, false, false, rows, n, Fill::wild));
    all.push_back(log_softmax(rows, n));
    all.push_back(layer_norm(n % 2 == 0 ? f64 : f32, false, rows, n, Fill::tame));
    all.push_back(mixed(rows, n));
  }
  for (std::int64_t n : {1, 5, 256, 1000})
    for (std::int64_t rows : {1, 40}) {
      all.push_back(softmax(f32, true, true, rows, n, Fill::tame));
      all.push_back(layer_norm(f64, true, rows, n, Fill::tame));
      all.push_back(layer_norm(f32, true, rows, n, Fill::wild));
    }
  all.push_back(layer_norm(f32, false, 2, 60000, Fill::tame));
  expect_as_interpreted(all);
}

TEST(Rows, LongRowsTakeLargeBlocks) {
  std::vector<Case> all{rank_0(f64, 100003)};
  for (bool outer : {false, true})
    for (std::int64_t rows : {1, 3, 40}) {
      all.push_back(sum_and_max(f32, outer, rows, 66000));
      all.push_back(sum_and_max(f64, outer, rows, 65536));
    }
  expect_as_interpreted(all);
  for (const Case &c : all)
    EXPECT_GE(c.added.kernel.threads, 512u);
}

// More than 4,096 chunks: parts have chunks too. The interpreter would take a minute.
TEST(Rows, PartsOfParts) {
  const std::int64_t n = 4096 * 4096 + 5003;
  nest::test::NestBuilder k(numbered());
  k.row(n);
  const unsigned x = k.element(ScalarFunction::cast, f32, {k.load(u8, 0, {1})});
  k.store(k.reduce(nest::ReduceKind::sum, f32, k.element(ScalarFunction::sqrt, f32, {x})), 1, {0});
  ModuleText module;
  const AddedKernel added = add_kernel(module, k.nest);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(n));
  std::vector<float> roots;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<unsigned char>(i * i / 7 % 251);
    roots.push_back(std::sqrt(static_cast<float>(bytes[i])));
  }
  const auto inner = [](const std::vector<float> &x) {
    std::vector<float> parts;
    for (std::size_t first = 0; first < x.size(); first += 4096) {
      float chains[64];
      std::ranges::fill(chains, -0.0f);
      for (std::size_t i = first; i < std::min(first + 4096, x.size()); ++i)
        chains[i % 64] += x[i];
      for (std::size_t half = 32; half > 0; half /= 2)
        for (std::size_t k = 0; k < half; ++k)
          chains[k] += chains[k + half];
      parts.push_back(chains[0]);
    }
    return parts;
  };
  const float expected = inner(inner(inner(roots)))[0];
  float sum = 0;
  run_edges(module, added.kernel, bytes.data(), &sum);
  EXPECT_EQ(sum, expected);
}

// Beyond 2^32 points, of memory that exists where it is touched: the first and the last rows.
TEST(Rows, IndicesOf64Bits) {
  const std::int64_t rows = (std::int64_t{1} << 20) + 3, n = 4099;
  nest::test::NestBuilder k(numbered());
  k.parallel(rows).row(n);
  k.store(k.reduce(nest::ReduceKind::argmax, i64, k.load(u8, 0, {n, 1})), 1, {1, 0});
  ModuleText module;
  const KernelResult kernel = add_kernel(module, k.nest).kernel;
  const auto size = static_cast<std::size_t>(rows * n);
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    GTEST_SKIP() << "no address space";
  auto *bytes = static_cast<unsigned char *>(memory);
  std::vector<std::int64_t> places(static_cast<std::size_t>(rows), -1);
  for (std::int64_t row : {std::int64_t{0}, rows - 2, rows - 1})
    bytes[row * n + row % 4000 + 50] = 7;
  run_edges(module, kernel, memory, places.data());
  for (std::int64_t row : {std::int64_t{0}, rows - 2, rows - 1})
    EXPECT_EQ(places[static_cast<std::size_t>(row)], row % 4000 + 50) << row;
  munmap(memory, size);
}

TEST(Rows, OtherWalks) {
  std::vector<Case> all{two_row_axes(false), two_row_axes(true),  windows(2, 17),
                        windows(1, 1),       gathered(5, 300, 9), gathered(301, 7, 9),
                        gathered(2, 5001, 9)};
  for (std::int64_t n : {1, 17, 4097, 20011}) {
    all.push_back(rank_0(f32, n));
    all.push_back(rank_0(f64, n));
  }
  expect_as_interpreted(all);
}

} // namespace
} // namespace jit::gpu::test

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels without rows against the interpreter of nests: every walk through memory, sizes that are
// no multiple of anything, both twins, tiles, in three orders of the threads.
#include "test/cuda/text/EmulatedText.h"
#include "test/cuda/text/NestCase.h"
#include "test/unit/compiler/NestBuilder.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <sys/mman.h>

namespace jit::gpu::test {
namespace {

using jit::test::Memory;
using nest::test::NestBuilder;
using F = ScalarFunction;
constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64, i8 = DType::i8,
                u8 = DType::u8, i16 = DType::i16, u32 = DType::u32, boolean = DType::boolean;

/// y = x + 1 or so of n elements, in these dtypes.
Case contiguous(DType from, DType to, std::int64_t n) {
  NestBuilder k(numbered());
  k.parallel(n);
  const unsigned x = k.load(from, 0, {1}), y = k.load(to, 1, {1});
  k.store(k.element(F::maximum, to, {k.element(F::cast, to, {x}), y}), 2, {1});
  k.store(k.element(F::less, boolean, {x, x}), 3, {1});
  return {k.nest, {{from, n}, {to, n}, {to, n}, {boolean, n}}};
}

/// A matrix with a row, a column and a number, also from its middle and backwards.
Case broadcast(DType dtype, std::int64_t rows, std::int64_t columns) {
  NestBuilder k(numbered());
  k.parallel(rows).parallel(columns);
  const unsigned m = k.load(dtype, 0, {columns, 1}), row = k.load(dtype, 1, {0, 1});
  const unsigned column = k.load(dtype, 2, {1, 0}), one = k.load(dtype, 3, {0, 0}, 2);
  const unsigned transposed = k.load(dtype, 4, {1, rows});
  const unsigned backwards = k.load(dtype, 0, {-columns, -1}, rows * columns - 1);
  const unsigned every = k.load(dtype, 5, {2 * columns, 2}, 3),
                 later = k.load(dtype, 5, {columns, 1}, 4);
  unsigned sum = k.element(F::add, dtype, {m, row});
  for (unsigned x : {column, one, transposed, backwards, every, later})
    sum = k.element(F::subtract, dtype, {x, sum});
  k.store(sum, 6, {columns, 1});
  k.store(k.element(F::add, dtype, {m, k.argument(dtype, 1)}), 7, {1, rows}, 1);
  return {k.nest,
          {{dtype, rows * columns},
           {dtype, columns},
           {dtype, rows},
           {dtype, 3},
           {dtype, rows * columns},
           {dtype, 2 * rows * columns + 4},
           {dtype, rows * columns},
           {dtype, rows * columns + 1}},
          {0, 3}};
}

/// Axes of x in the order 2, 0, 1, beside y and the middle of z, both transposed.
Case permuted(DType dtype, DType other, std::int64_t a, std::int64_t b, std::int64_t c) {
  NestBuilder k(numbered());
  k.parallel(a).parallel(b).parallel(1).parallel(c); // x is [b, c, a]
  const unsigned x = k.load(dtype, 0, {1, c * a, 5, a});
  const unsigned y = k.load(other, 1, {1, a * c, 0, a}, 3);
  const unsigned z = k.load(dtype, 2, {2 * b * c, 2 * c, 0, 2});
  const unsigned sum = k.element(F::add, dtype, {x, k.element(F::cast, dtype, {y})});
  k.store(k.element(F::subtract, dtype, {sum, z}), 3, {b * c, c, 0, 1});
  return {k.nest,
          {{dtype, a * b * c}, {other, a * b * c + 3}, {dtype, 2 * a * b * c}, {dtype, a * b * c}}};
}

/// pad(x) by a number, and coordinates.
Case padded(DType dtype, std::int64_t rows, std::int64_t n) {
  const std::int64_t low = 2, columns = n + low + 3;
  NestBuilder k(numbered());
  k.parallel(rows + 2).parallel(columns);
  const unsigned row = k.inside({1, 0}, -1, rows), column = k.inside({0, 1}, -low, n);
  const unsigned both = k.element(F::logical_and, boolean, {row, column});
  const unsigned x = k.guarded(k.load(dtype, 0, {n, 1}, -n - low), both);
  k.store(k.element(F::where, dtype, {both, x, k.argument(dtype, 0)}), 1, {columns, 1});
  return {k.nest, {{dtype, rows * n}, {dtype, (rows + 2) * columns}}, {7}};
}

/// Rows of a table by index, where the output may lie in the memory of the indices.
Case gathered(std::int64_t n, std::int64_t extent) {
  NestBuilder k(numbered());
  k.parallel(n);
  const unsigned index = k.load(i64, 0, {1});
  k.store(k.gather(i64, 1, {0}, index, 3, extent), 2, {1});
  return {k.nest, {{i64, n}, {i64, 3 * extent}, {i64, n}}, {}, 0, extent};
}

Case in_place(std::int64_t n) {
  NestBuilder k(numbered());
  k.parallel(n);
  const unsigned x = k.load(f32, 0, {1}), y = k.load(f32, 1, {1});
  k.store(k.element(F::multiply, f32, {k.element(F::subtract, f32, {x, y}), x}), 2, {1});
  return {k.nest, {{f32, n}, {f32, n}, {f32, n}}, {}, 0};
}

Case many_buffers(DType dtype, unsigned count, std::int64_t n) {
  NestBuilder k(numbered());
  k.parallel(n);
  Case result;
  unsigned sum = k.load(dtype, 0, {1});
  for (unsigned b = 1; b < count; ++b)
    sum = k.element(F::subtract, dtype, {k.load(dtype, b, {1}), sum});
  k.store(sum, count, {1});
  return {k.nest, {count + 1, {dtype, n}}};
}

Case scalar_of_rank_0() {
  NestBuilder k(numbered());
  const unsigned x = k.load(f32, 0, {});
  k.store(k.element(F::exp, f32, {x}), 1, {});
  return {k.nest, {{f32, 1}, {f32, 1}}};
}

std::vector<Case> cases() {
  std::vector<Case> all{scalar_of_rank_0(), gathered(1000, 9),           in_place(9001),
                        in_place(4096),     many_buffers(f32, 23, 5000), many_buffers(i8, 5, 5000)};
  for (const auto &[from, to] : {std::pair{f32, f64},
                                 {i8, f64},
                                 {u32, i64},
                                 {i16, f32},
                                 {boolean, u8},
                                 {u8, i16},
                                 {f32, f32},
                                 {i64, i8}})
    for (std::int64_t n : {1, 7, 4096, 9001})
      all.push_back(contiguous(from, to, n));
  for (DType dtype : {f32, f64, i8, i16, u32, i64})
    for (const auto &[rows, columns] : {std::pair{37, 64}, {37, 63}, {1, 50}, {50, 1}, {3, 400}})
      all.push_back(broadcast(dtype, rows, columns));
  for (const auto &[dtype, other] : {std::pair{f32, f32}, {f64, i8}, {i8, i16}, {i64, boolean}}) {
    all.push_back(permuted(dtype, other, 40, 3, 70));
    all.push_back(permuted(dtype, other, 64, 2, 32));
  }
  for (DType dtype : {boolean, f32, i16, f64})
    all.push_back(padded(dtype, 4, 259));
  return all;
}

TEST(Flat, NestsAsInterpreted) {
  std::vector<Case> all = cases();
  expect_as_interpreted(all);
  EXPECT_GE(std::ranges::count_if(all, [](const Case &c) { return form_of(c.nest) == Form::tile; }),
            14);
}

// The aligned twin on moved memory is an error that emulation sees.
TEST(Flat, MisalignedVectorsAreSeen) {
  ModuleText module;
  Case c = in_place(4096);
  c.added = add_kernel(module, c.nest);
  const EmulatedText text(module);
  std::vector<Memory> memory = memory_for(c, 1);
  std::vector<std::byte *> argument = places(c, memory, 1, false);
  text.launch(c.added.kernel.name, argument.data(), 1, 256, Order::ascending);
  EXPECT_TRUE(EmulatedText::take_misaligned());
  text.launch(c.added.twin, argument.data(), 1, 256, Order::ascending);
  EXPECT_FALSE(EmulatedText::take_misaligned());
}

// Beyond 2^32 points, of memory that exists where it is touched.
TEST(Flat, IndicesOf64Bits) {
  const std::int64_t n = (std::int64_t{1} << 32) + 4099;
  NestBuilder k(numbered());
  k.parallel(n);
  k.store(k.element(F::negative, i8, {k.load(i8, 0, {1})}), 1, {1});
  ModuleText module;
  const AddedKernel added = add_kernel(module, k.nest);
  const EmulatedText text(module);
  std::vector<signed char *> argument;
  for (int buffer = 0; buffer < 2; ++buffer)
    argument.push_back(static_cast<signed char *>(
        mmap(nullptr, static_cast<std::size_t>(n), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)));
  if (argument[0] == MAP_FAILED || argument[1] == MAP_FAILED)
    GTEST_SKIP() << "no address space";
  for (std::int64_t i : {n - 1, n - 4000, n - 4100, std::int64_t{1} << 31})
    argument[0][i] = static_cast<signed char>(i % 100 + 1);
  const auto units = static_cast<unsigned>(added.kernel.units);
  const auto unit = (std::int64_t{1} << 31) * static_cast<std::int64_t>(units) / n;
  for (unsigned block : {units - 1, units - 2, units - 3, static_cast<unsigned>(unit),
                         static_cast<unsigned>(unit + 1)})
    text.launch_block(added.kernel.name, argument.data(), block, units, 256);
  for (std::int64_t i : {n - 1, n - 4000, n - 4100, std::int64_t{1} << 31})
    EXPECT_EQ(argument[1][i], -(i % 100 + 1)) << i;
  for (signed char *memory : argument)
    munmap(memory, static_cast<std::size_t>(n));
}

TEST(Flat, WhatIsRefused) {
  ModuleText module;
  EXPECT_EQ(add_kernel(module, many_buffers(f32, 512, 10).nest).kernel.failure,
            "its argument has 4104 bytes, and a kernel takes 4096");
}

} // namespace
} // namespace jit::gpu::test

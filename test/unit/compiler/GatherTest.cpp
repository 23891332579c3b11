// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gathers in kernels of every form against the interpreter of nests: indices that stand still along
// the lanes, that vary along them, and that a kernel computes itself.
#include "test/unit/compiler/NestBuilder.h"
#include "test/unit/compiler/RunNest.h"

#include <gtest/gtest.h>

namespace jit::cpu::test {
namespace {

using jit::test::Memory;
using nest::test::NestBuilder;
using F = ScalarFunction;

constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64, boolean = DType::boolean;
constexpr std::int64_t extent = 9;

/// Indices in [-extent, extent), or [0, extent) of an unsigned dtype.
void fill_indices(Memory &memory) {
  std::mt19937 random(7);
  for (std::size_t i = 0; i < memory.elements; ++i)
    with_dtype(memory.dtype, [&]<class T>(std::type_identity<T>) {
      std::int64_t index = static_cast<std::int64_t>(random() % (2 * extent)) - extent;
      if (is_unsigned(memory.dtype))
        index = index < 0 ? index + extent : index;
      const T as_stored = static_cast<T>(index);
      std::memcpy(memory.first() + i * sizeof(T), &as_stored, sizeof(T));
    });
}

/// Buffer 1 holds the indices.
std::vector<Memory> memory_with_indices(const std::vector<std::pair<DType, std::size_t>> &sizes) {
  std::vector<Memory> memory = memory_of(sizes);
  fill_indices(memory[1]);
  return memory;
}

class Gathers : public testing::TestWithParam<std::int64_t> {
protected:
  const std::int64_t n = GetParam();
  const std::size_t m = static_cast<std::size_t>(n);
};
INSTANTIATE_TEST_SUITE_P(Lowering, Gathers, testing::Values(1, 2, 7, 16, 65, 257, 1000));

// y[i] = x[index[i]], of every dtype by indices of every dtype.
TEST_P(Gathers, ElementsByLane) {
  if (n > 65)
    return; // longer rows change nothing
  for (const DType dtype : {boolean, DType::u8, DType::i16, DType::u32, i64, f32, f64})
    for (const DType index : {DType::i8, DType::u8, DType::i32, DType::u32, i64}) {
      NestBuilder k;
      k.parallel(n);
      k.store(k.gather(dtype, 0, {0}, k.load(index, 1, {1}), 1, extent), 2, {1});
      expect_equal_everywhere(k.nest,
                              memory_with_indices({{dtype, extent}, {index, m}, {dtype, m}}));
    }
}

// Rows of a table, and something with them: one index a unit.
TEST_P(Gathers, Rows) {
  NestBuilder k;
  k.parallel(5).parallel(n);
  const unsigned row = k.gather(f32, 0, {0, 1}, k.load(i64, 1, {1, 0}), n, extent);
  const unsigned bias = k.load(f32, 2, {0, 1});
  k.store(k.element(F::add, f32, {row, bias}), 3, {n, 1});
  expect_equal_everywhere(
      k.nest, memory_with_indices({{f32, extent * m}, {i64, 5}, {f32, m}, {f32, 5 * m}}));
}

// y[i, j] = x[i, index[i, j]] with the columns of x apart, and x backwards.
TEST_P(Gathers, AlongAnAxis) {
  NestBuilder k;
  k.parallel(3).parallel(n);
  const unsigned index = k.load(DType::i32, 1, {n, 1});
  k.store(k.gather(f64, 0, {2 * extent, 0}, index, 2, extent), 2, {n, 1});
  expect_equal_everywhere(
      k.nest, memory_with_indices({{f64, 6 * extent}, {DType::i32, 3 * m}, {f64, 3 * m}}));
  NestBuilder back;
  back.parallel(3).parallel(n);
  unsigned reversed = back.gather(f32, 0, {extent, 0}, back.load(i64, 1, {0, 1}), -1, extent);
  back.nest.nodes[reversed].access.offset = extent - 1;
  back.store(reversed, 2, {n, 1});
  expect_equal_everywhere(back.nest,
                          memory_with_indices({{f32, 3 * extent}, {i64, m}, {f32, 3 * m}}));
}

// Sums over rows that are gathered by an index a row, and by an index a point.
TEST_P(Gathers, Reductions) {
  NestBuilder rows;
  rows.parallel(5).row(n);
  unsigned x = rows.gather(f32, 0, {0, 1}, rows.load(i64, 1, {1, 0}), n, extent);
  unsigned sum = rows.reduce(ReduceKind::sum, f32, rows.element(F::multiply, f32, {x, x}));
  rows.store(rows.element(F::divide, f32, {x, sum}), 2, {n, 1});
  rows.store(sum, 3, {1, 0});
  expect_equal_everywhere(
      rows.nest, memory_with_indices({{f32, extent * m}, {i64, 5}, {f32, 5 * m}, {f32, 5}}));

  NestBuilder points;
  points.parallel(40).row(n);
  unsigned y = points.gather(f32, 0, {extent, 0}, points.load(i64, 1, {0, 1}), 1, extent);
  points.store(points.reduce(ReduceKind::sum, f32, y), 2, {1, 0});
  expect_equal_everywhere(points.nest,
                          memory_with_indices({{f32, 40 * extent}, {i64, m}, {f32, 40}}));

  NestBuilder outer;
  outer.nest.outer = true;
  outer.parallel(40).row(n);
  unsigned z = outer.gather(f32, 0, {1, 0}, outer.load(i64, 1, {0, 1}), 40, extent);
  outer.store(outer.reduce(ReduceKind::sum, f32, z), 2, {1, 0});
  expect_equal_everywhere(outer.nest,
                          memory_with_indices({{f32, 40 * extent}, {i64, m}, {f32, 40}}));
}

// Lanes are rows, and each has an index of its own.
TEST_P(Gathers, ReductionsAcrossLanes) {
  for (const bool outer : {false, true}) {
    NestBuilder k;
    k.nest.outer = outer;
    k.parallel(40).row(std::min<std::int64_t>(n, 300));
    const std::int64_t length = k.nest.axes[1].extent;
    unsigned x = k.gather(f64, 0, {0, 1}, k.load(i64, 1, {1, 0}), length, extent);
    k.store(x, 2, {length, 1});
    k.store(k.reduce(ReduceKind::sum, f64, x), 3, {1, 0});
    const auto points = static_cast<std::size_t>(length);
    expect_equal_everywhere(
        k.nest,
        memory_with_indices({{f64, extent * points}, {i64, 40}, {f64, 40 * points}, {f64, 40}}));
  }
}

// table[argmax(row)]: the index is a result of the first pass.
TEST_P(Gathers, AtAWinner) {
  NestBuilder k;
  k.parallel(6).row(n);
  unsigned best = k.reduce(ReduceKind::argmax, i64, k.load(f32, 0, {n, 1}));
  k.store(k.gather(f32, 2, {0, 0}, best, 3, n), 3, {1, 0});
  expect_equal_everywhere(k.nest,
                          memory_with_indices({{f32, 6 * m}, {i64, 1}, {f32, 3 * m}, {f32, 6}}));
}

// x[order[order[i]]]
TEST_P(Gathers, ByWhatWasGathered) {
  NestBuilder k;
  k.parallel(n);
  unsigned first = k.gather(i64, 1, {0}, k.load(i64, 1, {0}), 0, extent);
  unsigned lane = k.gather(i64, 1, {1}, first, 0, extent);
  k.store(k.gather(f32, 0, {0}, lane, 1, extent), 2, {1});
  expect_equal_everywhere(k.nest, memory_with_indices({{f32, extent}, {i64, m + 1}, {f32, m}}));
}

} // namespace
} // namespace jit::cpu::test

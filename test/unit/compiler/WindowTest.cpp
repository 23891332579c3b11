// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of several axes that are no neighbours in memory, against the interpreter of nests.
#include "test/unit/compiler/NestBuilder.h"
#include "test/unit/compiler/RunNest.h"

#include <gtest/gtest.h>

namespace jit::cpu::test {
namespace {

using nest::test::NestBuilder;
using F = ScalarFunction;

constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64;

struct Extents {
  std::int64_t rows, columns; ///< of results
  std::int64_t height, width; ///< of a window
  std::int64_t step, spread;
};

class Windows : public testing::TestWithParam<Extents> {
protected:
  const Extents of = GetParam();
  const std::int64_t line = (of.columns - 1) * of.step + (of.width - 1) * of.spread + 1;
  const std::int64_t lines = (of.rows - 1) * of.step + (of.height - 1) * of.spread + 1;
  const std::size_t area = static_cast<std::size_t>(lines * line),
                    results = static_cast<std::size_t>(of.rows * of.columns);

  NestBuilder over_windows() const {
    NestBuilder k;
    k.parallel(of.rows).parallel(of.columns).row(of.height).row(of.width);
    return k;
  }
  unsigned point(NestBuilder &k, DType dtype) const {
    return k.load(dtype, 0, {of.step * line, of.step, of.spread * line, of.spread});
  }
  std::vector<std::int64_t> result() const { return {of.columns, 1, 0, 0}; }
};
INSTANTIATE_TEST_SUITE_P(Lowering, Windows,
                         testing::Values(Extents{9, 40, 3, 3, 1, 1}, Extents{13, 13, 3, 3, 2, 1},
                                         Extents{5, 100, 2, 2, 2, 1}, Extents{4, 7, 5, 5, 1, 2},
                                         Extents{1, 3, 4, 8, 3, 1}, Extents{2, 1, 1, 31, 1, 1}));

TEST_P(Windows, EveryKindOfReduction) {
  for (const DType dtype : {f32, f64, DType::i16}) {
    for (const ReduceKind kind :
         {ReduceKind::sum, ReduceKind::prod, ReduceKind::max, ReduceKind::min}) {
      NestBuilder k = over_windows();
      k.store(k.reduce(kind, dtype, point(k, dtype)), 1, result());
      expect_equal_everywhere(k.nest, memory_of({{dtype, area}, {dtype, results}}));
    }
    NestBuilder best = over_windows();
    best.store(best.reduce(ReduceKind::argmax, i64, point(best, dtype)), 1, result());
    expect_equal_everywhere(best.nest, memory_of({{dtype, area}, {i64, results}}));
  }
  if (of.height * of.width < 2)
    return;
  NestBuilder k = over_windows();
  const unsigned variance = k.reduce(ReduceKind::varmean, f32, point(k, f32), 1);
  k.store(variance, 1, result());
  k.store(k.second(variance), 2, result());
  expect_equal_everywhere(k.nest, memory_of({{f32, area}, {f32, results}, {f32, results}}));
}

/// What is reduced is computed, and goes on behind the reduction, by window and by point.
TEST_P(Windows, Passes) {
  NestBuilder k = over_windows();
  const unsigned x = k.element(F::exp, f32, {point(k, f32)});
  const unsigned sum = k.reduce(ReduceKind::sum, f32, x);
  const unsigned share = k.element(F::divide, f32, {x, sum});
  const std::int64_t points = of.height * of.width;
  k.store(share, 1, {of.columns * points, points, of.width, 1});
  k.store(k.element(F::log, f32, {sum}), 2, result());
  expect_equal_everywhere(
      k.nest,
      memory_of({{f32, area}, {f32, results * static_cast<std::size_t>(points)}, {f32, results}}));
}

TEST_P(Windows, OrderOuter) {
  NestBuilder k = over_windows();
  k.nest.outer = true;
  k.store(k.reduce(ReduceKind::sum, f64, point(k, f64)), 1, result());
  expect_equal_everywhere(k.nest, memory_of({{f64, area}, {f64, results}}));
}

} // namespace
} // namespace jit::cpu::test

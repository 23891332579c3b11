// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of every form against the interpreter of nests, bit for bit, on both ISAs and however the
// units are cut into chunks.
#include "test/unit/compiler/NestBuilder.h"
#include "test/unit/compiler/RunNest.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace jit::cpu::test {
namespace {

using jit::test::Memory;
using nest::test::NestBuilder;
using F = ScalarFunction;

constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64, u8 = DType::u8,
                boolean = DType::boolean;

constexpr DType integers[] = {DType::i8,  DType::u8,  DType::i16, DType::u16,
                              DType::i32, DType::u32, DType::i64};

class Sizes : public testing::TestWithParam<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(Lowering, Sizes,
                         testing::Values(1, 2, 7, 16, 65, 127, 256, 257, 1000, 4096, 8192, 9973));

TEST_P(Sizes, Chain) {
  const std::int64_t n = GetParam();
  NestBuilder k;
  k.parallel(n);
  unsigned x = k.load(f32, 0, {1}), y = k.load(f32, 1, {1});
  unsigned s = k.element(F::add, f32, {x, y});
  unsigned t = k.element(F::exp, f32, {s});
  unsigned u = k.element(F::multiply, f32, {t, k.constant(0.5f)});
  unsigned a = k.element(F::subtract, f32, {u, k.argument(f32, 0)});
  k.store(u, 2, {1});
  k.store(a, 3, {1});
  const std::size_t m = static_cast<std::size_t>(n);
  expect_equal_everywhere(k.nest, memory_of({{f32, m}, {f32, m}, {f32, m}, {f32, m}}),
                          {std::bit_cast<std::uint32_t>(1.25f)});
}

TEST_P(Sizes, MixedTypes) {
  const std::int64_t n = GetParam();
  NestBuilder k;
  k.parallel(n);
  unsigned x = k.load(f32, 0, {1}), i = k.load(i64, 1, {1}), c = k.load(u8, 2, {1});
  unsigned flag = k.load(boolean, 3, {1});
  unsigned wide = k.element(F::cast, f64, {x});
  unsigned root = k.element(F::sqrt, f64, {k.element(F::abs, f64, {wide})});
  unsigned sum = k.element(F::add, i64, {i, k.element(F::cast, i64, {c})});
  unsigned less = k.element(F::less, boolean, {sum, i});
  unsigned either = k.element(F::logical_or, boolean, {less, flag});
  unsigned twice = k.element(F::add, u8, {c, c});
  unsigned chosen = k.element(F::where, f64, {either, root, wide});
  k.store(chosen, 4, {1});
  k.store(sum, 5, {1});
  k.store(twice, 6, {1});
  k.store(either, 7, {1});
  k.store(k.element(F::cast, f32, {sum}), 8, {1});
  const std::size_t m = static_cast<std::size_t>(n);
  expect_equal_everywhere(k.nest, memory_of({{f32, m},
                                             {i64, m},
                                             {u8, m},
                                             {boolean, m},
                                             {f64, m},
                                             {i64, m},
                                             {u8, m},
                                             {boolean, m},
                                             {f32, m}}));
}

// Every value wraps before the next function sees it. The divisions of 64 lanes take long to
// compile: every dtype meets a third of the sizes.
TEST_P(Sizes, ChainOfIntegers) {
  const std::int64_t n = GetParam();
  const auto m = static_cast<std::size_t>(n);
  for (const DType dtype : integers) {
    if ((n % 25 + static_cast<std::int64_t>(dtype)) % 3 != 0)
      continue;
    NestBuilder k;
    k.parallel(n);
    unsigned x = k.load(dtype, 0, {1}), y = k.load(dtype, 1, {1}), c = k.argument(dtype, 0);
    unsigned sum = k.element(F::add, dtype, {x, y});
    unsigned product = k.element(F::multiply, dtype, {sum, k.element(F::negative, dtype, {c})});
    unsigned shifted = k.element(F::right_shift, dtype, {product, k.element(F::abs, dtype, {x})});
    unsigned quotient = k.element(F::floor_divide, dtype, {product, y});
    unsigned rest = k.element(F::remainder, dtype, {sum, y});
    unsigned power = k.element(F::pow, dtype, {x, y});
    unsigned less = k.element(F::less, boolean, {sum, product});
    k.store(shifted, 2, {1});
    k.store(quotient, 3, {1});
    k.store(k.element(F::bitwise_xor, dtype, {rest, power}), 4, {1});
    k.store(less, 5, {1});
    k.store(k.element(F::where, dtype, {less, quotient, k.element(F::bitwise_invert, dtype, {x})}),
            6, {1});
    k.store(k.element(F::cast, f32, {product}), 7, {1});
    expect_equal_everywhere(k.nest,
                            memory_of({{dtype, m},
                                       {dtype, m},
                                       {dtype, m},
                                       {dtype, m},
                                       {dtype, m},
                                       {boolean, m},
                                       {dtype, m},
                                       {f32, m}}),
                            {0x85});
  }
}

TEST_P(Sizes, CastsOfEveryPair) {
  const std::int64_t n = GetParam();
  if (n > 1000)
    return; // longer rows change nothing
  const auto m = static_cast<std::size_t>(n);
  const DType all[] = {boolean,    DType::i8,  u8,  DType::i16, DType::u16,
                       DType::i32, DType::u32, i64, f32,        f64};
  for (const DType from : all) {
    NestBuilder k;
    k.parallel(n);
    unsigned x = k.load(from, 0, {1}), buffer = 1;
    std::vector<std::pair<DType, std::size_t>> buffers{{from, m}};
    for (const DType to : all) {
      k.store(k.element(F::cast, to, {x}), buffer++, {1});
      buffers.push_back({to, m});
    }
    expect_equal_everywhere(k.nest, memory_of(buffers));
  }
}

TEST_P(Sizes, ReductionsOfIntegers) {
  const std::int64_t n = GetParam();
  const auto m = static_cast<std::size_t>(n);
  for (const DType dtype : integers)
    for (const bool outer : {false, true}) {
      NestBuilder k;
      k.parallel(3).row(n);
      k.nest.outer = outer;
      unsigned x = outer ? k.load(dtype, 0, {1, 3}) : k.load(dtype, 0, {n, 1}), buffer = 1;
      for (const ReduceKind kind :
           {ReduceKind::sum, ReduceKind::prod, ReduceKind::max, ReduceKind::min})
        k.store(k.reduce(kind, dtype, x), buffer++, {1, 0});
      expect_equal_everywhere(
          k.nest, memory_of({{dtype, 3 * m}, {dtype, 3}, {dtype, 3}, {dtype, 3}, {dtype, 3}}));
    }
}

TEST_P(Sizes, InPlace) {
  const std::int64_t n = GetParam();
  NestBuilder k;
  k.parallel(n);
  unsigned x = k.load(f32, 0, {1}), y = k.load(f32, 1, {1});
  k.store(k.element(F::add, f32, {x, y}), 0, {1});
  k.store(k.element(F::multiply, f32, {x, y}), 1, {1});
  const std::size_t m = static_cast<std::size_t>(n);
  const std::vector<Memory> memory = memory_of({{f32, m}, {f32, m}});
  expect_equal_everywhere(k.nest, memory);
  const std::vector<Memory> expected = interpreted(k.nest, memory);
  for (Isa isa : {Isa::v3, Isa::v4})
    for (Traffic traffic : {Traffic::update, Traffic::stream})
      expect_equal(k.nest, memory, expected, isa, traffic, 2);
}

// Each result lies where the operand of the other one does.
TEST_P(Sizes, InPlaceCrosswise) {
  const std::int64_t n = GetParam();
  NestBuilder k;
  k.parallel(n);
  unsigned x = k.load(f32, 0, {1}), y = k.load(f32, 1, {1});
  k.store(k.element(F::square, f32, {x}), 1, {1});
  k.store(k.element(F::negative, f32, {y}), 0, {1});
  const std::size_t m = static_cast<std::size_t>(n);
  expect_equal_everywhere(k.nest, memory_of({{f32, m}, {f32, m}}));
}

TEST(Schedule, CountsTranscendentalFunctionsAsHeavy) {
  for (const OpInfo &op : all_ops()) {
    if (op.family != Family::elementwise)
      continue;
    NestBuilder b;
    b.parallel(32768);
    std::vector<unsigned> operands;
    while (operands.size() < op.operands.size())
      operands.push_back(b.load(DType::f32, 0, {1}));
    b.store(b.element(op.scalar, DType::f32, operands), 1, {1});
    const Schedule schedule = choose_schedule(b.nest, {Isa::v3, {}});
    EXPECT_EQ(schedule.loops[0].heavy, is_transcendental(op.scalar)) << op.name;
  }
}

TEST(Lowering, OneElementInPlaceCrosswise) {
  NestBuilder k;
  unsigned x = k.load(f32, 0, {}), y = k.load(f32, 1, {});
  k.store(k.element(F::square, f32, {x}), 1, {});
  k.store(k.element(F::negative, f32, {y}), 0, {});
  expect_equal_everywhere(k.nest, memory_of({{f32, 1}, {f32, 1}}));
}

TEST_P(Sizes, RowReductions) {
  const std::int64_t n = GetParam();
  const std::size_t m = static_cast<std::size_t>(n);
  NestBuilder k;
  k.parallel(3).row(n);
  unsigned x = k.load(f32, 0, {n, 1});
  k.store(k.reduce(ReduceKind::sum, f32, x), 1, {1, 0});
  k.store(k.reduce(ReduceKind::max, f32, x), 2, {1, 0});
  k.store(k.reduce(ReduceKind::prod, f32, x), 3, {1, 0});
  k.store(k.reduce(ReduceKind::argmax, i64, x), 4, {1, 0});
  k.store(k.reduce(ReduceKind::any, boolean, k.element(F::isnan, boolean, {x})), 5, {1, 0});
  expect_equal_everywhere(
      k.nest, memory_of({{f32, 3 * m}, {f32, 3}, {f32, 3}, {f32, 3}, {i64, 3}, {boolean, 3}}));
}

TEST_P(Sizes, SumAlone) {
  const std::int64_t n = GetParam();
  const std::size_t m = static_cast<std::size_t>(n);
  for (DType dtype : {f32, f64, i64}) {
    NestBuilder k;
    k.parallel(2).row(n);
    k.store(k.reduce(ReduceKind::sum, dtype, k.load(dtype, 0, {n, 1})), 1, {1, 0});
    expect_equal_everywhere(k.nest, memory_of({{dtype, 2 * m}, {dtype, 2}}));
  }
}

TEST_P(Sizes, Softmax) {
  const std::int64_t n = GetParam();
  const std::size_t m = static_cast<std::size_t>(n);
  NestBuilder k;
  k.parallel(5).row(n);
  unsigned x = k.element(F::add, f32, {k.load(f32, 0, {n, 1}), k.load(f32, 1, {0, 1})});
  unsigned top = k.reduce(ReduceKind::max, f32, x);
  unsigned e = k.keep(k.element(F::exp, f32, {k.element(F::subtract, f32, {x, top})}));
  unsigned sum = k.reduce(ReduceKind::sum, f32, e);
  unsigned inverse = k.element(F::divide, f32, {k.constant(1), sum});
  k.store(k.element(F::multiply, f32, {e, inverse}), 2, {n, 1});
  expect_equal_everywhere(k.nest, memory_of({{f32, 5 * m}, {f32, m}, {f32, 5 * m}}));
}

TEST_P(Sizes, LayerNorm) {
  const std::int64_t n = GetParam();
  const std::size_t m = static_cast<std::size_t>(n);
  for (DType dtype : {f32, f64}) {
    NestBuilder k;
    k.parallel(2).row(n);
    unsigned x = k.load(dtype, 0, {n, 1});
    unsigned variance = k.reduce(ReduceKind::varmean, dtype, x);
    unsigned mean = k.second(variance);
    unsigned scale = k.element(F::rsqrt, dtype, {variance});
    unsigned y = k.element(F::multiply, dtype, {k.element(F::subtract, dtype, {x, mean}), scale});
    k.store(y, 1, {n, 1});
    k.store(mean, 2, {1, 0});
    expect_equal_everywhere(k.nest, memory_of({{dtype, 2 * m}, {dtype, 2 * m}, {dtype, 2}}));
  }
}

TEST_P(Sizes, FirstAxis) {
  const std::int64_t n = GetParam();
  const std::size_t m = static_cast<std::size_t>(n);
  for (std::int64_t columns : {1, 3, 37, 130}) {
    const std::size_t c = static_cast<std::size_t>(columns);
    NestBuilder k;
    k.parallel(columns).row(n);
    k.nest.outer = true;
    unsigned x = k.load(f32, 0, {1, columns});
    unsigned sum = k.reduce(ReduceKind::sum, f32, x);
    k.store(sum, 1, {1, 0});
    k.store(k.reduce(ReduceKind::argmax, i64, x), 2, {1, 0});
    unsigned variance = k.reduce(ReduceKind::varmean, f32, x, 1);
    k.store(variance, 3, {1, 0});
    unsigned y = k.keep(k.element(F::multiply, f32, {x, x}));
    unsigned top = k.reduce(ReduceKind::max, f32, y);
    k.store(k.element(F::subtract, f32, {y, top}), 4, {1, columns});
    expect_equal_everywhere(k.nest,
                            memory_of({{f32, c * m}, {f32, c}, {i64, c}, {f32, c}, {f32, c * m}}));
  }
}

TEST(Lowering, Views) {
  // x transposed, y reversed along rows, z every other column, w one number a row, v of the
  // columns.
  const std::int64_t rows = 37, columns = 53;
  NestBuilder k;
  k.parallel(rows).parallel(columns);
  unsigned x = k.load(f32, 0, {1, rows});
  unsigned y = k.load(f32, 1, {columns, -1}, columns - 1);
  unsigned z = k.load(f32, 2, {2 * columns, 2}, 1);
  unsigned w = k.load(f32, 3, {1, 0});
  unsigned v = k.load(f32, 4, {0, 1});
  unsigned s =
      k.element(F::add, f32, {k.element(F::add, f32, {x, y}), k.element(F::multiply, f32, {z, w})});
  k.store(k.element(F::add, f32, {s, v}), 5, {columns, 1});
  k.store(s, 6, {1, rows});
  const std::size_t n = rows * columns;
  expect_equal_everywhere(
      k.nest,
      memory_of(
          {{f32, n}, {f32, n}, {f32, 2 * n}, {f32, rows}, {f32, columns}, {f32, n}, {f32, n}}));
}

TEST(Lowering, SmallLastAxis) {
  const std::int64_t rows = 1000, columns = 3;
  NestBuilder k;
  k.parallel(rows).parallel(columns);
  unsigned x = k.load(f32, 0, {columns, 1}), b = k.load(f32, 1, {0, 1}),
           w = k.load(boolean, 2, {1, 0});
  unsigned y = k.element(F::add, f32, {x, b});
  k.store(k.element(F::where, f32, {w, y, x}), 3, {columns, 1});
  expect_equal_everywhere(k.nest, memory_of({{f32, 3000}, {f32, 3}, {boolean, 1000}, {f32, 3000}}));
}

// Rows that leave lanes idle are walked together: what they share is read at every phase.
TEST(Lowering, ShortRowsAreWalkedTogether) {
  for (const std::int64_t columns : {2, 3, 5, 7, 9, 15, 17, 31, 33, 63, 100, 127, 129}) {
    NestBuilder k;
    const std::int64_t rows = 61;
    k.parallel(rows).parallel(columns);
    unsigned x = k.load(f32, 0, {columns, 1}), b = k.load(f32, 1, {0, 1}, 3);
    unsigned w = k.load(boolean, 2, {0, 1}), c = k.load(f32, 3, {0, 0});
    unsigned y = k.element(F::multiply, f32, {k.element(F::add, f32, {x, b}), c});
    k.store(k.element(F::where, f32, {w, y, x}), 4, {columns, 1});
    k.store(k.element(F::tanh, f32, {b}), 5, {columns, 1});
    const auto n = static_cast<std::size_t>(columns), all = n * static_cast<std::size_t>(rows);
    expect_equal_everywhere(
        k.nest,
        memory_of({{f32, all}, {f32, n + 3}, {boolean, n}, {f32, 1}, {f32, all}, {f32, all}}));
  }
}

TEST(Lowering, ShortRowsOfMatricesAndWideTypes) {
  NestBuilder k;
  k.parallel(37).parallel(5).parallel(3);
  unsigned x = k.load(f64, 0, {15, 3, 1}), matrix = k.load(f64, 1, {0, 3, 1}),
           row = k.load(i64, 2, {0, 0, 1}), column = k.load(f64, 3, {0, 1, 0}),
           first = k.load(u8, 4, {1, 0, 0});
  unsigned y = k.element(F::multiply, f64, {k.element(F::add, f64, {x, matrix}), column});
  k.store(y, 5, {15, 3, 1});
  k.store(k.element(F::add, i64, {row, row}), 6, {15, 3, 1});
  k.store(k.element(F::maximum, u8, {first, first}), 7, {15, 3, 1});
  expect_equal_everywhere(k.nest, memory_of({{f64, 555},
                                             {f64, 15},
                                             {i64, 3},
                                             {f64, 5},
                                             {u8, 37},
                                             {f64, 555},
                                             {i64, 555},
                                             {u8, 555}}));
}

TEST_P(Sizes, ArgmaxOfEveryType) {
  const std::int64_t n = GetParam();
  const auto m = static_cast<std::size_t>(n);
  for (const DType dtype : {f32, f64, i64, u8, boolean, DType::i8, DType::u16, DType::u32})
    for (const bool outer : {false, true}) {
      NestBuilder k;
      k.parallel(3).row(n);
      k.nest.outer = outer;
      unsigned x = outer ? k.load(dtype, 0, {1, 3}) : k.load(dtype, 0, {n, 1});
      k.store(k.reduce(ReduceKind::argmax, i64, x), 1, {1, 0});
      expect_equal_everywhere(k.nest, memory_of({{dtype, 3 * m}, {i64, 3}}));
    }
}

// Elements that nothing beats, NaNs and ties: everywhere, at the ends and where vectors meet.
TEST_P(Sizes, ArgmaxOfEqualElements) {
  const auto n = static_cast<std::size_t>(GetParam());
  const float lowest = -std::numeric_limits<float>::infinity(), nan = std::nanf("");
  for (const float most : {lowest, 0.0F, -0.0F, nan})
    for (const std::size_t first : {std::size_t{0}, n / 2, n - 1}) {
      NestBuilder k;
      k.parallel(1).row(GetParam());
      unsigned x = k.load(f32, 0, {GetParam(), 1});
      k.store(k.reduce(ReduceKind::argmax, i64, x), 1, {1, 0});
      std::vector<Memory> memory = memory_of({{f32, n}, {i64, 1}});
      auto *values = reinterpret_cast<float *>(memory[0].first());
      for (std::size_t i = 0; i < n; ++i)
        values[i] = i >= first && (i - first) % 5 == 0 ? most : lowest;
      const std::vector<Memory> expected = interpreted(k.nest, memory);
      const auto index =
          *reinterpret_cast<const std::int64_t *>(const_cast<Memory &>(expected[1]).first());
      EXPECT_EQ(index, most == lowest ? 0 : static_cast<std::int64_t>(first));
      expect_equal_everywhere(k.nest, memory);
    }
}

TEST(Lowering, RowOfTwoAxes) {
  // Summed over two axes that memory walks in the other order.
  NestBuilder k;
  k.parallel(4).row(5).row(29);
  unsigned x = k.load(f32, 0, {145, 1, 5});
  k.store(k.reduce(ReduceKind::sum, f32, x), 1, {1, 0, 0});
  expect_equal_everywhere(k.nest, memory_of({{f32, 580}, {f32, 4}}));
  k.nest.outer = true;
  expect_equal_everywhere(k.nest, memory_of({{f32, 580}, {f32, 4}}));
}

TEST(Lowering, LongRowsInParts) {
  const std::int64_t n = 40007;
  for (bool outer : {false, true}) {
    NestBuilder k;
    k.parallel(3).row(n);
    k.nest.outer = outer;
    unsigned x = outer ? k.load(f32, 0, {1, 3}) : k.load(f32, 0, {n, 1});
    unsigned sum = k.reduce(ReduceKind::sum, f32, k.element(F::square, f32, {x}));
    unsigned any = k.reduce(ReduceKind::any, boolean, k.element(F::isnan, boolean, {x}));
    k.store(k.element(F::sqrt, f32, {sum}), 1, {1, 0});
    k.store(any, 2, {1, 0});
    k.store(k.reduce(ReduceKind::max, f32, x), 3, {1, 0});
    expect_equal_everywhere(k.nest, memory_of({{f32, 3 * n}, {f32, 3}, {boolean, 3}, {f32, 3}}));
  }
}

TEST(Lowering, RankZero) {
  NestBuilder k;
  unsigned x = k.load(f64, 0, {});
  k.store(k.element(F::tanh, f64, {x}), 1, {});
  expect_equal_everywhere(k.nest, memory_of({{f64, 1}, {f64, 1}}));
}

} // namespace
} // namespace jit::cpu::test

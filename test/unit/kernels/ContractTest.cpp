// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions of floats against a scalar fma loop in the canonical order, bit for bit.
#include "test/unit/kernels/ContractCase.h"

#include <atomic>
#include <limits>

namespace jit::test {
namespace {

template <class T> struct Contract : ::testing::Test {};
using Floats = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Contract, Floats);

TYPED_TEST(Contract, EveryWidth) {
  for (std::int64_t n = 1; n <= 140; ++n)
    for (const std::int64_t m : {1, 2, 3, 7, 20})
      ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(m, n, 19).check());
}

TYPED_TEST(Contract, EveryWidthOfColumns) {
  for (std::int64_t n = 1; n <= 40; ++n)
    for (const std::int64_t m : {1, 2, 3, 4, 5})
      for (const std::int64_t k : {1, 19, 385})
        ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(m, n, k, Order::rows, Order::columns).check());
}

TYPED_TEST(Contract, EveryHeight) {
  for (std::int64_t m = 1; m <= 70; ++m)
    for (const std::int64_t n : {1, 2, 4, 5, 8, 9, 16, 33, 49, 64})
      ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(m, n, 7).check());
}

TYPED_TEST(Contract, EveryOrientation) {
  for (const Order a : all_orders)
    for (const Order b : all_orders)
      for (const auto &[m, n] : {std::pair{1, 1}, {1, 40}, {40, 1}, {37, 3}, {3, 37}, {29, 53}})
        for (const std::int64_t k : {1, 16, 37})
          ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(m, n, k, a, b).check());
}

TYPED_TEST(Contract, EveryDepth) {
  for (const std::int64_t k : {0, 1, 383, 384, 385, 768, 1000})
    for (const auto &[m, n] : {std::pair{1, 1}, {1, 70}, {70, 1}, {2, 33}, {13, 31}, {49, 64}})
      for (const Order a : {Order::rows, Order::columns})
        for (const Order b : {Order::rows, Order::columns})
          ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(m, n, k, a, b).check());
}

/// Wide enough that B is packed in several blocks and each matrix is cut for the workers.
TYPED_TEST(Contract, BlocksAndPieces) {
  for (const Order b : {Order::rows, Order::columns}) {
    ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(50, 1501, 400, Order::rows, b).check());
    ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(7, 1501, 400, Order::rows, b).check());
    ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(2, 3001, 400, Order::rows, b).check());
  }
  for (const Order a : {Order::rows, Order::columns, Order::scattered}) {
    ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(521, 193, 400, a, Order::rows).check());
    ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(1501, 2, 400, a, Order::rows).check());
  }
}

TYPED_TEST(Contract, Threads) {
  for (const auto &[m, n] : {std::pair{150, 150}, {1000, 3}, {3, 1000}}) {
    Case<TypeParam> c(m, n, 400, Order::columns, Order::columns);
    c.compute_reference();
    for (const Isa isa : isas())
      for (const Parallel &parallel : {threads(2), threads(4), threads(7)}) {
        c.run(isa, parallel);
        ASSERT_NO_FATAL_FAILURE(c.expect_equal());
      }
  }
}

/// The comparison can fail: another chunk changes bits.
TYPED_TEST(Contract, ChunkIsVisible) {
  Case<TypeParam> c(20, 20, 1000);
  int different = 0;
  for (std::int64_t i = 0; i < 20; ++i)
    for (std::int64_t j = 0; j < 20; ++j) {
      const TypeParam *a = &c.a[i * 1000], *b = &c.b[j];
      different += !same_bits(reference(a, 1, b, 20, 1000), reference(a, 1, b, 20, 1000, 1000));
    }
  EXPECT_GT(different, 100);
}

TYPED_TEST(Contract, SpecialValues) {
  using Limits = std::numeric_limits<TypeParam>;
  const TypeParam values[] = {TypeParam(0),          TypeParam(-0.0),     Limits::infinity(),
                              -Limits::infinity(),   Limits::quiet_NaN(), Limits::denorm_min(),
                              -Limits::denorm_min(), Limits::max(),       Limits::lowest(),
                              Limits::min(),         TypeParam(1),        TypeParam(-1)};
  constexpr std::int64_t count = std::size(values);
  for (const std::int64_t k : {1, 2, 385})
    for (const Order order : {Order::rows, Order::columns}) {
      Case<TypeParam> c(count, 3 * count, k, order, order);
      for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t at = 0; at < k; ++at) {
          c.a[i * c.args.a_row_stride + at * c.args.a_col_stride] = values[at < 2 ? i : 0];
          for (std::int64_t copy = 0; copy < 3; ++copy)
            c.b[at * c.args.b_row_stride + (i + copy * count) * c.args.b_col_stride] =
                values[(i + copy * (at % 2)) % count];
        }
      ASSERT_NO_FATAL_FAILURE(c.check());
    }
}

/// A product of -0 does not survive the +0 that the sum starts from, and k = 0 is +0.
TYPED_TEST(Contract, SumStartsFromPositiveZero) {
  for (const std::int64_t k : {0, 1, 400}) {
    Case<TypeParam> c(3, 5, k);
    std::fill(c.a.begin(), c.a.end(), TypeParam(-0.0));
    std::fill(c.b.begin(), c.b.end(), TypeParam(1));
    for (const Isa isa : isas()) {
      c.run(isa);
      EXPECT_TRUE(same_bits(c.c[0], TypeParam(0)));
    }
  }
}

TYPED_TEST(Contract, EmptyWritesNothing) {
  for (const auto &[m, n] : {std::pair{0, 0}, {0, 5}, {5, 0}})
    ASSERT_NO_FATAL_FAILURE(Case<TypeParam>(m, n, 4).check());
}

/// Counts the visits of each element and compares it with the reference at that moment.
template <class T> struct Watcher {
  const Case<T> &c;
  std::vector<int> visits = std::vector<int>(c.expected.size());
  std::atomic<bool> final = true;
  std::int64_t vector = 1; ///< that columns of tiles must keep to

  static void run(void *self, std::int64_t batch, std::int64_t row, std::int64_t rows,
                  std::int64_t col, std::int64_t cols) {
    auto &[c, visits, final, vector] = *static_cast<Watcher *>(self);
    bool correct =
        batch == 0 && col % vector == 0 && ((col + cols) % vector == 0 || col + cols == c.args.n);
    for (std::int64_t i = row; i < row + rows; ++i)
      for (std::int64_t j = col; j < col + cols; ++j) {
        const auto at = static_cast<std::size_t>(i * c.args.n + j);
        ++visits.at(at);
        correct &= same_bits(c.c[i * c.args.c_row_stride + j], c.expected[at]);
      }
    if (!correct)
      final = false;
  }
};

TYPED_TEST(Contract, EpilogueSeesEachFinishedElementOnce) {
  for (const auto &[m, n] :
       {std::pair{1, 1}, {1, 90}, {90, 1}, {90, 2}, {90, 16}, {70, 70}, {60, 1500}})
    for (const std::int64_t k : {0, 5, 800}) {
      Case<TypeParam> c(m, n, k, Order::rows, Order::columns);
      c.compute_reference();
      for (const Isa isa : isas())
        for (const Parallel &parallel : {backwards(1), backwards(3), threads(4)}) {
          Watcher<TypeParam> watcher{c};
          if (n >= 16)
            watcher.vector = (isa == Isa::v4 ? 64 : 32) / std::int64_t{sizeof(TypeParam)};
          c.args.epilogue = {Watcher<TypeParam>::run, &watcher};
          c.run(isa, parallel);
          EXPECT_TRUE(watcher.final) << m << " " << n << " " << k;
          EXPECT_EQ(watcher.visits, std::vector<int>(c.expected.size(), 1));
        }
    }
}

/// Rows are not cut, whatever is exchanged or shared by threads.
TYPED_TEST(Contract, EpilogueSeesWholeRowsIfItAsksForThem) {
  struct Seen {
    Watcher<TypeParam> watcher;
    std::atomic<bool> whole = true;
    static void run(void *self, std::int64_t batch, std::int64_t row, std::int64_t rows,
                    std::int64_t col, std::int64_t cols) {
      auto &[watcher, whole] = *static_cast<Seen *>(self);
      if (col != 0 || cols != watcher.c.args.n)
        whole = false;
      Watcher<TypeParam>::run(&watcher, batch, row, rows, col, cols);
    }
  };
  for (const auto &[m, n] : {std::pair{1, 1}, {1, 90}, {90, 1}, {900, 2}, {900, 3}, {70, 127}})
    for (const std::int64_t k : {0, 5, 800}) {
      Case<TypeParam> c(m, n, k, Order::rows, Order::columns);
      c.compute_reference();
      for (const Isa isa : isas())
        for (const Parallel &parallel : {backwards(1), backwards(3), threads(4)}) {
          Seen seen{{c}};
          c.args.epilogue = {Seen::run, &seen, true};
          c.run(isa, parallel);
          EXPECT_TRUE(seen.whole && seen.watcher.final) << m << " " << n << " " << k;
          EXPECT_EQ(seen.watcher.visits, std::vector<int>(c.expected.size(), 1));
        }
    }
}

/// C of a column without gaps is written in place although A and B are exchanged.
TYPED_TEST(Contract, ContiguousColumn) {
  Case<TypeParam> c(500, 1, 385);
  c.args.c_row_stride = 1;
  c.compute_reference();
  for (const Isa isa : isas()) {
    c.run(isa);
    for (std::int64_t i = 0; i < 500; ++i)
      ASSERT_TRUE(same_bits(c.c[i], c.expected[static_cast<std::size_t>(i)]));
    EXPECT_EQ(c.c[500], Case<TypeParam>::untouched);
  }
}

/// Batches [2, 3], A without the first axis and B without the second.
TYPED_TEST(Contract, Batches) {
  constexpr std::int64_t m = 9, n = 21, k = 390;
  const std::int64_t sizes[] = {2, 3}, a_strides[] = {0, m * k}, b_strides[] = {k * n, 0},
                     c_strides[] = {3 * m * n, m * n};
  Case<TypeParam> c(3 * m, 2 * n, k); // room for 3 matrices of A and 2 of B
  std::vector<TypeParam> result(6 * m * n);
  c.args.m = m;
  c.args.n = n;
  c.args.b_row_stride = n;
  c.args.c = result.data();
  c.args.c_row_stride = n;
  c.args.batch = {2, sizes, a_strides, b_strides, c_strides};
  for (const Isa isa : isas())
    for (const std::int64_t workers : {1, 2, 4, 6, 9}) {
      std::fill(result.begin(), result.end(), TypeParam(-77));
      c.run(isa, backwards(workers));
      for (std::int64_t at = 0; at < 6 * m * n; ++at) {
        const std::int64_t x = at / (3 * m * n), y = at / (m * n) % 3, i = at / n % m, j = at % n;
        ASSERT_TRUE(same_bits(result[static_cast<std::size_t>(at)],
                              reference(&c.a[(y * m + i) * k], 1, &c.b[x * k * n + j], n, k)))
            << "entry " << x << "," << y << " row " << i << " col " << j;
      }
    }
}

/// More workers than batch entries: each matrix is cut into a grid, entry after entry.
TYPED_TEST(Contract, BatchOfLargeMatrices) {
  constexpr std::int64_t m = 130, n = 130, k = 130, size = m * n;
  const std::int64_t sizes[] = {2}, strides[] = {size};
  Case<TypeParam> c(2 * m, 2 * n, k);
  c.args.m = m;
  c.args.n = c.args.b_row_stride = c.args.c_row_stride = n;
  c.args.batch = {1, sizes, strides, strides, strides};
  for (const Isa isa : isas()) {
    c.run(isa, threads(4));
    for (std::int64_t at = 0; at < 2 * size; ++at)
      ASSERT_TRUE(same_bits(c.c[at],
                            reference(&c.a[at / n * k], 1, &c.b[at / size * size + at % n], n, k)));
  }
}

/// Matrices that share B and follow each other are one matrix to the kernels, unless an epilogue
/// asks for each entry.
TYPED_TEST(Contract, BatchThatSharesB) {
  for (const std::int64_t m : {1, 6}) {
    Case<TypeParam> c(20 * m, 50, 30);
    c.compute_reference();
    const std::int64_t sizes[] = {4, 5}, none[] = {0, 0};
    const std::int64_t a_strides[] = {5 * m * 30, m * 30};
    const std::int64_t c_strides[] = {5 * m * c.args.c_row_stride, m * c.args.c_row_stride};
    ContractArgs batched = c.args;
    batched.m = m;
    batched.batch = {2, sizes, a_strides, none, c_strides};
    std::swap(batched, c.args);
    std::vector<int> visits(20);
    for (const Isa isa : isas())
      for (const bool watch : {false, true}) {
        auto count = [](void *visits, std::int64_t batch, std::int64_t, std::int64_t rows,
                        std::int64_t, std::int64_t cols) {
          static_cast<int *>(visits)[batch] += static_cast<int>(rows * cols);
        };
        std::fill(visits.begin(), visits.end(), 0);
        c.args.epilogue = {watch ? +count : nullptr, visits.data()};
        c.run(isa, backwards(3));
        EXPECT_EQ(visits, std::vector<int>(20, watch ? static_cast<int>(m * 50) : 0));
        std::swap(batched, c.args);
        ASSERT_NO_FATAL_FAILURE(c.expect_equal());
        std::swap(batched, c.args);
      }
  }
}

} // namespace
} // namespace jit::test

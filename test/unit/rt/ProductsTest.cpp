// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tj_rt1_contract against contract(), bit by bit, and the pool of rt.
#include "runtime/rt/WriteWords.h"
#include "runtime/scalar/LargeAngle.h"
#include "test/unit/kernels/ContractCase.h"
#include "test/unit/rt/Functions.h"

#include <atomic>

namespace jit::test {
namespace {

void run_rt(const ContractArgs &args, const Way &way, tj_rt1_epilogue epilogue = nullptr,
            void *context = nullptr) {
  const std::vector<std::int64_t> words = rt::product_words(args);
  GuardedArray<std::byte> scratch((tj_rt1_contract_scratch(words.data(), way.workers) + 63) / 64 *
                                  64);
  tj_rt1_contract(words.data(), args.a, args.b, args.c, scratch.begin(), epilogue, context,
                  way.parallel, way.pool, way.workers);
}

class RtProducts : public testing::Test {
protected:
  template <class Check> void by_every_way(Check check) {
    for (const Isa isa : isas()) {
      tj_rt1_test_isa(isa == Isa::v4 ? 4 : 3);
      for (const Way &way : {Way{nullptr, nullptr, 1}, Way{nullptr, nullptr, 4},
                             Way{run_in_foreign_environment, nullptr, 4}, pool.way(3)})
        check(way);
    }
    tj_rt1_test_isa(0);
  }

  Pool pool{3};
};

TEST_F(RtProducts, OfFloatsInAnyOrder) {
  const auto check = [&]<class T>(T, std::int64_t m, std::int64_t n, std::int64_t k, Order order) {
    Case<T> matrices(m, n, k, order, order);
    matrices.compute_reference();
    by_every_way([&](const Way &way) {
      std::fill(matrices.c.begin(), matrices.c.end(), Case<T>::untouched);
      run_rt(matrices.args, way);
      ASSERT_NO_FATAL_FAILURE(matrices.expect_equal())
          << m << " " << n << " " << k << " workers " << way.workers;
    });
  };
  for (const Order order : all_orders)
    for (const auto &[m, n, k] : {std::array{0, 3, 2}, std::array{3, 2, 0}, std::array{1, 1, 1},
                                  std::array{5, 7, 11}, std::array{67, 131, 401}}) {
      check(float(), m, n, k, order);
      check(double(), m, n, k, order);
    }
}

template <class T> void fill_integers(GuardedArray<T> &array, unsigned seed) {
  std::mt19937 random(seed);
  for (T &x : array)
    x = static_cast<T>(random());
}

/// Batches whose B is broadcast, and every dtype without floats.
TEST_F(RtProducts, OfIntegersInBatches) {
  const auto check = [&]<class T>(T) {
    constexpr std::int64_t m = 13, n = 17, k = 401;
    GuardedArray<T> a(6 * m * k), b(3 * k * n), c(6 * m * n), expected(6 * m * n);
    fill_integers(a, 1);
    fill_integers(b, 2);
    const std::int64_t sizes[] = {2, 3}, a_strides[] = {3 * m * k, m * k}, b_strides[] = {0, k * n},
                       c_strides[] = {3 * m * n, m * n};
    ContractArgs args;
    args.dtype = dtype_of<T>;
    args.m = m;
    args.n = n;
    args.k = k;
    args.a = a.begin();
    args.a_row_stride = k;
    args.a_col_stride = 1;
    args.b = b.begin();
    args.b_row_stride = n;
    args.b_col_stride = 1;
    args.c = expected.begin();
    args.c_row_stride = n;
    args.batch = {2, sizes, a_strides, b_strides, c_strides};
    contract(args, Isa::v3);
    args.c = c.begin();
    by_every_way([&](const Way &way) {
      std::fill(c.begin(), c.end(), T(1));
      run_rt(args, way);
      EXPECT_TRUE(std::ranges::equal(c, expected)) << name(args.dtype);
    });
  };
  check(std::int8_t());
  check(std::uint8_t());
  check(std::int16_t());
  check(std::uint16_t());
  check(std::int32_t());
  check(std::uint32_t());
  check(std::int64_t());
}

struct Tiles {
  float *c;
  std::int64_t m, n, row_stride;
  bool whole_rows;
  std::atomic<std::int64_t> elements{0};
};
void negate(void *context, std::int64_t, std::int64_t row, std::int64_t rows, std::int64_t column,
            std::int64_t columns) {
  Tiles &tiles = *static_cast<Tiles *>(context);
  EXPECT_TRUE(!tiles.whole_rows || columns == tiles.n);
  tiles.elements += rows * columns;
  for (std::int64_t i = row; i < row + rows; ++i)
    for (std::int64_t j = column; j < column + columns; ++j)
      tiles.c[i * tiles.row_stride + j] = -tiles.c[i * tiles.row_stride + j];
}

TEST_F(RtProducts, EndWithTheEpilogue) {
  for (const bool whole_rows : {false, true}) {
    Case<float> matrices(61, 70, 800);
    matrices.args.epilogue = {negate, nullptr, whole_rows};
    matrices.compute_reference();
    for (float &x : matrices.expected)
      x = -x;
    by_every_way([&](const Way &way) {
      std::fill(matrices.c.begin(), matrices.c.end(), Case<float>::untouched);
      Tiles tiles{matrices.c.begin(), 61, 70, matrices.args.c_row_stride, whole_rows};
      run_rt(matrices.args, way, negate, &tiles);
      EXPECT_EQ(tiles.elements, 61 * 70);
      ASSERT_NO_FATAL_FAILURE(matrices.expect_equal());
    });
  }
}

TEST(RtPool, RunsEachPieceOnce) {
  for (const std::int32_t threads : {1, 2, 5, 1000}) {
    void *pool = tj_rt1_pool_create(threads);
    ASSERT_NE(pool, nullptr);
    for (const std::int64_t pieces : {0, 1, 2, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(pieces));
      tj_rt1_run(
          pool, pieces,
          [](void *context, std::int64_t i) {
            ++(*static_cast<std::vector<std::atomic<int>> *>(context))[static_cast<std::size_t>(i)];
          },
          &calls);
      for (const std::atomic<int> &count : calls)
        EXPECT_EQ(count, 1);
    }
    tj_rt1_pool_destroy(pool);
  }
  tj_rt1_pool_destroy(nullptr);
}

TEST(RtPool, IsNoneWithoutThreads) {
  for (const std::int32_t threads : {0, -1, INT32_MIN})
    EXPECT_EQ(tj_rt1_pool_create(threads), nullptr);
}

TEST(RtPool, RunsPiecesOfPiecesAndOfOtherThreadsInline) {
  Pool pool(3);
  struct Sum {
    void *pool;
    std::atomic<int> count{0};
  } sum{pool.way(1).pool};
  const auto inner = [](void *context, std::int64_t) { ++static_cast<Sum *>(context)->count; };
  static constexpr auto add = +inner;
  const auto outer = [](void *context, std::int64_t) {
    tj_rt1_run(static_cast<Sum *>(context)->pool, 10, add, context);
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 20; ++repeat)
        tj_rt1_run(sum.pool, 10, outer, &sum);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(sum.count, 8 * 20 * 100);
}

TEST(RtOutside, HasTheFunctionsOfTheRuntimeInTheirOrder) {
  using F32 = void (*)(const float *, float *, std::int64_t);
  using F64 = void (*)(const double *, double *, std::int64_t);
  const float narrow[] = {1e30f, -3e8f, 1.5f};
  const double wide[] = {1e300, -3e18, 1.5};
  for (int i = 0; i < 3; ++i) {
    float expected[3], got[3];
    reinterpret_cast<F32>(scalar::outside_table[i])(narrow, expected, 3);
    reinterpret_cast<F32>(reinterpret_cast<std::uintptr_t>(tj_rt1_outside[i]))(narrow, got, 3);
    EXPECT_EQ(std::memcmp(expected, got, sizeof got), 0);
    double expected_wide[3], got_wide[3];
    reinterpret_cast<F64>(scalar::outside_table[3 + i])(wide, expected_wide, 3);
    reinterpret_cast<F64>(reinterpret_cast<std::uintptr_t>(tj_rt1_outside[3 + i]))(wide, got_wide,
                                                                                   3);
    EXPECT_EQ(std::memcmp(expected_wide, got_wide, sizeof got_wide), 0);
  }
}

} // namespace
} // namespace jit::test

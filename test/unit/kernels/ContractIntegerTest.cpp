// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions of integers and booleans against one sum at a time.
#include "test/unit/kernels/ContractCase.h"

namespace jit::test {
namespace {

/// One element in 64 bits that wrap; the element type then keeps its own bits of it.
template <class T>
T integer_reference(const T *a, std::int64_t a_step, const T *b, std::int64_t b_step,
                    std::int64_t k) {
  if constexpr (std::is_same_v<T, bool>) {
    bool any = false;
    for (std::int64_t i = 0; i < k; ++i)
      any = any || (a[i * a_step] && b[i * b_step]);
    return any;
  } else {
    std::uint64_t sum = 0;
    for (std::int64_t i = 0; i < k; ++i)
      sum += static_cast<std::uint64_t>(a[i * a_step]) * static_cast<std::uint64_t>(b[i * b_step]);
    return static_cast<T>(sum);
  }
}

template <class T> T any_value(std::mt19937_64 &random) {
  if constexpr (std::is_same_v<T, bool>)
    return random() % 16 == 0;
  else
    return static_cast<T>(random()); // all bits, so that sums and products wrap
}

template <class T>
void check_integers(std::int64_t m, std::int64_t n, std::int64_t k, Order a_order, Order b_order,
                    std::int64_t workers) {
  const Layout at = layout_of(a_order, m, k), bt = layout_of(b_order, k, n);
  GuardedArray<T> a(static_cast<std::size_t>(at.size)), b(static_cast<std::size_t>(bt.size)),
      c(static_cast<std::size_t>(m * n));
  std::mt19937_64 random(static_cast<std::uint64_t>(m + 71 * n + 5001 * k));
  for (T &x : a)
    x = any_value<T>(random);
  for (T &x : b)
    x = any_value<T>(random);
  ContractArgs args;
  args.dtype = dtype_of<T>;
  args.m = m;
  args.n = n;
  args.k = k;
  args.a = a.begin() + at.origin;
  args.a_row_stride = at.row_stride;
  args.a_col_stride = at.col_stride;
  args.b = b.begin() + bt.origin;
  args.b_row_stride = bt.row_stride;
  args.b_col_stride = bt.col_stride;
  args.c = c.begin();
  args.c_row_stride = n;
  std::vector<int> visits(static_cast<std::size_t>(m * n));
  auto visit = [&](std::int64_t row, std::int64_t rows, std::int64_t col, std::int64_t cols) {
    for (std::int64_t i = row; i < row + rows; ++i)
      for (std::int64_t j = col; j < col + cols; ++j)
        ++visits.at(static_cast<std::size_t>(i * n + j));
  };
  args.epilogue.context = &visit;
  args.epilogue.run = [](void *context, std::int64_t, std::int64_t row, std::int64_t rows,
                         std::int64_t col, std::int64_t cols) {
    (*static_cast<decltype(visit) *>(context))(row, rows, col, cols);
  };
  EXPECT_EQ(contract_scratch_bytes(args, detected_isa(), backwards(workers)), 0u);
  contract(args, detected_isa(), backwards(workers));
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      ASSERT_EQ(c[i * n + j],
                integer_reference(static_cast<const T *>(args.a) + i * at.row_stride, at.col_stride,
                                  static_cast<const T *>(args.b) + j * bt.col_stride, bt.row_stride,
                                  k))
          << name(args.dtype) << " row " << i << " col " << j;
  EXPECT_EQ(visits, std::vector<int>(visits.size(), 1));
}

template <class T> struct ContractInteger : ::testing::Test {};
using Integers = ::testing::Types<bool, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t,
                                  std::int32_t, std::uint32_t, std::int64_t>;
TYPED_TEST_SUITE(ContractInteger, Integers);

TYPED_TEST(ContractInteger, ShapesAndOrientations) {
  for (const auto &[m, n] : {std::pair{0, 3}, {1, 1}, {1, 40}, {40, 1}, {23, 17}})
    for (const std::int64_t k : {0, 1, 2, 300})
      for (const Order a : all_orders)
        for (const Order b : all_orders)
          for (const std::int64_t workers : {1, 3})
            ASSERT_NO_FATAL_FAILURE(check_integers<TypeParam>(m, n, k, a, b, workers));
}

TEST(ContractBoolean, ManyHitsStayTrue) {
  const std::vector<std::uint8_t> ones(256, 1);
  std::uint8_t c = 0;
  ContractArgs args;
  args.dtype = DType::boolean;
  args.m = args.n = 1;
  args.k = 256; // a sum of them would wrap to 0 in 8 bits
  args.a = args.b = ones.data();
  args.a_row_stride = args.b_col_stride = 256;
  args.a_col_stride = args.b_row_stride = 1;
  args.c = &c;
  args.c_row_stride = 1;
  contract(args, detected_isa());
  EXPECT_EQ(c, 1);
}

TEST(Isa, DetectedLevelIsSupported) {
  EXPECT_TRUE(isa_supported(detected_isa()));
  EXPECT_TRUE(isa_supported(Isa::v3) || !isa_supported(Isa::v4));
}

} // namespace
} // namespace jit::test

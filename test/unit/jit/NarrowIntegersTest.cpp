// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Traced programs of narrow integers: compiled, swapped in, with the bits of eager ones.
#include "test/unit/jit/CompiledTest.h"

#include <random>

namespace jit::test {
namespace {

constexpr DType integers[] = {DType::i8,  DType::u8,  DType::i16, DType::u16,
                              DType::i32, DType::u32, DType::i64};

class NarrowIntegers : public CompiledTest {};

/// Any bits, with extremes, zeros and minus ones among them.
Tensor any_integers(DType dtype, DimList shape, unsigned seed) {
  std::mt19937_64 random(seed);
  std::int64_t size = 1;
  for (const std::int64_t extent : shape)
    size *= extent;
  std::vector<std::int64_t> values(static_cast<std::size_t>(size));
  constexpr std::int64_t special[] = {0, -1, 1, 2, 127, 128, 32768, 65535, INT32_MIN, UINT32_MAX};
  for (std::int64_t &value : values)
    value = random() % 4 == 0 ? special[random() % std::size(special)]
                              : static_cast<std::int64_t>(random());
  return Tensor::copy_of(values, shape).astype(dtype);
}

/// Runs f(x, y) traced until it is compiled, and compares.
template <class F> void expect_compiled(F f, const Tensor &x, const Tensor &y) {
  SCOPED_TRACE(std::string(name(x.dtype())) + ", " + std::string(name(y.dtype())));
  const Tensor expected = plainly([&] { return f(x, y); });
  auto traced = trace(f);
  repeat(5, [&](int) { EXPECT_TRUE(same_bits(expected, traced(x, y))); });
  EXPECT_GE(hits(traced), 1u);
}

TEST_F(NarrowIntegers, ChainsWrap) {
  const auto chain = [](const Tensor &x, const Tensor &y) {
    Tensor z = x * y + 3 - (x & y);
    z = where(z < x, floor_divide(z, y), z % y);
    z = clip(z ^ (x << 3), 0, 100) + (y >> abs(x));
    return pow(z, 2) * -x;
  };
  for (const DType dtype : integers)
    for (const std::int64_t n : {1, 37, 4099})
      expect_compiled(chain, any_integers(dtype, {n}, 1), any_integers(dtype, {n}, 2));
}

TEST_F(NarrowIntegers, DTypesMix) {
  const auto mixed = [](const Tensor &x, const Tensor &y) {
    const Tensor sum = x + y;
    return where(x < y, sum, sum * 2) - where(equal(x, y), 1, 0);
  };
  for (const DType a : integers)
    for (const DType b : integers)
      expect_compiled(mixed, any_integers(a, {5, 67}, 1), any_integers(b, {67}, 2));
}

TEST_F(NarrowIntegers, Reductions) {
  const auto reduced = [](const Tensor &x, const Tensor &y) {
    const Tensor joint = x + y;
    Tensor total = sum(joint, {.axis = 1}) + max(joint, {.axis = 1}).astype(DType::i64) * 3;
    total = total - min(joint, {.axis = 1}).astype(DType::i64) + argmax(joint, {.axis = 1});
    return total.astype(DType::f64) + mean(joint, {.axis = 1}) +
           sum(joint, {.axis = 0, .dtype = DType::i16}).astype(DType::f64)(0);
  };
  for (const DType dtype : integers)
    expect_compiled(reduced, any_integers(dtype, {13, 331}, 1), any_integers(dtype, {13, 331}, 2));
}

TEST_F(NarrowIntegers, CastsThroughFloats) {
  // Integers wrap and floats saturate: a way through a float is no way from integer to integer.
  for (const DType between : {DType::f32, DType::f64, DType::i64, DType::u8})
    for (const DType to : integers) {
      const auto casts = [&](const Tensor &x, const Tensor &) {
        return x.astype(between).astype(to).astype(DType::f64) * 0.5;
      };
      for (const DType from : integers)
        expect_compiled(casts, any_integers(from, {300}, 1), zeros({1}));
    }
}

TEST_F(NarrowIntegers, IndexOfEveryDType) {
  const auto places = [](const Tensor &x, const Tensor &index) {
    const Tensor taken =
        take(x, index, 0) + one_hot(index, 7).astype(x.dtype())(ellipsis, slice(0, 3));
    return scatter_add(x, index, taken, 0);
  };
  for (const DType dtype : integers) {
    const Tensor index = (arange(40) % 7).astype(dtype);
    expect_compiled(places, any_integers(dtype, {7, 3}, 1), index);
  }
}

TEST_F(NarrowIntegers, MatricesWrap) {
  const auto product = [](const Tensor &x, const Tensor &y) {
    return matmul(x, y) + 1 - vecdot(x, matrix_transpose(y))(0);
  };
  for (const DType dtype : integers)
    expect_compiled(product, any_integers(dtype, {9, 70}, 1), any_integers(dtype, {70, 9}, 2));
}

TEST_F(NarrowIntegers, NumbersAreWeak) {
  const Tensor x = Tensor::copy_of({1, 2, 3}, {3});
  EXPECT_EQ(x.dtype(), DType::i32);
  EXPECT_EQ((x + 1).dtype(), DType::i32);
  EXPECT_EQ((x.astype(DType::i8) * 7).dtype(), DType::i8);
  EXPECT_EQ((x * 0.5).dtype(), DType::f32);
  EXPECT_EQ(sum(x).dtype(), DType::i64);
  EXPECT_EQ(arange(3).dtype(), DType::i64);
  EXPECT_EQ(full({2}, 3).dtype(), DType::i64);
  EXPECT_EQ(x(0).item<int>(), 1);
  EXPECT_EQ(x.to_vector<int>(), (std::vector<int>{1, 2, 3}));
  EXPECT_THROW(full({}, std::int64_t{1} << 40, DType::i64).item<int>(), Error);
}

} // namespace
} // namespace jit::test

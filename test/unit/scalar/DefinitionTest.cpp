// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Exact results of the element functions: special values of floats, wrapping of integers, casts.
#include "runtime/scalar/Functions.h"
#include "runtime/scalar/Plain.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

namespace jit::scalar_test {
namespace {

using plain::Lane;
plain::Emitter e;

template <class T> constexpr T inf = std::numeric_limits<T>::infinity();
template <class T> constexpr T nan = std::numeric_limits<T>::quiet_NaN();
template <class T> constexpr T tiny = std::numeric_limits<T>::denorm_min();

/// Same bits, or both NaN.
template <class T> bool same(T a, T b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}
#define EXPECT_SAME(got, expected)                                                                 \
  EXPECT_TRUE(same<T>((got).value, expected)) << #got << " is " << (got).value

template <class T> class FloatDefinition : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(FloatDefinition, Floats);

TYPED_TEST(FloatDefinition, Exponentials) {
  using T = TypeParam;
  using L = Lane<T>;
  EXPECT_SAME(scalar::exp(e, L{T(0)}), T(1));
  EXPECT_SAME(scalar::exp(e, L{-T(0)}), T(1));
  EXPECT_SAME(scalar::exp(e, L{inf<T>}), inf<T>);
  EXPECT_SAME(scalar::exp(e, L{-inf<T>}), T(0));
  EXPECT_SAME(scalar::exp(e, L{T(1000)}), inf<T>);
  EXPECT_SAME(scalar::exp(e, L{T(-1000)}), T(0));
  EXPECT_SAME(scalar::exp(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::exp(e, L{sizeof(T) == 4 ? T(-103.5) : T(-745)}), tiny<T>);
  EXPECT_SAME(scalar::sigmoid(e, L{inf<T>}), T(1));
  EXPECT_SAME(scalar::sigmoid(e, L{-inf<T>}), T(0));
  EXPECT_SAME(scalar::sigmoid(e, L{T(0)}), T(0.5));
  EXPECT_SAME(scalar::sigmoid(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::tanh(e, L{inf<T>}), T(1));
  EXPECT_SAME(scalar::tanh(e, L{-inf<T>}), T(-1));
  EXPECT_SAME(scalar::tanh(e, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::tanh(e, L{tiny<T>}), tiny<T>);
  EXPECT_SAME(scalar::tanh(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::sin(e, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::sin(e, L{tiny<T>}), tiny<T>);
  EXPECT_SAME(scalar::sin(e, L{inf<T>}), nan<T>);
  EXPECT_SAME(scalar::cos(e, L{-T(0)}), T(1));
  EXPECT_SAME(scalar::cos(e, L{nan<T>}), nan<T>);
}

TYPED_TEST(FloatDefinition, LogAndRoots) {
  using T = TypeParam;
  using L = Lane<T>;
  EXPECT_SAME(scalar::log(e, L{T(1)}), T(0));
  EXPECT_SAME(scalar::log(e, L{T(0)}), -inf<T>);
  EXPECT_SAME(scalar::log(e, L{-T(0)}), -inf<T>);
  EXPECT_SAME(scalar::log(e, L{inf<T>}), inf<T>);
  EXPECT_SAME(scalar::log(e, L{-inf<T>}), nan<T>);
  EXPECT_SAME(scalar::log(e, L{-tiny<T>}), nan<T>);
  EXPECT_SAME(scalar::log(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::sqrt(e, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::sqrt(e, L{T(-1)}), nan<T>);
  EXPECT_SAME(scalar::rsqrt(e, L{T(0)}), inf<T>);
  EXPECT_SAME(scalar::rsqrt(e, L{-T(0)}), -inf<T>);
  EXPECT_SAME(scalar::rsqrt(e, L{inf<T>}), T(0));
  EXPECT_SAME(scalar::rsqrt(e, L{T(4)}), T(0.5));
}

TYPED_TEST(FloatDefinition, ErfAndGelu) {
  using T = TypeParam;
  using L = Lane<T>;
  EXPECT_SAME(scalar::erf(e, L{inf<T>}), T(1));
  EXPECT_SAME(scalar::erf(e, L{-inf<T>}), T(-1));
  EXPECT_SAME(scalar::erf(e, L{T(6)}), T(1));
  EXPECT_SAME(scalar::erf(e, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::erf(e, L{tiny<T>}), tiny<T>);
  EXPECT_SAME(scalar::erf(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::gelu(e, L{inf<T>}), inf<T>);
  EXPECT_SAME(scalar::gelu(e, L{-inf<T>}), -T(0));
  EXPECT_SAME(scalar::gelu(e, L{T(0)}), T(0));
  EXPECT_SAME(scalar::gelu(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::gelu(e, L{tiny<T>}), tiny<T>);
  EXPECT_SAME(scalar::gelu(e, L{std::numeric_limits<T>::max()}), std::numeric_limits<T>::max());
  EXPECT_SAME(scalar::gelu(e, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::gelu(e, L{T(100)}), T(100));
  EXPECT_SAME(scalar::gelu(e, L{T(-100)}), -T(0));
}

/// Functions of one operand whose special values the C library has too.
TYPED_TEST(FloatDefinition, SpecialValues) {
  using T = TypeParam;
  const T largest = std::numeric_limits<T>::max(), smallest = std::numeric_limits<T>::min();
  const T beyond = std::nextafter(T(1), T(2));
  const T values[] = {T(0),   tiny<T>, smallest, T(0.5), T(1),
                      beyond, T(1e4),  largest,  inf<T>, nan<T>};
#define EXPECT_AS_LIBRARY(f)                                                                       \
  for (T magnitude : values)                                                                       \
    for (T x : {magnitude, -magnitude}) {                                                          \
      T got = scalar::f(e, Lane<T>{x}).value, expected = std::f(x);                                \
      if (std::isfinite(expected) && expected != 0)                                                \
        EXPECT_LE(std::fabs(got - expected),                                                       \
                  3 * std::max(std::numeric_limits<T>::epsilon() * std::fabs(expected), tiny<T>))  \
            << #f << " of " << x << " is " << got << ", not " << expected;                         \
      else                                                                                         \
        EXPECT_TRUE(same<T>(got, expected)) << #f << " of " << x << " is " << got;                 \
    }
  EXPECT_AS_LIBRARY(expm1)
  EXPECT_AS_LIBRARY(log1p)
  EXPECT_AS_LIBRARY(exp2)
  EXPECT_AS_LIBRARY(log2)
  EXPECT_AS_LIBRARY(log10)
  EXPECT_AS_LIBRARY(atan)
  EXPECT_AS_LIBRARY(sinh)
  EXPECT_AS_LIBRARY(cosh)
  EXPECT_AS_LIBRARY(asin)
  EXPECT_AS_LIBRARY(acos)
  EXPECT_AS_LIBRARY(asinh)
  EXPECT_AS_LIBRARY(acosh)
  EXPECT_AS_LIBRARY(atanh)
  EXPECT_AS_LIBRARY(erfc)
#undef EXPECT_AS_LIBRARY
  using L = Lane<T>;
  EXPECT_SAME(scalar::tan(e, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::tan(e, L{tiny<T>}), tiny<T>);
  EXPECT_SAME(scalar::tan(e, L{inf<T>}), nan<T>);
  EXPECT_SAME(scalar::tan(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::erfc(e, L{T(0)}), T(1));
  EXPECT_SAME(scalar::erfc(e, L{-tiny<T>}), T(1));
  EXPECT_SAME(scalar::cosh(e, L{tiny<T>}), T(1));
  EXPECT_SAME(scalar::acos(e, L{T(1)}), T(0));
  for (T x : {tiny<T>, -tiny<T>, 3 * tiny<T>, smallest, -smallest}) {
    EXPECT_SAME(scalar::expm1(e, L{x}), x);
    EXPECT_SAME(scalar::log1p(e, L{x}), x);
    EXPECT_SAME(scalar::sinh(e, L{x}), x);
    EXPECT_SAME(scalar::asinh(e, L{x}), x);
    EXPECT_SAME(scalar::atanh(e, L{x}), x);
    EXPECT_SAME(scalar::asin(e, L{x}), x);
    EXPECT_SAME(scalar::atan(e, L{x}), x);
  }
}

TYPED_TEST(FloatDefinition, PowersOfTheBaseAreExact) {
  using T = TypeParam;
  using L = Lane<T>;
  using Limits = std::numeric_limits<T>;
  for (int n = Limits::min_exponent - Limits::digits; n < Limits::max_exponent; ++n) {
    const T power = std::ldexp(T(1), n);
    EXPECT_SAME(scalar::exp2(e, L{T(n)}), power);
    EXPECT_SAME(scalar::log2(e, L{power}), T(n));
  }
  T power = 1;
  for (int n = 0; n <= (sizeof(T) == 4 ? 10 : 22); ++n, power *= 10)
    EXPECT_SAME(scalar::log10(e, L{power}), T(n));
}

TYPED_TEST(FloatDefinition, FunctionsOfTwoNumbers) {
  using T = TypeParam;
  using L = Lane<T>;
  const T largest = std::numeric_limits<T>::max();
  const T values[] = {T(0), tiny<T>, T(0.5), T(1), T(1e4), largest, inf<T>, nan<T>};
  for (T first : values)
    for (T second : values)
      for (int signs = 0; signs < 4; ++signs) {
        const T x = signs & 1 ? -first : first, y = signs & 2 ? -second : second;
        const auto check = [&](const char *name, T got, T expected) {
          if (std::isfinite(expected) && expected != 0)
            EXPECT_LE(
                std::fabs(got - expected),
                3 * std::max(std::numeric_limits<T>::epsilon() * std::fabs(expected), tiny<T>))
                << name << " of " << x << ", " << y << " is " << got << ", not " << expected;
          else
            EXPECT_TRUE(same<T>(got, expected)) << name << " of " << x << ", " << y << ": " << got;
        };
        check("atan2", scalar::atan2(e, L{x}, L{y}).value, std::atan2(x, y));
        check("hypot", scalar::hypot(e, L{x}, L{y}).value, std::hypot(x, y));
      }
  const auto sum = [](T x, T y) { return scalar::logaddexp(e, L{x}, L{y}); };
  EXPECT_SAME(sum(inf<T>, inf<T>), inf<T>);
  EXPECT_SAME(sum(-inf<T>, -inf<T>), -inf<T>);
  EXPECT_SAME(sum(inf<T>, -inf<T>), inf<T>);
  EXPECT_SAME(sum(-inf<T>, T(2)), T(2));
  EXPECT_SAME(sum(T(2), -inf<T>), T(2));
  EXPECT_SAME(sum(nan<T>, inf<T>), nan<T>);
  EXPECT_SAME(sum(T(1), nan<T>), nan<T>);
  EXPECT_SAME(sum(largest, -largest), largest);
  EXPECT_SAME(sum(T(0), T(0)), T(0x1.62e42fefa39efp-1));
}

TYPED_TEST(FloatDefinition, SignsAndChoices) {
  using T = TypeParam;
  using L = Lane<T>;
  EXPECT_SAME(scalar::sign(e, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::sign(e, L{-tiny<T>}), T(-1));
  EXPECT_SAME(scalar::sign(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::relu(e, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::relu(e, L{T(-3)}), T(0));
  EXPECT_SAME(scalar::relu(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::floor(e, L{T(-0.25)}), T(-1));
  EXPECT_SAME(scalar::minimum(e, L{T(0)}, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::minimum(e, L{-T(0)}, L{T(0)}), -T(0));
  EXPECT_SAME(scalar::maximum(e, L{T(0)}, L{-T(0)}), T(0));
  EXPECT_SAME(scalar::maximum(e, L{-T(0)}, L{T(0)}), T(0));
  EXPECT_SAME(scalar::maximum(e, L{nan<T>}, L{T(1)}), nan<T>);
  EXPECT_SAME(scalar::maximum(e, L{T(1)}, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::minimum(e, L{nan<T>}, L{-inf<T>}), nan<T>);
  EXPECT_SAME(scalar::minimum(e, L{T(-2)}, L{T(3)}), T(-2));
  EXPECT_SAME(scalar::maximum(e, L{T(-2)}, L{T(3)}), T(3));
  EXPECT_SAME(scalar::clip(e, L{T(5)}, L{T(-1)}, L{T(1)}), T(1));
  EXPECT_SAME(scalar::clip(e, L{nan<T>}, L{T(-1)}, L{T(1)}), nan<T>);
  EXPECT_TRUE(scalar::not_equal(e, L{nan<T>}, L{nan<T>}).value);
  EXPECT_FALSE(scalar::equal(e, L{nan<T>}, L{nan<T>}).value);
  EXPECT_FALSE(scalar::greater_equal(e, L{nan<T>}, L{T(0)}).value);
  EXPECT_TRUE(scalar::equal(e, L{T(0)}, L{-T(0)}).value);
  EXPECT_TRUE(scalar::isnan(e, L{nan<T>}).value);
}

TYPED_TEST(FloatDefinition, RoundingToIntegralValues) {
  using T = TypeParam;
  using L = Lane<T>;
  EXPECT_SAME(scalar::ceil(e, L{T(-0.25)}), -T(0));
  EXPECT_SAME(scalar::ceil(e, L{tiny<T>}), T(1));
  EXPECT_SAME(scalar::ceil(e, L{-T(0)}), -T(0));
  EXPECT_SAME(scalar::ceil(e, L{-inf<T>}), -inf<T>);
  EXPECT_SAME(scalar::ceil(e, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::trunc(e, L{T(-1.75)}), T(-1));
  EXPECT_SAME(scalar::trunc(e, L{T(-0.75)}), -T(0));
  EXPECT_SAME(scalar::trunc(e, L{inf<T>}), inf<T>);
  EXPECT_SAME(scalar::round(e, L{T(0.5)}), T(0));
  EXPECT_SAME(scalar::round(e, L{T(-0.5)}), -T(0));
  EXPECT_SAME(scalar::round(e, L{T(2.5)}), T(2));
  EXPECT_SAME(scalar::round(e, L{T(3.5)}), T(4));
  EXPECT_SAME(scalar::round(e, L{T(1e30)}), T(1e30));
  EXPECT_SAME(scalar::round(e, L{nan<T>}), nan<T>);
}

TYPED_TEST(FloatDefinition, SignsNeighboursAndKinds) {
  using T = TypeParam;
  using L = Lane<T>;
  constexpr T largest = std::numeric_limits<T>::max();
  EXPECT_TRUE(scalar::isfinite(e, L{-largest}).value);
  EXPECT_FALSE(scalar::isfinite(e, L{inf<T>}).value);
  EXPECT_FALSE(scalar::isfinite(e, L{nan<T>}).value);
  EXPECT_TRUE(scalar::isinf(e, L{-inf<T>}).value);
  EXPECT_FALSE(scalar::isinf(e, L{nan<T>}).value);
  EXPECT_TRUE(scalar::signbit(e, L{-T(0)}).value);
  EXPECT_TRUE(scalar::signbit(e, L{-inf<T>}).value);
  EXPECT_FALSE(scalar::signbit(e, L{T(0)}).value);
  EXPECT_FALSE(scalar::signbit(e, L{-nan<T>}).value);
  EXPECT_SAME(scalar::copysign(e, L{T(3)}, L{-T(0)}), T(-3));
  EXPECT_SAME(scalar::copysign(e, L{T(-3)}, L{-nan<T>}), T(3));
  EXPECT_SAME(scalar::copysign(e, L{-inf<T>}, L{T(1)}), inf<T>);
  const T values[] = {T(0),  -T(0),   tiny<T>, -tiny<T>, T(1),
                      T(-1), largest, inf<T>,  -inf<T>,  nan<T>};
  for (const T x : values)
    for (const T y : values)
      EXPECT_SAME(scalar::nextafter(e, L{x}, L{y}), std::nextafter(x, y)) << x << " " << y;
}

TYPED_TEST(FloatDefinition, FunctionsMadeOfOthers) {
  using T = TypeParam;
  using L = Lane<T>;
  EXPECT_SAME(scalar::reciprocal(e, L{-T(0)}), -inf<T>);
  EXPECT_SAME(scalar::silu(e, L{T(0)}), T(0));
  EXPECT_SAME(scalar::silu(e, L{T(200)}), T(200));
  EXPECT_SAME(scalar::hardsigmoid(e, L{T(-4)}), T(0));
  EXPECT_SAME(scalar::hardsigmoid(e, L{inf<T>}), T(1));
  EXPECT_SAME(scalar::hardswish(e, L{T(3)}), T(3));
  EXPECT_SAME(scalar::gelu_tanh(e, L{T(100)}), T(100));
  EXPECT_SAME(scalar::softsign(e, L{T(-1)}), T(-0.5));
  EXPECT_SAME(scalar::softplus(e, L{T(1000)}), T(1000));
  EXPECT_SAME(scalar::softplus(e, L{-inf<T>}), T(0));
  EXPECT_SAME(scalar::log_sigmoid(e, L{T(-1000)}), T(-1000));
  EXPECT_SAME(scalar::log_sigmoid(e, L{inf<T>}), -T(0));
  EXPECT_SAME(scalar::mish(e, L{T(100)}), T(100));
  EXPECT_SAME(scalar::elu(e, L{-inf<T>}, L{T(2)}), T(-2));
  EXPECT_SAME(scalar::elu(e, L{T(3)}, L{T(2)}), T(3));
  EXPECT_SAME(scalar::bce_with_logits(e, L{T(1000)}, L{T(1)}), T(0));
  EXPECT_SAME(scalar::bce_with_logits(e, L{T(-1000)}, L{T(1)}), T(1000));
  EXPECT_SAME(scalar::leaky_relu(e, L{T(-2)}, L{T(0.25)}), T(-0.5));
  EXPECT_SAME(scalar::leaky_relu(e, L{nan<T>}, L{T(0.25)}), nan<T>);
  EXPECT_SAME(scalar::xlogy(e, L{T(0)}, L{T(0)}), T(0));
  EXPECT_SAME(scalar::xlogy(e, L{T(0)}, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::lerp(e, L{T(1)}, L{T(1e30)}, L{T(0)}), T(1));
  EXPECT_SAME(scalar::lerp(e, L{T(1e30)}, L{T(1)}, L{T(1)}), T(1));
  EXPECT_SAME(scalar::smooth_l1(e, L{T(1)}, L{T(2)}, L{T(1)}), T(0.5));
  EXPECT_SAME(scalar::smooth_l1(e, L{T(1)}, L{T(1.5)}, L{T(1)}), T(0.125));
}

TYPED_TEST(FloatDefinition, Remainders) {
  using T = TypeParam;
  using L = Lane<T>;
  EXPECT_SAME(scalar::remainder(e, L{T(-7)}, L{T(3)}), T(2));
  EXPECT_SAME(scalar::remainder(e, L{T(7)}, L{T(-3)}), T(-2));
  EXPECT_SAME(scalar::remainder(e, L{T(-6)}, L{T(3)}), T(0));
  EXPECT_SAME(scalar::remainder(e, L{T(6)}, L{T(-3)}), -T(0));
  EXPECT_SAME(scalar::remainder(e, L{T(1)}, L{T(0)}), nan<T>);
  EXPECT_SAME(scalar::remainder(e, L{inf<T>}, L{T(3)}), nan<T>);
  EXPECT_SAME(scalar::remainder(e, L{T(5)}, L{inf<T>}), T(5));
  EXPECT_SAME(scalar::remainder(e, L{T(-5)}, L{inf<T>}), inf<T>);
  EXPECT_SAME(scalar::remainder(e, L{nan<T>}, L{T(1)}), nan<T>);
  EXPECT_SAME(scalar::remainder(e, L{T(1)}, L{nan<T>}), nan<T>);
  EXPECT_SAME(scalar::floor_divide(e, L{T(-7)}, L{T(3)}), T(-3));
  EXPECT_SAME(scalar::floor_divide(e, L{T(1)}, L{T(0)}), inf<T>);
  EXPECT_SAME(scalar::floor_divide(e, L{T(-1)}, L{T(4)}), T(-1));
  EXPECT_SAME(scalar::floor_divide(e, L{T(-1)}, L{inf<T>}), T(-1));
  EXPECT_SAME(scalar::floor_divide(e, L{T(1)}, L{-inf<T>}), T(-1));
  EXPECT_SAME(scalar::floor_divide(e, L{T(1)}, L{inf<T>}), T(0));
  constexpr T large = std::numeric_limits<T>::max();
  EXPECT_SAME(scalar::floor_divide(e, L{large}, L{-large / 2}), T(-2));
  EXPECT_SAME(scalar::floor_divide(e, L{large}, L{large / T(-1.5)}), T(-2));
  EXPECT_SAME(scalar::floor_divide(e, L{-T(0)}, L{T(4)}), -T(0));
}

/// All exponents and all their differences.
TYPED_TEST(FloatDefinition, FmodIsExact) {
  using T = TypeParam;
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  std::mt19937_64 random(11);
  const auto draw = [&] {
    T x = std::bit_cast<T>(static_cast<Bits>(random()));
    if (random() % 4 == 0) // denormal, with few bits
      x = std::bit_cast<T>(
          static_cast<Bits>(random() >> (64 - sizeof(T) * 8) >>
                            (sizeof(T) == 4 ? 9 + random() % 23 : 12 + random() % 52)));
    return x;
  };
  for (int i = 0; i < 300'000; ++i) {
    const T y = draw();
    T x = i % 5 == 0 ? y * static_cast<T>(random() % 1000) : draw();
    if (i % 10 == 0)
      x = std::nextafter(x, inf<T>);
    EXPECT_SAME(scalar::fmod(e, Lane<T>{x}, Lane<T>{y}), std::fmod(x, y)) << x << " " << y;
  }
}

TEST(IntDefinition, DivisionsRoundDown) {
  using L = Lane<std::int64_t>;
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  const auto divide = [](std::int64_t x, std::int64_t y) {
    return std::pair(scalar::floor_divide(e, L{x}, L{y}).value,
                     scalar::remainder(e, L{x}, L{y}).value);
  };
  using Pair = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(divide(7, 3), Pair(2, 1));
  EXPECT_EQ(divide(-7, 3), Pair(-3, 2));
  EXPECT_EQ(divide(7, -3), Pair(-3, -2));
  EXPECT_EQ(divide(-7, -3), Pair(2, -1));
  EXPECT_EQ(divide(-6, 3), Pair(-2, 0));
  EXPECT_EQ(divide(5, 0), Pair(0, 0));
  EXPECT_EQ(divide(5, -1), Pair(-5, 0));
  EXPECT_EQ(divide(lowest, -1), Pair(lowest, 0));
  EXPECT_EQ(divide(lowest, 1), Pair(lowest, 0));
  EXPECT_EQ(divide(lowest, lowest + 1), Pair(1, -1));
}

TEST(IntDefinition, BitsAndShifts) {
  using L = Lane<std::int64_t>;
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(scalar::bitwise_invert(e, L{5}).value, -6);
  EXPECT_EQ(scalar::left_shift(e, L{3}, L{62}).value, lowest + (std::int64_t{1} << 62));
  EXPECT_EQ(scalar::left_shift(e, L{3}, L{64}).value, 0);
  EXPECT_EQ(scalar::left_shift(e, L{3}, L{-1}).value, 0);
  EXPECT_EQ(scalar::right_shift(e, L{-5}, L{1}).value, -3);
  EXPECT_EQ(scalar::right_shift(e, L{-5}, L{63}).value, -1);
  EXPECT_EQ(scalar::right_shift(e, L{-5}, L{64}).value, 0);
}

/// The library's pow follows the special cases of IEEE 754.
TYPED_TEST(FloatDefinition, PowSpecialCases) {
  using T = TypeParam;
  using L = Lane<T>;
  const T values[] = {
      T(0), tiny<T>, T(0.5),      T(1),   T(1.5), T(2),   T(3),
      T(4), T(1e9),  T(1e9) + 64, inf<T>, nan<T>, T(2.5), std::numeric_limits<T>::max()};
  for (T x_magnitude : values)
    for (T y_magnitude : values)
      for (int signs = 0; signs < 4; ++signs) {
        T x = signs & 1 ? -x_magnitude : x_magnitude, y = signs & 2 ? -y_magnitude : y_magnitude;
        T expected = std::pow(x, y), got = scalar::pow(e, L{x}, L{y}).value;
        // Ordinary results may differ in the last place.
        bool ordinary = std::isfinite(expected) && expected != 0 && std::fabs(expected) != 1;
        if (ordinary)
          EXPECT_LE(std::fabs(got / expected - 1), 4 * std::numeric_limits<T>::epsilon())
              << x << " ^ " << y;
        else
          EXPECT_TRUE(same<T>(got, expected)) << x << " ^ " << y << " = " << got;
      }
}

TEST(IntDefinition, Wraps) {
  using L = Lane<std::int64_t>;
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(scalar::add(e, L{high}, L{1}).value, low);
  EXPECT_EQ(scalar::negative(e, L{low}).value, low);
  EXPECT_EQ(scalar::abs(e, L{low}).value, low);
  EXPECT_EQ(scalar::abs(e, L{-7}).value, 7);
  EXPECT_EQ(scalar::sign(e, L{low}).value, -1);
  EXPECT_EQ(scalar::pow(e, L{3}, L{5}).value, 243);
  EXPECT_EQ(scalar::pow(e, L{2}, L{64}).value, 0);
  EXPECT_EQ(scalar::pow(e, L{3}, L{high}).value, -6148914691236517205);
  EXPECT_EQ(scalar::pow(e, L{-1}, L{-3}).value, -1);
  EXPECT_EQ(scalar::pow(e, L{-1}, L{low}).value, 1);
  EXPECT_EQ(scalar::pow(e, L{1}, L{-3}).value, 1);
  EXPECT_EQ(scalar::pow(e, L{0}, L{-3}).value, 0);
  EXPECT_EQ(scalar::pow(e, L{2}, L{-1}).value, 0);
  EXPECT_EQ(scalar::pow(e, L{0}, L{0}).value, 1);
}

TEST(BoolDefinition, ComputesInIntegers) {
  using B = plain::Emitter::M32;
  EXPECT_TRUE(scalar::add(e, B{true}, B{true}).value);
  EXPECT_FALSE(scalar::multiply(e, B{true}, B{false}).value);
  EXPECT_TRUE(scalar::less(e, B{false}, B{true}).value);
}

TEST(Cast, SaturatesTruncatesAndWraps) {
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  auto i64 = [](auto x) { return scalar::cast<std::int64_t>(e, Lane<decltype(x)>{x}).value; };
  auto u8 = [](auto x) { return scalar::cast<std::uint8_t>(e, Lane<decltype(x)>{x}).value; };
  EXPECT_EQ(i64(2.9), 2);
  EXPECT_EQ(i64(-2.9f), -2);
  EXPECT_EQ(i64(nan<double>), 0);
  EXPECT_EQ(i64(1e30f), high);
  EXPECT_EQ(i64(-inf<double>), low);
  EXPECT_EQ(i64(0x1p63), high);
  EXPECT_EQ(i64(0x1.fffffffffffffp62), 0x7ffffffffffffc00);
  EXPECT_EQ(i64(-0x1p63), low);
  EXPECT_EQ(u8(300.0f), 255);
  EXPECT_EQ(u8(-1.0), 0);
  EXPECT_EQ(u8(255.9), 255);
  EXPECT_EQ(u8(nan<float>), 0);
  EXPECT_EQ(u8(std::int64_t{-1}), 255);
  EXPECT_EQ(u8(std::int64_t{0x1234}), 0x34);
  EXPECT_TRUE(scalar::cast<bool>(e, Lane<float>{nan<float>}).value);
  EXPECT_FALSE(scalar::cast<bool>(e, Lane<double>{-0.0}).value);
  EXPECT_TRUE(scalar::cast<bool>(e, Lane<double>{tiny<double>}).value);
  // One rounding: through f64 the first would give 0x1p60.
  EXPECT_EQ(scalar::cast<float>(e, Lane<std::int64_t>{0x1000001000000001}).value, 0x1.000002p60f);
  EXPECT_EQ(scalar::cast<float>(e, Lane<std::int64_t>{0x1000000fffffffff}).value, 0x1p60f);
}

/// The reference vectors that come with the generator's authors' library.
TEST(Philox, KnownAnswers) {
  using I = plain::Emitter::I32;
  auto word = [](std::uint32_t c) { return I{static_cast<std::int32_t>(c)}; };
  auto check = [](std::array<I, 4> got, std::array<std::uint32_t, 4> expected) {
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(static_cast<std::uint32_t>(got[i].value), expected[i]);
  };
  const I zero = word(0), ones = word(0xffffffff);
  check(scalar::philox(e, {zero, zero, zero, zero}, {zero, zero}),
        {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  check(scalar::philox(e, {ones, ones, ones, ones}, {ones, ones}),
        {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  check(scalar::philox(e, {word(0x243f6a88), word(0x85a308d3), word(0x13198a2e), word(0x03707344)},
                       {word(0xa4093822), word(0x299f31d0)}),
        {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST(Philox, UpperHalfOfProducts) {
  std::uint64_t x = 0x123456789abcdef, y = 0xfedcba9876543210;
  for (int i = 0; i < 1000; ++i) {
    auto expected = static_cast<std::uint64_t>((static_cast<unsigned __int128>(x) * y) >> 64);
    auto got = scalar::mulhi_unsigned(e, Lane<std::int64_t>{std::int64_t(x)},
                                      Lane<std::int64_t>{std::int64_t(y)});
    ASSERT_EQ(static_cast<std::uint64_t>(got.value), expected);
    x = x * 6364136223846793005u + 1442695040888963407u;
    y = y * 2862933555777941757u + 3037000493u;
  }
}

} // namespace
} // namespace jit::scalar_test

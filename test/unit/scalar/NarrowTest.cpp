// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integers in wider lanes against plain C++: all pairs of 8-bit ones, edges of the others.
#include "runtime/base/WithDType.h"
#include "runtime/scalar/Functions.h"
#include "runtime/scalar/Plain.h"
#include "test/unit/scalar/Inputs.h"

#include <gtest/gtest.h>

#include <cmath>

namespace jit::scalar_test {
namespace {

using plain::Emitter;

#define TRACEJIT_FUNCTION(name)                                                                    \
  struct name##_function {                                                                         \
    template <class... V>                                                                          \
    static auto apply(Emitter &e, V... v) -> decltype(scalar::name(e, v...)) {                     \
      return scalar::name(e, v...);                                                                \
    }                                                                                              \
  };
TRACEJIT_FUNCTION(add)
TRACEJIT_FUNCTION(subtract)
TRACEJIT_FUNCTION(multiply)
TRACEJIT_FUNCTION(floor_divide)
TRACEJIT_FUNCTION(remainder)
TRACEJIT_FUNCTION(pow)
TRACEJIT_FUNCTION(minimum)
TRACEJIT_FUNCTION(maximum)
TRACEJIT_FUNCTION(left_shift)
TRACEJIT_FUNCTION(right_shift)
TRACEJIT_FUNCTION(bitwise_xor)
TRACEJIT_FUNCTION(less)
TRACEJIT_FUNCTION(negative)
TRACEJIT_FUNCTION(abs)
TRACEJIT_FUNCTION(bitwise_invert)
TRACEJIT_FUNCTION(sign)
#undef TRACEJIT_FUNCTION

/// The lane of the result, which must hold a value of T.
template <class Function, class T, class... U> std::int64_t lane_of(T x, U... more) {
  Emitter e;
  using V = scalar::Value<Emitter, T>;
  return scalar::apply_to<T, Function>(e, V{x}, V{more}...).value;
}
template <class T> std::int64_t wrapped(__int128 x) { return static_cast<T>(x); }

__int128 divided_down(__int128 x, __int128 y) {
  if (y == 0)
    return 0;
  return x / y - (x % y != 0 && (x < 0) != (y < 0));
}

template <class T> std::int64_t power(T x, T y) {
  if (y < 0)
    return x == 1 ? 1 : std::int64_t{x} == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
  T product = 1;
  for (std::int64_t i = 0; i < std::int64_t{y}; ++i)
    product = static_cast<T>(static_cast<std::uint64_t>(product) * static_cast<std::uint64_t>(x));
  return product;
}

template <class T> void check_pair(T x, T y) {
  const __int128 a = x, b = y;
  constexpr int width = 8 * sizeof(T);
  const bool fits = b >= 0 && b < width;
  EXPECT_EQ(lane_of<add_function>(x, y), wrapped<T>(a + b));
  EXPECT_EQ(lane_of<subtract_function>(x, y), wrapped<T>(a - b));
  EXPECT_EQ(lane_of<multiply_function>(x, y), wrapped<T>(a * b));
  const __int128 quotient = divided_down(a, b);
  EXPECT_EQ(lane_of<floor_divide_function>(x, y), wrapped<T>(quotient));
  EXPECT_EQ(lane_of<remainder_function>(x, y), wrapped<T>(b == 0 ? 0 : a - quotient * b));
  EXPECT_EQ(lane_of<minimum_function>(x, y), std::int64_t{x < y ? x : y});
  EXPECT_EQ(lane_of<maximum_function>(x, y), std::int64_t{x < y ? y : x});
  EXPECT_EQ(lane_of<left_shift_function>(x, y), fits ? wrapped<T>(a << int(b)) : 0);
  EXPECT_EQ(lane_of<right_shift_function>(x, y), fits ? wrapped<T>(a >> int(b)) : 0);
  EXPECT_EQ(lane_of<bitwise_xor_function>(x, y), wrapped<T>(a ^ b));
  EXPECT_EQ(lane_of<less_function>(x, y), x < y);
  if (sizeof(T) == 1 || b < 300) {
    EXPECT_EQ(lane_of<pow_function>(x, y), power(x, y));
  }
}

template <class T> void check_one(T x) {
  const __int128 a = x;
  EXPECT_EQ(lane_of<negative_function>(x), wrapped<T>(-a));
  EXPECT_EQ(lane_of<abs_function>(x), wrapped<T>(a < 0 ? -a : a));
  EXPECT_EQ(lane_of<bitwise_invert_function>(x), wrapped<T>(~a));
  EXPECT_EQ(lane_of<sign_function>(x), (a > 0) - (a < 0));
}

template <class T> class NarrowIntegers : public ::testing::Test {};
using Types = ::testing::Types<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                               std::uint32_t, std::int64_t>;
TYPED_TEST_SUITE(NarrowIntegers, Types);

TYPED_TEST(NarrowIntegers, ComputeAsPlainCpp) {
  using T = TypeParam;
  std::vector<T> values = edges<T>();
  if constexpr (sizeof(T) == 1)
    for (int x = 0; x < 256; ++x)
      values.push_back(static_cast<T>(x));
  for (const T x : values) {
    check_one(x);
    for (const T y : values) {
      SCOPED_TRACE(std::to_string(x) + ", " + std::to_string(y));
      check_pair(x, y);
      if (this->HasFailure())
        return;
    }
  }
}

/// Integers wrap, floats truncate and saturate, NaN is 0; what is true is not 0.
template <class To, class From> To converted(From x) {
  if constexpr (std::same_as<To, bool>) {
    return x != From(0);
  } else if constexpr (std::floating_point<From> && std::integral<To>) {
    if (std::isnan(x))
      return 0;
    const auto whole = static_cast<long double>(std::trunc(x)); // holds every i64
    using L = std::numeric_limits<To>;
    return whole <= static_cast<long double>(L::min())   ? L::min()
           : whole >= static_cast<long double>(L::max()) ? L::max()
                                                         : static_cast<To>(whole);
  } else {
    return static_cast<To>(x);
  }
}

TEST(Cast, AllPairsOfDTypes) {
  constexpr DType dtypes[] = {DType::boolean, DType::i8,  DType::u8,  DType::i16, DType::u16,
                              DType::i32,     DType::u32, DType::i64, DType::f32, DType::f64};
  Emitter e;
  const auto check = [&]<class From, class To>(From x) {
    const auto lane = scalar::cast<To>(e, scalar::Value<Emitter, From>{x});
    const To expected = converted<To>(x);
    const auto whole = static_cast<decltype(lane.value)>(expected);
    EXPECT_TRUE(std::memcmp(&lane.value, &whole, sizeof whole) == 0 ||
                (lane.value != lane.value && whole != whole))
        << name(dtype_of<From>) << " " << +x << " as " << name(dtype_of<To>) << " is "
        << +lane.value << ", not " << +whole;
  };
  for (const DType from : dtypes)
    for (const DType to : dtypes)
      with_dtype(from, [&]<class From>(std::type_identity<From>) {
        with_dtype(to, [&]<class To>(std::type_identity<To>) {
          for (const From x : edges<From>())
            check.template operator()<From, To>(x);
        });
      });
}

} // namespace
} // namespace jit::scalar_test

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names, sizes and classes of element types.
#include "runtime/base/WithDType.h"

#include <gtest/gtest.h>

#include <string>

namespace jit {
namespace {

struct Expected {
  DType dtype;
  std::string_view name;
  std::size_t itemsize;
  bool supported, is_float, is_integer, is_unsigned;
};

constexpr Expected table[] = {
    {DType::boolean, "bool", 1, true, false, false, false},
    {DType::i8, "i8", 1, true, false, true, false},
    {DType::u8, "u8", 1, true, false, true, true},
    {DType::i16, "i16", 2, true, false, true, false},
    {DType::u16, "u16", 2, true, false, true, true},
    {DType::i32, "i32", 4, true, false, true, false},
    {DType::u32, "u32", 4, true, false, true, true},
    {DType::i64, "i64", 8, true, false, true, false},
    {DType::f16, "f16", 2, false, true, false, false},
    {DType::bf16, "bf16", 2, false, true, false, false},
    {DType::f32, "f32", 4, true, true, false, false},
    {DType::f64, "f64", 8, true, true, false, false},
};

TEST(DType, FactsOfEveryType) {
  for (const Expected &e : table) {
    SCOPED_TRACE(std::string(e.name));
    EXPECT_EQ(name(e.dtype), e.name);
    EXPECT_EQ(dtype_from_name(e.name), e.dtype);
    EXPECT_EQ(itemsize(e.dtype), e.itemsize);
    EXPECT_EQ(is_supported(e.dtype), e.supported);
    EXPECT_EQ(is_float(e.dtype), e.is_float);
    EXPECT_EQ(is_integer(e.dtype), e.is_integer);
    EXPECT_EQ(is_unsigned(e.dtype), e.is_unsigned);
  }
}

TEST(DType, UnknownNamesAreRefused) {
  for (std::string_view text : {"", "F32", "f32 ", "float", "boolean", "f3", "f320"})
    EXPECT_EQ(dtype_from_name(text), std::nullopt) << text;
}

TEST(DType, ElementTypesMatch) {
  int supported = 0;
  for (const Expected &e : table)
    if (e.supported) {
      ++supported;
      with_dtype(e.dtype, [&]<class T>(std::type_identity<T>) {
        EXPECT_EQ(dtype_of<T>, e.dtype);
        EXPECT_EQ(sizeof(T), e.itemsize);
        EXPECT_EQ(std::floating_point<T>, e.is_float);
        EXPECT_EQ(std::unsigned_integral<T> && e.is_integer, e.is_unsigned);
      });
    }
  EXPECT_EQ(supported, 10);
}

static_assert(dtype_of<int> == DType::i32 && dtype_of<long> == DType::i64);
static_assert(Element<float> && !Element<char> && !Element<unsigned long>);
static_assert(Number<int> && Number<long double> && !Number<void *>);

} // namespace
} // namespace jit

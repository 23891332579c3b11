// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names, sizes and classes of element types.
#include <tracejit/dtype.h>

#include <gtest/gtest.h>

#include <string>

namespace jit {
namespace {

struct Expected {
  DType dtype;
  std::string_view name;
  std::size_t itemsize;
  bool supported, is_float, is_integer;
};

constexpr Expected table[] = {
    {DType::boolean, "bool", 1, true, false, false}, {DType::i8, "i8", 1, false, false, true},
    {DType::u8, "u8", 1, true, false, true},         {DType::i16, "i16", 2, false, false, true},
    {DType::i32, "i32", 4, false, false, true},      {DType::i64, "i64", 8, true, false, true},
    {DType::f16, "f16", 2, false, true, false},      {DType::bf16, "bf16", 2, false, true, false},
    {DType::f32, "f32", 4, true, true, false},       {DType::f64, "f64", 8, true, true, false},
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
  }
}

TEST(DType, UnknownNamesAreRefused) {
  for (std::string_view text : {"", "F32", "f32 ", "float", "boolean", "f3", "f320"})
    EXPECT_EQ(dtype_from_name(text), std::nullopt) << text;
}

TEST(DType, SizesMatchTheElementTypes) {
  EXPECT_EQ(itemsize(dtype_of<bool>), sizeof(bool));
  EXPECT_EQ(itemsize(dtype_of<std::uint8_t>), sizeof(std::uint8_t));
  EXPECT_EQ(itemsize(dtype_of<std::int64_t>), sizeof(std::int64_t));
  EXPECT_EQ(itemsize(dtype_of<float>), sizeof(float));
  EXPECT_EQ(itemsize(dtype_of<double>), sizeof(double));
}

static_assert(Element<float> && !Element<int> && !Element<char>);
static_assert(Number<int> && Number<long double> && !Number<void *>);

} // namespace
} // namespace jit

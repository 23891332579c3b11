// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text of numbers: the expected words, and the way back to the same bits.
#include "runtime/base/FormatNumber.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <limits>
#include <random>

using namespace jit;

TEST(FormatNumber, KnownValues) {
  EXPECT_EQ(format_number(0.0f), "0");
  EXPECT_EQ(format_number(-0.0f), "-0");
  EXPECT_EQ(format_number(3.0f), "3");
  EXPECT_EQ(format_number(0.1f), "0.1");
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(1e20f), "1e+20");
  EXPECT_EQ(format_number(std::numeric_limits<float>::infinity()), "inf");
  EXPECT_EQ(format_number(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(format_number(std::bit_cast<float>(0x7FC00000u)), "nan");
  EXPECT_EQ(format_number(std::bit_cast<float>(0xFFC00001u)), "nan");
  EXPECT_EQ(format_number(std::bit_cast<double>(0xFFF8000000000000u)), "nan");
  EXPECT_EQ(format_number(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(format_number(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
}

TEST(FormatNumber, EveryFloatReadsBackToItsBits) {
  std::mt19937 random(1);
  const auto check = [](std::uint32_t bits) {
    const auto value = std::bit_cast<float>(bits);
    if (value != value)
      return;
    const std::string text = format_number(value);
    ASSERT_EQ(std::bit_cast<std::uint32_t>(std::strtof(text.c_str(), nullptr)), bits) << text;
  };
  for (const std::uint32_t bits : {0u, 1u, 0x80000001u, 0x007FFFFFu, 0x00800000u, 0x7F7FFFFFu,
                                   0xFF7FFFFFu, 0x7F800000u, 0x3F800001u})
    check(bits);
  for (int i = 0; i < 100000; ++i)
    check(static_cast<std::uint32_t>(random()));
}

TEST(FormatNumber, EveryDoubleReadsBackToItsBits) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 100000; ++i) {
    const std::uint64_t bits = i < 3 ? static_cast<std::uint64_t>(i) : random();
    const auto value = std::bit_cast<double>(bits);
    if (value != value)
      continue;
    const std::string text = format_number(value);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)), bits) << text;
  }
}

namespace {
template <class T> std::string element(DType dtype, T value) {
  return format_element(dtype, reinterpret_cast<const std::byte *>(&value));
}
template <class T> std::string bits_of(DType dtype, T value) {
  return format_bits(dtype, reinterpret_cast<const std::byte *>(&value));
}
} // namespace

TEST(FormatNumber, ElementsAndBits) {
  EXPECT_EQ(element(DType::boolean, std::uint8_t{0}), "false");
  EXPECT_EQ(element(DType::boolean, std::uint8_t{1}), "true");
  EXPECT_EQ(element(DType::boolean, std::uint8_t{0x80}), "true");
  EXPECT_EQ(element(DType::u8, std::uint8_t{255}), "255");
  EXPECT_EQ(element(DType::i64, std::int64_t{-7}), "-7");
  EXPECT_EQ(element(DType::f32, 2.5f), "2.5");
  EXPECT_EQ(element(DType::f64, -0.0), "-0");
  EXPECT_EQ(bits_of(DType::f32, 1.0f), "0x3f800000");
  EXPECT_EQ(bits_of(DType::f64, -0.0), "0x8000000000000000");
  EXPECT_EQ(bits_of(DType::u8, std::uint8_t{0x0A}), "0x0a");
  EXPECT_EQ(bits_of(DType::i64, std::int64_t{-1}), "0xffffffffffffffff");
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The promotion table.
#include "test/unit/ops/Inference.h"

#include <gtest/gtest.h>

namespace {

using jit::DType;
using jit::test::operands;

std::string_view promoted(std::string_view x, std::string_view y) {
  return jit::name(jit::promote(operands({x, y})));
}

/// The table of the array API standard; integers with floats give the float.
TEST(Promotion, OfTwoTensors) {
  constexpr std::string_view types[]{"bool", "i8",  "u8",  "i16", "u16",
                                     "i32",  "u32", "i64", "f32", "f64"};
  constexpr std::string_view expected[10][10]{
      {"bool", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "f32", "f64"},
      {"i8", "i8", "i16", "i16", "i32", "i32", "i64", "i64", "f32", "f64"},
      {"u8", "i16", "u8", "i16", "u16", "i32", "u32", "i64", "f32", "f64"},
      {"i16", "i16", "i16", "i16", "i32", "i32", "i64", "i64", "f32", "f64"},
      {"u16", "i32", "u16", "i32", "u16", "i32", "u32", "i64", "f32", "f64"},
      {"i32", "i32", "i32", "i32", "i32", "i32", "i64", "i64", "f32", "f64"},
      {"u32", "i64", "u32", "i64", "u32", "i64", "u32", "i64", "f32", "f64"},
      {"i64", "i64", "i64", "i64", "i64", "i64", "i64", "i64", "f32", "f64"},
      {"f32", "f32", "f32", "f32", "f32", "f32", "f32", "f32", "f32", "f64"},
      {"f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64"},
  };
  for (std::size_t i = 0; i < 10; ++i)
    for (std::size_t j = 0; j < 10; ++j)
      EXPECT_EQ(promoted(std::string(types[i]) + "[]", std::string(types[j]) + "[]"),
                expected[i][j])
          << types[i] << " " << types[j];
}

TEST(Promotion, DoesNotDependOnTheOrder) {
  const auto all = {DType::boolean, DType::i8,  DType::u8,  DType::i16, DType::u16,
                    DType::i32,     DType::u32, DType::i64, DType::f32, DType::f64};
  for (const DType x : all)
    for (const DType y : all)
      for (const DType z : all) {
        EXPECT_EQ(jit::promote(x, y), jit::promote(y, x));
        EXPECT_EQ(jit::promote(jit::promote(x, y), z), jit::promote(x, jit::promote(y, z)));
      }
}

TEST(Promotion, OfATensorAndAWeakNumber) {
  constexpr std::string_view types[]{"bool[3]", "i8[3]",  "u8[3]",  "i16[3]", "u16[3]",
                                     "i32[3]",  "u32[3]", "i64[3]", "f32[3]", "f64[3]"};
  constexpr std::string_view numbers[]{"true", "1", "1.5"};
  constexpr std::string_view expected[10][3]{
      {"bool", "i64", "f32"}, {"i8", "i8", "f32"},   {"u8", "u8", "f32"},   {"i16", "i16", "f32"},
      {"u16", "u16", "f32"},  {"i32", "i32", "f32"}, {"u32", "u32", "f32"}, {"i64", "i64", "f32"},
      {"f32", "f32", "f32"},  {"f64", "f64", "f64"}};
  for (std::size_t i = 0; i < 10; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      EXPECT_EQ(promoted(types[i], numbers[j]), expected[i][j]) << types[i] << " " << numbers[j];
      EXPECT_EQ(promoted(numbers[j], types[i]), expected[i][j]) << numbers[j] << " " << types[i];
    }
}

TEST(Promotion, OfNumbersOnly) {
  EXPECT_EQ(promoted("true", "false"), "bool");
  EXPECT_EQ(promoted("true", "1"), "i64");
  EXPECT_EQ(promoted("1", "1.5"), "f32");
}

TEST(Promotion, RankDoesNotMatter) {
  EXPECT_EQ(promoted("f64[]", "f32[3]"), "f64");
  EXPECT_EQ(promoted("f64[0]", "f32[3]"), "f64");
}

TEST(Promotion, SkipsConditionsIndicesAndNumbersThatAreNoValues) {
  const auto compute = [](std::string_view op, const std::vector<std::string_view> &texts) {
    const jit::OpInfo &info = jit::info(*jit::op_from_name(op));
    return jit::name(jit::element_types(info, {}, operands(texts)).compute);
  };
  EXPECT_EQ(compute("where", {"bool[2]", "u8[2]", "u8[2]"}), "u8");
  EXPECT_EQ(compute("take", {"u8[2]", "i64[2]"}), "u8");
  EXPECT_EQ(compute("slice", {"u8[2]", "1"}), "u8");
  EXPECT_EQ(compute("layer_norm", {"f64[2]", "f64[2]", "f64[2]", "1.5"}), "f64");
  EXPECT_EQ(compute("concat", {"u8[2]", "u8[2]", "i64[2]"}), "i64");
}

TEST(Promotion, ElementTypesSayWhatIsComputedAndReturned) {
  const auto types = [](std::string_view op, const std::vector<std::string_view> &texts,
                        std::string_view attr_text = "") {
    const jit::OpKind kind = *jit::op_from_name(op);
    const auto words = jit::test::attrs(kind, attr_text);
    const jit::ElementTypes found = jit::element_types(jit::info(kind), words, operands(texts));
    return std::string(jit::name(found.compute)) + "->" + std::string(jit::name(found.result));
  };
  EXPECT_EQ(types("add", {"u8[2]", "1"}), "u8->u8");
  EXPECT_EQ(types("exp", {"bool[2]"}), "f32->f32");
  EXPECT_EQ(types("equal", {"i64[2]", "f64[2]"}), "f64->bool");
  EXPECT_EQ(types("logical_or", {"i64[2]", "f64[2]"}), "bool->bool");
  EXPECT_EQ(types("astype", {"i64[2]"}, "dtype=f32"), "i64->f32");
}

} // namespace

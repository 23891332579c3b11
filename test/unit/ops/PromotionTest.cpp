// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The promotion table.
#include "test/unit/ops/Inference.h"

#include <gtest/gtest.h>

namespace {

using jit::test::operands;

std::string_view promoted(std::string_view x, std::string_view y) {
  return jit::name(jit::promote(operands({x, y})));
}

TEST(Promotion, OfTwoTensors) {
  constexpr std::string_view types[]{"bool[]", "u8[]", "i64[]", "f32[]", "f64[]"};
  constexpr std::string_view expected[5][5]{
      {"bool", "u8", "i64", "f32", "f64"}, {"u8", "u8", "i64", "f32", "f64"},
      {"i64", "i64", "i64", "f32", "f64"}, {"f32", "f32", "f32", "f32", "f64"},
      {"f64", "f64", "f64", "f64", "f64"},
  };
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 5; ++j)
      EXPECT_EQ(promoted(types[i], types[j]), expected[i][j]) << types[i] << " " << types[j];
}

TEST(Promotion, OfATensorAndAWeakNumber) {
  constexpr std::string_view types[]{"bool[3]", "u8[3]", "i64[3]", "f32[3]", "f64[3]"};
  constexpr std::string_view numbers[]{"true", "1", "1.5"};
  constexpr std::string_view expected[5][3]{{"bool", "i64", "f32"},
                                            {"u8", "u8", "f32"},
                                            {"i64", "i64", "f32"},
                                            {"f32", "f32", "f32"},
                                            {"f64", "f64", "f64"}};
  for (std::size_t i = 0; i < 5; ++i)
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

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attributes as structs, words and text.
#include "test/unit/ops/Inference.h"

#include <gtest/gtest.h>
#include <limits>

namespace jit {
namespace {

std::vector<std::int64_t> list(AttrWords words) { return {words.begin(), words.end()}; }

TEST(Attributes, StructsAndWordsRoundTrip) {
  const SumAttrs sum{{0, 2}, true, DType::f64};
  const AttrWriter words = sum.encode();
  EXPECT_EQ(list(words), (std::vector<std::int64_t>{2, 0, 2, 1, static_cast<int>(DType::f64)}));
  const SumAttrs back = SumAttrs::decode(words);
  EXPECT_EQ(list(back.axis), list(sum.axis));
  EXPECT_TRUE(back.keepdims);
  EXPECT_EQ(back.dtype, DType::f64);
}

TEST(Attributes, TheLongestListsFit) {
  const DimList long_list{1, 2, 3, 4, 5, 6, 7, 8};
  const SliceAttrs attrs{long_list, long_list};
  const AttrWriter words = attrs.encode();
  EXPECT_EQ(AttrWords(words).size(), 18u);
  EXPECT_EQ(list(SliceAttrs::decode(words).steps), list(long_list));
}

/// Every field of every op, with extreme values.
TEST(Attributes, TextRoundTripsForEveryOp) {
  for (const OpInfo &op : all_ops()) {
    std::vector<std::int64_t> words;
    for (const AttrField &field : op.attrs)
      switch (field.kind) {
      case AttrKind::integer:
        words.push_back(std::numeric_limits<std::int64_t>::min());
        break;
      case AttrKind::boolean:
        words.push_back(1);
        break;
      case AttrKind::dtype:
        words.push_back(static_cast<std::int64_t>(DType::bf16));
        break;
      case AttrKind::list:
        words.insert(words.end(), {3, -1, 0, std::numeric_limits<std::int64_t>::max()});
        break;
      }
    ASSERT_TRUE(attrs_well_formed(op, words)) << op.name;
    std::vector<std::int64_t> back;
    EXPECT_EQ(attrs_from_string(op, attrs_to_string(op, words), back), std::nullopt) << op.name;
    EXPECT_EQ(back, words) << op.name;
  }
}

TEST(Attributes, Text) {
  EXPECT_EQ(attrs_to_string(info(OpKind::sum), SumAttrs{{0, 1}, false, DType::f32}.encode()),
            "axis=[0,1] keepdims=false dtype=f32");
  EXPECT_EQ(attrs_to_string(info(OpKind::sum), SumAttrs{{}, true, DType::boolean}.encode()),
            "axis=[] keepdims=true dtype=bool");
  EXPECT_EQ(attrs_to_string(info(OpKind::add), {}), "");
}

TEST(Attributes, RefusesBadText) {
  const auto error = [](std::string_view text) {
    std::vector<std::int64_t> words;
    return attrs_from_string(info(OpKind::sum), text, words).value_or("ok");
  };
  EXPECT_EQ(error("axis=[0] keepdims=true dtype=f32"), "ok");
  EXPECT_EQ(error(""), "sum: expected attribute 'axis'");
  EXPECT_EQ(error("axis=[0]"), "sum: expected attribute 'keepdims'");
  EXPECT_EQ(error("axis=[0] dtype=f32 keepdims=true"), "sum: expected attribute 'keepdims'");
  EXPECT_EQ(error("axis=0 keepdims=true dtype=f32"),
            "sum: attribute 'axis' must be a list of at most 8 integers");
  for (std::string_view bad :
       {"[", "[,]", "[1,]", "[1", "[1 2]", "[99999999999999999999]", "[1,2,3,4,5,6,7,8,9]", "[x]"})
    EXPECT_EQ(error("axis=" + std::string(bad) + " keepdims=true dtype=f32"),
              "sum: attribute 'axis' must be a list of at most 8 integers")
        << bad;
  EXPECT_EQ(error("axis=[0] keepdims=1 dtype=f32"),
            "sum: attribute 'keepdims' must be true or false");
  EXPECT_EQ(error("axis=[0] keepdims=true dtype=f31"), "sum: attribute 'dtype' must be a dtype");
  EXPECT_EQ(error("axis=[0] keepdims=true dtype="), "sum: attribute 'dtype' must be a dtype");
  EXPECT_EQ(error("axis=[0] keepdims=true dtype=f32 "),
            "sum: unexpected text after the attributes");
  EXPECT_EQ(error("axis=[0] keepdims=truedtype=f32"), "sum: expected attribute 'dtype'");
}

TEST(Attributes, WellFormed) {
  const OpInfo &sum = info(OpKind::sum);
  const auto good = [&](std::vector<std::int64_t> words) { return attrs_well_formed(sum, words); };
  EXPECT_TRUE(good({0, 0, 0}));
  EXPECT_TRUE(good({2, 5, 6, 1, 9}));
  EXPECT_FALSE(good({}));
  EXPECT_FALSE(good({0, 0}));
  EXPECT_FALSE(good({0, 0, 0, 0}));
  EXPECT_FALSE(good({9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(good({-1, 0, 0}));
  EXPECT_FALSE(good({4, 0, 0}));
  EXPECT_FALSE(good({std::numeric_limits<std::int64_t>::max(), 0, 0}));
  EXPECT_FALSE(good({0, 2, 0}));
  EXPECT_FALSE(good({0, 0, 12}));
  EXPECT_FALSE(good({0, 0, -1}));
  EXPECT_TRUE(attrs_well_formed(info(OpKind::add), {}));
  const std::int64_t extra = 0;
  EXPECT_FALSE(attrs_well_formed(info(OpKind::add), {&extra, 1}));
}

TEST(Attributes, MalformedWordsAreRefusedByInference) {
  const OperandType x = test::operand("f32[2]");
  const std::int64_t words[]{9, 9, 9};
  Inferred out;
  EXPECT_EQ(infer({OpKind::sum, words, {&x, 1}}, out), "sum: attributes are malformed");
}

TEST(Attributes, EqualWordsAreOnePointer) {
  const Attr *attr = intern_attr(SumAttrs{{1}, true, DType::f32}.encode());
  ASSERT_NE(attr, nullptr);
  EXPECT_EQ(attr, intern_attr(SumAttrs{{1}, true, DType::f32}.encode()));
  EXPECT_NE(attr, intern_attr(SumAttrs{{1}, true, DType::f64}.encode()));
  EXPECT_NE(attr, intern_attr({}));
  EXPECT_EQ(intern_attr({}), intern_attr({}));
  EXPECT_EQ(SumAttrs::decode(attr->words).dtype, DType::f32);
}

} // namespace
} // namespace jit

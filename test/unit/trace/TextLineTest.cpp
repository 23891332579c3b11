// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pieces of a line: strings, numbers, types, and messages with a caret.
#include "runtime/trace/TextLine.h"

#include <gtest/gtest.h>
#include <limits>

namespace jit {
namespace {

std::string type_error(std::string_view text) {
  TextLine line(text);
  const Meta *meta = nullptr;
  return line.type(meta) ? "read" : line.message();
}

TEST(TextLine, EveryByteSurvivesQuoting) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all += static_cast<char>(byte);
  const std::string text = quote(all);
  EXPECT_EQ(text.find('\n'), text.npos);
  TextLine line(text);
  std::string back;
  ASSERT_TRUE(line.quoted(back)) << line.message();
  EXPECT_EQ(back, all);
  EXPECT_TRUE(line.at_end());
}

TEST(TextLine, RefusesBrokenStrings) {
  for (const char *text :
       {"", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x", "\"\\x4", "\"\\xg0\"", "\"\\n\"", "a\""}) {
    TextLine line(text);
    std::string value;
    EXPECT_FALSE(line.quoted(value)) << text;
    EXPECT_TRUE(line.failed()) << text;
  }
}

TEST(TextLine, Integers) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    const std::string text = std::to_string(value);
    TextLine line(text);
    std::int64_t back = 1;
    EXPECT_TRUE(line.integer(back));
    EXPECT_EQ(back, value);
  }
  for (const char *text : {"", "-", "+1", " 1", "9223372036854775808", "-9223372036854775809"}) {
    TextLine line(text);
    std::int64_t value;
    EXPECT_FALSE(line.integer(value)) << text;
  }
}

TEST(TextLine, TypesRoundTrip) {
  for (const char *text :
       {"f32[]", "f64[0]", "i64[1]", "u8[2,3]", "bool[3,0,5]", "f32[2,3] strides=[1,2]",
        "f32[2,3] strides=[-3,-1]", "f32[4,3] strides=[0,1]", "f32[1,1,1,1,1,1,1,1]"}) {
    TextLine line(text);
    const Meta *meta = nullptr;
    ASSERT_TRUE(line.type(meta)) << text << ": " << line.message();
    EXPECT_TRUE(line.at_end()) << text;
    EXPECT_EQ(type_text(*meta), text);
  }
}

TEST(TextLine, RefusesTypesThatCannotBe) {
  EXPECT_EQ(type_error("q32[2]"), "expected a type such as f32[2,3]");
  EXPECT_EQ(type_error("f16[2]"), "dtype f16 is not supported");
  EXPECT_EQ(type_error("f32"), "expected '['");
  EXPECT_EQ(type_error("f32[2"), "expected ','");
  EXPECT_EQ(type_error("f32[2,]"), "expected an integer");
  EXPECT_EQ(type_error("f32[1,1,1,1,1,1,1,1,1]"), "more than 8 entries");
  EXPECT_EQ(type_error("f32[-1]"), "f32[-1] has a negative extent or is too large");
  EXPECT_EQ(type_error("f32[1152921504606846976,8]"),
            "f32[1152921504606846976,8] has a negative extent or is too large");
  EXPECT_EQ(type_error("f32[99999999999999999999]"), "the integer does not fit 64 bits");
  EXPECT_EQ(type_error("f32[2,3] strides=[1]"), "a stride is needed for every axis");
}

TEST(TextLine, RefusesStridesThatReachTooFar) {
  const std::string most = std::to_string(std::numeric_limits<std::int64_t>::max());
  const std::string least = std::to_string(std::numeric_limits<std::int64_t>::min());
  for (const std::string &strides :
       {most + ",1", least + ",1", "1," + most, least + "," + most, "1," + least})
    EXPECT_EQ(type_error("f32[2,3] strides=[" + strides + "]"), "the strides reach too far");
  EXPECT_EQ(type_error("f32[3,3] strides=[4611686018427387904,1]"), "the strides reach too far");
  // An axis of extent 1 takes no step.
  EXPECT_EQ(type_error("f32[1,2] strides=[" + most + ",2]"), "read");
}

TEST(TextLine, ReportsUnderTheColumn) {
  TextLine line("name 7");
  ASSERT_TRUE(line.skip("name "));
  line.fail("expected a string");
  line.fail("not this one");
  EXPECT_EQ(line.report("a.trace", 3), "a.trace:3:6: error: expected a string\nname 7\n     ^");
}

TEST(TextLine, ReportsAWindowOfALongLine) {
  const std::string text = std::string(5000, 'a') + "\t\x80" + std::string(5000, 'b');
  TextLine line(text);
  line.fail_at(5000, "here");
  EXPECT_EQ(line.report("f", 1), "f:1:5001: error: here\n" + std::string(60, 'a') + "??" +
                                     std::string(38, 'b') + "\n" + std::string(60, ' ') + "^");
}

} // namespace
} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading traces: the same graph after writing, and an error with its place for everything else.
#include "runtime/trace/Text.h"

#include <gtest/gtest.h>

namespace jit {
namespace {

const std::string good = R"(tracejit-trace 1
name "a \"step\"\x0a"
input %in0 : f32[4,6]
input %in1 : f32[4,6] strides=[1,4]
input %in2 : i64[3]
number %num0 : float = 0x3fb999999999999a (0.1)
number %num1 : int = -7
number %num2 : bool = true
number %num3 : float = 0xfff8000000000001 (nan)
number %num4 : int = 0
%0 = add(%in0, %in1) : f32[4,6] at "a b.cpp":12
%1 = multiply(%0, %num0) : f32[4,6]
%2, %3 = var_mean(%1) axis=[1] keepdims=true correction=0 : f32[4,1], f32[4,1]
%4 = permute_dims(%1) axes=[1,0] : f32[6,4] strides=[1,6] at "a b.cpp":13
%5 = take(%4, %in2) axis=0 : f32[3,4]
%6 = slice(%5, %num4, %num4) extents=[2,4] steps=[1,1] : f32[2,4]
%7 = sum(%6) axis=[0,1] keepdims=false dtype=f32 : f32[]
output %2
output %7
end
)";

/// The error's first line without the file's name, or "read".
std::string error_of(const std::string &text) {
  const ParsedTraces parsed = parse_traces(text, "t");
  if (parsed.error.empty())
    return "read";
  EXPECT_TRUE(parsed.graphs.empty());
  return parsed.error.substr(2, parsed.error.find('\n') - 2);
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

/// The error of the good trace with one place changed.
std::string error_with(const std::string &from, const std::string &to) {
  return error_of(replaced(good, from, to));
}

TEST(TraceText, WritingWhatWasReadGivesTheSameBytes) {
  const ParsedTraces parsed = parse_traces(good, "t");
  ASSERT_EQ(parsed.error, "");
  ASSERT_EQ(parsed.graphs.size(), 1u);
  EXPECT_EQ(to_text(parsed.graphs[0]), good);
}

TEST(TraceText, TheGraphIsWhatIsWritten) {
  const Graph graph = std::move(parse_traces(good, "t").graphs.at(0));
  EXPECT_EQ(graph.name, "a \"step\"\n");
  EXPECT_EQ(graph.inputs[1], intern_meta(DType::f32, DimList{4, 6}, DimList{1, 4}));
  ASSERT_EQ(graph.ops.size(), 7u);
  EXPECT_EQ(graph.ops[2].op, OpKind::var_mean);
  EXPECT_EQ(graph.ops[2].results, 2);
  EXPECT_EQ(graph.ops[3].first_value, 4u);
  EXPECT_EQ(graph.ops[0].operands[1], OperandCode(OperandCode::input, 1));
  EXPECT_EQ(graph.ops[1].operands[1], OperandCode(OperandCode::scalar, 0));
  EXPECT_EQ(graph.ops[1].operands[0], OperandCode(OperandCode::value, 0));
  EXPECT_EQ(graph.ops[0].attrs, nullptr);
  EXPECT_TRUE(graph.values[4].view);
  EXPECT_FALSE(graph.values[3].view);
  EXPECT_STREQ(graph.ops[0].site.file, "a b.cpp");
  EXPECT_EQ(graph.ops[0].site.line, 12u);
  EXPECT_EQ(graph.ops[1].site.line, 0u);
  EXPECT_EQ(graph.examples[1].as_int(), -7);
  EXPECT_EQ(graph.outputs, (std::vector<std::uint32_t>{2, 7}));
}

TEST(TraceText, AnOpOfAGradientNamesTheOp) {
  std::string marked = good;
  const std::size_t place = marked.find(" at \"a b.cpp\"");
  ASSERT_NE(place, marked.npos);
  marked.insert(place + 4, "gradient of multiply ");
  const ParsedTraces parsed = parse_traces(marked, "t");
  ASSERT_EQ(parsed.error, "");
  EXPECT_EQ(describe(parsed.graphs[0].ops[0].site), "gradient of multiply a b.cpp:12");
  EXPECT_EQ(to_text(parsed.graphs[0]), marked);
  marked.replace(place + 4, 20, "gradient of nonsense");
  EXPECT_NE(error_of(marked).find("no op is called 'nonsense'"), std::string::npos);
}

TEST(TraceText, SeveralTracesAndComments) {
  const ParsedTraces parsed = parse_traces("# a comment\n\n" + good + "#\n" + good, "t");
  ASSERT_EQ(parsed.error, "");
  ASSERT_EQ(parsed.graphs.size(), 2u);
  EXPECT_EQ(to_text(parsed.graphs[0]) + to_text(parsed.graphs[1]), good + good);
}

TEST(TraceText, TheLastLineBreakMayBeMissing) {
  EXPECT_EQ(error_of(good.substr(0, good.size() - 1)), "read");
}

TEST(TraceText, NothingIsNoTrace) {
  EXPECT_EQ(error_of(""), "1:1: error: no trace: expected 'tracejit-trace 1'");
  EXPECT_EQ(error_of("hello\n"), "1:1: error: expected 'tracejit-trace 1'");
  EXPECT_EQ(error_of("tracejit-trace 2\n"), "1:1: error: expected 'tracejit-trace 1'");
  EXPECT_EQ(error_of("tracejit-trace 10\n"), "1:17: error: unexpected text");
  EXPECT_EQ(error_of(std::string("\0", 1)), "1:1: error: expected 'tracejit-trace 1'");
}

/// Cut anywhere, a trace is an error: never a shorter trace.
TEST(TraceText, EveryTruncationIsAnError) {
  for (std::size_t length = 0; length + 1 < good.size(); ++length)
    EXPECT_NE(error_of(good.substr(0, length)), "read") << length;
  EXPECT_EQ(error_of(good.substr(0, good.find("output"))),
            "18:1: error: the file ends inside a trace: expected 'end'");
}

TEST(TraceText, OperandsMustBeDefined) {
  EXPECT_EQ(error_with("add(%in0, %in1)", "add(%in0, %in9)"),
            "11:16: error: used before it is defined");
  EXPECT_EQ(error_with("add(%in0, %in1)", "add(%in0, %0)"),
            "11:16: error: used before it is defined");
  EXPECT_EQ(error_with("multiply(%0, %num0)", "multiply(%0, %num5)"),
            "12:19: error: used before it is defined");
  EXPECT_EQ(error_with("add(%in0, %in1)", "add(%in0, %in99999999999)"),
            "11:19: error: the number does not fit 32 bits");
  EXPECT_EQ(error_with("add(%in0, %in1)", "add(%in0, 3)"), "11:16: error: expected '%'");
  EXPECT_EQ(error_with("output %7", "output %9"), "19:8: error: used before it is defined");
}

TEST(TraceText, OpsAreInferredAgain) {
  EXPECT_EQ(error_with("= add(", "= plus("), "11:6: error: no op is called 'plus'");
  EXPECT_EQ(error_with("= add(", "= ("), "11:6: error: no op is called ''");
  EXPECT_EQ(error_with("add(%in0, %in1)", "add(%in0)"),
            "11:6: error: add: expected 2 operands, got 1");
  EXPECT_EQ(error_with("add(%in0, %in1) : f32[4,6]", "add(%in0, %in1) : f32[6,4]"),
            "11:24: error: add gives f32[4,6]");
  EXPECT_EQ(error_with("add(%in0, %in1) : f32[4,6]", "add(%in0, %in1) : f64[4,6]"),
            "11:24: error: add gives f32[4,6]");
  EXPECT_EQ(error_with("f32[6,4] strides=[1,6]", "f32[6,4]"),
            "14:36: error: permute_dims gives f32[6,4] strides=[1,6]");
  EXPECT_EQ(error_with("%2, %3 = var_mean", "%2 = var_mean"),
            "13:6: error: var_mean has 2 results");
  EXPECT_EQ(error_with("%2, %3 = var_mean", "%2, %3, %4 = var_mean"),
            "13:9: error: an op has at most 2 results");
  EXPECT_EQ(error_with("axes=[1,0]", "axes=[1,1]"),
            "14:6: error: permute_dims: axis 1 is repeated");
  EXPECT_EQ(error_with("axes=[1,0]", "axes=1"),
            "14:23: error: permute_dims: attribute 'axes' must be a list of at most 8 integers");
  EXPECT_EQ(error_with(" axes=[1,0]", ""), "14:22: error: permute_dims: expected attribute 'axes'");
  EXPECT_EQ(error_with("[1,0]", "[1,0] axis=0"),
            "14:23: error: permute_dims: unexpected text after the attributes");
  EXPECT_EQ(error_with("steps=[1,1]", "steps=[1,0]"),
            "16:6: error: slice: the step of axis 1 is 0");
}

TEST(TraceText, PositionsAreIntegers) {
  EXPECT_EQ(error_with("slice(%5, %num4", "slice(%5, %num3"),
            "16:16: error: slice: the number must be an integer");
}

TEST(TraceText, NumbersAreInOrder) {
  EXPECT_EQ(error_with("input %in1", "input %in2"), "4:7: error: expected %in1");
  EXPECT_EQ(error_with("%1 = multiply", "%0 = multiply"), "12:1: error: expected %1");
  EXPECT_EQ(error_with("output %2\noutput %7", "output %7\noutput %2"),
            "19:8: error: outputs must ascend");
  EXPECT_EQ(error_with("output %2", "output %4"),
            "18:8: error: a view is no output: name the value whose memory it shares");
}

TEST(TraceText, PartsAreInOrder) {
  EXPECT_EQ(error_with("name \"a", "nom \"a"), "2:1: error: expected 'name '");
  EXPECT_EQ(error_with("output %2", "input %in3 : f32[]"),
            "18:1: error: expected an op, 'output' or 'end'");
  EXPECT_EQ(error_with("output %7", "%8 = add(%in0, %in1) : f32[4,6]"),
            "19:1: error: expected 'output' or 'end'");
  EXPECT_EQ(error_with("end\n", "end\nend\n"), "21:1: error: expected 'tracejit-trace 1'");
  EXPECT_EQ(error_with("end\n", "end it\n"), "20:4: error: unexpected text");
  EXPECT_EQ(error_with("input %in2", "\tinput %in2"),
            "5:1: error: expected 'input', 'number', an op, 'output' or 'end'");
}

TEST(TraceText, FloatsAreNeverDecimalAlone) {
  EXPECT_EQ(error_with("0x3fb999999999999a (0.1)", "0.1"),
            "6:24: error: expected 0x and sixteen hexadecimal digits");
  EXPECT_EQ(error_with("0x3fb999999999999a (0.1)", "0x3fb999999999999a (0.2)"),
            "6:42: error: expected ' (0.1)'");
  EXPECT_EQ(error_with("0x3fb999999999999a", "0x-fb999999999999a"),
            "6:24: error: expected 0x and sixteen hexadecimal digits");
  EXPECT_EQ(error_with(" = -7", ""), "7:19: error: expected a value, as above");
  EXPECT_EQ(error_with(" = 0x3fb999999999999a (0.1)", ""),
            "7:22: error: a value here needs values above");
}

TEST(TraceText, SitesHaveALine) {
  EXPECT_EQ(error_with("\"a b.cpp\":12", "\"a b.cpp\":0"), "11:32: error: not a place in a file");
  EXPECT_EQ(error_with("\"a b.cpp\":12", "\"a\\x00b\":12"), "11:32: error: not a place in a file");
}

TEST(TraceText, HugeSizes) {
  EXPECT_EQ(error_with("f32[4,6]\n", "f32[1152921504606846976,8]\n"),
            "3:14: error: f32[1152921504606846976,8] has a negative extent or is too large");
  const std::string outer = "tracejit-trace 1\nname \"\"\ninput %in0 : f32[1073741824,1]\n"
                            "input %in1 : f32[1,4294967296]\n"
                            "%0 = add(%in0, %in1) : f32[1073741824,4294967296]\nend\n";
  EXPECT_EQ(error_of(outer), "5:6: error: add: the result f32[1073741824,4294967296] is too large");
}

TEST(TraceText, DeepNesting) {
  EXPECT_EQ(error_with("f32[4,6]\n", "f32" + std::string(60'000, '[') + "\n"),
            "3:18: error: expected an integer");
  EXPECT_EQ(error_with("axes=[1,0]", "axes=" + std::string(60'000, '[')).substr(0, 34),
            "14:23: error: permute_dims: attrib");
}

TEST(TraceText, Limits) {
  const auto over_limit = [](const std::string &text) {
    return parse_traces(text, "t").over_limit;
  };
  const std::string head = "tracejit-trace 1\nname \"\"\ninput %in0 : f32[2]\n";
  std::string ops;
  for (std::size_t i = 0; i < max_trace_ops; ++i)
    ops += "%" + std::to_string(i) + " = exp(%in0) : f32[2]\n";
  EXPECT_EQ(error_of(head + ops + "end\n"), "read");
  const std::string one_more = head + ops + "%4096 = exp(%in0) : f32[2]\nend\n";
  EXPECT_EQ(error_of(one_more), "4100:1: error: more than 4096 ops");
  EXPECT_TRUE(over_limit(one_more));

  const auto joined = [&](std::size_t count) {
    std::string list = "%in0";
    for (std::size_t i = 1; i < count; ++i)
      list += ", %in0";
    return head + "%0 = concat(" + list + ") axis=0 : f32[" + std::to_string(2 * count) +
           "]\nend\n";
  };
  EXPECT_EQ(error_of(joined(255)), "read");
  EXPECT_TRUE(over_limit(joined(256)));
  EXPECT_TRUE(over_limit("tracejit-trace 1\n" + std::string(70'000, 'x') + "\n"));
  EXPECT_TRUE(over_limit(std::string(max_trace_file_bytes + 1, '\n')));
  EXPECT_FALSE(over_limit(std::string(max_trace_file_bytes, '\n')));
  std::string many;
  for (std::size_t i = 0; i <= max_traces_in_file; ++i)
    many += "tracejit-trace 1\nname \"\"\nend\n";
  EXPECT_TRUE(over_limit(many));
}

TEST(TraceText, TheCaretPointsAtTheProblem) {
  EXPECT_EQ(parse_traces(replaced(good, "= add(", "= plus("), "x.trace").error,
            "x.trace:11:6: error: no op is called 'plus'\n"
            "%0 = plus(%in0, %in1) : f32[4,6] at \"a b.cpp\":12\n"
            "     ^");
}

} // namespace
} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Traces of any length, written by loops.
#pragma once

#include "runtime/trace/Text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace jit {

/// Writes a trace of f32[8,8], an op a line, with four inputs and a number.
class TraceText {
public:
  std::string op(const std::string &call) {
    body += "%" + std::to_string(ops) + " = " + call + " : f32[8,8]\n";
    return "%" + std::to_string(ops++);
  }
  Graph graph(const std::vector<std::string> &outputs) const {
    std::string text = "tracejit-trace 1\nname \"program\"\n";
    for (int input = 0; input < 4; ++input)
      text += "input %in" + std::to_string(input) + " : f32[8,8]\n";
    text += "number %num0 : float = 0x3ff0000000000000 (1)\n" + body;
    for (const std::string &output : outputs)
      text += "output " + output + "\n";
    ParsedTraces parsed = parse_traces(text + "end\n", "program.trace");
    EXPECT_EQ(parsed.error, "");
    return std::move(parsed.graphs.at(0));
  }
  int ops = 0;

private:
  std::string body;
};

} // namespace jit

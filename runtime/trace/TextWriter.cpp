// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How traces are written; docs/trace-format.md describes the result.
#include "runtime/base/FormatNumber.h"
#include "runtime/trace/Text.h"
#include "runtime/trace/TextLine.h"

#include <cstring>

namespace jit {

static std::string_view kind_text(ScalarKind kind) {
  switch (kind) {
  case ScalarKind::boolean:
    return "bool";
  case ScalarKind::integer:
    return "int";
  case ScalarKind::floating:
    return "float";
  }
  return "";
}

/// Floats by their bits; the decimal form is for people.
static std::string example_text(const Scalar &number) {
  switch (number.kind()) {
  case ScalarKind::boolean:
    return number.as_bool() ? "true" : "false";
  case ScalarKind::integer:
    return std::to_string(number.as_int());
  case ScalarKind::floating: {
    const double value = number.as_double();
    std::byte bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    return format_bits(DType::f64, bytes) + " (" + format_number(value) + ")";
  }
  }
  return "";
}

static std::string operand_text(OperandCode code) {
  static constexpr std::string_view prefixes[] = {"%", "%in", "%num"};
  return std::string(prefixes[code.kind()]) + std::to_string(code.index());
}

static std::string place_text(const Site &site) {
  if (!site.line)
    return "";
  const std::string mark =
      site.gradient ? "gradient of " + std::string(info(gradient_of(site)).name) + " " : "";
  return " at " + mark + quote(site.file) + ":" + std::to_string(site.line);
}

static std::string op_text(const Graph &graph, const GraphOp &op) {
  std::string text;
  for (std::uint8_t r = 0; r < op.results; ++r)
    text += (r ? ", %" : "%") + std::to_string(op.first_value + r);
  text += " = " + std::string(info(op.op).name) + "(";
  for (std::size_t i = 0; i < op.operands.size(); ++i)
    text += (i ? ", " : "") + operand_text(op.operands[i]);
  text += ")";
  if (op.attrs)
    text += " " + attrs_to_string(info(op.op), op.attrs->words);
  text += " : ";
  for (std::uint8_t r = 0; r < op.results; ++r)
    text += (r ? ", " : "") + type_text(*graph.values[op.first_value + r].meta);
  return text + place_text(op.site) + "\n";
}

std::string to_text(const Graph &graph) {
  std::string text = std::string(trace_header) + "\nname " + quote(graph.name) + "\n";
  if (graph.begin)
    text +=
        "begin " + format_bits(DType::i64, std::as_bytes(std::span(&graph.begin, 1)).data()) + "\n";
  for (std::size_t k = 0; k < graph.inputs.size(); ++k)
    text += "input %in" + std::to_string(k) + " : " + type_text(*graph.inputs[k]) + "\n";
  for (std::size_t k = 0; k < graph.scalars.size(); ++k) {
    text += "number %num" + std::to_string(k) + " : " + std::string(kind_text(graph.scalars[k]));
    if (k < graph.examples.size())
      text += " = " + example_text(graph.examples[k]);
    text += "\n";
  }
  for (const GraphOp &op : graph.ops)
    text += op_text(graph, op);
  for (std::uint32_t output : graph.outputs)
    text += "output %" + std::to_string(output) + "\n";
  return text + "end\n";
}

} // namespace jit

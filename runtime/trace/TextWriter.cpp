// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/Text.h"

namespace jit {

static std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + '"';
}

static std::string list_text(Dims values) {
  std::string text = "[";
  for (std::size_t i = 0; i < values.size(); ++i)
    text += (i ? "," : "") + std::to_string(values[i]);
  return text + "]";
}

static std::string type_text(const Meta &meta) {
  std::string text = describe(meta);
  if (!meta.contiguous)
    text += " strides=" + list_text(meta.strides());
  return text;
}

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

static std::string operand_text(OperandCode code) {
  static constexpr std::string_view prefixes[] = {"%", "%in", "%num"};
  return std::string(prefixes[code.kind()]) + std::to_string(code.index());
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
  if (op.site.line)
    text += " at " + quoted(op.site.file) + ":" + std::to_string(op.site.line);
  return text + "\n";
}

std::string to_text(const Graph &graph) {
  std::string text = "tracejit-trace 1\nname " + quoted(graph.name) + "\n";
  for (std::size_t k = 0; k < graph.inputs.size(); ++k)
    text += "input %in" + std::to_string(k) + " : " + type_text(*graph.inputs[k]) + "\n";
  for (std::size_t k = 0; k < graph.scalars.size(); ++k)
    text +=
        "number %num" + std::to_string(k) + " : " + std::string(kind_text(graph.scalars[k])) + "\n";
  for (const GraphOp &op : graph.ops)
    text += op_text(graph, op);
  for (std::uint32_t output : graph.outputs)
    text += "output %" + std::to_string(output) + "\n";
  return text;
}

} // namespace jit

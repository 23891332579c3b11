// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The public functions and operators: the installed header, and definitions of the plain ones.
#include "tools/jit-tblgen/Records.h"

#include <llvm/Support/raw_ostream.h>
#include <llvm/TableGen/TableGenBackend.h>

namespace jit::tblgen {
namespace {

using llvm::raw_ostream;
using llvm::RecordKeeper;

/// Operands carry the user's line; functions without one take it as a last parameter.
std::string with_site(StringRef declaration) {
  if (declaration.contains("Operand "))
    return declaration.str();
  return (declaration.drop_back() +
          ",\n    std::source_location site = std::source_location::current())")
      .str();
}

/// The operands' names with `before` and `after` around each: "std::move(x), std::move(y)".
std::string each_operand(const Op &op, StringRef before, StringRef after = "") {
  std::string text;
  for (const Operand &operand : op.operands)
    text += (text.empty() ? "" : ", ") + (before + operand.name + after).str();
  return text;
}

/// The operands of the beginning of a declaration as arguments.
std::string arguments_of(StringRef head) {
  std::string text;
  llvm::SmallVector<StringRef> parameters;
  head.split('(').second.split(parameters, ", ");
  for (StringRef parameter : parameters)
    text += ("std::move(" + parameter.rsplit(' ').second + "), ").str();
  return text;
}

/// "sum(x, 1)" and "sum(x, Axes{0, 1})" for "sum(x, {.axis = ...})". A template, because GCC would
/// take designated members for a list of axes.
void emit_with_axes(StringRef declaration, raw_ostream &out) {
  for (StringRef options : {"Reduce", "Variance", "Norm"}) {
    auto [head, rest] = declaration.split((", " + options + " options = {})").str());
    if (rest.empty() && head.size() == declaration.size())
      continue;
    StringRef name = head.split('(').first.rsplit(' ').second;
    out << "template <std::convertible_to<Axes> A>\n"
        << head << ", const A &axis, bool keepdims = false) {\n  return " << name << "("
        << arguments_of(head) << options << "{.axis = Axes(axis), .keepdims = keepdims});\n}\n";
  }
}

/// "sort(x, 1)" for "sort(x, {.axis = 1})".
void emit_with_axis(StringRef declaration, raw_ostream &out) {
  for (StringRef options : {"Scan", "Sort"}) {
    auto [head, rest] = declaration.split((", " + options + " options = {})").str());
    if (rest.empty() && head.size() == declaration.size())
      continue;
    StringRef name = head.split('(').first.rsplit(' ').second;
    out << "template <std::integral A>\n"
        << head << ", A axis) {\n  return " << name << "(" << arguments_of(head) << options
        << "{.axis = static_cast<int>(axis)});\n}\n";
  }
}

void emit_operator(const Op &op, raw_ostream &out) {
  out << "inline Tensor " << op.cpp << "(" << each_operand(op, "Operand &&") << ") { return "
      << op.name << "(" << each_operand(op, "std::move(", ")") << "); }\n";
}

void emit_header(const RecordKeeper &records, raw_ostream &out) {
  out << "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n"
         "// Functions and operators on tensors, generated from the op records.\n"
         "#pragma once\n\n#include <tracejit/losses.h>\n#include <tracejit/options.h>\n"
         "#include <tracejit/tensor.h>\n\n"
         "#include <concepts>\n#include <cstdint>\n#include <optional>\n#include "
         "<source_location>\n#include <string_view>\n"
         "#include <utility>\n#include <vector>\n\n"
         "#pragma GCC visibility push(default)\nnamespace jit {\n\nclass Generator;\n\n";
  std::vector<Op> ops = read_ops(records);
  const auto declare = [&](StringRef doc, StringRef declaration) {
    out << prefixed(doc, "/// ") << with_site(declaration) << ";\n";
    emit_with_axes(declaration, out);
    emit_with_axis(declaration, out);
  };
  for (const Op &op : ops)
    if (std::string declaration = op.declaration(); !declaration.empty())
      declare(op.doc, declaration);
  for (const llvm::Record *composite : in_order(records, "Composite"))
    declare(composite->getValueAsString("doc"), composite->getValueAsString("signature"));
  out << "\n";
  for (const Op &op : ops)
    if (!op.cpp.empty())
      emit_operator(op, out);
  out << "\n";
  emit_method_definitions(read_declarations(records), out);
  out << "\n} // namespace jit\n#pragma GCC visibility pop\n";
}

void emit_definitions(const RecordKeeper &records, raw_ostream &out) {
  for (const Op &op : read_ops(records)) {
    if (op.signature != "auto")
      continue;
    out << op.declaration() << " {\n  return detail::dispatch_plain(" << each_operand(op, "")
        << ", OpKind::" << op.name << ");\n}\n";
  }
}

llvm::TableGen::Emitter::Opt header("gen-api-header", emit_header, "public header");
llvm::TableGen::Emitter::Opt definitions("gen-api", emit_definitions,
                                         "definitions of functions without attributes");

} // namespace
} // namespace jit::tblgen

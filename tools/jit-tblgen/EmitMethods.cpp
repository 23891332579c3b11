// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Methods: every public function whose first operand is called x is also a method of tensors and
// Variables. A header that declares them, and definitions that call the functions.
#include "tools/jit-tblgen/Records.h"

#include <llvm/Support/raw_ostream.h>
#include <llvm/TableGen/TableGenBackend.h>

namespace jit::tblgen {

using llvm::raw_ostream;
using llvm::RecordKeeper;

namespace {

struct Parameter {
  StringRef type, name, initial; ///< the last with " = ", or empty
};

struct Method {
  StringRef results, name, function;
  std::vector<Parameter> parameters; ///< without x
  StringRef options;                 ///< type of the options that a list of axes stands for, if any
};

/// "Axes axis = {}" in its parts.
Parameter parameter(StringRef text) {
  const std::size_t equals = text.find(" = ");
  const StringRef head = text.substr(0, equals);
  const std::size_t name = head.find_last_of(" &") + 1;
  return {head.substr(0, name).rtrim(), head.substr(name),
          equals == text.npos ? StringRef() : text.substr(equals)};
}

/// Parameters stand between commas outside of brackets.
std::vector<StringRef> split_parameters(StringRef list) {
  std::vector<StringRef> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    const char c = i < list.size() ? list[i] : ',';
    depth += c == '{' || c == '<' || c == '(';
    depth -= c == '}' || c == '>' || c == ')';
    if (c == ',' && depth == 0) {
      parts.push_back(list.substr(begin, i - begin).trim());
      begin = i + 1;
    }
  }
  return parts;
}

/// The method of a function "R name(Operand x, ...)".
std::optional<Method> method_of(StringRef declaration) {
  const auto [head, list] = declaration.split('(');
  const std::vector<StringRef> parts = split_parameters(list.drop_back());
  if (parts[0] != "Operand x" && parts[0] != "Operand &&x")
    return {};
  const auto [results, name] = head.rsplit(' ');
  Method method{results, name, name, {}, {}};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    method.parameters.push_back(parameter(parts[i]));
    if (i == 1 && parts[i].ends_with(" options = {}"))
      method.options = method.parameters.back().type;
  }
  return method;
}

/// Operands cannot have initial values where their class is not complete: the last method twice.
void add_without_operand(std::vector<Method> &methods) {
  Method shorter = methods.back();
  std::vector<Parameter> &parameters = shorter.parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].type == "Operand" && !parameters[i].initial.empty()) {
      methods.back().parameters[i].initial = "";
      parameters.resize(i);
      methods.push_back(shorter);
      return;
    }
}

std::vector<Method> read_methods(const std::vector<std::string> &declarations) {
  std::vector<Method> methods;
  for (const std::string &declaration : declarations)
    if (const std::optional<Method> method = method_of(declaration)) {
      methods.push_back(*method);
      add_without_operand(methods);
      if (method->options.empty())
        continue;
      // As the free function: axes in the place of options.
      Method by_axes = *method;
      by_axes.options = "axes";
      by_axes.parameters = {{"const A &", "axis", ""}, {"bool", "keepdims", " = false"}};
      methods.push_back(by_axes);
    }
  methods.push_back({"Tensor", "T", "transpose", {}, {}});
  return methods;
}

/// By value, whatever the function takes: "Operand y, int axis = -1, std::source_location site".
std::string parameters_of(const Method &method, bool with_initial) {
  std::string text;
  for (const Parameter &p : method.parameters) {
    const StringRef type = p.type == "Operand &&" ? StringRef("Operand") : p.type;
    text +=
        (type + (type.ends_with("&") ? "" : " ") + p.name + (with_initial ? p.initial : "") + ", ")
            .str();
  }
  text += "std::source_location site";
  return with_initial ? text + " = std::source_location::current()" : text;
}

std::string arguments_of(const Method &method) {
  std::string text;
  for (const Parameter &p : method.parameters)
    text += p.type.starts_with("Operand") || p.type.starts_with("std::vector")
                ? (", std::move(" + p.name + ")").str()
                : (", " + p.name).str();
  return text;
}

constexpr StringRef by_axes = "template <std::convertible_to<Axes> A>\n";

/// A temporary is taken over, so that no step of a chain outlives the next.
constexpr std::pair<StringRef, StringRef> receivers[] = {
    {" const &", "static_cast<const Self &>(*this)"}, {" &&", "static_cast<Self &&>(*this)"}};

void emit_declarations(const std::vector<Method> &methods, raw_ostream &out) {
  out << "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n"
         "// Methods of tensors and Variables, generated from the op records.\n"
         "#pragma once\n\n#include <tracejit/options.h>\n\n"
         "#include <concepts>\n#include <cstdint>\n#include <optional>\n"
         "#include <source_location>\n#include <utility>\n#include <vector>\n\n"
         "#pragma GCC visibility push(default)\nnamespace jit {\n\n"
         "class Generator;\nclass Operand;\nclass Tensor;\n"
         "struct UniqueAll;\n\nnamespace detail {\n\n"
         "/// `x.f(...)` is `f(x, ...)`: <tracejit/ops.h> says what it does. A method of a "
         "temporary "
         "takes\n/// it over.\n"
         "template <class Self> class Methods {\npublic:\n";
  for (const Method &method : methods)
    for (const auto &[qualifier, self] : receivers)
      out << (method.options == "axes" ? by_axes : "") << "  " << method.results << " "
          << method.name << "(" << parameters_of(method, true) << ")" << qualifier << ";\n";
  out << "};\n\n} // namespace detail\n} // namespace jit\n#pragma GCC visibility pop\n";
}

} // namespace

void emit_method_definitions(const std::vector<std::string> &declarations, raw_ostream &out) {
  for (const Method &method : read_methods(declarations))
    for (const auto &[qualifier, self] : receivers)
      out << "template <class Self>\n"
          << (method.options == "axes" ? by_axes : "") << method.results
          << " detail::Methods<Self>::" << method.name << "(" << parameters_of(method, false) << ")"
          << qualifier << " {\n  return jit::" << method.function << "(Operand(" << self
          << ", site)" << arguments_of(method) << ");\n}\n";
}

static void emit_header(const RecordKeeper &records, raw_ostream &out) {
  emit_declarations(read_methods(read_declarations(records)), out);
}

static llvm::TableGen::Emitter::Opt header("gen-methods-header", emit_header,
                                           "header of the methods");

} // namespace jit::tblgen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions of one element: their enumerators, which of them are long, those that are made of
// others, and what tests ask of each.
#include "tools/jit-tblgen/Records.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TableGen/TableGenBackend.h>

#include <set>

namespace jit::tblgen {
namespace {

using llvm::raw_ostream;
using llvm::RecordKeeper;

void emit_functions(const RecordKeeper &records, raw_ostream &out) {
  std::set<StringRef> seen{"none"};
  for (const Op &op : read_ops(records))
    if (seen.insert(op.scalar).second)
      out << "TRACEJIT_SCALAR_FUNCTION(" << op.scalar << ")\n";
}

/// Functions that say so, and those made of one. Bodies use earlier records only.
void emit_transcendental(const RecordKeeper &records, raw_ostream &out) {
  std::set<StringRef> found;
  for (const Op &op : read_ops(records)) {
    if (op.family != "elementwise")
      continue;
    const auto is_long = [&](const BodyStep &step) { return found.contains(step.op); };
    if (op.cost != "cheap" || llvm::any_of(op.body, is_long)) {
      found.insert(op.name);
      out << "TRACEJIT_TRANSCENDENTAL(" << op.scalar << ")\n";
    }
  }
}

void emit_broad(const RecordKeeper &records, raw_ostream &out) {
  for (const Op &op : read_ops(records))
    if (op.cost == "broad")
      out << "TRACEJIT_BROAD(" << op.scalar << ")\n";
}

std::string argument(const Op &op, const BodyOperand &operand) {
  if (operand.kind == "operand")
    return op.operands[operand.index].name.str();
  if (operand.kind == "step")
    return "step" + std::to_string(operand.index);
  return "constant<V>(e, " + operand.value + ")";
}

void emit_body(const Op &op, raw_ostream &out) {
  std::vector<std::string> parameters;
  for (const Operand &operand : op.operands)
    parameters.push_back("V " + operand.name.str());
  out << "template <class E, FloatOf<E> V> TRACEJIT_EMIT V " << op.scalar << "(E &e, "
      << llvm::join(parameters, ", ") << ") {\n";
  for (auto [i, step] : llvm::enumerate(op.body)) {
    out << "  auto step" << i << " = " << step.op << "(e";
    for (const BodyOperand &operand : step.operands)
      out << ", " << argument(op, operand);
    out << ");\n";
  }
  out << "  return step" << op.body.size() - 1 << ";\n}\n";
}

void emit_bodies(const RecordKeeper &records, raw_ostream &out) {
  for (const Op &op : read_ops(records))
    if (op.family == "elementwise" && !op.body.empty())
      emit_body(op, out);
}

StringRef cpp_type(StringRef dtype) {
  return llvm::StringSwitch<StringRef>(dtype)
      .Case("boolean", "bool")
      .Case("i8", "std::int8_t")
      .Case("u8", "std::uint8_t")
      .Case("i16", "std::int16_t")
      .Case("u16", "std::uint16_t")
      .Case("i32", "std::int32_t")
      .Case("u32", "std::uint32_t")
      .Case("i64", "std::int64_t")
      .Case("f32", "float")
      .Case("f64", "double");
}

/// Dtypes in which the function is computed for the operands that its op accepts.
std::vector<StringRef> compute_types(const Op &op) {
  if (op.type_rule == "floating")
    return {"f32", "f64"};
  if (op.type_rule == "logical")
    return {"boolean"};
  return op.types;
}

/// TRACEJIT_SCALAR_FORM(function, result, operand...) for each of these dtypes, and
/// TRACEJIT_SCALAR_CAST(result, operand).
void emit_forms(const RecordKeeper &records, raw_ostream &out) {
  for (const Op &op : read_ops(records)) {
    if (op.family != "elementwise")
      continue;
    if (op.type_rule == "cast") {
      for (StringRef from : op.types)
        for (StringRef to : op.types)
          out << "TRACEJIT_SCALAR_CAST(" << cpp_type(to) << ", " << cpp_type(from) << ")\n";
      continue;
    }
    const bool is_truth = op.type_rule == "comparison" || op.type_rule == "logical";
    for (StringRef dtype : compute_types(op)) {
      out << "TRACEJIT_SCALAR_FORM(" << op.scalar << ", " << (is_truth ? "bool" : cpp_type(dtype));
      for (size_t i = 0; i < op.operands.size(); ++i)
        out << ", " << (op.type_rule == "select" && i == 0 ? "bool" : cpp_type(dtype));
      out << ")\n";
    }
  }
}

/// TRACEJIT_ACCURACY(function, operands, bound of f32, bound of f64, unit).
void emit_accuracy(const RecordKeeper &records, raw_ostream &out) {
  for (const Op &op : read_ops(records))
    if (!op.bounds.empty())
      out << "TRACEJIT_ACCURACY(" << op.scalar << ", " << op.operands.size() << ", " << op.bounds[0]
          << ", " << op.bounds[1] << ", " << op.error_of << ")\n";
}

/// The table of docs/numerics.md.
void emit_accuracy_table(const RecordKeeper &records, raw_ostream &out) {
  out << "| function | f32 | f64 |\n|---|---|---|\n";
  for (const Op &op : read_ops(records)) {
    if (op.bounds.empty())
      continue;
    out << "| `" << op.name << "`";
    if (op.error_of == "operand")
      out << ", in units of \\|x\\|";
    if (op.error_of == "largest")
      out << ", in units of the largest of \\|x\\|, \\|y\\|, the result and what is added to the "
             "larger one";
    out << (op.operands.size() > 1 ? ", on samples | " : " | ") << op.bounds[0] << " | "
        << op.bounds[1] << " |\n";
  }
}

/// A call of every public function with these declarations, for the tests of the user's lines: a
/// statement over x, y, v (floats), mask and labels (integers).
void emit_line_checks(const RecordKeeper &records, raw_ostream &out) {
  for (const Op &op : read_ops(records)) {
    if (op.family != "elementwise" || op.signature != "auto")
      continue;
    const bool is_float = llvm::is_contained(op.types, "f32");
    const bool is_truth = op.type_rule == "comparison" || op.type_rule == "logical";
    std::vector<StringRef> operands{"x"};
    if (op.operands.size() > 1)
      operands = {"v", "x", "y"}; // v is stretched, so its gradient is an op
    if (!is_float)
      operands = {"labels", "labels", "labels"};
    else if (op.type_rule == "select")
      operands = {"mask", "x", "y"};
    operands.resize(op.operands.size());
    out << (is_float && !is_truth ? "check_gradient" : "check") << "([] { return " << op.name << "("
        << llvm::join(operands, ", ") << "); });\n";
  }
}

llvm::TableGen::Emitter::Opt line_checks("gen-line-checks", emit_line_checks,
                                         "calls for the tests of lines");
llvm::TableGen::Emitter::Opt forms("gen-scalar-forms", emit_forms,
                                   "dtypes in which functions are computed");
llvm::TableGen::Emitter::Opt accuracy("gen-accuracy", emit_accuracy, "functions with an error");
llvm::TableGen::Emitter::Opt accuracy_table("gen-accuracy-table", emit_accuracy_table,
                                            "their bounds in Markdown");
llvm::TableGen::Emitter::Opt functions("gen-scalar-functions", emit_functions,
                                       "enumerators of ScalarFunction");
llvm::TableGen::Emitter::Opt transcendental("gen-transcendental", emit_transcendental,
                                            "functions that take long");
llvm::TableGen::Emitter::Opt broad("gen-broad", emit_broad, "functions that need many registers");
llvm::TableGen::Emitter::Opt bodies("gen-scalar-bodies", emit_bodies,
                                    "templates of functions that are made of others");

} // namespace
} // namespace jit::tblgen

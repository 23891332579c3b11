// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions of one element: their enumerators, which of them are long, and those that are made of
// others.
#include "tools/jit-tblgen/Records.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
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

/// Functions with an error of several ulp, others that say so, and those made of one. Bodies use
/// earlier records only.
void emit_transcendental(const RecordKeeper &records, raw_ostream &out) {
  std::set<StringRef> found;
  for (const Op &op : read_ops(records)) {
    if (op.family != "elementwise")
      continue;
    const auto is_long = [&](const BodyStep &step) { return found.contains(step.op); };
    if (op.is_long || op.ulp >= 2 || llvm::any_of(op.body, is_long)) {
      found.insert(op.name);
      out << "TRACEJIT_TRANSCENDENTAL(" << op.scalar << ")\n";
    }
  }
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

llvm::TableGen::Emitter::Opt functions("gen-scalar-functions", emit_functions,
                                       "enumerators of ScalarFunction");
llvm::TableGen::Emitter::Opt transcendental("gen-transcendental", emit_transcendental,
                                            "functions that take long");
llvm::TableGen::Emitter::Opt bodies("gen-scalar-bodies", emit_bodies,
                                    "templates of functions that are made of others");

} // namespace
} // namespace jit::tblgen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The op table: enumerators, rows, bodies, samples.
#include "tools/jit-tblgen/Records.h"

#include <llvm/ADT/MapVector.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TableGen/TableGenBackend.h>

namespace jit::tblgen {
namespace {

using llvm::raw_ostream;
using llvm::RecordKeeper;

void emit_kinds(const RecordKeeper &records, raw_ostream &out) {
  for (const Op &op : read_ops(records))
    out << "TRACEJIT_OP(" << op.name << ")\n";
}

void emit_body(const Op &op, raw_ostream &out) {
  for (auto [i, step] : llvm::enumerate(op.body)) {
    out << "constexpr BodyOperand " << op.name << "_step" << i << "[]{";
    for (const BodyOperand &operand : step.operands)
      out << "{BodyOperand::" << operand.kind << ", " << operand.index << ", " << operand.result
          << ", " << operand.value << "}, ";
    out << "};\n";
  }
  out << "constexpr BodyStep " << op.name << "_body[]{";
  for (auto [i, step] : llvm::enumerate(op.body))
    out << "{OpKind::" << step.op << ", " << op.name << "_step" << i << "}, ";
  out << "};\n";
}

void emit_tables(const Op &op, raw_ostream &out) {
  if (!op.operands.empty()) {
    out << "constexpr OperandField " << op.name << "_operands[]{";
    for (const Operand &operand : op.operands)
      out << "{\"" << operand.name << "\", OperandKind::" << operand.kind << ", "
          << (operand.variadic ? "true" : "false") << "}, ";
    out << "};\n";
  }
  if (!op.attrs.empty()) {
    out << "constexpr AttrField " << op.name << "_attrs[]{";
    for (const Attribute &attr : op.attrs)
      out << "{\"" << attr.name << "\", AttrKind::" << attr.kind << "}, ";
    out << "};\n";
  }
  if (!op.body.empty())
    emit_body(op, out);
  if (!op.index_bound.empty())
    out << "constexpr IndexCheck " << op.name << "_index{" << op.index_operand
        << ", TRACEJIT_SHAPE_RULE(" << op.index_bound << "), "
        << (op.index_from_end ? "true" : "false") << "};\n";
}

std::string table(const Op &op, bool present, StringRef suffix) {
  return present ? (op.name + suffix).str() : "{}";
}

void emit_row(const Op &op, raw_ostream &out) {
  out << "    {OpKind::" << op.name << ", \"" << op.name << "\", Family::" << op.family
      << ",\n     " << "TRACEJIT_DOC(R\"(" << op.doc << ")\"),\n     "
      << table(op, !op.operands.empty(), "_operands") << ", "
      << table(op, !op.attrs.empty(), "_attrs") << ", " << op.results
      << ", ScalarFunction::" << op.scalar << ", TypeRule::" << op.type_rule << ",\n     DTypeSet{";
  for (StringRef type : op.types)
    out << "DType::" << type << ", ";
  out << "}, " << (op.commutative ? "true" : "false") << ", " << (op.updates ? "true" : "false")
      << ", " << op.ulp << ", TRACEJIT_SHAPE_RULE(" << op.infer << "), "
      << table(op, !op.body.empty(), "_body") << ", "
      << (op.index_bound.empty() ? "nullptr" : "&" + op.name.str() + "_index") << "},\n";
}

void emit_table(const RecordKeeper &records, raw_ostream &out) {
  std::vector<Op> ops = read_ops(records);
  for (const Op &op : ops)
    emit_tables(op, out);
  out << "\nconstexpr OpInfo op_table[]{\n";
  for (const Op &op : ops)
    emit_row(op, out);
  out << "};\n";
}

void emit_samples(const RecordKeeper &records, raw_ostream &out) {
  for (const Op &op : read_ops(records))
    for (const Sample &sample : op.samples)
      out << "TRACEJIT_SAMPLE(" << op.name << ", " << "\"" << llvm::join(sample.operands, " ")
          << "\""
          << ", " << "\"" << sample.attrs << "\"" << ")\n";
}

/// The ops of each family, for whoever makes something of every one.
void emit_kernels(const RecordKeeper &records, raw_ostream &out) {
  llvm::MapVector<StringRef, std::vector<StringRef>> families;
  for (const Op &op : read_ops(records))
    families[op.family].push_back(op.name);
  for (const auto &[family, names] : families) {
    const std::string macro = "TRACEJIT_" + family.upper() + "_KERNEL";
    out << "#ifdef " << macro << "\n";
    for (StringRef name : names)
      out << macro << "(" << name << ")\n";
    out << "#endif\n";
  }
}

llvm::TableGen::Emitter::Opt kinds("gen-op-kinds", emit_kinds, "enumerators of OpKind");
llvm::TableGen::Emitter::Opt kernels("gen-op-kernels", emit_kernels, "ops by family");
llvm::TableGen::Emitter::Opt rows("gen-op-table", emit_table, "rows of the op table");
llvm::TableGen::Emitter::Opt samples("gen-samples", emit_samples, "calls for tests");

} // namespace
} // namespace jit::tblgen

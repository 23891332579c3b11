// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attribute structs: the typed view of an op's attribute words.
#include "tools/jit-tblgen/Records.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TableGen/TableGenBackend.h>

namespace jit::tblgen {
namespace {

StringRef cpp_type(StringRef kind) {
  return llvm::StringSwitch<StringRef>(kind)
      .Case("integer", "std::int64_t")
      .Case("boolean", "bool")
      .Case("dtype", "DType")
      .Case("list", "DimList");
}

void emit_struct(const Op &op, llvm::raw_ostream &out) {
  std::string name = llvm::convertToCamelFromSnakeCase(op.name, /*capitalizeFirst=*/true) + "Attrs";
  out << "struct " << name << " {\n";
  for (const Attribute &attr : op.attrs)
    out << "  " << cpp_type(attr.kind) << " " << attr.name << "{};\n";
  out << "\n  static " << name << " decode(AttrWords words) {\n"
      << "    AttrReader reader(words);\n    " << name << " attrs;\n";
  for (const Attribute &attr : op.attrs)
    out << "    attrs." << attr.name << " = reader." << attr.kind << "();\n";
  out << "    return attrs;\n  }\n"
      << "  AttrWriter encode() const {\n    AttrWriter writer;\n";
  for (const Attribute &attr : op.attrs)
    out << "    writer." << attr.kind << "(" << attr.name << ");\n";
  out << "    return writer;\n  }\n};\n";
}

void emit_attrs(const llvm::RecordKeeper &records, llvm::raw_ostream &out) {
  out << "namespace jit {\n\n";
  for (const Op &op : read_ops(records))
    if (!op.attrs.empty())
      emit_struct(op, out);
  out << "\n} // namespace jit\n";
}

llvm::TableGen::Emitter::Opt attrs("gen-attrs", emit_attrs, "attribute structs");

} // namespace
} // namespace jit::tblgen

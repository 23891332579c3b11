// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// docs/ops.md: one row an op.
#include "tools/jit-tblgen/Records.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TableGen/TableGenBackend.h>

namespace jit::tblgen {
namespace {

std::string one_line(StringRef text) {
  std::string line;
  for (StringRef part : llvm::split(text, '\n'))
    line += (line.empty() ? "" : " ") + part.trim().str();
  std::string escaped;
  for (char c : line)
    escaped += c == '|' ? "\\|" : std::string(1, c);
  return escaped;
}

void emit_row(const Op &op, llvm::raw_ostream &out) {
  std::string call = op.declaration();
  out << "| " << (call.empty() ? "(by indexing)" : "`" + one_line(call) + "`") << " | "
      << one_line(op.doc);
  if (!op.cpp.empty())
    out << " Written `" << one_line(op.cpp.drop_front(8)) << "`.";
  out << " | " << llvm::join(op.types, " ") << " | "
      << (op.ulp == 0 ? "exact" : std::to_string(op.ulp) + " ulp") << " |\n";
}

void emit_docs(const llvm::RecordKeeper &records, llvm::raw_ostream &out) {
  out << "# Ops\n\nGenerated from the records in `dialects/trace/`.\n";
  StringRef family;
  for (const Op &op : read_ops(records)) {
    if (op.family != family)
      out << "\n## " << op.family
          << "\n\n| function | meaning | dtypes | error |\n|---|---|---|---|\n";
    family = op.family;
    emit_row(op, out);
  }
  out << "\n## Written with other ops\n\n| function | meaning |\n|---|---|\n";
  for (const llvm::Record *composite : in_order(records, "Composite"))
    out << "| `" << one_line(composite->getValueAsString("signature")) << "` | "
        << one_line(composite->getValueAsString("doc")) << " |\n";
}

llvm::TableGen::Emitter::Opt docs("gen-docs", emit_docs, "the table of ops in Markdown");

} // namespace
} // namespace jit::tblgen

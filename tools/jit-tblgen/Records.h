// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Op records as the back ends see them: read from TableGen, complete and checked.
#pragma once

#include <llvm/ADT/StringRef.h>
#include <llvm/TableGen/Record.h>

#include <string>
#include <vector>

namespace jit::tblgen {

using llvm::StringRef;

struct Operand {
  StringRef name;
  StringRef kind; ///< enumerator of OperandKind
  bool variadic;
};
struct Attribute {
  StringRef name;
  StringRef kind; ///< enumerator of AttrKind
};
struct BodyOperand {
  StringRef kind; ///< enumerator of BodyOperand::Kind
  unsigned index = 0;
  unsigned result = 0;
  std::string value = "0"; ///< of a constant, as C++
};
struct BodyStep {
  StringRef op;
  std::vector<BodyOperand> operands;
};
struct Sample {
  std::vector<StringRef> operands;
  StringRef attrs;
};
struct Op {
  const llvm::Record *record;
  StringRef name, family, doc, type_rule, infer, scalar, cpp, signature;
  std::vector<StringRef> types;
  std::vector<Operand> operands;
  std::vector<Attribute> attrs;
  unsigned results;
  int ulp;
  std::vector<StringRef> bounds; ///< of f32 and f64, or none
  StringRef error_of, cost;
  bool commutative, updates;
  std::vector<BodyStep> body;
  std::string index_bound; ///< of operand index_operand; empty without a check
  bool index_from_end = false;
  unsigned index_operand = 0;
  std::vector<Sample> samples;

  /// "Tensor add(Operand x, Operand y)", without the semicolon; empty without a free function.
  std::string declaration() const;
};

/// All ops, in the order of their records. Reports every incomplete record at its place and then
/// ends the program.
std::vector<Op> read_ops(const llvm::RecordKeeper &records);

/// Records of a class in the order they stand in the files.
std::vector<const llvm::Record *> in_order(const llvm::RecordKeeper &records, StringRef of_class);

/// Of all public functions: those of the ops, then those written with others.
std::vector<std::string> read_declarations(const llvm::RecordKeeper &records);

/// The methods of these functions, for the end of the header that declares them.
void emit_method_definitions(const std::vector<std::string> &declarations, llvm::raw_ostream &out);

/// Every line of a doc behind a prefix.
std::string prefixed(StringRef doc, StringRef prefix);

} // namespace jit::tblgen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading and checking of op records.
#include "tools/jit-tblgen/Records.h"
#include "runtime/ops/Limits.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>
#include <llvm/TableGen/Error.h>

#include <map>

namespace jit::tblgen {
namespace {

using llvm::DagInit;
using llvm::dyn_cast;
using llvm::Init;
using llvm::Record;
using llvm::Twine;

/// Reads one record. Errors are reported at the field, or at the record when the field is missing.
class OpReader {
public:
  explicit OpReader(const Record &record) : record(record) { op.record = &record; }

  Op read() {
    op.name = text("opName");
    op.doc = required("doc");
    op.family = required("family");
    op.type_rule = required("typeRule");
    op.infer = required("infer");
    op.signature = required("signature");
    op.scalar = text("scalar");
    op.cpp = text("cpp");
    for (const Record *type : list("types"))
      op.types.push_back(type->getValueAsString("name"));
    read_arguments();
    op.results = record.getValueAsDag("results")->getNumArgs();
    op.ulp = static_cast<int>(record.getValueAsInt("ulp"));
    op.cost = required("cost");
    op.updates = record.getValueAsBit("updates");
    for (const Record *trait : record.getValueAsListOfDefs("traits"))
      op.commutative |= trait->getName() == "Commutative";
    read_body();
    read_index_check();
    read_samples();
    read_bounds();
    check_family();
    return std::move(op);
  }

private:
  const Init *init(StringRef field) const { return record.getValue(field)->getValue(); }
  void error(StringRef field, const Twine &message) const {
    // A field knows where it was last set: in this record, or in a class above it.
    const llvm::RecordVal *value = record.getValue(field);
    llvm::SMLoc place = record.getLoc().front();
    if (value->getLoc().getPointer() > place.getPointer() &&
        llvm::SrcMgr.FindBufferContainingLoc(value->getLoc()) ==
            llvm::SrcMgr.FindBufferContainingLoc(place))
      place = value->getLoc();
    llvm::PrintError(place, "op '" + op.name + "': " + message);
  }
  StringRef text(StringRef field) const {
    const auto *value = dyn_cast<llvm::StringInit>(init(field));
    return value ? value->getValue() : StringRef();
  }
  StringRef required(StringRef field) const {
    StringRef value = text(field);
    if (value.empty())
      error(field, "field '" + field + "' is missing");
    return value;
  }
  std::vector<const Record *> list(StringRef field) const {
    const auto *values = dyn_cast<llvm::ListInit>(init(field));
    if (!values || (values->empty() && field != "body" && field != "indexCheck")) {
      error(field, "field '" + field + "' is missing");
      return {};
    }
    return record.getValueAsListOfDefs(field);
  }

  void read_arguments() {
    const DagInit *arguments = record.getValueAsDag("arguments");
    for (unsigned i = 0; i < arguments->getNumArgs(); ++i) {
      const auto *def = dyn_cast<llvm::DefInit>(arguments->getArg(i));
      StringRef name = arguments->getArgNameStr(i);
      if (!def || name.empty()) {
        error("arguments", "argument " + Twine(i) + " needs a constraint and a name");
        continue;
      }
      const Record *constraint = def->getDef();
      bool variadic = constraint->isSubClassOf("Variadic");
      if (variadic)
        constraint = constraint->getValueAsDef("baseType");
      if (constraint->isSubClassOf("OperandOf"))
        read_operand({name, constraint->getValueAsString("operandKind"), variadic});
      else
        read_attribute(name, constraint->getName());
    }
  }
  void read_operand(Operand operand) {
    if (!op.attrs.empty() || (!op.operands.empty() && op.operands.back().variadic))
      error("arguments",
            "operand '" + operand.name + "' follows an attribute or a variadic operand");
    op.operands.push_back(operand);
  }
  void read_attribute(StringRef name, StringRef constraint) {
    StringRef kind = llvm::StringSwitch<StringRef>(constraint)
                         .Case("I64Attr", "integer")
                         .Case("BoolAttr", "boolean")
                         .Case("DenseI64ArrayAttr", "list")
                         .Case("DTypeAttr", "dtype")
                         .Default("");
    if (kind.empty())
      error("arguments", "'" + name + "' is a " + constraint +
                             ", which is neither an operand nor an attribute of a known kind");
    op.attrs.push_back({name, kind});
  }

  /// Appends the steps of a dag, inner ones first, and says where its result is.
  BodyOperand read_expression(const Init *value, StringRef name) {
    if (const auto *number = dyn_cast<llvm::IntInit>(value))
      return {"constant", 0, 0, number->getAsString()};
    if (const auto *number = dyn_cast<llvm::StringInit>(value))
      return {"constant", 0, 0,
              number->getValue() == "inf" ? "std::numeric_limits<double>::infinity()"
                                          : number->getValue().str()};
    const auto *expression = dyn_cast<DagInit>(value);
    if (!expression) {
      auto found = names.find(name);
      if (found != names.end())
        return found->second;
      error("body", "the body uses $" + name + ", which is no operand and no earlier name");
      return {};
    }
    const Record *step = nullptr;
    if (const auto *def = dyn_cast<llvm::DefInit>(expression->getOperator()))
      step = def->getDef();
    if (!step || !step->isSubClassOf("TraceOp")) {
      error("body", expression->getOperator()->getAsString() + " in the body is not an op");
      return {};
    }
    if (op.family == "elementwise" && step->getValueAsString("family") != "elementwise")
      error("body", step->getValueAsString("opName") + " in the body is not elementwise");
    BodyStep read{step->getValueAsString("opName"), {}};
    for (unsigned i = 0; i < expression->getNumArgs(); ++i)
      read.operands.push_back(read_expression(expression->getArg(i), expression->getArgNameStr(i)));
    op.body.push_back(std::move(read));
    return {"step", static_cast<unsigned>(op.body.size() - 1), 0, "0"};
  }
  void read_body() {
    for (unsigned i = 0; i < op.operands.size(); ++i)
      names[op.operands[i].name] = {"operand", i, 0, "0"};
    for (const Record *let : list("body")) {
      BodyOperand last = read_expression(let->getValueInit("value"), "");
      for (StringRef name : let->getValueAsListOfStrings("names")) {
        names[name] = last;
        ++last.result;
      }
    }
  }

  void read_index_check() {
    for (const Record *check : list("indexCheck")) {
      StringRef checked = check->getValueAsString("operand");
      op.index_bound = check->getValueAsString("bound");
      op.index_from_end = check->getValueAsBit("fromEnd");
      auto found = llvm::find_if(op.operands, [&](const Operand &o) { return o.name == checked; });
      if (found == op.operands.end())
        error("indexCheck", "the index check names '" + checked + "', which is no operand");
      op.index_operand = static_cast<unsigned>(found - op.operands.begin());
    }
    if (op.index_bound.empty() && op.family == "index")
      error("indexCheck", "an op of family index needs field 'indexCheck'");
  }

  void read_samples() {
    for (const Record *sample : list("samples")) {
      op.samples.push_back(
          {sample->getValueAsListOfStrings("operands"), sample->getValueAsString("attrs")});
      bool variadic = !op.operands.empty() && op.operands.back().variadic;
      size_t count = op.samples.back().operands.size();
      if (variadic ? count + 1 < op.operands.size() : count != op.operands.size())
        error("samples",
              "a sample has " + Twine(count) + " operands, the op " + Twine(op.operands.size()));
    }
  }

  /// What tests assert must be what the op promises.
  void read_bounds() {
    op.bounds = record.getValueAsListOfStrings("bounds");
    op.error_of = text("errorOf");
    if (op.bounds.empty() ? op.family == "elementwise" && op.ulp != 0 : op.bounds.size() != 2)
      error("bounds", "an elementwise op with an error needs field 'bounds', of f32 and of f64");
    for (StringRef bound : op.bounds)
      if (double ulp; bound.getAsDouble(ulp) || ulp > std::max<double>(op.ulp, 0.5))
        error("bounds", "bound " + bound + " is above the ulp of the op");
    if (op.operands.size() > 2 && !op.bounds.empty())
      error("bounds", "tests know no function of three operands with an error");
  }

  void check_family() {
    if ((op.family == "elementwise") != (op.scalar != "none"))
      error("scalar", "field 'scalar' is for elementwise ops, and all of them");
    const bool has_body = !list("body").empty();
    if (op.family == "row" ? !has_body : has_body && op.family != "elementwise")
      error("body", "field 'body' is for row ops, all of them, and for elementwise ones");
    if (op.family == "elementwise" && has_body && op.type_rule != "floating")
      error("body", "an elementwise op with a body has type rule 'floating'");
    if (op.cost != "cheap" && op.cost != "long" && op.cost != "broad")
      error("cost", "cost '" + op.cost + "' is none of cheap, long and broad");
    const size_t most = op.family == "elementwise" ? max_element_operands : max_row_operands;
    if ((op.family == "elementwise" || op.family == "row") && op.operands.size() > most)
      error("arguments",
            "an op of family " + op.family + " has at most " + Twine(most) + " operands");
    if (op.family == "row" && op.body.size() > max_row_steps)
      error("body", "the body has " + Twine(op.body.size()) + " steps, of which there may be " +
                        Twine(max_row_steps));
    if (op.results < 1 || op.results > 2)
      error("results", "an op has one result or two");
    if (op.signature == "auto" && !op.attrs.empty())
      error("signature", "an op with attributes needs field 'signature'");
  }

  const Record &record;
  Op op{};
  std::map<StringRef, BodyOperand> names;
};

} // namespace

std::string Op::declaration() const {
  if (signature == "none")
    return "";
  if (signature != "auto")
    return signature.str();
  std::vector<std::string> parameters;
  for (const Operand &operand : operands)
    parameters.push_back("Operand &&" + operand.name.str());
  return "Tensor " + name.str() + "(" + llvm::join(parameters, ", ") + ")";
}

std::vector<const Record *> in_order(const llvm::RecordKeeper &records, StringRef of_class) {
  std::vector<const Record *> found = records.getAllDerivedDefinitions(of_class);
  llvm::sort(found, llvm::LessRecordByID());
  return found;
}

std::vector<std::string> read_declarations(const llvm::RecordKeeper &records) {
  std::vector<std::string> declarations;
  for (const Op &op : read_ops(records))
    if (std::string declaration = op.declaration(); !declaration.empty())
      declarations.push_back(std::move(declaration));
  for (const Record *composite : in_order(records, "Composite"))
    declarations.push_back(composite->getValueAsString("signature").str());
  return declarations;
}

std::vector<Op> read_ops(const llvm::RecordKeeper &records) {
  std::vector<Op> ops;
  std::map<StringRef, const Record *> seen;
  for (const Record *record : in_order(records, "TraceOp")) {
    ops.push_back(OpReader(*record).read());
    if (!seen.insert({ops.back().name, record}).second)
      llvm::PrintError(record->getLoc(), "op '" + ops.back().name + "' is declared twice");
  }
  if (ops.empty())
    llvm::PrintFatalError("no op records");
  if (llvm::ErrorsPrinted)
    std::exit(1);
  return ops;
}

std::string prefixed(StringRef doc, StringRef prefix) {
  std::string lines;
  for (StringRef line : llvm::split(doc, '\n'))
    lines += (prefix + line + "\n").str();
  return lines;
}

} // namespace jit::tblgen

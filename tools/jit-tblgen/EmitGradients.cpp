// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradient records to C++: a function an op that calls public functions, and what a tape must keep
// for it.
#include "tools/jit-tblgen/Records.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/Twine.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TableGen/Error.h>
#include <llvm/TableGen/TableGenBackend.h>

#include <map>

namespace jit::tblgen {
namespace {

using llvm::DagInit;
using llvm::dyn_cast;
using llvm::Init;
using llvm::raw_ostream;
using llvm::Record;
using llvm::Twine;

constexpr unsigned first_result_bit = 8; // of autograd::Keep

/// Emits the function of one record and collects the masks of what it mentions.
class GradientEmitter {
public:
  GradientEmitter(const Op &op, const Record &record, raw_ostream &out)
      : op(op), record(record), keeps(op.operands.size()), out(out) {
    for (const auto &[i, operand] : llvm::enumerate(op.operands))
      names[operand.name] = {("b.operand(" + Twine(i) + ")").str(), 1u << i};
    const DagInit *results = op.record->getValueAsDag("results");
    for (unsigned i = 0; i < results->getNumArgs(); ++i)
      names[results->getArgNameStr(i)] = {("b.result(" + Twine(i) + ")").str(),
                                          1u << (first_result_bit + i)};
    names["dy"] = {"b.dy()", 0};
  }

  /// The row of the table.
  std::string emit() {
    if (record.isSubClassOf("NoGradient"))
      return "    {nullptr, {}, nullptr},\n";
    std::string function, narrowed;
    if (record.isSubClassOf("CustomGradient")) {
      function = record.getValueAsString("function");
      narrowed = record.getValueAsString("narrowed");
      read_needs();
    } else {
      function = (op.name + "_rule").str();
      emit_rules(function);
    }
    check_complete();
    out << "constexpr Keep " << op.name << "_keeps[]{";
    for (unsigned keep : keeps)
      out << keep << ", ";
    out << "};\n";
    return "    {&" + function + ", " + op.name.str() + "_keeps, " +
           (narrowed.empty() ? "nullptr" : "&" + narrowed) + "},\n";
  }

private:
  struct Name {
    std::string text;
    unsigned keep;
  };

  void error(const Twine &message) const {
    llvm::PrintError(record.getLoc(), "gradient of op '" + op.name + "': " + message);
  }

  /// The number of an operand that a rule is for, counted as seen; or nothing.
  std::optional<unsigned> claim(StringRef name) {
    for (const auto &[i, operand] : llvm::enumerate(op.operands)) {
      if (operand.name != name)
        continue;
      if (operand.kind != "any" && operand.kind != "tensor")
        error("operand '" + name + "' is never differentiated");
      if (seen & 1u << i)
        error("operand '" + name + "' has two rules");
      seen |= 1u << i;
      return i;
    }
    error("'" + name + "' is no operand");
    return std::nullopt;
  }
  void check_complete() const {
    for (const auto &[i, operand] : llvm::enumerate(op.operands))
      if ((operand.kind == "any" || operand.kind == "tensor") && !(seen & 1u << i))
        error("operand '" + operand.name + "' has no rule");
  }

  void read_needs() {
    for (const Record *needs : record.getValueAsListOfDefs("needs")) {
      std::optional<unsigned> operand = claim(needs->getValueAsString("operand"));
      for (StringRef name : needs->getValueAsListOfStrings("names")) {
        auto found = names.find(name);
        if (found == names.end())
          error("needs '" + name + "', which is no operand and no result");
        else if (operand)
          keeps[*operand] |= found->second.keep;
      }
    }
  }

  void emit_rules(StringRef function) {
    out << "void " << function << "(Backward &b) {\n";
    for (const Record *rule : record.getValueAsListOfDefs("rules")) {
      std::optional<unsigned> operand = claim(rule->getValueAsString("operand"));
      if (!operand || rule->isSubClassOf("Constant"))
        continue;
      const auto *value = cast<DagInit>(rule->getValueInit("value"));
      mentions.clear();
      count_mentions(value);
      made.clear();
      mentioned = 0;
      out << "  if (b.wants(" << *operand << ")) {\n";
      std::string result = expression(value, "");
      out << "    b.give(" << *operand << ", " << result << ");\n  }\n";
      keeps[*operand] = mentioned;
    }
    out << "}\n";
  }

  /// How often each step of a dag is mentioned; equal dags are one object.
  void count_mentions(const Init *value) {
    const auto *dag = dyn_cast<DagInit>(value);
    if (!dag || ++mentions[dag] > 1)
      return;
    for (const Init *argument : dag->getArgs())
      count_mentions(argument);
  }

  /// Emits the steps of a dag, inner ones first, one statement each: C++ leaves the order of
  /// arguments open. A step that is mentioned twice is done once. Returns the expression for its
  /// value.
  std::string expression(const Init *value, StringRef name) {
    // Numbers too: the line of an op is that of its first operand.
    if (const auto *number = dyn_cast<llvm::IntInit>(value))
      return "b.at(" + number->getAsString() + ")";
    if (const auto *number = dyn_cast<llvm::StringInit>(value))
      return number->getValue() == "inf" ? "b.at(std::numeric_limits<double>::infinity())"
                                         : ("b.at(" + number->getValue() + ")").str();
    const auto *dag = dyn_cast<DagInit>(value);
    if (!dag) {
      auto found = names.find(name);
      if (found == names.end()) {
        error("the rule uses $" + name + ", which is no operand, no result and not $dy");
        return "";
      }
      mentioned |= found->second.keep;
      return found->second.text;
    }
    if (auto before = made.find(dag); before != made.end())
      return use(dag, before->second);
    std::vector<std::string> arguments;
    for (unsigned i = 0; i < dag->getNumArgs(); ++i)
      arguments.push_back(expression(dag->getArg(i), dag->getArgNameStr(i)));
    return call(*dag, arguments);
  }

  std::string use(const DagInit *dag, StringRef name) const {
    return (mentions.at(dag) > 1 ? "b.at(" + name + ")" : "b.at(std::move(" + name + "))").str();
  }

  std::string call(const DagInit &dag, const std::vector<std::string> &arguments) {
    const Init *callee = dag.getOperator();
    const auto *def = dyn_cast<llvm::DefInit>(callee);
    const Record *step = def ? def->getDef() : nullptr;
    if (step && step->getName() == "Same" && arguments.size() == 1)
      return arguments[0];
    bool reduction = step && step->isSubClassOf("Reduction") && op.family == "row";
    if (!step || (!step->isSubClassOf("Elementwise") && !reduction)) {
      error(callee->getAsString() + " in the rule is no elementwise op" +
            (op.family == "row" ? " and no reduction" : ""));
      return "";
    }
    std::string name = ("t" + Twine(made.size())).str();
    out << "    Tensor " << name << " = " << step->getValueAsString("opName") << "("
        << llvm::join(arguments, ", ") << (reduction ? ", b.row()" : "") << ");\n";
    made.insert({&dag, name});
    return use(&dag, name);
  }

  const Op &op;
  const Record &record;
  std::map<StringRef, Name> names;
  std::vector<unsigned> keeps; ///< by operand
  unsigned seen = 0, mentioned = 0;
  std::map<const DagInit *, unsigned> mentions; ///< within the rule
  std::map<const DagInit *, std::string> made;  ///< the variable of each step emitted so far
  raw_ostream &out;
};

void emit_gradients(const llvm::RecordKeeper &records, raw_ostream &out) {
  std::vector<Op> ops = read_ops(records);
  std::map<const Record *, const Record *> gradients;
  for (const Record *gradient : in_order(records, "GradientOf")) {
    const Record *op = gradient->getValueAsDef("op");
    if (!gradients.insert({op, gradient}).second)
      llvm::PrintError(gradient->getLoc(),
                       "op '" + op->getValueAsString("opName") + "' has two gradients");
  }
  std::string table;
  for (const Op &op : ops) {
    if (auto found = gradients.find(op.record); found != gradients.end())
      table += GradientEmitter(op, *found->second, out).emit();
    else
      llvm::PrintError(op.record->getLoc(),
                       "op '" + op.name +
                           "' has no gradient: give it a Gradient, a CustomGradient or NoGradient");
  }
  if (llvm::ErrorsPrinted)
    std::exit(1);
  out << "\nconstexpr GradientRule gradient_rules[]{\n" << table << "};\n";
}

llvm::TableGen::Emitter::Opt gradients("gen-gradients", emit_gradients, "gradients of the ops");

} // namespace
} // namespace jit::tblgen

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row ops from the bodies of their records. Each reduction is a pass over the row, and what it
// reduces is kept in shared memory for the next pass, in places of the thread's own; all else that
// a pass needs is computed again. In a block, whose threads are more than a chunk has chains, sums
// are taken from there by the first warp.
#include "compiler/cuda/text/Vectors.h"
#include "runtime/cuda/RowArgs.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Numbers.h"
#include "tools/cuda-pack/Rows.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <functional>
#include <map>

namespace jit::gpu {
namespace {

using nest::ReduceKind;

constexpr unsigned threads = 256, warp = 32;

class RowOp {
public:
  RowOp(ModuleText &module, const OpInfo &op, DType dtype, bool block)
      : module(module), op(op), dtype(dtype), block(block), lanes(inner_vector(dtype, dtype)),
        vector(std::to_string(lanes) + "u"), type(memory_type(dtype)),
        by(std::to_string(lanes) + "u * " +
           (block ? std::to_string(threads) + "u" : std::string("p.members"))) {}

  void run() {
    open_rows();
    for (unsigned step = 0; step < op.body.size(); ++step)
      if (info(op.body[step].op).family == Family::reduction)
        reduce(step);
      else if (is_of_row(result_of(step)))
        found[result_of(step)] = apply(step);
    store();
    out.close("}");
    constexpr unsigned elements = kept_elements + passed_elements;
    module.declare(RowAxes_text);
    module.declare(RowOpArgs_text);
    module.add({"row_" + std::string(op.name) + "_" + std::string(short_name(dtype)) +
                    (block ? "_block" : "_short"),
                block ? "row block" : "row short", threads,
                elements * static_cast<unsigned>(itemsize(dtype)), true, "", out.text(),
                "RowOpArgs"});
  }

private:
  // Values: an operand by its number; of a step, 16 (step + 1) + the number of the result.
  static unsigned result_of(unsigned step, unsigned result = 0) { return 16 * (step + 1) + result; }
  static unsigned value_of(const BodyOperand &x) {
    return x.kind == BodyOperand::operand ? x.index : result_of(x.index, x.result);
  }
  bool is_of_row(const BodyOperand &x) const {
    return x.kind == BodyOperand::constant || is_of_row(value_of(x));
  }
  /// Whether a value is the same for all points of the row.
  bool is_of_row(unsigned value) const {
    if (value < 16)
      return op.operands[value].kind == OperandKind::number;
    const BodyStep &step = op.body[value / 16 - 1];
    return info(step.op).family == Family::reduction ||
           std::ranges::all_of(step.operands, [&](const BodyOperand &x) { return is_of_row(x); });
  }

  void open_rows() {
    const std::string member = block ? "TJ_THREAD" : "TJ_THREAD % p.members";
    out.line(type + " *kept = (" + type + " *)TJ_SHARED + TJ_THREAD;");
    if (block)
      out.line(type + " *passed = (" + type + " *)TJ_SHARED + " + std::to_string(kept_elements) +
               ";");
    for (unsigned k = 0; k < op.operands.size(); ++k)
      if (op.operands[k].kind == OperandKind::number)
        found[k] = define(e, dtype, number_in_memory(e, dtype, "p.number"));
      else if (k > 0)
        out.line("const " + type + " *x" + std::to_string(k) + " = (const " + type +
                 " *)p.operand[" + std::to_string(k) + "];");
    out.line("const unsigned member = " + member + ";");
    if (block) {
      out.open("for (unsigned long long row = TJ_BLOCK; row < p.rows; row += TJ_BLOCKS) {");
    } else {
      out.line("const unsigned team = TJ_THREAD / p.members, teams = " + std::to_string(threads) +
               "u / p.members;");
      out.open("for (unsigned long long unit = TJ_BLOCK; unit * teams < p.rows; unit += TJ_BLOCKS) "
               "{");
      // Those behind the last row compute it once more.
      out.line("const bool live = unit * teams + team < p.rows;");
      out.line("const unsigned long long row = live ? unit * teams + team : p.rows - 1;");
    }
    add_row_base(out);
    out.line("const " + type + " *x = (const " + type + " *)p.operand[0] + base;");
  }

  void open_lanes() {
    out.line("#pragma unroll");
    out.open("for (int k = 0; k < " + std::to_string(lanes) + "; ++k) {");
  }
  /// The points of a thread: element j + k of the row, number n + k of its own.
  void each_vector(const std::function<void()> &body) {
    out.line("#pragma unroll 1");
    out.open("for (unsigned j = " + vector + " * member, n = 0; j < p.length; j += " + by +
             ", n += " + vector + ") {");
    body();
    out.close("}");
  }

  // Values at a point.

  /// Fills `v` with operand 0, where the pass reads it.
  void load() {
    out.line(type + " v[" + std::to_string(lanes) + "];");
    out.open("if (p.aligned != 0u && j + " + vector + " <= p.length) {");
    load_vector(out, dtype, lanes, true, "x + j", "v", "0");
    out.reopen("} else {");
    open_lanes();
    out.line("v[k] = j + k < p.length ? x[(long long)(j + k) * p.step[0]] : " +
             constant(dtype, 0).text + ";");
    out.close("}");
    out.close("}");
  }
  bool reads_memory(unsigned value) const {
    if (value == in_kept || (value >= 16 && is_of_row(value)))
      return false;
    if (value < 16)
      return value == 0;
    return std::ranges::any_of(op.body[value / 16 - 1].operands, [&](const BodyOperand &x) {
      return x.kind != BodyOperand::constant && reads_memory(value_of(x));
    });
  }

  Element at_point(const BodyOperand &x) {
    return x.kind == BodyOperand::constant ? number(x.value) : at_point(value_of(x));
  }
  Element at_point(unsigned value) {
    if (const auto known = found.find(value); known != found.end())
      return known->second;
    if (const auto known = here.find(value); known != here.end())
      return known->second;
    Element x;
    if (value == in_kept)
      x = define(e, dtype, "kept[(n + k) * " + std::to_string(threads) + "u]");
    else if (value == 0)
      x = define(e, dtype, "v[k]");
    else if (value < 16)
      x = weight(std::to_string(value));
    else
      x = apply(value / 16 - 1);
    here[value] = x;
    return x;
  }
  /// An operand that has no rows.
  Element weight(const std::string &number) {
    const Element place = define(
        e, DType::i64, "j + k < p.length ? (long long)(j + k) * p.step[" + number + "] : 0ll");
    return define(e, dtype, "x" + number + "[" + place.text + "]");
  }
  Element apply(unsigned step) {
    const OpInfo &function = info(op.body[step].op);
    std::vector<Element> operands;
    for (const BodyOperand &x : op.body[step].operands)
      operands.push_back(at_point(x));
    const DType result = function.types == TypeRule::comparison ? DType::boolean : dtype;
    return apply_element(e, function.scalar, result, operands);
  }
  Element number(double x) const {
    return constant(dtype, dtype == DType::f32 ? std::bit_cast<std::uint32_t>(static_cast<float>(x))
                                               : std::bit_cast<std::uint64_t>(x));
  }

  // Reductions.

  static ReduceKind kind_of(OpKind op) {
    switch (op) {
    case OpKind::max:
      return ReduceKind::max;
    case OpKind::sum:
      return ReduceKind::sum;
    case OpKind::var_mean:
      return ReduceKind::varmean;
    default: // of no body
      std::abort();
    }
  }

  using Step = std::function<Element(const Element &sum, const Element &x)>;

  void reduce(unsigned step) {
    const ReduceKind kind = kind_of(op.body[step].op);
    const unsigned operand = value_of(op.body[step].operands[0]);
    const auto add = [&](const Element &sum, const Element &x) { return combine(e, kind, sum, x); };
    if (kind == ReduceKind::max) {
      found[result_of(step)] = block ? over_block(kind, keep(operand, kind, add))
                                     : over_members(kind, keep(operand, kind, add));
      return;
    }
    const auto plain = [&](const Element &sum, const Element &x) {
      return combine(e, ReduceKind::sum, sum, x);
    };
    const Element total = ordered(operand, plain);
    if (kind == ReduceKind::sum) {
      found[result_of(step)] = total;
      return;
    }
    const Element count =
        define(e, dtype,
               std::string(dtype == DType::f32 ? "__ll2float_rn" : "__ll2double_rn") +
                   "((long long)p.length)");
    const Element mean = quotient(total, count);
    const Element squares = ordered(
        operand, [&](const Element &sum, const Element &x) { return deviation(sum, x, mean); });
    found[result_of(step, 0)] = quotient(squares, count);
    found[result_of(step, 1)] = mean;
  }
  Element quotient(const Element &x, const Element &y) {
    const Element both[] = {x, y};
    return apply_element(e, ScalarFunction::divide, dtype, both);
  }
  Element deviation(const Element &sum, const Element &x, const Element &mean) {
    const auto add = [&]<class V>(std::type_identity<V>) {
      return Element{scalar::add_deviation(e, V{sum.text}, V{x.text}, V{mean.text}).text, dtype};
    };
    return dtype == DType::f32 ? add(std::type_identity<Emitter::F32>())
                               : add(std::type_identity<Emitter::F64>());
  }

  std::string open_chains(ReduceKind kind) {
    const std::string name = e.fresh("acc");
    out.line(type + " " + name + "[" + std::to_string(lanes) + "];");
    open_lanes();
    out.line(name + "[k] = " + neutral(kind, dtype).text + ";");
    out.close("}");
    return name;
  }
  Element chain(const std::string &chains, const std::string &k) {
    return define(e, dtype, chains + "[" + k + "]");
  }
  /// chains[k] goes on by x, if the condition holds.
  void go_on(const std::string &chains, const std::string &condition, const Element &x,
             const Step &step) {
    const Element sum = chain(chains, "k");
    const Element next = step(sum, x);
    out.line(chains + "[k] = " + condition + " ? " + next.text + " : " + sum.text + ";");
  }

  /// A pass that keeps a value, with the chains of the thread's own points if there is a step.
  std::string keep(unsigned value, ReduceKind kind, const Step &step) {
    const std::string chains = step ? open_chains(kind) : "";
    each_vector([&] {
      if (reads_memory(value))
        load();
      open_lanes();
      const Element x = at_point(value);
      if (value != in_kept)
        out.line("kept[(n + k) * " + std::to_string(threads) + "u] = " + x.text + ";");
      if (step)
        go_on(chains, "j + k < p.length", x, step);
      out.close("}");
    });
    here.clear();
    in_kept = value;
    return chains;
  }

  /// In the canonical order. Every thread of the row has the result.
  Element ordered(unsigned value, const Step &step) {
    if (!block)
      return over_members(ReduceKind::sum, keep(value, ReduceKind::sum, step));
    if (value != in_kept)
      keep(value, ReduceKind::sum, {});
    out.line("TJ_BARRIER();");
    out.open("if (TJ_THREAD < " + std::to_string(warp) + "u) {");
    const std::string chains = open_chains(ReduceKind::sum), number = std::to_string(threads) + "u";
    out.line("const " + type + " *all = (const " + type + " *)TJ_SHARED;");
    out.line("#pragma unroll 2");
    out.open("for (unsigned q = TJ_THREAD % " + std::to_string(most_members) + "u; q * " + vector +
             " < p.length; q += " + std::to_string(most_members) + "u) {");
    out.line("const unsigned place = q / " + number + " * " + vector + " * " + number + " + q % " +
             number + ";");
    open_lanes();
    const Element x = define(e, dtype, "all[place + k * " + number + "]");
    go_on(chains, "q * " + vector + " + k < p.length", x, step);
    out.close("}");
    out.close("}");
    const Element sum = joined(ReduceKind::sum, chains, std::to_string(most_members / 2) + "u");
    out.line("if (TJ_THREAD == 0)");
    out.line("  passed[" + std::to_string(threads / warp) + "] = " + sum.text + ";");
    out.close("}");
    out.line("TJ_BARRIER();");
    return define(e, dtype, "passed[" + std::to_string(threads / warp) + "]");
  }

  Element over_members(ReduceKind kind, const std::string &chains) {
    return joined(kind, chains, "p.members / 2u");
  }

  /// The chains of threads whose numbers differ in bits up to `first` become one.
  Element joined(ReduceKind kind, const std::string &chains, const std::string &first) {
    out.line("#pragma unroll 1");
    out.open("for (unsigned half = " + first + "; half > 0u; half /= 2u) {");
    open_lanes();
    const Element mine = chain(chains, "k");
    out.line(chains + "[k] = " + combine(e, kind, mine, of_partner(e, {mine}, "half")[0]).text +
             ";");
    out.close("}");
    out.close("}");
    return within(kind, chains);
  }
  Element within(ReduceKind kind, const std::string &chains) {
    std::vector<Element> all;
    for (unsigned k = 0; k < lanes; ++k)
      all.push_back(chain(chains, std::to_string(k)));
    scalar::fold_by_halves(all.size(), [&](std::size_t k, std::size_t other) {
      all[k] = combine(e, kind, all[k], all[other]);
    });
    return all[0];
  }

  /// What needs no order: within warps, then over them.
  Element over_block(ReduceKind kind, const std::string &chains) {
    const Element mine = joined(kind, chains, std::to_string(warp / 2) + "u");
    out.line("if (TJ_THREAD % " + std::to_string(warp) + "u == 0)");
    out.line("  passed[TJ_THREAD / " + std::to_string(warp) + "u] = " + mine.text + ";");
    out.line("TJ_BARRIER();");
    Element all = define(e, dtype, "passed[0]");
    for (unsigned other = 1; other < threads / warp; ++other)
      all = combine(e, kind, all, define(e, dtype, "passed[" + std::to_string(other) + "]"));
    return all;
  }

  void store() {
    const unsigned value = result_of(static_cast<unsigned>(op.body.size()) - 1);
    out.line(type + " *r = (" + type + " *)p.result + row" +
             (is_of_row(value) ? "" : " * p.length") + ";");
    const std::string live = block ? "" : "live && ";
    if (is_of_row(value)) {
      out.line("if (" + live + "member == 0)");
      out.line("  *r = " + found.at(value).text + ";");
      return;
    }
    each_vector([&] {
      if (reads_memory(value))
        load();
      out.line(type + " s[" + std::to_string(lanes) + "];");
      open_lanes();
      out.line("s[k] = " + at_point(value).text + ";");
      out.close("}");
      out.open("if (" + live + "p.result_aligned != 0u && j + " + vector + " <= p.length) {");
      store_vector(out, dtype, lanes, "r + j", "s", "0");
      out.reopen("} else {");
      open_lanes();
      out.line("if (" + live + "j + k < p.length)");
      out.line("  r[j + k] = s[k];");
      out.close("}");
      out.close("}");
    });
    here.clear();
  }

  ModuleText &module;
  const OpInfo &op;
  const DType dtype;
  const bool block;
  const unsigned lanes;
  const std::string vector, type, by;
  static constexpr unsigned nothing = ~0u;
  unsigned in_kept = nothing;        ///< the value that is kept
  std::map<unsigned, Element> found; ///< values of the row
  std::map<unsigned, Element> here;  ///< of the point of the loop
  Lines out{1};
  Emitter e{module, out};
};

} // namespace

void add_row_ops(ModuleText &module) {
  for (OpKind kind : {OpKind::softmax, OpKind::log_softmax, OpKind::logsumexp, OpKind::layer_norm})
    for (DType dtype : {DType::f32, DType::f64})
      for (bool block : {false, true})
        RowOp(module, info(kind), dtype, block).run();
}

} // namespace jit::gpu

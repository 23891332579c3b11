// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions in the canonical orders of docs/numerics.md, a chunk by a team of threads: in order
// inner up to 16 threads that join by shuffles, in order outer one.
#include "compiler/cuda/text/Combine.h"
#include "compiler/cuda/text/Vectors.h"
#include "runtime/cuda/RowArgs.h"
#include "runtime/scalar/Orders.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Numbers.h"
#include "tools/cuda-pack/Rows.h"

#include <functional>

namespace jit::gpu {
namespace {

using nest::ReduceKind;

constexpr unsigned threads = 256;
/// Of a member that has no point: behind all others.
constexpr std::string_view no_index = "0x7fffffffffffffffll";

class Reduction {
public:
  Reduction(ModuleText &module, const ReduceForm &form, bool outer)
      : module(module), form(form), outer(outer),
        lanes(outer ? outer_chains : inner_vector(form.from, form.to)),
        chain(finds_winner(form.kind) ? form.from : form.to),
        copies(finds_winner(form.kind) ? 1 : 4) {}

  void run() {
    open_chunks();
    if (form.kind == ReduceKind::varmean)
      store_moments();
    else
      store_result();
    out.close("}");
    module.declare(RowAxes_text);
    module.declare(ReduceArgs_text);
    const std::string order = outer ? "outer" : "inner";
    module.add({"reduce_" + form.name + "_" + std::string(short_name(form.from)) + "_" +
                    std::string(short_name(form.to)) + "_" + order,
                order, threads, 0, !outer, "", out.text(), "ReduceArgs"});
  }

private:
  bool winner() const { return finds_winner(form.kind); }

  void open_chunks() {
    const std::string type(memory_type(form.from));
    out.line("const " + type + " *x = (const " + type + " *)p.x;");
    if (!outer) {
      out.line("const unsigned member = TJ_THREAD % p.members, team = TJ_THREAD / p.members;");
      out.line("const unsigned teams = " + std::to_string(threads) + "u / p.members;");
    }
    const std::string mine =
        outer ? "unit * " + std::to_string(threads) + "u + TJ_THREAD" : "unit * teams + team";
    out.line("const unsigned long long places = p.rows * p.chunks;");
    out.open("for (unsigned long long unit = TJ_BLOCK; unit * " +
             (outer ? std::to_string(threads) + "u" : std::string("teams")) +
             " < places; unit += TJ_BLOCKS) {");
    // Those behind the last chunk compute it once more.
    out.line("const bool live = " + mine + " < places;");
    out.line("const unsigned long long place = live ? " + mine + " : places - 1;");
    const std::string first = outer ? "chunk" : "row", second = outer ? "row" : "chunk";
    out.line("const unsigned long long " + first + " = p.chunks == 1 ? " +
             (outer ? "0 : place / p.rows;" : "place : place / p.chunks;"));
    out.line("const unsigned long long " + second + " = place - " + first + " * p." +
             (outer ? "rows" : "chunks") + ";");
    const std::string chunk = std::to_string(outer ? outer_block : inner_chunk);
    out.line("const unsigned long long first = chunk * " + chunk + "u, whole = first + " + chunk +
             "u;");
    out.line("const unsigned long long end = whole < p.length ? whole : p.length;");
    add_row_base(out);
  }

  void open_lanes() {
    out.line("#pragma unroll");
    out.open("for (int k = 0; k < " + std::to_string(lanes) + "; ++k) {");
  }

  /// Names of new arrays: of values, and of winners their indices.
  struct Chains {
    std::string value, index;
  };
  Chains open_chains() {
    const Chains chains{e.fresh("acc"), winner() ? e.fresh("at") : ""};
    const std::string size = "[" + std::to_string(lanes) + "];";
    out.line(std::string(lane_type(chain)) + " " + chains.value + size);
    if (winner())
      out.line("long long " + chains.index + size);
    open_lanes();
    put(chains, "k", {neutral(form.kind, chain), {std::string(no_index), DType::i64}});
    out.close("}");
    return chains;
  }
  Partial get(const Chains &chains, const std::string &k) {
    Partial x{define(e, chain, chains.value + "[" + k + "]")};
    if (winner())
      x.push_back(define(e, DType::i64, chains.index + "[" + k + "]"));
    return x;
  }
  void put(const Chains &chains, const std::string &k, const Partial &x) {
    out.line(chains.value + "[" + k + "] = " + x[0].text + ";");
    if (winner())
      out.line(chains.index + "[" + k + "] = " + x[1].text + ";");
  }

  /// Each point of the chunk goes to its chain: whole vectors, then by elements, of which those
  /// behind the end are neutral.
  using Step = std::function<Partial(const Partial &sum, const Element &x)>;
  void walk(const Chains &chains, const Step &step) {
    const std::string count = std::to_string(lanes) + "u";
    const std::string by = "j += " + (outer ? count : "p.members * " + count);
    const std::string array =
        std::string(memory_type(form.from)) + " v[" + std::to_string(lanes) + "];";
    out.open("{");
    out.line("unsigned long long j = " + (outer ? "first;" : "first + member * " + count + ";"));
    if (!outer) {
      out.open("if (p.aligned != 0u) {");
      out.line("#pragma unroll " + std::to_string(copies));
      out.open("for (; j + " + count + " <= end; " + by + ") {");
      out.line(array);
      load_vector(out, form.from, lanes, true, "x + base + j", "v", "0");
      add_points(chains, step);
      out.close("}");
      out.close("}");
    }
    out.line("#pragma unroll " + std::to_string((copies + 1) / 2));
    out.open("for (; j < end; " + by + ") {");
    out.line(array);
    open_lanes();
    out.line("v[k] = j + k < end ? x[base + (long long)(j + k) * p.step] : " +
             narrow(neutral(form.kind, form.from)) + ";");
    out.close("}");
    add_points(chains, step);
    out.close("}");
    out.close("}");
  }
  void add_points(const Chains &chains, const Step &step) {
    open_lanes();
    const Element loaded = widen(e, "v[k]", form.from);
    const std::span<const Element> one(&loaded, 1);
    put(chains, "k",
        step(get(chains, "k"),
             chain == form.from ? loaded : apply_element(e, ScalarFunction::cast, chain, one)));
    out.close("}");
  }

  /// The chains become one, by halves: those of other members first. Each member has the result.
  Partial fold(const Chains &chains) {
    const ReduceKind kind = form.kind == ReduceKind::varmean ? ReduceKind::sum : form.kind;
    if (!outer) {
      out.line("#pragma unroll 1");
      out.open("for (unsigned half = p.members / 2u; half > 0u; half /= 2u) {");
      open_lanes();
      const Partial mine = get(chains, "k");
      put(chains, "k", join(e, kind, mine, of_partner(e, mine, "half")));
      out.close("}");
      out.close("}");
    }
    std::vector<Partial> all;
    for (unsigned k = 0; k < lanes; ++k)
      all.push_back(get(chains, std::to_string(k)));
    scalar::fold_by_halves(all.size(), [&](std::size_t k, std::size_t other) {
      all[k] = join(e, kind, all[k], all[other]);
    });
    return all[0];
  }

  std::string by_one() const { return outer ? "live" : "live && member == 0"; }
  void store(const std::string &member, const Element &x) {
    const std::string type(memory_type(x.dtype));
    out.line("((" + type + " *)p." + member + ")[place] = " + narrow(x) + ";");
  }

  void store_result() {
    const Chains chains = open_chains();
    walk(chains, [&](const Partial &sum, const Element &x) {
      if (!winner())
        return join(e, form.kind, sum, {x});
      // Where no point is, the neutral element comes last.
      out.line("long long n = (long long)(j + k);");
      out.line("if (j + k >= end)");
      out.line("  n = " + std::string(no_index) + ";");
      out.line("else if (p.indices)");
      out.line("  n = p.indices[base + (long long)(j + k) * p.step];");
      return join(e, form.kind, sum, {x, {"n", DType::i64}});
    });
    Partial result = fold(chains);
    if (form.kind == ReduceKind::sum && is_float(form.to))
      result[0] = divided(result[0]);
    out.open("if (" + by_one() + ") {");
    if (winner()) {
      out.line("if (p.result)");
      store("result", result[0]);
      store("second", result[1]);
    } else {
      store("result", result[0]);
    }
    out.close("}");
  }

  Element divided(const Element &x) {
    const Element divisor = define(e, x.dtype, number_in_memory(e, x.dtype, "p.divisor"));
    const Element both[] = {x, divisor};
    const Element quotient = apply_element(e, ScalarFunction::divide, x.dtype, both);
    return define(e, x.dtype, "p.divides != 0u ? " + quotient.text + " : " + x.text);
  }

  void store_moments() {
    const Chains sums = open_chains();
    walk(sums,
         [&](const Partial &sum, const Element &x) { return join(e, ReduceKind::sum, sum, {x}); });
    const Element total = fold(sums)[0];
    const Element count =
        define(e, chain,
               std::string(chain == DType::f32 ? "__ll2float_rn" : "__ll2double_rn") +
                   "((long long)(end - first))");
    const Element both[] = {total, count};
    const Element mean = apply_element(e, ScalarFunction::divide, chain, both);
    const Chains squares = open_chains();
    walk(squares, [&](const Partial &sum, const Element &x) {
      const Element added = deviation(sum[0], x, mean);
      return Partial{define(e, chain, "j + k < end ? " + added.text + " : " + sum[0].text)};
    });
    const Element result = divided(fold(squares)[0]);
    out.open("if (" + by_one() + ") {");
    store("result", result);
    store("second", mean);
    out.close("}");
  }
  Element deviation(const Element &sum, const Element &x, const Element &mean) {
    const auto add = [&]<class V>(std::type_identity<V>) {
      return Element{scalar::add_deviation(e, V{sum.text}, V{x.text}, V{mean.text}).text, chain};
    };
    return chain == DType::f32 ? add(std::type_identity<Emitter::F32>())
                               : add(std::type_identity<Emitter::F64>());
  }

  ModuleText &module;
  const ReduceForm &form;
  const bool outer;
  const unsigned lanes;
  const DType chain;     ///< of the accumulators
  const unsigned copies; ///< of the body of a loop over vectors: as many loads are on their way
  Lines out{1};
  Emitter e{module, out};
};

std::vector<ReduceForm> reduce_forms() {
  constexpr DType integers[] = {DType::boolean, DType::i8,  DType::u8,  DType::i16,
                                DType::u16,     DType::i32, DType::u32, DType::i64};
  constexpr DType floats[] = {DType::f32, DType::f64};
  std::vector<ReduceForm> forms;
  for (const auto &[kind, name] : {std::pair(ReduceKind::sum, "sum"), {ReduceKind::prod, "prod"}}) {
    for (DType from : integers)
      forms.push_back({kind, name, from, DType::i64});
    for (DType to : floats)
      forms.push_back({kind, name, to, to});
    forms.push_back({kind, name, DType::f32, DType::f64});
  }
  for (const auto &[kind, name] : {std::pair(ReduceKind::max, "max"), {ReduceKind::min, "min"}})
    for (std::span<const DType> dtypes : {std::span<const DType>(integers), {floats}})
      for (DType dtype : dtypes)
        forms.push_back({kind, name, dtype, dtype});
  for (const auto &[kind, name] :
       {std::pair(ReduceKind::argmax, "argmax"), {ReduceKind::argmin, "argmin"}})
    for (std::span<const DType> dtypes : {std::span<const DType>(integers), {floats}})
      for (DType dtype : dtypes)
        forms.push_back({kind, name, dtype, DType::i64});
  for (DType dtype : floats)
    forms.push_back({ReduceKind::varmean, "moments", dtype, dtype});
  return forms;
}

} // namespace

Partial of_partner(Emitter &e, const Partial &x, const std::string &bits) {
  Partial other;
  for (const Element &one : x) {
    const bool truth = one.dtype == DType::boolean; // passes as a number
    other.push_back(define(e, one.dtype,
                           std::string("TJ_SHUFFLE_XOR(") + (truth ? "(int)" : "") + one.text +
                               ", " + bits + ", 32)" + (truth ? " != 0" : "")));
  }
  return other;
}

void add_row_base(Lines &out, const std::string &axes, const std::string &base) {
  const std::string all = "p." + axes + ".";
  out.line("long long " + base + " = 0;");
  out.open("{");
  out.line("unsigned long long rest = row;");
  out.line("#pragma unroll 1");
  out.open("for (int axis = (int)" + all + "rank - 1; axis > 0; --axis) {");
  out.line("const unsigned long long above = (__umul64hi(rest, " + all +
           "magic[axis]) + rest) >> " + all + "shift[axis];");
  out.line(base + " += (long long)(rest - above * " + all + "extent[axis]) * " + all +
           "stride[axis];");
  out.line("rest = above;");
  out.close("}");
  out.line(base + " += (long long)rest * " + all + "stride[0];");
  out.close("}");
}

void add_reductions(ModuleText &module) {
  for (const ReduceForm &form : reduce_forms())
    for (const bool outer : {false, true})
      Reduction(module, form, outer).run();
  add_joins_of_moments(module);
}

} // namespace jit::gpu

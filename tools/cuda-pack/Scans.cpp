// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans in the canonical order of docs/numerics.md: blocks of 256 by themselves, one after another
// what each begins with, and then that to all elements.
#include "runtime/cuda/RowArgs.h"
#include "runtime/scalar/Orders.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Rows.h"

namespace jit::gpu {
namespace {

using nest::ReduceKind;

constexpr unsigned threads = 256, warp = 32;

std::string number(std::size_t x) { return std::to_string(x) + "u"; }

/// One kernel of a scan on its way: of sums, of products, or linear.
class Scan {
public:
  Scan(ModuleText &module, ReduceKind kind, DType dtype, bool linear)
      : module(module), kind(kind), dtype(dtype), linear(linear), type(lane_type(dtype)),
        stem((linear                    ? "linear_"
              : kind == ReduceKind::sum ? "scan_sum_"
                                        : "scan_prod_") +
             std::string(short_name(dtype)) + "_") {}

  void columns() {
    pointer("x", "x", true);
    if (linear) {
      pointer("a", "factors", true);
      pointer("products", "products");
      pointer("total_products", "total_products");
    }
    pointer("r", "result");
    pointer("totals", "totals");
    open_items();
    out.line("const unsigned long long row = outer * p.columns + column;");
    add_row_base(out);
    if (linear)
      add_row_base(out, "factor_axes", "factor_base");
    out.line("base += (long long)first * p.step;");
    if (linear)
      out.line("factor_base += (long long)first * p.factor_step;");
    open_place("first");
    out.line(type + " sum = " + neutral(kind, dtype).text + ";");
    if (linear)
      out.line(type + " product = " + one().text + ";");
    out.line("#pragma unroll 4");
    out.open("for (unsigned long long i = first; i < end; ++i) {");
    step();
    out.close("}");
    out.line("totals[item] = sum;");
    if (linear)
      out.line("total_products[item] = product;");
    out.close("}");
    add("columns");
  }

  void carry() {
    pointer("totals", "totals", true);
    if (linear)
      pointer("total_products", "total_products", true);
    pointer("carries", "carries");
    out.open("for (unsigned long long row = " + thread_number() +
             "; row < p.rows * p.columns; row += " + all_threads() + ") {");
    out.line("const unsigned long long outer = row / p.columns, column = row - outer * p.columns;");
    out.line("unsigned long long item = outer * p.blocks * p.columns + column;");
    out.line(type + " carry = " + neutral(kind, dtype).text + ";");
    out.line("#pragma unroll 8");
    out.open("for (unsigned long long block = 0; block < p.blocks; ++block) {");
    const Element total = define(e, dtype, "TJ_LDG(totals + item)");
    out.line("carries[item] = carry;");
    if (linear) {
      const Element product = define(e, dtype, "TJ_LDG(total_products + item)");
      const Element joined = fma(product, {"carry", dtype}, total);
      out.line("carry = block == 0 ? " + total.text + " : " + joined.text + ";");
    } else {
      out.line("carry = " + combine(e, kind, {"carry", dtype}, total).text + ";");
    }
    out.line("item += p.columns;");
    out.close("}");
    out.close("}");
    add("carry");
  }

  void join() {
    if (linear)
      pointer("products", "products", true);
    pointer("carries", "carries", true);
    pointer("r", "result");
    out.open("if (p.columns == 1) {");
    out.open(
        "for (unsigned long long item = TJ_BLOCK; item < p.rows * p.blocks; item += TJ_BLOCKS) {");
    out.line("const unsigned long long outer = item / p.blocks, block = item - outer * p.blocks;");
    out.line("const unsigned long long i = block * " + number(scan_block) + " + TJ_THREAD;");
    out.open("if (block > 0 && i < p.extent) {");
    out.line("const unsigned long long column = 0;");
    open_place("i");
    join_element();
    out.close("}");
    out.close("}");
    out.reopen("} else {");
    open_items();
    out.open("if (block > 0) {");
    open_place("first");
    out.line("#pragma unroll 4");
    out.open("for (unsigned long long i = first; i < end; ++i) {");
    join_element();
    out.line("place += p.result_step;");
    out.close("}");
    out.close("}");
    out.close("}");
    out.close("}");
    add("join");
  }

  /// A warp takes 32 blocks, of which it reads and writes `width` neighbours at a time.
  void rows() {
    const unsigned width = scan_width(dtype);
    const std::string line = number(width + 1);
    pointer("x", "x", true);
    pointer("r", "result");
    pointer("totals", "totals");
    out.line("const unsigned lane = TJ_THREAD % 32u;");
    out.line(type + " *tile = (" + type + " *)TJ_SHARED + TJ_THREAD / 32u * 32u * " + line + ";");
    out.line("const unsigned long long items = p.rows * p.blocks;");
    out.open("for (unsigned long long unit = TJ_BLOCK; unit * " + number(threads) +
             " < items; unit += TJ_BLOCKS) {");
    out.line("const unsigned long long item = unit * " + number(threads) + " + TJ_THREAD;");
    out.line("const bool live = item < items;");
    out.line("const unsigned long long row = live ? item / p.blocks : 0;");
    out.line("const unsigned long long first = live ? (item - row * p.blocks) * " +
             number(scan_block) + " : 0;");
    out.line("const unsigned long long left = live ? p.extent - first : 0;");
    out.line("const int count = (int)(left < " + number(scan_block) +
             " ? left : " + number(scan_block) + ");");
    add_row_base(out);
    out.line("base += (long long)first * p.step;");
    out.line("const long long to = (long long)(row * p.extent) + p.result_first + (long long)first "
             "* p.result_step;");
    out.line(type + " sum = " + neutral(kind, dtype).text + ";");
    out.line("const int most = (int)(p.extent < " + number(scan_block) +
             " ? p.extent : " + number(scan_block) + ");");
    out.line("#pragma unroll 1");
    out.open("for (int begin = 0; begin < most; begin += " + std::to_string(width) + ") {");
    out.line("const int at = begin + (int)(lane % " + number(width) + ");");
    move(width, "base", [&](const std::string &from) {
      out.line("tile[" + place(width, line) + "] = at < n ? x[" + from +
               " + (long long)at * p.step] : " + neutral(kind, dtype).text + ";");
    });
    out.line("TJ_BARRIER();");
    out.line("#pragma unroll 4");
    out.open("for (unsigned k = 0; k < " + number(width) + "; ++k) {");
    const Element loaded = define(e, dtype, "tile[lane * " + line + " + k]");
    out.line("sum = " + combine(e, kind, {"sum", dtype}, loaded).text + ";");
    out.line("tile[lane * " + line + " + k] = sum;");
    out.close("}");
    out.line("TJ_BARRIER();");
    move(width, "to", [&](const std::string &base) {
      out.line("if (at < n)");
      out.line("  r[" + base + " + (long long)at * p.result_step] = tile[" + place(width, line) +
               "];");
    });
    out.line("TJ_BARRIER();");
    out.close("}");
    out.line("if (live)");
    out.line("  totals[item] = sum;");
    out.close("}");
    add("rows", scan_tile_bytes(dtype), true);
  }

private:
  void pointer(const std::string &name, const std::string &member, bool only_read = false) {
    const std::string all = (only_read ? "const " : "") + type + " *";
    out.line(all + name + " = (" + all + ")p." + member + ";");
  }
  static std::string thread_number() {
    return "(unsigned long long)TJ_BLOCK * " + number(threads) + " + TJ_THREAD";
  }
  static std::string all_threads() { return "(unsigned long long)TJ_BLOCKS * " + number(threads); }

  /// A thread for each block of each column.
  void open_items() {
    out.line("const unsigned long long items = p.rows * p.blocks * p.columns;");
    out.open("for (unsigned long long item = " + thread_number() +
             "; item < items; item += " + all_threads() + ") {");
    out.line("const unsigned long long above = p.columns == 1 ? item : item / p.columns;");
    out.line("const unsigned long long column = item - above * p.columns;");
    out.line("const unsigned long long outer = p.blocks == 1 ? above : above / p.blocks;");
    out.line("const unsigned long long block = above - outer * p.blocks;");
    out.line("const unsigned long long first = block * " + number(scan_block) +
             ", whole = first + " + number(scan_block) + ";");
    out.line("const unsigned long long end = whole < p.extent ? whole : p.extent;");
  }

  /// Where the element that the scan meets as number `i` lies in the result.
  void open_place(const std::string &i) {
    out.line("long long place = (long long)(outer * p.extent * p.columns + column) + "
             "p.result_first + (long long)" +
             i + " * p.result_step;");
  }

  Element one() const { return neutral(ReduceKind::prod, dtype); }
  Element fma(const Element &x, const Element &y, const Element &z) {
    if (dtype == DType::f32)
      return {e.fma(Emitter::F32{x.text}, Emitter::F32{y.text}, Emitter::F32{z.text}).text, dtype};
    return {e.fma(Emitter::F64{x.text}, Emitter::F64{y.text}, Emitter::F64{z.text}).text, dtype};
  }

  void step() {
    const Element x = define(e, dtype, "x[base]");
    const Element sum{"sum", dtype}, product{"product", dtype};
    if (linear) {
      const Element a = define(e, dtype, "a[factor_base]");
      const Element both[] = {a, product};
      const Element next = fma(a, sum, x);
      out.line("sum = i == first ? " + x.text + " : " + next.text + ";");
      out.line("product = " + apply_element(e, ScalarFunction::multiply, dtype, both).text + ";");
      out.line("products[place] = product;");
      out.line("factor_base += p.factor_step;");
    } else {
      out.line("sum = " + combine(e, kind, sum, x).text + ";");
    }
    out.line("r[place] = sum;");
    out.line("base += p.step;");
    out.line("place += p.result_step;");
  }

  void join_element() {
    const Element local = define(e, dtype, "r[place]");
    const Element carry =
        define(e, dtype, "carries[(outer * p.blocks + block) * p.columns + column]");
    const Element joined = linear ? fma(define(e, dtype, "products[place]"), carry, local)
                                  : combine(e, kind, carry, local);
    out.line("r[place] = " + joined.text + ";");
  }

  /// Where the element that a lane moves lies in the tile.
  static std::string place(unsigned width, const std::string &line) {
    return "other * " + line + " + lane % " + number(width);
  }
  /// All lines of the tile by all lanes: `other`, of which `n` elements exist.
  template <class F> void move(unsigned width, const std::string &begin, const F &element) {
    const unsigned at_once = warp / width;
    out.line("#pragma unroll 4");
    out.open("for (unsigned other = lane / " + number(width) +
             "; other < 32u; other += " + number(at_once) + ") {");
    const std::string from = e.fresh("from");
    out.line("const long long " + from + " = TJ_SHUFFLE(" + begin + ", other, 32);");
    out.line("const int n = TJ_SHUFFLE(count, other, 32);");
    element(from);
    out.close("}");
  }

  void add(const std::string &form, unsigned shared_bytes = 0, bool barriers = false) {
    module.declare(RowAxes_text);
    module.declare(ScanArgs_text);
    module.add(
        {stem + form, "scan " + form, threads, shared_bytes, barriers, "", out.text(), "ScanArgs"});
  }

  ModuleText &module;
  const ReduceKind kind;
  const DType dtype;
  const bool linear;
  const std::string type, stem;
  Lines out{1};
  Emitter e{module, out};
};

} // namespace

void add_scans(ModuleText &module) {
  const auto add = [&](ReduceKind kind, DType dtype, bool linear) {
    for (auto part : {&Scan::columns, &Scan::carry, &Scan::join}) {
      Scan scan(module, kind, dtype, linear);
      (scan.*part)();
    }
    if (!linear)
      Scan(module, kind, dtype, linear).rows();
  };
  for (ReduceKind kind : {ReduceKind::sum, ReduceKind::prod})
    for (DType dtype : {DType::i64, DType::f32, DType::f64})
      add(kind, dtype, false);
  for (DType dtype : {DType::f32, DType::f64})
    add(ReduceKind::sum, dtype, true);
}

} // namespace jit::gpu

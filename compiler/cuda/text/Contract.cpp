// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each thread brings elements of the next step of both operands into registers, multiplies what
// lies in one half of shared memory, then puts them into the other half: one barrier a step. Sums
// of finished chunks lie in C itself, which each thread reads once in 384 steps of k.
//
// Elements that a tile or step has beyond its operand are 0 in a, and in b -0: the product is then
// -0, to which any sum is the same, so that no step is shorter than others.
#include "compiler/cuda/text/Contract.h"

#include "compiler/cuda/text/Element.h"
#include "compiler/cuda/text/Vectors.h"

#include <algorithm>

namespace jit::gpu {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value) + "u"; }

/// Sizes and strides by their names in ProductArgs: constants or members of the argument.
class Sizes {
public:
  explicit Sizes(const ProductArgs *constants) : known(constants) {}
  bool are_known() const { return known != nullptr; }
  const ProductArgs &constants() const { return *known; }

  std::string count(const char *name, unsigned long long ProductArgs::*member) const {
    return known ? std::to_string(known->*member) + "ull" : "p." + std::string(name);
  }
  std::string stride(const char *name, long long ProductArgs::*member) const {
    return known ? "(" + std::to_string(known->*member) + "ll)" : "p." + std::string(name);
  }
  std::string number(const char *name, unsigned ProductArgs::*member) const {
    return known ? std::to_string(known->*member) + "u" : "p." + std::string(name);
  }
  std::string flag(const char *name, unsigned ProductArgs::*member) const {
    return known ? (known->*member != 0 ? "true" : "false") : "(p." + std::string(name) + " != 0)";
  }

private:
  const ProductArgs *known;
};
#define COUNT(member) sizes.count(#member, &ProductArgs::member)
#define STRIDE(member) sizes.stride(#member, &ProductArgs::member)
#define NUMBER(member) sizes.number(#member, &ProductArgs::member)
#define FLAG(member) sizes.flag(#member, &ProductArgs::member)

class Contract {
public:
  Contract(ModuleText &module, const ContractForm &form)
      : module(module), form(form), tile(form.tile), sizes(form.constants), dtype(form.dtype),
        lane(contract_lane(dtype)), memory(memory_type(dtype)), type(memory_type(lane)),
        vector(static_cast<unsigned>(16 / itemsize(lane))), rows{"a",
                                                                 tile.rows,
                                                                 tile.thread_rows,
                                                                 STRIDE(a_step),
                                                                 FLAG(a_along_k),
                                                                 STRIDE(a_inner),
                                                                 STRIDE(a_outer),
                                                                 NUMBER(a_lines_inner),
                                                                 NUMBER(a_lines_outer),
                                                                 NUMBER(a_depth_outer),
                                                                 NUMBER(a_place_outer)},
        columns{"b",
                tile.columns,
                tile.thread_columns,
                STRIDE(b_step),
                FLAG(b_along_k),
                STRIDE(b_inner),
                STRIDE(b_outer),
                NUMBER(b_lines_inner),
                NUMBER(b_lines_outer),
                NUMBER(b_depth_outer),
                NUMBER(b_place_outer)} {}

  std::string run() {
    open();
    out.open("for (unsigned long long unit = TJ_BLOCK; unit < " + COUNT(units) +
             "; unit += TJ_BLOCKS) {");
    find_unit();
    clear();
    out.open("for (unsigned step = 0; step <= steps; ++step) {");
    out.open("if (step < steps) {");
    out.line("const unsigned k_left = step + 1 < steps ? " + number(tile.step) + " : last;");
    bring(rows, "0");
    bring(columns, is_float(dtype) ? "-0" : "0");
    out.close("}");
    out.open("if (step != 0) {");
    multiply();
    finish();
    out.close("}");
    out.open("if (step < steps) {");
    put(rows);
    put(columns);
    out.line("TJ_BARRIER();");
    out.close("}");
    out.close("}");
    EpilogueText epilogue;
    if (form.epilogue)
      epilogue = form.epilogue(out);
    out.line("TJ_BARRIER();"); // the next unit begins in the first half
    out.close("}");
    if (epilogue.argument_bytes + 2 * sizeof(std::uint64_t) > max_argument_bytes)
      return "its argument is too large";
    if (epilogue.failure.empty())
      add(epilogue.members);
    return epilogue.failure;
  }

private:
  /// An operand: `extent` lines of a tile, and expressions for what ProductArgs says of it.
  struct Side {
    std::string name;
    unsigned extent, of_thread;
    std::string step_stride, along_k, inner, outer, lines_inner, lines_outer, depth_outer,
        place_outer;
  };

  unsigned threads() const { return tile.threads(); }
  unsigned pitch(const Side &side) const { return contract_pitch(dtype, side.extent); }
  unsigned loads(const Side &side) const { return contract_loads(tile, side.extent); }
  unsigned inner_loads(const Side &side) const { return contract_inner_loads(tile, side.extent); }
  /// Threads along a side.
  unsigned across(const Side &side) const { return side.extent / side.of_thread; }
  /// Vectors of a thread lie that far apart.
  unsigned vectors(const Side &side) const { return side.of_thread / vector; }
  unsigned vector_distance(const Side &side) const { return side.extent / vectors(side); }

  void unrolled(const char *name, unsigned count) {
    out.line("#pragma unroll");
    out.open("for (int " + std::string(name) + " = 0; " + name + " < " + std::to_string(count) +
             "; ++" + name + ") {");
  }

  void open() {
    const std::string pointer = type + " *";
    out.line(pointer + "in_a = (" + pointer + ")TJ_SHARED;");
    out.line(pointer + "in_b = in_a + " + number(2 * tile.step * pitch(rows)) + ";");
    out.line("const unsigned x_thread = TJ_THREAD % " + number(across(columns)) + ";");
    out.line("const unsigned y_thread = TJ_THREAD / " + number(across(columns)) + ";");
    open(rows);
    open(columns);
  }

  /// The first element of a step that the thread brings.
  void open(const Side &side) {
    const std::string &s = side.name, step = number(tile.step), extent = number(side.extent);
    out.line("const unsigned " + s + "_line = " + side.along_k + " ? TJ_THREAD / " + step +
             " : TJ_THREAD % " + extent + ";");
    out.line("const unsigned " + s + "_depth = " + side.along_k + " ? TJ_THREAD % " + step +
             " : TJ_THREAD / " + extent + ";");
    out.line("const unsigned " + s + "_place = " + s + "_depth * " + number(pitch(side)) + " + " +
             s + "_line;");
  }

  void find_unit() {
    out.line("unsigned long long rest = unit;");
    take_axis("const unsigned long long column_tile = ", 0);
    take_axis("const unsigned long long row_tile = ", 1);
    take_axis("const unsigned long long part = ", 2);
    const std::string row = "row_tile * " + number(tile.rows),
                      column = "column_tile * " + number(tile.columns);
    out.line("long long a_at = (long long)(" + row + " + a_line) * " + STRIDE(a_row) +
             " + (long long)(part * " + COUNT(span) + " + a_depth) * " + STRIDE(a_step) + ";");
    out.line("long long b_at = (long long)(" + column + " + b_line) * " + STRIDE(b_column) +
             " + (long long)(part * " + COUNT(span) + " + b_depth) * " + STRIDE(b_step) + ";");
    out.line("long long c_at = (long long)(" + row + ") * " + STRIDE(c_row) + " + (long long)(" +
             column + ") + (long long)part * " + STRIDE(c_part) + ";");
    if (form.epilogue) {
      out.line("const unsigned long long first_row = rest * " + COUNT(m) + " + " + row + ";");
      out.line("const unsigned long long first_column = " + column + ";");
    }
    find_matrix();
    const std::string operand = "const " + memory + " *", c = form.epilogue ? "p.b0" : "p.c";
    out.line(operand + "a_from = (" + operand + ")p.a + a_at;");
    out.line(operand + "b_from = (" + operand + ")p.b + b_at;");
    out.line(memory + " *c_to = (" + memory + " *)" + c + " + c_at;");
    left("a_left", COUNT(m) + " - " + row, tile.rows);
    left("b_left", COUNT(n) + " - " + column, tile.columns);
    find_lines(rows);
    find_lines(columns);
    out.line("const unsigned long long from_here = " + COUNT(k) + " - part * " + COUNT(span) + ";");
    const std::string step = std::to_string(tile.step);
    out.line("const unsigned long long k_here = from_here < " + COUNT(span) +
             " ? from_here : " + COUNT(span) + ";");
    out.line("const unsigned steps = k_here == 0 ? 1u : (unsigned)((k_here + " +
             std::to_string(tile.step - 1) + "ull) / " + step + "ull);");
    out.line("const unsigned last = (unsigned)k_here - (steps - 1) * " + step + "u;");
  }
  /// Lines that the tile has, at most its extent.
  void left(const char *name, const std::string &count, unsigned extent) {
    out.line("const unsigned long long " + std::string(name) + "_all = " + count + ";");
    out.line("const unsigned " + std::string(name) + " = " + name + "_all < " + number(extent) +
             " ? (unsigned)" + name + "_all : " + number(extent) + ";");
  }
  /// Which of the thread's elements lie in lines that the tile has: a bit for each.
  void find_lines(const Side &side) {
    const std::string &s = side.name, at_once = std::to_string(inner_loads(side));
    out.line("unsigned " + s + "_has = 0;");
    unrolled("i", loads(side));
    out.line(s + "_has |= " + s + "_line + i / " + at_once + " * " + side.lines_outer + " + i % " +
             at_once + " * " + side.lines_inner + " < " + s + "_left ? 1u << i : 0u;");
    out.close("}");
  }

  /// Place of the unit along an axis; `rest` goes on to the next.
  void take_axis(const std::string &place, unsigned axis) {
    const std::string index = "[" + std::to_string(axis) + "]";
    std::string extent = "p.extent" + index;
    std::string above = "(__umul64hi(rest, p.magic" + index + ") + rest) >> p.shift" + index;
    if (sizes.are_known()) {
      extent = std::to_string(sizes.constants().extent[axis]) + "ull";
      above = "rest / " + extent;
    }
    take(place, extent, above);
  }
  void take(const std::string &place, const std::string &extent, const std::string &above) {
    const std::string name = "above" + std::to_string(taken++);
    out.line("const unsigned long long " + name + " = " + above + ";");
    out.line(place + "rest - " + name + " * " + extent + ";");
    out.line("rest = " + name + ";");
  }

  /// Adds where the matrices of batch entry `rest` lie.
  void find_matrix() {
    constexpr unsigned first = 3;
    const auto add = [&](const auto &stride) {
      for (const char *name : {"a", "b", "c"})
        out.line(std::string(name) + "_at += (long long)index * " + stride(name) + ";");
    };
    if (!sizes.are_known()) {
      out.line("#pragma unroll 1");
      out.open("for (unsigned axis = " + number(first) + "; axis < p.axes; ++axis) {");
      take("const unsigned long long index = ", "p.extent[axis]",
           "(__umul64hi(rest, p.magic[axis]) + rest) >> p.shift[axis]");
      add([](const char *name) { return "p." + std::string(name) + "_batch[axis]"; });
      out.close("}");
      return;
    }
    const ProductArgs &known = sizes.constants();
    for (unsigned axis = first; axis < known.axes; ++axis) {
      out.open("{");
      take_axis("const unsigned long long index = ", axis);
      add([&](std::string_view name) {
        const auto &strides = name == "a"   ? known.a_batch
                              : name == "b" ? known.b_batch
                                            : known.c_batch;
        return "(" + std::to_string(strides[axis]) + "ll)";
      });
      out.close("}");
    }
  }

  void clear() {
    out.line(type + " sum[" + std::to_string(tile.thread_rows) + "][" +
             std::to_string(tile.thread_columns) + "];");
    for (const Side *side : {&rows, &columns})
      out.line(type + " " + side->name + "_next[" + std::to_string(loads(*side)) + "];");
    clear_sums();
  }
  void clear_sums() {
    unrolled("i", tile.thread_rows);
    unrolled("j", tile.thread_columns);
    out.line("sum[i][j] = " + zero("0") + ";");
    out.close("}");
    out.close("}");
  }
  std::string zero(const std::string &sign) const {
    return !is_float(dtype) ? "0" : sign + (dtype == DType::f32 ? "x0p+0f" : "x0p+0");
  }

  /// The elements of a step from memory to registers. Places are stepped through: all of them at
  /// once would take registers.
  void bring(const Side &side, const std::string &outside) {
    const std::string &s = side.name;
    out.open("{");
    out.open("if (" + s + "_left == " + number(side.extent) + " && k_left == " + number(tile.step) +
             ") {");
    load(side, "");
    out.reopen("} else {");
    out.line("unsigned depth = " + s + "_depth;");
    load(side, zero(outside));
    out.close("}");
    out.line(s + "_from += " + std::to_string(tile.step) + "ll * " + side.step_stride + ";");
    out.close("}");
  }
  /// `outside`: what elements are that the operand has not; empty: it has all.
  void load(const Side &side, const std::string &outside) {
    const std::string &s = side.name, pointer = "const " + memory + " *";
    const unsigned inner = inner_loads(side), outer = loads(side) / inner;
    const bool guarded = !outside.empty();
    out.line(pointer + "line = " + s + "_from;");
    unrolled("i", outer);
    if (inner > 1) {
      out.line(pointer + "at = line;");
      unrolled("j", inner);
    }
    std::string value = std::string("TJ_LDG(") + (inner > 1 ? "at" : "line") + ")";
    if (dtype == DType::boolean)
      value = "(" + value + " != 0)";
    const std::string place = inner > 1 ? std::to_string(inner) + " * i + j" : "i";
    if (guarded) {
      out.line("const bool inside = (" + s + "_has >> (" + place +
               ") & 1u) != 0 && depth < k_left;");
      value = "inside ? " + value + " : " + outside;
    }
    out.line(s + "_next[" + place + "] = " + value + ";");
    if (inner > 1) {
      out.line("at += " + side.inner + ";");
      out.close("}");
    }
    out.line("line += " + side.outer + ";");
    if (guarded)
      out.line("depth += " + side.depth_outer + ";");
    out.close("}");
  }

  std::string half(const Side &side, const char *step) const {
    return "(" + std::string(step) + " & 1u) * " + number(tile.step * pitch(side));
  }

  void put(const Side &side) {
    const std::string &s = side.name;
    const unsigned inner = inner_loads(side);
    out.open("{");
    out.line(type + " *to = in_" + s + " + " + half(side, "step") + " + " + s + "_place;");
    unrolled("i", loads(side) / inner);
    unrolled("j", inner);
    out.line("to[j * " + side.lines_inner + "] = " + s + "_next[" + std::to_string(inner) +
             " * i + j];");
    out.close("}");
    out.line("to += " + side.place_outer + ";");
    out.close("}");
    out.close("}");
  }

  /// The elements of a side that the thread needs at depth `k` of the step.
  void read(const Side &side, const char *array, const char *thread) {
    const std::string v = std::to_string(vector);
    out.line(type + " " + array + "[" + std::to_string(side.of_thread) + "];");
    for (unsigned k = 0; k < vectors(side); ++k) {
      out.open("{");
      load_vector(out, lane, vector, false,
                  "from_" + side.name + " + k * " + std::to_string(pitch(side)) + " + " +
                      std::to_string(k * vector_distance(side)) + " + " + v + " * " + thread,
                  array, std::to_string(k * vector));
      out.close("}");
    }
  }

  void multiply() {
    for (const Side *side : {&rows, &columns})
      out.line("const " + type + " *from_" + side->name + " = in_" + side->name + " + " +
               half(*side, "(step - 1)") + ";");
    out.line("#pragma unroll " + std::to_string(tile.unroll));
    out.open("for (int k = 0; k < " + std::to_string(tile.step) + "; ++k) {");
    read(rows, "x", "y_thread");
    read(columns, "y", "x_thread");
    unrolled("i", tile.thread_rows);
    out.line("const " + type + " u = x[i];");
    unrolled("j", tile.thread_columns);
    out.line("const " + type + " w = y[j];");
    out.line("const " + type + " before = sum[i][j];");
    out.line("sum[i][j] = " + added_product() + ";");
    out.close("}");
    out.close("}");
    out.close("}");
  }
  std::string added_product() const {
    switch (dtype) {
    case DType::f32:
      return "__fmaf_rn(u, w, before)";
    case DType::f64:
      return "__fma_rn(u, w, before)";
    case DType::boolean:
      return "before | (u & w)";
    case DType::i64:
      return "(long long)((unsigned long long)before + (unsigned long long)u * (unsigned long "
             "long)w)";
    default:
      return "(int)((unsigned)before + (unsigned)u * (unsigned)w)";
    }
  }

  /// At the end of a chunk its sums go to C.
  void finish() {
    const std::string bytes = std::to_string(vector * itemsize(dtype)) + "u";
    out.open(is_float(dtype) ? "if (step == steps || step % " +
                                   std::to_string(contract_chunk / tile.step) + "u == 0) {"
                             : "if (step == steps) {");
    if (is_float(dtype))
      out.line("const bool first = step <= " + std::to_string(contract_chunk / tile.step) + "u;");
    out.line("const bool wide = ((unsigned long long)c_to | (unsigned long long)" + STRIDE(c_row) +
             " * " + std::to_string(itemsize(dtype)) + "ull) % " + bytes + " == 0;");
    out.line(memory + " *to = c_to + (long long)(" + number(vector) + " * y_thread) * " +
             STRIDE(c_row) + ";");
    unrolled("i", tile.thread_rows);
    out.line("const unsigned row = i / " + std::to_string(vector) + " * " +
             number(vector_distance(rows)) + " + " + number(vector) + " * y_thread + i % " +
             std::to_string(vector) + ";");
    out.open("if (row < a_left) {");
    unrolled("g", vectors(columns));
    out.line("const unsigned column = g * " + number(vector_distance(columns)) + " + " +
             number(vector) + " * x_thread;");
    out.line(type + " value[" + std::to_string(vector) + "];");
    unrolled("j", vector);
    out.line("value[j] = sum[i][" + std::to_string(vector) + " * g + j];");
    out.close("}");
    store();
    out.close("}");
    out.close("}");
    out.line("to += (i % " + std::to_string(vector) + " == " + std::to_string(vector - 1) + " ? " +
             std::to_string(vector_distance(rows) - vector + 1) + " : 1) * " + STRIDE(c_row) + ";");
    out.close("}");
    if (is_float(dtype))
      clear_sums();
    out.close("}");
  }

  void store() {
    out.open("if (wide && column + " + number(vector) + " <= b_left) {");
    if (is_float(dtype)) {
      out.open("if (!first) {");
      out.line(type + " total[" + std::to_string(vector) + "];");
      load_vector(out, dtype, vector, false, "to + column", "total", "0");
      unrolled("j", vector);
      add_to_total("total[j]");
      out.close("}");
      out.close("}");
    }
    store_vector(out, dtype, vector, "to + column", "value", "0");
    out.reopen("} else {");
    unrolled("j", vector);
    out.open("if (column + j < b_left) {");
    if (is_float(dtype)) {
      out.open("if (!first) {");
      add_to_total("to[column + j]");
      out.close("}");
    }
    out.line("to[column + j] = " + (memory == type ? "" : "(" + memory + ")") + "value[j];");
    out.close("}");
    out.close("}");
    out.close("}");
  }
  void add_to_total(const std::string &total) {
    out.line("const " + type + " before = " + total + ";");
    out.line("const " + type + " chunk = value[j];");
    out.line("value[j] = " + std::string(dtype == DType::f32 ? "__fadd_rn" : "__dadd_rn") +
             "(before, chunk);");
  }

  void add(const std::string &members_of_epilogue) {
    ModuleText::Kernel kernel{form.name, "contract", threads(), contract_shared_bytes(tile, dtype),
                              true,      "",         out.text()};
    constexpr unsigned registers = 65536, of_thread = 128;
    kernel.blocks = registers / of_thread / threads();
    if (sizes.are_known()) {
      const std::string operand = "  const " + memory + " *";
      kernel.members = operand + "a;\n" + operand + "b;\n" +
                       (form.epilogue ? members_of_epilogue : "  " + memory + " *c;\n");
    } else {
      module.declare(ProductArgs_text);
      kernel.argument = "ProductArgs";
    }
    module.add(kernel);
  }

  ModuleText &module;
  const ContractForm &form;
  const ContractTile tile;
  const Sizes sizes;
  const DType dtype, lane;
  const std::string memory, type;
  const unsigned vector; ///< elements in 16 bytes of shared memory
  const Side rows, columns;
  unsigned taken = 0; ///< axes
  Lines out{1};
};
#undef COUNT
#undef STRIDE
#undef NUMBER
#undef FLAG

} // namespace

std::string add_contract(ModuleText &module, const ContractForm &form) {
  return Contract(module, form).run();
}

void add_contract_join(ModuleText &module, const std::string &name, DType dtype) {
  const std::string type(memory_type(dtype));
  Lines out(1);
  out.line(type + " *c = (" + type + " *)p.c;");
  out.line("const " + type + " *from = (const " + type + " *)p.from;");
  out.open("for (unsigned long long i = (unsigned long long)TJ_BLOCK * 256u + TJ_THREAD; i < "
           "p.count; i += (unsigned long long)TJ_BLOCKS * 256u) {");
  out.line(type + " total = TJ_LDG(from + i);");
  out.line("#pragma unroll 4");
  out.open("for (unsigned long long part = 1; part < p.parts; ++part) {");
  out.line("const " + type + " chunk = TJ_LDG(from + part * p.count + i);");
  out.line("total = " + std::string(dtype == DType::f32 ? "__fadd_rn" : "__dadd_rn") +
           "(total, chunk);");
  out.close("}");
  out.line("c[i] = total;");
  out.close("}");
  module.declare(JoinArgs_text);
  module.add({name, "join", 256, 0, false, "", out.text(), "JoinArgs"});
}

} // namespace jit::gpu

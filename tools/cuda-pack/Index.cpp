// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elements at places that a tensor of integers names: read, put, and combined with what is there;
// and the range of such a tensor. Indices are of any integer dtype, known at run time.
#include "runtime/cuda/WalkArgs.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Points.h"

#include <tracejit/options.h>

namespace jit::gpu {
namespace {

/// Functions of the module: an element of an index tensor, and as a place in [0, extent).
void declare_places(ModuleText &module) {
  Lines out;
  out.open("TJ_DEVICE long long tj_index(const void *memory, long long offset, long long dtype) {");
  for (int number = 0; number <= static_cast<int>(DType::f64); ++number) {
    const auto dtype = static_cast<DType>(number);
    if (!is_integer(dtype))
      continue;
    out.open("if (dtype == " + std::to_string(number) + ") {");
    out.line("return *((const " + std::string(memory_type(dtype)) + " *)memory + offset);");
    out.close("}");
  }
  out.line("return 0;");
  out.close("}");
  out.open("TJ_DEVICE long long tj_place(const void *memory, long long offset, long long dtype, "
           "long long extent) {");
  out.line("const long long index = tj_index(memory, offset, dtype);");
  out.line("return index < 0 ? index + extent : index;");
  out.close("}");
  module.declare(out.text());
}

std::string place(unsigned memory, const std::string &offset, unsigned dtype, unsigned extent) {
  return "tj_place(p.memory[" + std::to_string(memory) + "], " + offset + ", " +
         walk_number(dtype) + ", " + walk_number(extent) + ")";
}

void add_gather(ModuleText &module, unsigned bytes) {
  add_walk(module, "gather_" + std::to_string(bytes), 2, [&](Emitter &e) {
    e.lines().line("const long long place = " + place(2, "o1", gather_dtype, gather_extent) + ";");
    move_item(e.lines(), bytes, "i", "(o0 + place * " + walk_number(gather_stride) + ")");
  });
}

void add_one_hot(ModuleText &module, unsigned bytes) {
  add_walk(module, "one_hot_" + std::to_string(bytes), 1, [&](Emitter &e) {
    const std::string type(item_type(bytes));
    e.lines().line("const long long column = (long long)(i % (decltype(i))" +
                   walk_number(one_hot_depth) + ");");
    e.lines().line("const bool hot = tj_index(p.memory[1], o0, " + walk_number(one_hot_dtype) +
                   ") == column;");
    e.lines().line(at(type, 0, "i") + " = hot ? (" + type + ")" + walk_number(one_hot_one) +
                   " : (" + type + ")0;");
  });
}

/// A function of the module: the element that was there and an update, by a ScatterMode.
std::string declare_combine(ModuleText &module, DType dtype) {
  constexpr std::pair<ScatterMode, ScalarFunction> functions[] = {
      {ScatterMode::add, ScalarFunction::add},
      {ScatterMode::multiply, ScalarFunction::multiply},
      {ScatterMode::minimum, ScalarFunction::minimum},
      {ScatterMode::maximum, ScalarFunction::maximum}};
  const std::string name = "tj_combine_" + std::string(short_name(dtype));
  const std::string lane(lane_type(dtype));
  Lines out;
  Emitter e(module, out);
  out.open("TJ_DEVICE " + lane + " " + name + "(" + lane + " old, " + lane +
           " update, long long mode) {");
  const Element operands[] = {{"old", dtype}, {"update", dtype}};
  for (const auto &[mode, function] : functions) {
    out.open("if (mode == " + std::to_string(static_cast<int>(mode)) + ") {");
    out.line("return " + apply_element(e, function, dtype, operands).text + ";");
    out.close("}");
  }
  out.line("return update;");
  out.close("}");
  module.declare(out.text());
  return name;
}

/// Each thread has a column of the result, and goes through all its updates in order.
void add_scatter(ModuleText &module, DType dtype, const std::string &combine) {
  const std::string name(short_name(dtype)), type(memory_type(dtype));
  add_walk(module, "scatter_" + name, 3, [&](Emitter &e) {
    Lines &out = e.lines();
    out.line(type + " *to = (" + type + " *)p.memory[0] + o0;");
    out.line("const " + type + " *updates = (const " + type + " *)p.memory[1] + o1;");
    out.line("#pragma unroll 1");
    out.open("for (long long j = 0; j < " + walk_number(scatter_indices) + "; ++j) {");
    out.line(
        "const long long place = " +
        place(2, "o2 + j * " + walk_number(scatter_index_step), scatter_dtype, scatter_extent) +
        ";");
    out.line(type + " *target = to + place * " + walk_number(scatter_stride) + ";");
    out.line("const " + type + " update = updates[j * " + walk_number(scatter_update_step) + "];");
    out.line("*target = (" + type + ")" + combine + "(*target, update, " +
             walk_number(scatter_mode) + ");");
    out.close("}");
  });
}

/// Each thread has a column and a place, if it is the first pair that names it: the pairs of a
/// place lie side by side, in the order of their indices.
void add_scatter_runs(ModuleText &module, DType dtype, const std::string &combine) {
  const std::string name(short_name(dtype)), type(memory_type(dtype));
  add_walk(module, "scatter_runs_" + name, 2, [&](Emitter &e) {
    Lines &out = e.lines();
    out.line("const decltype(i) columns = (decltype(i))" + walk_number(scatter_columns) + ";");
    out.line("const long long first = (long long)(i / columns);");
    out.line("const long long column = (long long)(i % columns);");
    out.line("const unsigned long long *pairs = (const unsigned long long *)p.memory[2] + column "
             "* " +
             walk_number(scatter_pair_row) + ";");
    out.line("const unsigned place = (unsigned)(pairs[first] >> 32);");
    out.open("if (first == 0 || (unsigned)(pairs[first - 1] >> 32) != place) {");
    out.line(type + " *to = (" + type + " *)p.memory[0] + o0 + place * " +
             walk_number(scatter_stride) + ";");
    out.line("const " + type + " *updates = (const " + type + " *)p.memory[1] + o1;");
    out.line(type + " all = *to;");
    out.line("#pragma unroll 1");
    out.open("for (long long j = first; j < " + walk_number(scatter_indices) + "; ++j) {");
    out.line("const unsigned long long pair = pairs[j];");
    out.open("if ((unsigned)(pair >> 32) != place) {");
    out.line("break;");
    out.close("}");
    out.line("const " + type + " update = updates[(long long)(pair & 0xffffffffull) * " +
             walk_number(scatter_update_step) + "];");
    out.line("all = (" + type + ")" + combine + "(all, update, " + walk_number(scatter_mode) +
             ");");
    out.close("}");
    out.line("*to = all;");
    out.close("}");
  });
}

/// Least and greatest index, a pair of i64 for each block.
void add_range(ModuleText &module, bool wide) {
  Lines out(1);
  out.line("long long *mine = (long long *)TJ_SHARED + 2 * TJ_THREAD;");
  out.line("long long low = 9223372036854775807ll, high = -9223372036854775807ll - 1;");
  open_points(out, 1, wide);
  out.line("const long long index = tj_index(p.memory[1], o0, p.number[0]);");
  out.line("low = index < low ? index : low;");
  out.line("high = index > high ? index : high;");
  out.close("}");
  out.line("mine[0] = low;");
  out.line("mine[1] = high;");
  out.line("TJ_BARRIER();");
  out.open("for (unsigned half = " + std::to_string(point_threads / 2) +
           "; half > 0; half /= 2) {");
  out.open("if (TJ_THREAD < half) {");
  out.line("mine[0] = mine[2 * half] < mine[0] ? mine[2 * half] : mine[0];");
  out.line("mine[1] = mine[2 * half + 1] > mine[1] ? mine[2 * half + 1] : mine[1];");
  out.close("}");
  out.line("TJ_BARRIER();");
  out.close("}");
  out.open("if (TJ_THREAD == 0) {");
  out.line("((long long *)p.memory[0])[2 * TJ_BLOCK] = mine[0];");
  out.line("((long long *)p.memory[0])[2 * TJ_BLOCK + 1] = mine[1];");
  out.close("}");
  module.declare(wide ? WideWalkArgs_text : WalkArgs_text);
  module.add({wide ? "index_range_S" : "index_range_s", "walk", point_threads, range_shared_bytes,
              true, "", out.text(), wide ? "WideWalkArgs" : "WalkArgs"});
}

} // namespace

void add_index(ModuleText &module) {
  declare_places(module);
  for (const unsigned bytes : {1u, 2u, 4u, 8u, 16u})
    add_gather(module, bytes);
  for (const unsigned bytes : {1u, 2u, 4u, 8u})
    add_one_hot(module, bytes);
  add_walk(module, "place_pairs", 1, [&](Emitter &e) {
    e.lines().line(
        "const long long place = " + place(1, "o0", place_pair_dtype, place_pair_extent) + ";");
    e.lines().line("const unsigned index = (unsigned)(i % (decltype(i))" +
                   walk_number(place_pair_row) + ");");
    e.lines().line(at("unsigned long long", 0, "i") +
                   " = (unsigned long long)place << 32 | index;");
  });
  for (const ElementForm &form : element_forms()) {
    if (form.function != ScalarFunction::maximum || form.result == DType::boolean)
      continue; // masks are scattered as bytes
    const std::string combine = declare_combine(module, form.result);
    add_scatter(module, form.result, combine);
    add_scatter_runs(module, form.result, combine);
  }
  add_range(module, false);
  add_range(module, true);
}

} // namespace jit::gpu

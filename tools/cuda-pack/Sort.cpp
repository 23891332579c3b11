// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting pairs of a key and a place, and searching. Keys are those of runtime/kernels/SortKeys.h.
// Runs are merged without a loop over them: each pair counts how many of the other run lie in front
// of it (Cole's ranks; Satish, Harris and Garland, "Designing efficient sorting algorithms for
// manycore GPUs", IPDPS 2009).
#include "runtime/cuda/PairArgs.h"
#include "runtime/cuda/WalkArgs.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Points.h"

namespace jit::gpu {
namespace {

/// Two kinds of pairs.
struct PairForm {
  std::string name, type;
  unsigned bytes;
};
const PairForm short_pairs{"short", "unsigned long long", 8};
const PairForm long_pairs{"long", "tj_long_pair", 16};

void declare_order(ModuleText &module) {
  module.declare(tj_long_pair_text);
  Lines out;
  out.open("TJ_DEVICE bool tj_less_short(unsigned long long x, unsigned long long y) {");
  out.line("return x < y;");
  out.close("}");
  out.open("TJ_DEVICE bool tj_less_long(tj_long_pair x, tj_long_pair y) {");
  out.line("return x.key < y.key || (x.key == y.key && x.place < y.place);");
  out.close("}");
  for (const PairForm *form : {&short_pairs, &long_pairs}) {
    out.line("// Where pair `at` of a row goes when its run is merged with the one beside it.");
    out.open("TJ_DEVICE unsigned long long tj_rank_" + form->name + "(const " + form->type +
             " *row, " + form->type +
             " x, unsigned long long at, unsigned long long run, unsigned long long end_of_row) {");
    out.line("const unsigned long long begin = at & ~(2 * run - 1);");
    out.line(
        "const unsigned long long middle = begin + run < end_of_row ? begin + run : end_of_row;");
    out.line(
        "const unsigned long long end = middle + run < end_of_row ? middle + run : end_of_row;");
    out.line("const bool left = at < middle;");
    out.line("unsigned long long low = left ? middle : begin, high = left ? end : middle;");
    out.line("const unsigned long long first = low;");
    out.open("while (low < high) {");
    out.line("const unsigned long long half = (low + high) / 2;");
    out.line("const bool less = tj_less_" + form->name + "(row[half], x);");
    out.line("low = less ? half + 1 : low;");
    out.line("high = less ? high : half;");
    out.close("}");
    out.line("return low - first + (left ? at : begin + at - middle);");
    out.close("}");
  }
  module.declare(out.text());
}

void add_merge(ModuleText &module, const PairForm &form) {
  Lines out(1);
  out.open("for (unsigned long long i = (unsigned long long)TJ_BLOCK * 256u + TJ_THREAD; i < "
           "p.count; i += (unsigned long long)TJ_BLOCKS * 256u) {");
  out.line("const unsigned long long at = i % p.row;");
  out.line("const " + form.type + " *row = (const " + form.type + " *)p.from + (i - at);");
  out.line("const " + form.type + " x = row[at];");
  out.line("((" + form.type + " *)p.to)[i - at + tj_rank_" + form.name +
           "(row, x, at, p.run, p.row)] = x;");
  out.close("}");
  module.declare(MergeArgs_text);
  module.add({"merge_" + form.name, "merge", point_threads, 0, false, "", out.text(), "MergeArgs"});
}

/// The tile lies in shared memory twice: in order, and as it will be. What a thread stores and
/// loads between two tiles are its own pairs.
void add_merge_tiles(ModuleText &module, const PairForm &form) {
  const std::string tile = std::to_string(tile_pairs) + "u";
  const std::string each = "for (unsigned e = TJ_THREAD; e < pairs; e += 256u) {";
  Lines out(1);
  out.line("// Tiles of a long row; else a tile has whole rows.");
  out.line("const unsigned long long tiles = (p.row + " + tile + " - 1) / " + tile + ";");
  out.line("const unsigned long long step = tiles > 1 ? " + tile + " : " + tile +
           " / p.row * p.row;");
  out.line("const unsigned long long rows = p.count / p.row;");
  out.line(
      "const unsigned long long units = tiles > 1 ? rows * tiles : (p.count + step - 1) / step;");
  out.open("for (unsigned long long unit = TJ_BLOCK; unit < units; unit += TJ_BLOCKS) {");
  out.line("const unsigned long long begin = tiles > 1 ? unit / tiles * p.row + unit % tiles * " +
           tile + " : unit * step;");
  out.line("const unsigned long long end = tiles > 1 ? (unit / tiles + 1) * p.row : p.count;");
  out.line("const unsigned pairs = (unsigned)(end - begin < step ? end - begin : step);");
  out.line("const unsigned row = tiles > 1 ? pairs : (unsigned)p.row;");
  out.line(form.type + " *now = (" + form.type + " *)TJ_SHARED;");
  out.line(form.type + " *next = now + " + tile + ";");
  out.open(each);
  out.line("now[e] = ((const " + form.type + " *)p.from)[begin + e];");
  out.close("}");
  out.line("TJ_BARRIER();");
  out.line("#pragma unroll 1");
  out.open("for (unsigned run = 1; run < row; run *= 2) {");
  out.open(each);
  out.line("const unsigned at = e % row;");
  out.line("const " + form.type + " x = now[e];");
  out.line("next[e - at + (unsigned)tj_rank_" + form.name +
           "(now + (e - at), x, at, run, row)] = x;");
  out.close("}");
  out.line("TJ_BARRIER();");
  out.line(form.type + " *before = now;");
  out.line("now = next;");
  out.line("next = before;");
  out.close("}");
  out.open(each);
  out.line("((" + form.type + " *)p.to)[begin + e] = now[e];");
  out.close("}");
  out.close("}");
  module.add({"merge_tiles_" + form.name, "merge", point_threads, 2 * tile_pairs * form.bytes, true,
              "", out.text(), "MergeArgs"});
}

/// A function of the module: the key of an element in ascending order.
std::string declare_key(ModuleText &module, DType dtype) {
  const std::string name = "tj_key_" + std::string(short_name(dtype));
  const auto bits = static_cast<unsigned>(8 * itemsize(dtype));
  const std::string key(item_type(bits / 8));
  const std::string sign = "((" + key + ")1 << " + std::to_string(bits - 1) + ")";
  Lines out;
  Emitter e(module, out);
  out.open("TJ_DEVICE " + key + " " + name + "(" + std::string(memory_type(dtype)) + " x) {");
  const auto float_key = [&](auto value, auto zero) {
    const std::string word = "(" + key + ")" + e.to_bits(e.add(value, zero)).text; // -0 + 0 is +0
    out.line("const " + key + " word = " + word + ";");
    out.line("const " + key + " ordered = word & " + sign + " ? ~word : word | " + sign + ";");
    out.line("return x != x ? ~(" + key + ")0 : ordered;");
  };
  if (dtype == DType::f32)
    float_key(Emitter::F32{"x"}, e.f32(0));
  else if (dtype == DType::f64)
    float_key(Emitter::F64{"x"}, e.f64(0));
  else if (is_unsigned(dtype))
    out.line("return x;");
  else
    out.line("return (" + key + ")((" + key + ")x ^ " + sign + ");");
  out.close("}");
  module.declare(out.text());
  return name;
}

void add_keys(ModuleText &module, DType dtype) {
  const std::string name(short_name(dtype)), type(memory_type(dtype));
  const std::string key(item_type(static_cast<unsigned>(itemsize(dtype))));
  const std::string key_of = declare_key(module, dtype);
  const bool is_short = itemsize(dtype) < 8;
  add_walk(module, "sort_pairs_" + name, 1, [&](Emitter &e) {
    e.lines().line("const " + key + " key = (" + key + ")(" + key_of + "(" + at(type, 1, "o0") +
                   ") ^ (" + key + ")" + walk_number(sort_pair_mirror) + ");");
    e.lines().line("const unsigned long long place = i % (decltype(i))" +
                   walk_number(sort_pair_row) + ";");
    if (is_short)
      e.lines().line(at(short_pairs.type, 0, "i") + " = (unsigned long long)key << 32 | place;");
    else
      e.lines().line(at(long_pairs.type, 0, "i") + " = tj_long_pair{key, place};");
  });
  // By halves, in the steps of runtime/kernels/Sort.cpp: elements that are in no order have its
  // answer too.
  add_walk(module, "search_" + name, 1, [&](Emitter &e) {
    Lines &out = e.lines();
    out.line("const " + key + " wanted = " + key_of + "(" + at(type, 2, "o0") + ");");
    out.line("const bool right = " + walk_number(search_right) + " != 0;");
    out.line("long long in_front = 0;");
    out.line("#pragma unroll 1");
    out.open("for (long long rest = " + walk_number(search_count) +
             "; rest > 0; rest -= rest / 2) {");
    out.line("const long long half = rest > 1 ? rest / 2 : 1;");
    out.line("const " + key + " key = " + key_of + "(" +
             at(type, 1, "(in_front + half - 1) * " + walk_number(search_stride)) + ");");
    out.line("in_front += key < wanted || (right && key == wanted) ? half : 0;");
    out.open("if (rest == 1) {");
    out.line("break;");
    out.close("}");
    out.close("}");
    out.line(at("long long", 0, "i") + " = in_front;");
  });
}

} // namespace

void add_sort(ModuleText &module) {
  declare_order(module);
  for (const PairForm *form : {&short_pairs, &long_pairs}) {
    add_merge(module, *form);
    add_merge_tiles(module, *form);
  }
  for (const ElementForm &form : element_forms())
    if (form.function == ScalarFunction::maximum && form.result != DType::boolean)
      add_keys(module, form.result); // masks are sorted as bytes
  // The places of sorted pairs.
  add_walk(module, "places_short", 1, [](Emitter &e) {
    e.lines().line(at("long long", 0, "i") + " = (long long)(" + at("unsigned long long", 1, "o0") +
                   " & 0xffffffffull);");
  });
  add_walk(module, "places_long", 1, [](Emitter &e) {
    e.lines().line(at("long long", 0, "i") + " = (long long)(" + at("tj_long_pair", 1, "o0") +
                   ").place;");
  });
}

} // namespace jit::gpu

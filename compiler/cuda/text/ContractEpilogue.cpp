// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tile goes through C, where neighbouring threads take neighbours of its rows: it is in L2 yet,
// and often C is the memory of a result, which is written next. From registers each thread would
// have scattered elements, and as many copies of the text.
#include "compiler/cuda/text/ContractEpilogue.h"

#include "compiler/cuda/text/Form.h"
#include "compiler/cuda/text/PointValues.h"

#include <algorithm>

namespace jit::gpu {
namespace {

using nest::Nest;
using nest::Node;
using nest::NodeKind;

bool reads_c(const Node &node) {
  return (node.kind == NodeKind::load || node.kind == NodeKind::gather) && node.access.buffer == 0;
}

class Epilogue {
public:
  Epilogue(ModuleText &module, Lines &out, const Nest &nest, const ContractTile &tile,
           std::int64_t columns)
      : nest(nest), tile(tile), columns(columns), points(nest, 1), out(out),
        values(module, points, out) {
    values.live = "inside";
  }

  EpilogueText run() {
    out.line("TJ_BARRIER();");
    out.open("{");
    values.fixed_values();
    const unsigned threads = tile.threads();
    out.line("#pragma unroll 1");
    out.open("for (unsigned begin = TJ_THREAD; begin < " + number(tile.rows * tile.columns) +
             "; begin += " + number(threads * at_once) + ") {");
    for (unsigned node = 0; node < nest.nodes.size(); ++node)
      if (nest.nodes[node].kind == NodeKind::store)
        out.line(std::string(memory_type(nest.nodes[node].dtype)) + " " + array(node) + "[" +
                 std::to_string(at_once) + "];");
    open_points();
    for (unsigned node = 0; node < nest.nodes.size(); ++node)
      compute(node);
    out.close("}");
    open_points();
    out.open("if (inside) {");
    for (unsigned node = 0; node < nest.nodes.size(); ++node)
      store(node);
    out.close("}");
    out.close("}");
    out.close("}");
    out.close("}");
    return {values.failure(), values.members(), values.argument_bytes()};
  }

private:
  /// Points whose loads a thread makes before it stores any.
  static constexpr unsigned at_once = 4;

  static std::string number(unsigned value) { return std::to_string(value) + "u"; }
  static std::string array(unsigned node) { return "s" + std::to_string(node); }

  /// Where the tile has no point, the first one is computed once more.
  void open_points() {
    const std::string type(points.index_type());
    out.line("#pragma unroll");
    out.open("for (int u = 0; u < " + std::to_string(at_once) + "; ++u) {");
    out.line("const unsigned point = begin + u * " + number(tile.threads()) + ";");
    out.line("const unsigned row = point / " + number(tile.columns) + ";");
    out.line("const unsigned column = point % " + number(tile.columns) + ";");
    out.line("const bool inside = row < a_left && column < b_left;");
    out.line("const " + type + " i = ((" + type + ")first_row + (inside ? row : 0u)) * " +
             points.number(columns) + " + (" + type + ")first_column + (inside ? column : 0u);");
  }

  void compute(unsigned node) {
    const Node &n = nest.nodes[node];
    if (n.kind == NodeKind::store) {
      out.line(array(node) + "[u] = " + narrow(values.of(n.operands[0])) + ";");
      return;
    }
    // Other threads have written it: no load for what nobody writes.
    if (reads_c(n) && values.of(node).text.empty())
      values.set(node, widen(values.emitter(),
                             "*(p.b0 + " + offset_of(points, n.access, "i").text + ")", n.dtype));
    values.compute(node);
  }

  void store(unsigned node) {
    const Node &n = nest.nodes[node];
    if (n.kind == NodeKind::store)
      out.line("p.b" + std::to_string(n.access.buffer) + "[" +
               offset_of(points, n.access, "i").text + "] = " + array(node) + "[u];");
  }

  const Nest &nest;
  const ContractTile &tile;
  const std::int64_t columns;
  const Points points;
  Lines &out;
  PointValues values;
};

} // namespace

bool may_follow_contraction(const Nest &nest, std::int64_t points) {
  std::int64_t own_points = 1;
  for (const nest::Axis &axis : nest.axes)
    own_points *= axis.extent;
  if (nest.row_axes() != 0 || own_points != points)
    return false;
  const Node *first = nullptr;
  return std::ranges::all_of(nest.nodes, [&](const Node &node) {
    if (!nest::touches_memory(node.kind) || node.access.buffer != 0)
      return true;
    if (!first)
      first = &node;
    return node.kind == NodeKind::load && node.guard < 0 &&
           node.access.offset == first->access.offset &&
           node.access.strides == first->access.strides;
  });
}

EpilogueText print_epilogue(ModuleText &module, Lines &out, const Nest &nest,
                            const ContractTile &tile, std::int64_t columns) {
  return Epilogue(module, out, nest, tile, columns).run();
}

std::string add_joined_epilogue(ModuleText &module, const std::string &name, DType dtype,
                                const Nest &nest) {
  const Points points(nest, 1);
  Lines out(1);
  PointValues values(module, points, out);
  const std::size_t argument_bytes = values.argument_bytes() + 2 * sizeof(std::uint64_t);
  if (argument_bytes > max_argument_bytes)
    return too_many_arguments(argument_bytes);
  const std::string index(points.index_type()), type(memory_type(dtype)),
      threads = std::to_string(joined_points) + "u", count = points.number(points.count);
  values.fixed_values();
  out.open("for (" + index + " i = (" + index + ")TJ_BLOCK * " + threads + " + TJ_THREAD; i < " +
           count + "; i += (" + index + ")TJ_BLOCKS * " + threads + ") {");
  out.line(type + " total = *(p.parts + i);");
  out.line("#pragma unroll 4");
  out.open("for (unsigned long long part = 1; part < p.count; ++part) {");
  out.line("const " + type + " chunk = *(p.parts + part * " + count + " + i);");
  out.line("total = " + std::string(dtype == DType::f32 ? "__fadd_rn" : "__dadd_rn") +
           "(total, chunk);");
  out.close("}");
  for (unsigned node = 0; node < nest.nodes.size(); ++node) {
    if (reads_c(nest.nodes[node]))
      values.set(node, {"total", dtype});
    values.compute(node);
  }
  for (const Node &node : nest.nodes)
    if (node.kind == NodeKind::store)
      out.line("p.b" + std::to_string(node.access.buffer) + "[" +
               offset_of(points, node.access, "i").text +
               "] = " + narrow(values.of(node.operands[0])) + ";");
  out.close("}");
  if (values.failure().empty())
    module.add({name, "join", joined_points, 0, false,
                "  const " + type + " *parts;\n  unsigned long long count;\n" + values.members(),
                out.text()});
  return values.failure();
}

} // namespace jit::gpu

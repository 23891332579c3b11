// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/text/Tile.h"

#include "compiler/cuda/text/PointValues.h"

#include <algorithm>

namespace jit::gpu {
namespace {

using nest::Nest;
using nest::Node;
using nest::NodeKind;

constexpr unsigned threads = 256, side = 32;
/// Of lines in shared memory, so that a column meets all banks.
constexpr unsigned pitch = side + 1;
constexpr unsigned max_shared_bytes = 48 * 1024;

/// Of one operand, with what aligns the next.
unsigned tile_bytes(DType dtype) {
  return (side * pitch * static_cast<unsigned>(itemsize(dtype)) + 15) / 16 * 16;
}

class Tile {
public:
  Tile(ModuleText &module, const Nest &nest, const Tiling &tiling)
      : module(module), nest(nest), tiling(tiling), points(nest, 1), values(module, points, out) {}

  KernelResult run() {
    if (values.argument_bytes() > max_argument_bytes)
      return {too_many_arguments(values.argument_bytes())};
    const std::int64_t count = points.count / (extent(tiling.across) * extent(tiling.along)) *
                               tiles(tiling.across) * tiles(tiling.along);
    values.fixed_values();
    out.line("const unsigned x = TJ_THREAD % 32u;");
    out.line("const unsigned y = TJ_THREAD / 32u;");
    unsigned shared = 0;
    for (unsigned node : tiling.loads) {
      const std::string type(memory_type(nest.nodes[node].dtype));
      out.line(type + " *" + tile(node) + " = (" + type + " *)(TJ_SHARED + " +
               std::to_string(shared) + ");");
      shared += tile_bytes(nest.nodes[node].dtype);
    }
    const std::string type(points.index_type());
    out.open("for (" + type + " unit = TJ_BLOCK; unit < " + points.number(count) +
             "; unit += TJ_BLOCKS) {");
    decode_unit();
    read_tiles();
    out.line("TJ_BARRIER();");
    compute();
    out.line("TJ_BARRIER();");
    out.close("}");
    if (!values.failure().empty())
      return {values.failure()};
    const std::string name = identifier(nest.name);
    module.add({name, "tile", threads, shared, true, values.members(), out.text()});
    return {{},   name, static_cast<std::uint64_t>(count), threads, shared, values.argument_bytes(),
            false};
  }

private:
  std::int64_t extent(unsigned axis) const { return nest.axes[axis].extent; }
  std::int64_t tiles(unsigned axis) const { return (extent(axis) + side - 1) / side; }
  std::int64_t below(unsigned axis) const {
    std::int64_t product = 1;
    for (unsigned other = axis + 1; other < nest.axes.size(); ++other)
      product *= extent(other);
    return product;
  }
  static std::string tile(unsigned node) { return "tile" + std::to_string(node); }

  /// Where the square begins, and the flat index of the other axes' coordinates.
  void decode_unit() {
    const std::string type("const " + std::string(points.index_type()) + " ");
    const std::string along = points.number(tiles(tiling.along)),
                      across = points.number(tiles(tiling.across));
    out.line(type + "first_along = unit % " + along + " * 32u;");
    out.line(type + "first_across = unit / " + along + " % " + across + " * 32u;");
    out.line(type + "outer = unit / " + points.number(tiles(tiling.along) * tiles(tiling.across)) +
             ";");
    std::string base;
    std::int64_t passed = 1;
    for (unsigned axis = static_cast<unsigned>(nest.axes.size()); axis-- > 0;) {
      if (axis == tiling.along || axis == tiling.across || extent(axis) == 1)
        continue;
      base += (base.empty() ? "" : " + ") + std::string("outer / ") + points.number(passed) +
              " % " + points.number(extent(axis)) + " * " + points.number(below(axis));
      passed *= extent(axis);
    }
    out.line(type + "base = " + (base.empty() ? points.number(0) : base) + ";");
  }

  /// Four points of each thread; `fast` is the axis of neighbouring threads.
  void open_points(bool along_is_fast) {
    const std::string type("const " + std::string(points.index_type()) + " ");
    const std::string fast = "x;", slow = "y + r * 8u;";
    out.line("#pragma unroll");
    out.open("for (int r = 0; r < 4; ++r) {");
    out.line(type + "along = first_along + " + (along_is_fast ? fast : slow));
    out.line(type + "across = first_across + " + (along_is_fast ? slow : fast));
    std::string inside;
    if (extent(tiling.along) % side != 0)
      inside = "along < " + points.number(extent(tiling.along));
    if (extent(tiling.across) % side != 0)
      inside += (inside.empty() ? "" : " && ") + std::string("across < ") +
                points.number(extent(tiling.across));
    out.open("if (" + (inside.empty() ? "true" : inside) + ") {");
    out.line(type + "i = base + across * " + points.number(below(tiling.across)) + " + along * " +
             points.number(below(tiling.along)) + ";");
  }
  void close_points() {
    out.close("}");
    out.close("}");
  }

  void read_tiles() {
    open_points(false);
    for (unsigned node : tiling.loads) {
      const Node &n = nest.nodes[node];
      out.line(tile(node) + "[(y + r * 8u) * 33u + x] = " +
               values.load(n, offset_of(points, n.access, "i").text) + ";");
    }
    close_points();
  }

  void compute() {
    open_points(true);
    for (unsigned node = 0; node < nest.nodes.size(); ++node) {
      const Node &n = nest.nodes[node];
      if (std::ranges::find(tiling.loads, node) != tiling.loads.end())
        values.set(node, widen(values.emitter(), tile(node) + "[x * 33u + y + r * 8u]", n.dtype));
      else
        values.compute(node);
    }
    // An output may lie where an input does, but only where each point stores what it has read.
    for (const Node &n : nest.nodes)
      if (n.kind == NodeKind::store)
        out.line("p.b" + std::to_string(n.access.buffer) + "[" +
                 offset_of(points, n.access, "i").text + "] = " + narrow(values.of(n.operands[0])) +
                 ";");
    close_points();
  }

  ModuleText &module;
  const Nest &nest;
  const Tiling &tiling;
  Points points;
  Lines out{1};
  PointValues values;
};

} // namespace

std::optional<Tiling> tiling_of(const Nest &nest) {
  constexpr std::int64_t least = 8; // points beside each other that are worth it
  unsigned along = static_cast<unsigned>(nest.axes.size());
  while (along > 0 && nest.axes[along - 1].extent == 1)
    --along;
  if (along-- == 0 || nest.row_axes() != 0 || nest.axes[along].extent < least)
    return std::nullopt;
  std::optional<Tiling> tiling;
  bool stores_along = false;
  unsigned shared = 0;
  for (unsigned node = 0; node < nest.nodes.size(); ++node) {
    const Node &n = nest.nodes[node];
    stores_along |= n.kind == NodeKind::store && n.access.strides[along] == 1;
    if (n.kind != NodeKind::load || n.guard >= 0)
      continue;
    const std::int64_t stride = n.access.strides[along];
    if (stride == 0 || stride == 1 || stride == -1)
      continue;
    for (unsigned axis = 0; axis < along; ++axis)
      if (n.access.strides[axis] == 1 && nest.axes[axis].extent >= least &&
          (!tiling || tiling->across == axis) && shared + tile_bytes(n.dtype) <= max_shared_bytes) {
        if (!tiling)
          tiling = Tiling{axis, along, {}};
        tiling->loads.push_back(node);
        shared += tile_bytes(n.dtype);
        break;
      }
  }
  return stores_along ? tiling : std::nullopt;
}

KernelResult add_tile(ModuleText &module, const Nest &nest, const Tiling &tiling) {
  return Tile(module, nest, tiling).run();
}

} // namespace jit::gpu

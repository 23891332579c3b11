// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A thread makes all its loads before its first store: an output may lie where an input does. Where
// a unit has fewer points than threads, those beyond the end compute the last point again, and
// store nothing.
#include "compiler/cuda/text/Flat.h"

#include "compiler/cuda/text/PointValues.h"
#include "compiler/cuda/text/Vectors.h"

#include <algorithm>

namespace jit::gpu {
namespace {

using nest::Nest;
using nest::Node;
using nest::NodeKind;

constexpr unsigned threads = 256;

class Flat {
public:
  Flat(ModuleText &module, const Nest &nest, const FlatOptions &options);
  KernelResult run();

private:
  static unsigned choose_lanes(const Nest &nest);
  unsigned choose_vectors(unsigned wanted) const;

  void units(std::uint64_t count);
  void load_vectors(unsigned node);
  bool has_array(unsigned node) const;
  void elements();
  void store(unsigned node);
  bool by_vector(const Node &n) const;
  void store_elements(const Node &n, const std::string &array);

  unsigned per_thread() const { return vectors * points.lanes; }
  std::string place(const std::string &k) const;
  std::string clamped(const std::string &at, std::int64_t last) const;
  /// Whether the last unit is not full, and whether its last vector is not.
  bool has_tail() const { return points.count % (std::int64_t{threads} * per_thread()) != 0; }
  bool has_part() const { return points.count % points.lanes != 0; }

  ModuleText &module;
  const Nest &nest;
  Points points;
  unsigned vectors;
  bool aligned;
  bool needs_alignment = false;
  Lines out{1};
  PointValues values{module, points, out};
};

std::int64_t vector_loads(const Points &points) {
  return std::ranges::count_if(points.nest.nodes, [&](const Node &node) {
    return node.kind == NodeKind::load && walk_of(points, node.access) == Walk::vector;
  });
}

/// Elements that a thread loads before it computes: each may take a register.
constexpr std::int64_t most_loaded = 32;

/// As many as fill 16 bytes of the widest dtype that is read or written in order; fewer where that
/// lets no access go by vectors, or is too much to hold.
unsigned Flat::choose_lanes(const Nest &nest) {
  std::size_t widest = 0;
  for (const Node &node : nest.nodes)
    if (nest::touches_memory(node.kind) && is_contiguous(nest, node.access))
      widest = std::max(widest, itemsize(node.dtype));
  unsigned lanes = widest == 0 ? 1 : static_cast<unsigned>(16 / widest);
  for (; lanes > 1; lanes /= 2) {
    const Points points(nest, lanes);
    if (lanes * vector_loads(points) > most_loaded)
      continue;
    for (const Node &node : nest.nodes)
      if (nest::touches_memory(node.kind) && walk_of(points, node.access) == Walk::vector)
        return lanes;
  }
  return 1;
}

/// Two where registers allow it, so that more bytes are in flight.
unsigned Flat::choose_vectors(unsigned wanted) const {
  if (wanted != 0)
    return wanted;
  const std::int64_t loads = vector_loads(points);
  if (points.lanes == 1)
    return loads <= 8 ? 4 : 1;
  return points.lanes < 8 && 2 * points.lanes * loads <= most_loaded ? 2 : 1;
}

Flat::Flat(ModuleText &module, const Nest &nest, const FlatOptions &options)
    : module(module), nest(nest), points(nest, choose_lanes(nest)),
      vectors(choose_vectors(options.vectors)), aligned(options.aligned) {}

KernelResult Flat::run() {
  const std::size_t argument_bytes = values.argument_bytes();
  if (argument_bytes > max_argument_bytes)
    return {too_many_arguments(argument_bytes)};
  const std::int64_t unit = std::int64_t{threads} * per_thread();
  const auto count = static_cast<std::uint64_t>((points.count + unit - 1) / unit);
  if (count > 0) {
    values.fixed_values();
    units(count);
  }
  if (!values.failure().empty())
    return {values.failure()};
  const std::string name = identifier(nest.name) + (aligned ? "" : "_u");
  module.add({name, "flat", threads, 0, false, values.members(), out.text()});
  return {{}, name, count, threads, 0, argument_bytes, needs_alignment};
}

void Flat::units(std::uint64_t count) {
  const std::string type(points.index_type()),
      last = points.number(static_cast<std::int64_t>(count));
  out.open("for (" + type + " unit = TJ_BLOCK; unit < " + last + "; unit += TJ_BLOCKS) {");
  out.line("const " + type + " first = unit * " + points.number(threads * per_thread()) +
           " + TJ_THREAD * " + points.number(points.lanes) + ";");
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (nest.nodes[node].kind == NodeKind::load && nest.nodes[node].guard < 0)
      load_vectors(node);
  elements();
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (nest.nodes[node].kind == NodeKind::store)
      store(node);
  out.close("}");
}

std::string Flat::clamped(const std::string &at, std::int64_t last) const {
  const std::string end = points.number(last);
  return at + " < " + end + " ? " + at + " : " + end;
}

/// The flat index of element k of the thread.
std::string Flat::place(const std::string &k) const {
  if (vectors == 1)
    return "first + " + k;
  if (points.lanes == 1)
    return "first + " + k + " * " + points.number(threads);
  const std::string lanes = std::to_string(points.lanes);
  return "first + " + k + " / " + lanes + " * " + points.number(threads * points.lanes) + " + " +
         k + " % " + lanes;
}

/// Loads that need no other value, ahead of all computation.
void Flat::load_vectors(unsigned node) {
  const Node &n = nest.nodes[node];
  const Walk walk = walk_of(points, n.access);
  if (walk == Walk::fixed)
    values.set(node, widen(values.emitter(),
                           values.load(n, offset_of(points, n.access, "first").text), n.dtype));
  if (walk != Walk::splat && walk != Walk::vector)
    return;
  const std::string array = "a" + std::to_string(node), type(memory_type(n.dtype));
  const bool is_vector = walk == Walk::vector;
  out.line(type + " " + array + "[" + std::to_string(is_vector ? per_thread() : vectors) + "];");
  out.line("#pragma unroll");
  out.open("for (int v = 0; v < " + std::to_string(vectors) + "; ++v) {");
  out.line("const " + std::string(points.index_type()) + " at = first + v * " +
           points.number(threads * points.lanes) + ";");
  const auto one_by_one = [&] {
    const std::string type(points.index_type()), lanes = std::to_string(points.lanes);
    std::string index = "at";
    if (is_vector && points.lanes > 1) {
      out.line("#pragma unroll");
      out.open("for (int j = 0; j < " + lanes + "; ++j) {");
      index = "at + j";
    }
    if (has_tail()) {
      out.line("const " + type + " i = " + clamped(index, points.count - 1) + ";");
      index = "i";
    } else if (index != "at") {
      out.line("const " + type + " i = at + j;");
      index = "i";
    }
    const std::string k = !is_vector ? "v" : points.lanes == 1 ? "v" : lanes + " * v + j";
    out.line(array + "[" + k + "] = " + values.load(n, offset_of(points, n.access, index).text) +
             ";");
    if (is_vector && points.lanes > 1)
      out.close("}");
  };
  const unsigned bytes = points.lanes * static_cast<unsigned>(itemsize(n.dtype));
  if (!is_vector || !aligned || points.lanes == 1) {
    one_by_one();
    out.close("}");
    return;
  }
  needs_alignment |= bytes > itemsize(n.dtype);
  const auto by_vector = [&](const std::string &index) {
    load_vector(out, n.dtype, points.lanes, values.only_read(n.access.buffer),
                "p.b" + std::to_string(n.access.buffer) + " + " +
                    offset_of(points, n.access, index).text,
                array, std::to_string(points.lanes) + " * v");
  };
  if (has_part()) {
    out.open("if (at + " + points.number(points.lanes) + " <= " + points.number(points.count) +
             ") {");
    by_vector("at");
    out.reopen("} else {");
    one_by_one();
    out.close("}");
  } else if (has_tail()) {
    out.line("const " + std::string(points.index_type()) +
             " i = " + clamped("at", points.count - points.lanes) + ";");
    by_vector("i");
  } else {
    by_vector("at");
  }
  out.close("}");
}

void Flat::elements() {
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (nest.nodes[node].kind == NodeKind::store)
      out.line(std::string(memory_type(nest.nodes[node].dtype)) + " s" + std::to_string(node) +
               "[" + std::to_string(per_thread()) + "];");
  out.line("#pragma unroll");
  out.open("for (int k = 0; k < " + std::to_string(per_thread()) + "; ++k) {");
  const auto nodes = static_cast<unsigned>(nest.nodes.size());
  bool needs_index = false;
  for (unsigned node = 0; node < nodes; ++node)
    needs_index |= !has_array(node) && values.needs_index(node);
  if (needs_index) {
    const std::string type(points.index_type());
    out.line("const " + type + " at = " + place("k") + ";");
    out.line("const " + type + " i = " + (has_tail() ? clamped("at", points.count - 1) : "at") +
             ";");
  }
  if (has_tail())
    values.live = "at < " + points.number(points.count);
  for (unsigned node = 0; node < nodes; ++node) {
    const Node &n = nest.nodes[node];
    if (has_array(node)) {
      const bool is_vector = walk_of(points, n.access) == Walk::vector;
      const std::string k = is_vector ? "k" : "k / " + std::to_string(points.lanes);
      values.set(node,
                 widen(values.emitter(), "a" + std::to_string(node) + "[" + k + "]", n.dtype));
    } else if (n.kind == NodeKind::store) {
      out.line("s" + std::to_string(node) + "[k] = " + narrow(values.of(n.operands[0])) + ";");
    } else {
      values.compute(node);
    }
  }
  out.close("}");
}

/// Whether load_vectors() has put the thread's elements into an array.
bool Flat::has_array(unsigned node) const {
  const Node &n = nest.nodes[node];
  if (n.kind != NodeKind::load || n.guard >= 0)
    return false;
  const Walk walk = walk_of(points, n.access);
  return walk == Walk::vector || walk == Walk::splat;
}

void Flat::store(unsigned node) {
  const Node &n = nest.nodes[node];
  const std::string array = "s" + std::to_string(node);
  const std::string type(points.index_type()), end = points.number(points.count);
  if (!by_vector(n))
    return store_elements(n, array);
  out.line("#pragma unroll");
  out.open("for (int v = 0; v < " + std::to_string(vectors) + "; ++v) {");
  out.line("const " + type + " at = first + v * " + points.number(threads * points.lanes) + ";");
  if (has_tail())
    out.open("if (at + " + points.number(points.lanes) + " <= " + end + ") {");
  store_vector(out, n.dtype, points.lanes,
               "p.b" + std::to_string(n.access.buffer) + " + " +
                   offset_of(points, n.access, "at").text,
               array, std::to_string(points.lanes) + " * v");
  if (has_tail())
    out.close("}");
  out.close("}");
  if (has_part())
    store_elements(n, array);
}

bool Flat::by_vector(const Node &n) const {
  return aligned && points.lanes > 1 && walk_of(points, n.access) == Walk::vector;
}

/// All of them, or those that are no whole vector.
void Flat::store_elements(const Node &n, const std::string &array) {
  const bool rest = by_vector(n);
  const std::string type(points.index_type()), end = points.number(points.count);
  out.line("#pragma unroll");
  out.open("for (int k = 0; k < " + std::to_string(per_thread()) + "; ++k) {");
  out.line("const " + type + " at = " + place("k") + ";");
  std::string condition = "at < " + end;
  if (rest)
    condition += " && at >= " + points.number(points.count - points.count % points.lanes);
  if (has_tail())
    out.open("if (" + condition + ") {");
  out.line("p.b" + std::to_string(n.access.buffer) + "[" + offset_of(points, n.access, "at").text +
           "] = " + array + "[k];");
  if (has_tail())
    out.close("}");
  out.close("}");
}

} // namespace

KernelResult add_flat(ModuleText &module, const Nest &nest, const FlatOptions &options) {
  return Flat(module, nest, options).run();
}

} // namespace jit::gpu

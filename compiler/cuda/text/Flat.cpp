// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A thread makes all its loads before its first store: an output may lie where an input does. Where
// a unit has fewer points than threads, those beyond the end compute the last point again, and
// store nothing.
#include "compiler/cuda/text/Flat.h"

#include "compiler/cuda/text/Access.h"
#include "compiler/cuda/text/Element.h"
#include "compiler/cuda/text/Vectors.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace jit::gpu {
namespace {

using nest::Nest;
using nest::Node;
using nest::NodeKind;

constexpr unsigned threads = 256;

std::string identifier(std::string name) {
  for (char &c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0)
      c = '_';
  return name;
}

class Flat {
public:
  Flat(ModuleText &module, const Nest &nest, const FlatOptions &options);
  KernelResult run();

private:
  struct Buffer {
    std::optional<DType> dtype;
    bool is_stored = false;
    bool is_shared = false; ///< an output may lie here
  };
  static unsigned choose_lanes(const Nest &nest);
  unsigned choose_vectors(unsigned wanted) const;
  void find_buffers();
  std::string members(unsigned numbers) const;
  bool is_fixed(unsigned node) const;
  bool needs_index(const Node &n) const;

  void fixed_values();
  void units(std::uint64_t count);
  void load_vectors(unsigned node);
  void elements();
  void compute(unsigned node);
  void load_element(unsigned node);
  void gather(unsigned node);
  std::string load(const Node &n, const std::string &offset) const;
  void guarded(unsigned node, std::string expression, bool only_live);
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
  Emitter e{module, out};
  std::vector<Buffer> buffers;
  std::vector<Element> values; ///< by node
  std::string failure;
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
      vectors(choose_vectors(options.vectors)), aligned(options.aligned), buffers(nest.buffers),
      values(nest.nodes.size()) {
  find_buffers();
}

void Flat::find_buffers() {
  for (const Node &node : nest.nodes)
    if (nest::touches_memory(node.kind)) {
      buffers[node.access.buffer].dtype = node.dtype;
      buffers[node.access.buffer].is_stored |= node.kind == NodeKind::store;
    }
  // The rule of may_share (compiler/InPlace.cpp), which asks the same of all loads.
  for (const Node &from : nest.nodes)
    for (const Node &to : nest.nodes)
      if (from.kind == NodeKind::load && to.kind == NodeKind::store && from.dtype == to.dtype &&
          from.access.offset == to.access.offset && from.access.strides == to.access.strides)
        buffers[from.access.buffer].is_shared = true;
}

std::string Flat::members(unsigned numbers) const {
  std::string text;
  for (unsigned k = 0; k < nest.buffers; ++k) {
    const Buffer &buffer = buffers[k];
    text += buffer.is_stored ? "  " : "  const ";
    text += buffer.dtype ? memory_type(*buffer.dtype) : "void";
    text += " *b" + std::to_string(k) + ";\n";
  }
  for (unsigned k = 0; k < numbers; ++k)
    text += "  long long n" + std::to_string(k) + ";\n";
  return text;
}

bool Flat::is_fixed(unsigned node) const {
  const Node &n = nest.nodes[node];
  if (n.kind == NodeKind::element)
    return std::ranges::all_of(n.operands, [&](unsigned operand) { return is_fixed(operand); });
  return n.kind == NodeKind::constant || n.kind == NodeKind::argument;
}

KernelResult Flat::run() {
  unsigned numbers = 0;
  for (const Node &node : nest.nodes)
    if (node.kind == NodeKind::argument)
      numbers = std::max(numbers, node.number + 1);
  const std::size_t argument_bytes = 8 * (std::size_t{nest.buffers} + numbers);
  if (argument_bytes > max_argument_bytes)
    return {"its argument has " + std::to_string(argument_bytes) + " bytes, and a kernel takes " +
            std::to_string(max_argument_bytes)};
  const std::int64_t unit = std::int64_t{threads} * per_thread();
  const auto count = static_cast<std::uint64_t>((points.count + unit - 1) / unit);
  if (count > 0) {
    fixed_values();
    units(count);
  }
  if (!failure.empty())
    return {failure};
  const std::string name = identifier(nest.name) + (aligned ? "" : "_u");
  module.add({name, "flat", threads, 0, false, members(numbers), out.text()});
  return {{}, name, count, threads, 0, argument_bytes, needs_alignment};
}

void Flat::fixed_values() {
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (is_fixed(node))
      compute(node);
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

std::string Flat::load(const Node &n, const std::string &offset) const {
  const std::string address = "p.b" + std::to_string(n.access.buffer) + " + ";
  if (buffers[n.access.buffer].is_shared || buffers[n.access.buffer].is_stored)
    return "*(" + address + offset + ")";
  return "TJ_LDG(" + address + offset + ")";
}

/// Loads that need no other value, ahead of all computation.
void Flat::load_vectors(unsigned node) {
  const Node &n = nest.nodes[node];
  const Walk walk = walk_of(points, n.access);
  if (walk == Walk::fixed)
    values[node] = widen(e, load(n, offset_of(points, n.access, "first").text), n.dtype);
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
    out.line(array + "[" + k + "] = " + load(n, offset_of(points, n.access, index).text) + ";");
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
    const bool only_read =
        !buffers[n.access.buffer].is_shared && !buffers[n.access.buffer].is_stored;
    load_vector(out, n.dtype, points.lanes, only_read,
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

bool Flat::needs_index(const Node &n) const {
  const Walk walk = nest::touches_memory(n.kind) ? walk_of(points, n.access) : Walk::any;
  return n.kind == NodeKind::index || n.kind == NodeKind::inside || n.kind == NodeKind::gather ||
         (n.kind == NodeKind::load && (n.guard >= 0 || walk == Walk::any));
}

void Flat::elements() {
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (nest.nodes[node].kind == NodeKind::store)
      out.line(std::string(memory_type(nest.nodes[node].dtype)) + " s" + std::to_string(node) +
               "[" + std::to_string(per_thread()) + "];");
  out.line("#pragma unroll");
  out.open("for (int k = 0; k < " + std::to_string(per_thread()) + "; ++k) {");
  if (std::ranges::any_of(nest.nodes, [&](const Node &node) { return needs_index(node); })) {
    const std::string type(points.index_type());
    out.line("const " + type + " at = " + place("k") + ";");
    out.line("const " + type + " i = " + (has_tail() ? clamped("at", points.count - 1) : "at") +
             ";");
  }
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (!is_fixed(node) && values[node].text.empty())
      compute(node);
  out.close("}");
}

void Flat::compute(unsigned node) {
  const Node &n = nest.nodes[node];
  switch (n.kind) {
  case NodeKind::constant:
    values[node] = constant(n.dtype, n.bits);
    return;
  case NodeKind::argument: {
    const std::string slot = "p.n" + std::to_string(n.number);
    values[node] = n.dtype == DType::f32 ? define(e, n.dtype, "__int_as_float((int)" + slot + ")")
                   : n.dtype == DType::f64
                       ? define(e, n.dtype, "__longlong_as_double(" + slot + ")")
                       : widen(e, "(" + std::string(memory_type(n.dtype)) + ")" + slot, n.dtype);
    return;
  }
  case NodeKind::index:
    values[node] = define(e, n.dtype, "(long long)" + points.coordinate(n.number, "i"));
    return;
  case NodeKind::inside: {
    const Offset sum = offset_of(points, n.access, "i", static_cast<double>(n.index_extent));
    const std::string unsigned_type = sum.wide ? "(unsigned long long)" : "(unsigned)";
    values[node] = define(e, n.dtype,
                          unsigned_type + "(" + sum.text + ") < " + unsigned_type +
                              std::to_string(n.index_extent));
    return;
  }
  case NodeKind::load:
    return load_element(node);
  case NodeKind::gather:
    return gather(node);
  case NodeKind::element: {
    std::vector<Element> operands;
    for (unsigned operand : n.operands)
      operands.push_back(values[operand]);
    values[node] = apply_element(e, n.function, n.dtype, operands);
    if (values[node].text.empty())
      failure = "no text for " + std::string(jit::name(n.function));
    return;
  }
  case NodeKind::store:
    out.line("s" + std::to_string(node) + "[k] = " + narrow(values[n.operands[0]]) + ";");
    return;
  case NodeKind::keep:
  case NodeKind::reduce:
  case NodeKind::second:
    failure = "a kernel without rows reduces none";
  }
}

void Flat::load_element(unsigned node) {
  const Node &n = nest.nodes[node];
  const Walk walk = walk_of(points, n.access);
  if (n.guard < 0 && (walk == Walk::vector || walk == Walk::splat)) {
    const std::string k = walk == Walk::vector ? "k" : "k / " + std::to_string(points.lanes);
    values[node] = widen(e, "a" + std::to_string(node) + "[" + k + "]", n.dtype);
    return;
  }
  guarded(node, load(n, offset_of(points, n.access, "i").text), false);
}

/// An index that no point has may be what another thread has stored in its place.
void Flat::gather(unsigned node) {
  const Node &n = nest.nodes[node];
  const Element &index = values[n.operands[0]];
  const auto extent = static_cast<double>(n.index_extent);
  const double reach = extent * std::max(1.0, std::abs(static_cast<double>(n.index_stride)));
  const Offset rest = offset_of(points, n.access, "i", reach);
  std::string place = index.text;
  if (!is_unsigned(index.dtype))
    place =
        define(e, index.dtype,
               place + " < 0 ? " + place + " + " + std::to_string(n.index_extent) + " : " + place)
            .text;
  const std::string stride = std::to_string(n.index_stride) + (rest.wide ? "ll" : "");
  guarded(node,
          load(n, std::string(rest.wide ? "(long long)" : "(int)") + place + " * " + stride +
                      " + " + rest.text),
          has_tail());
}

/// The element at an address if the point has one, else 0.
void Flat::guarded(unsigned node, std::string expression, bool only_live) {
  const Node &n = nest.nodes[node];
  std::string condition = only_live ? "at < " + points.number(points.count) : "";
  if (n.guard >= 0)
    condition +=
        (only_live ? " && " : "") + values[n.operands[static_cast<unsigned>(n.guard)]].text;
  if (n.dtype == DType::boolean)
    expression += " != 0";
  if (!condition.empty()) {
    const std::string m = e.define<4>(condition).text;
    expression = m + " ? " + expression + " : " + constant(n.dtype, 0).text;
  }
  values[node] = define(e, n.dtype, expression);
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

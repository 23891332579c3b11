// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/text/PointValues.h"

#include <algorithm>
#include <cmath>

namespace jit::gpu {

using nest::Node;
using nest::NodeKind;

PointValues::PointValues(ModuleText &module, const Points &points, Lines &out)
    : points(points), nest(points.nest), e(module, out), buffers(nest.buffers),
      fixed(nest.nodes.size()), values(nest.nodes.size()) {
  offset = [&points](const nest::Access &access, double more) {
    return offset_of(points, access, "i", more);
  };
  find_buffers();
  find_fixed();
}

void PointValues::find_buffers() {
  for (const Node &node : nest.nodes) {
    if (nest::touches_memory(node.kind)) {
      buffers[node.access.buffer].dtype = node.dtype;
      buffers[node.access.buffer].is_stored |= node.kind == NodeKind::store;
    }
    if (node.kind == NodeKind::argument)
      numbers = std::max(numbers, node.number + 1);
  }
  // The rule of may_share (compiler/InPlace.cpp), which asks the same of all loads.
  for (const Node &from : nest.nodes)
    for (const Node &to : nest.nodes)
      if (from.kind == NodeKind::load && to.kind == NodeKind::store && from.dtype == to.dtype &&
          from.access.offset == to.access.offset && from.access.strides == to.access.strides)
        buffers[from.access.buffer].is_shared = true;
}

void PointValues::find_fixed() {
  for (unsigned node = 0; node < nest.nodes.size(); ++node) {
    const Node &n = nest.nodes[node];
    fixed[node] = n.kind == NodeKind::constant || n.kind == NodeKind::argument ||
                  (n.kind == NodeKind::element &&
                   std::ranges::all_of(n.operands, [&](unsigned k) { return fixed[k]; }));
  }
}

std::string PointValues::members() const {
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

bool PointValues::only_read(unsigned buffer) const {
  return !buffers[buffer].is_stored && !buffers[buffer].is_shared;
}

void PointValues::fixed_values() {
  for (unsigned node = 0; node < nest.nodes.size(); ++node)
    if (fixed[node])
      compute(node);
}

std::string PointValues::load(const Node &n, const std::string &offset) const {
  const std::string address = "p.b" + std::to_string(n.access.buffer) + " + " + offset;
  return (only_read(n.access.buffer) ? "TJ_LDG(" : "*(") + address + ")";
}

bool PointValues::needs_index(unsigned node) const {
  const Node &n = nest.nodes[node];
  return n.kind == NodeKind::index || n.kind == NodeKind::inside || n.kind == NodeKind::gather ||
         (n.kind == NodeKind::load && values[node].text.empty());
}

void PointValues::compute(unsigned node) {
  const Node &n = nest.nodes[node];
  if (!values[node].text.empty())
    return;
  switch (n.kind) {
  case NodeKind::constant:
    values[node] = constant(n.dtype, n.bits);
    return;
  case NodeKind::argument:
    return number(node);
  case NodeKind::index:
    values[node] = define(e, n.dtype, "(long long)" + points.coordinate(n.number, "i"));
    return;
  case NodeKind::inside: {
    const Offset sum = offset(n.access, static_cast<double>(n.index_extent));
    const std::string unsigned_type = sum.wide ? "(unsigned long long)" : "(unsigned)";
    values[node] = define(e, n.dtype,
                          unsigned_type + "(" + sum.text + ") < " + unsigned_type +
                              std::to_string(n.index_extent));
    return;
  }
  case NodeKind::load:
    return guarded(node, load(n, offset(n.access, 0).text), false);
  case NodeKind::gather:
    return gather(node);
  case NodeKind::element: {
    std::vector<Element> operands;
    for (unsigned operand : n.operands)
      operands.push_back(values[operand]);
    values[node] = apply_element(e, n.function, n.dtype, operands);
    if (values[node].text.empty())
      failed = "no text for " + std::string(jit::name(n.function));
    return;
  }
  case NodeKind::store:
    return; // whoever knows where stores go
  case NodeKind::keep:
  case NodeKind::reduce:
  case NodeKind::second:
    failed = "a kernel without rows reduces none";
  }
}

void PointValues::number(unsigned node) {
  const Node &n = nest.nodes[node];
  const std::string slot = "p.n" + std::to_string(n.number);
  if (n.dtype == DType::f32)
    values[node] = define(e, n.dtype, "__int_as_float((int)" + slot + ")");
  else if (n.dtype == DType::f64)
    values[node] = define(e, n.dtype, "__longlong_as_double(" + slot + ")");
  else
    values[node] = widen(e, "(" + std::string(memory_type(n.dtype)) + ")" + slot, n.dtype);
}

/// An index that no point has may be what another thread has stored in its place.
void PointValues::gather(unsigned node) {
  const Node &n = nest.nodes[node];
  const Element &index = values[n.operands[0]];
  const auto extent = static_cast<double>(n.index_extent);
  const double reach = extent * std::max(1.0, std::abs(static_cast<double>(n.index_stride)));
  const Offset rest = offset(n.access, reach);
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
          true);
}

/// The element at an address if the point has one, and is one if that matters; else 0.
void PointValues::guarded(unsigned node, std::string expression, bool only_live) {
  const Node &n = nest.nodes[node];
  std::string condition = only_live ? live : std::string();
  if (n.guard >= 0)
    condition +=
        (condition.empty() ? "" : " && ") + values[n.operands[static_cast<unsigned>(n.guard)]].text;
  if (n.dtype == DType::boolean)
    expression += " != 0";
  if (!condition.empty()) {
    const std::string m = e.define<4>(condition).text;
    expression = m + " ? " + expression + " : " + constant(n.dtype, 0).text;
  }
  values[node] = define(e, n.dtype, expression);
}

} // namespace jit::gpu

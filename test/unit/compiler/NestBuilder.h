// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Nests by hand, for tests: axes by number, accesses by strides.
#pragma once

#include "compiler/nest/Nest.h"

#include <algorithm>
#include <bit>

namespace jit::nest::test {

class NestBuilder {
public:
  explicit NestBuilder(std::string name = "k") { nest.name = std::move(name); }

  NestBuilder &parallel(std::int64_t extent) { return axis(extent, false); }
  NestBuilder &row(std::int64_t extent) { return axis(extent, true); }

  unsigned load(DType dtype, unsigned buffer, std::vector<std::int64_t> strides,
                std::int64_t offset = 0) {
    Node node = make(NodeKind::load, dtype);
    node.access = {buffer, offset, std::move(strides)};
    for (unsigned k = 0; k < nest.axes.size(); ++k)
      node.axes |= std::uint32_t{node.access.strides[k] != 0} << k;
    nest.buffers = std::max(nest.buffers, buffer + 1);
    return add(std::move(node));
  }
  unsigned inside(std::vector<std::int64_t> strides, std::int64_t offset, std::int64_t extent) {
    Node node = make(NodeKind::inside, DType::boolean);
    node.access = {0, offset, std::move(strides)};
    for (unsigned k = 0; k < nest.axes.size(); ++k)
      node.axes |= std::uint32_t{node.access.strides[k] != 0} << k;
    node.index_extent = extent;
    return add(std::move(node));
  }
  /// The load or gather `read`, which is the last node, only where `guard` is true.
  unsigned guarded(unsigned read, unsigned guard) {
    Node &node = nest.nodes[read];
    node.guard = static_cast<int>(node.operands.size());
    node.operands.push_back(guard);
    node.axes |= nest.nodes[guard].axes;
    return read;
  }
  unsigned gather(DType dtype, unsigned buffer, std::vector<std::int64_t> strides, unsigned index,
                  std::int64_t index_stride, std::int64_t extent) {
    Node node = make(NodeKind::gather, dtype);
    node.access = {buffer, 0, std::move(strides)};
    node.axes = nest.nodes[index].axes;
    for (unsigned k = 0; k < nest.axes.size(); ++k)
      node.axes |= std::uint32_t{node.access.strides[k] != 0} << k;
    node.operands = {index};
    node.index_stride = index_stride;
    node.index_extent = extent;
    nest.buffers = std::max(nest.buffers, buffer + 1);
    return add(std::move(node));
  }
  void store(unsigned value, unsigned buffer, std::vector<std::int64_t> strides,
             std::int64_t offset = 0) {
    Node node = make(NodeKind::store, nest.nodes[value].dtype);
    node.operands = {value};
    node.access = {buffer, offset, std::move(strides)};
    for (unsigned k = 0; k < nest.axes.size(); ++k)
      node.axes |= std::uint32_t{node.access.strides[k] != 0} << k;
    nest.buffers = std::max(nest.buffers, buffer + 1);
    add(std::move(node));
  }
  unsigned constant(float x) {
    Node node = make(NodeKind::constant, DType::f32);
    node.bits = std::bit_cast<std::uint32_t>(x);
    return add(std::move(node));
  }
  unsigned argument(DType dtype, unsigned slot) {
    Node node = make(NodeKind::argument, dtype);
    node.number = slot;
    return add(std::move(node));
  }
  unsigned element(ScalarFunction function, DType dtype, std::vector<unsigned> operands) {
    Node node = make(NodeKind::element, dtype);
    node.function = function;
    for (unsigned operand : operands)
      node.axes |= nest.nodes[operand].axes;
    node.operands = std::move(operands);
    return add(std::move(node));
  }
  unsigned reduce(ReduceKind kind, DType dtype, unsigned operand, std::int64_t correction = 0) {
    Node node = make(NodeKind::reduce, dtype);
    node.reduction = kind;
    node.correction = correction;
    node.operands = {operand};
    node.axes = nest.nodes[operand].axes & ~nest.row_axes();
    return add(std::move(node));
  }
  unsigned second(unsigned reduce) {
    Node node = make(NodeKind::second, nest.nodes[reduce].dtype);
    node.operands = {reduce};
    node.axes = nest.nodes[reduce].axes;
    return add(std::move(node));
  }
  unsigned keep(unsigned value) {
    Node node = make(NodeKind::keep, nest.nodes[value].dtype);
    node.operands = {value};
    node.axes = nest.nodes[value].axes;
    return add(std::move(node));
  }

  Nest nest;

private:
  static Node make(NodeKind kind, DType dtype) {
    Node node{};
    node.kind = kind;
    node.dtype = dtype;
    return node;
  }
  NestBuilder &axis(std::int64_t extent, bool row) {
    nest.axes.push_back({extent, row});
    return *this;
  }
  unsigned add(Node node) {
    for (unsigned operand : node.operands)
      node.pass = std::max(node.pass, nest.nodes[operand].pass);
    node.pass += node.kind == NodeKind::reduce;
    nest.nodes.push_back(std::move(node));
    return static_cast<unsigned>(nest.nodes.size() - 1);
  }
};

} // namespace jit::nest::test

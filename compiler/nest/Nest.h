// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Nest: a kernel.func as plain data for whatever lowers it: axes, accesses, and every value with
// the pass in which it is computed. No LLVM.
#pragma once

#include "runtime/ops/OpTable.h"

#include <cstdint>
#include <string>
#include <vector>

namespace jit::nest {

enum class NodeKind : std::uint8_t {
  load,
  gather, ///< a load whose offset depends on its first operand too
  store,
  constant,
  argument,
  index,
  inside,  ///< whether the coordinate that `access` gives lies in [0, index_extent)
  element, ///< a scalar function of its operands
  reduce,
  second, ///< second result of a reduce
  keep,
};
enum class ReduceKind : std::uint8_t { sum, prod, max, min, any, all, argmax, varmean, argmin };
/// Whose result is an index.
constexpr bool finds_winner(ReduceKind kind) noexcept {
  return kind == ReduceKind::argmax || kind == ReduceKind::argmin;
}

/// Element offset + sum(axis * stride) in a buffer.
struct Access {
  unsigned buffer = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> strides; ///< one an axis, 0: does not depend on it
};

struct Node {
  NodeKind kind;
  DType dtype;
  std::uint32_t axes = 0; ///< bit n: the value varies along axis n
  unsigned pass = 0;      ///< in which it is computed: KernelOps.td, PASSES
  std::vector<unsigned> operands;
  int guard = -1; ///< load, gather: which operand says whether there is an element, or none
  Access access;  ///< load, gather, store
  /// gather: an index in [-extent, extent), negative ones from the end, moves it by so many
  /// elements; inside: the extent
  std::int64_t index_stride = 0, index_extent = 0;
  std::uint64_t bits = 0; ///< constant
  unsigned number = 0;    ///< argument: slot; index: axis
  ScalarFunction function = ScalarFunction::none;
  ReduceKind reduction = ReduceKind::sum;
  std::int64_t correction = 0;
};

/// Whether the node reads or writes a buffer.
constexpr bool touches_memory(NodeKind kind) noexcept {
  return kind == NodeKind::load || kind == NodeKind::gather || kind == NodeKind::store;
}

struct Axis {
  std::int64_t extent;
  bool row;
};

struct Nest {
  std::string name;
  std::vector<Axis> axes;  ///< parallel axes first
  std::vector<Node> nodes; ///< operands come first
  unsigned buffers = 0;
  bool outer = false; ///< reductions in order `outer`

  std::uint32_t row_axes() const;
  /// Product of the extents of the row axes.
  std::int64_t row_points() const;
  unsigned passes() const;
  /// What a pass exists for: reductions, stores and kept values that vary along `point_axes`.
  std::vector<unsigned> roots_of(unsigned pass, std::uint32_t point_axes) const;
};

/// Whether `access` steps through axes [first, last) as through one axis, row-major.
bool is_linear(const Nest &nest, const Access &access, unsigned first, unsigned last);

} // namespace jit::nest

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Nest: a kernel.func as the facts its lowering needs: axes merged where memory allows, every value
// with the pass in which it is computed. Plain data, whatever the target; no LLVM.
#pragma once

#include "runtime/ops/OpTable.h"

#include <cstdint>
#include <string>
#include <vector>

namespace jit::nest {

enum class NodeKind : std::uint8_t {
  load,
  store,
  constant,
  argument,
  index,
  element, ///< a scalar function of its operands
  reduce,
  second, ///< second result of a reduce
  keep,
};
enum class ReduceKind : std::uint8_t { sum, prod, max, min, any, all, argmax, varmean };

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
  unsigned pass = 0;
  std::vector<unsigned> operands;
  Access access;          ///< load, store
  std::uint64_t bits = 0; ///< constant
  unsigned number = 0;    ///< argument: slot; index: axis
  ScalarFunction function = ScalarFunction::none;
  ReduceKind reduction = ReduceKind::sum;
  std::int64_t correction = 0;
};

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
  /// Merges neighbours of equal kind that every access walks as one axis; all but the last axis if
  /// that must stay what it is.
  void merge_axes(bool keep_last = false);
  void number_passes();
  unsigned passes() const;
  /// What a pass exists for: reductions, stores and kept values that vary along `point_axes`.
  std::vector<unsigned> roots_of(unsigned pass, std::uint32_t point_axes) const;
};

/// Whether `access` steps through axes [first, last) as through one axis, row-major.
bool is_linear(const Nest &nest, const Access &access, unsigned first, unsigned last);

} // namespace jit::nest

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a graph asks of the values that it is run with, beyond dtypes and shapes.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/trace/Graph.h"

#include <optional>
#include <string>
#include <vector>

namespace jit {

struct Impl;

struct Demands {
  /// By input: where its elements must lie, if ops use them as indices.
  std::vector<std::optional<IndexRange>> inputs;
  /// By number: where it must lie, if slices start there.
  std::vector<std::optional<IndexRange>> numbers;
  /// By number: the integers that the dtype it meets holds, where it must be one of them. Eager ops
  /// refuse another one, or put in its place what compares or clips alike.
  std::vector<std::optional<IndexRange>> held;
  std::vector<bool> fills; ///< those of `held` that no op looks at: elements, as they are given
};

TRACEJIT_PRIVATE Demands demands_of(const Graph &graph);

/// Whether a ready tensor has what is demanded of its input.
TRACEJIT_PRIVATE bool meets(const std::optional<IndexRange> &demand, const Impl &tensor) noexcept;

/// An op whose indices may be out of range though the demands are met, since they are computed, as
/// "%7 = take"; nothing if there is none. Recorded graphs have none.
TRACEJIT_PRIVATE std::optional<std::string> find_unproven_index(const Graph &graph,
                                                                const Demands &demands);

} // namespace jit

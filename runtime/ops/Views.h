// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Places of views: the parts that depend on run-time starts.
#pragma once

#include "runtime/ops/OpTable.h"

namespace jit {

/// A user's slice of one axis as op slice has it.
struct SliceRange {
  std::int64_t start, extent;
};
/// NumPy's rule: negative bounds count from the end, what is out of range is clipped. Precondition:
/// step != 0.
SliceRange resolve_slice(std::int64_t size, std::optional<std::int64_t> begin,
                         std::optional<std::int64_t> end, std::int64_t step) noexcept;

/// Whether the last operands of an op are the places where a slice of operand 0 starts.
inline bool has_starts(OpKind op) noexcept {
  return op == OpKind::slice || op == OpKind::slice_update;
}
/// The slice of operand 0 that an op with starts reads or writes.
struct SliceBox {
  DimList extents, steps;
};
SliceBox slice_box(const InferRequest &request) noexcept;

/// Whether that slice stays inside operand 0 with these starts, one an axis; else the message.
/// Precondition: infer succeeded.
std::optional<std::string> check_starts(const InferRequest &request, Dims starts);

/// Elements between operand 0's and the result's first one, for any view; `starts` is empty but for
/// slice. Precondition: infer and check_starts succeeded.
std::int64_t view_offset(const InferRequest &request, Dims starts) noexcept;

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Exclusive bounds of index operands, which the records name. Precondition: infer succeeded.
#pragma once

#include "runtime/ops/OpTable.h"

namespace jit {

/// Extent of operand 0 along attribute `axis`.
std::int64_t extent_at_axis(const InferRequest &request);
/// Attribute `depth` of one_hot.
std::int64_t one_hot_depth(const InferRequest &request);

} // namespace jit

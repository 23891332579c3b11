// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which axes a reduction runs over, in the classification of the canonical orders.
#pragma once

#include "runtime/kernels/StridedView.h"

namespace jit {

/// Element [r, k, i] of a reduction: kept position k, and reduced positions r (order `outer`) and i
/// (order `inner`). Each part is row-major over its axes; `inner` is the reduced suffix. The views
/// have merged axes, strides of the operand and no data.
struct ReductionAxes {
  StridedView kept, outer, inner;
  bool has_outer, has_inner;
};

/// `reduced` has one bit an axis. Reduced axes of extent 1 do not count; kept ones do, so that the
/// order does not depend on the extents of the batch.
ReductionAxes classify(const StridedView &operand, std::uint32_t reduced) noexcept;

} // namespace jit

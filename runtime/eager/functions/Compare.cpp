// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Comparing whole tensors, written with ops.
#include "runtime/eager/functions/AxisArguments.h"

#include <tracejit/compare.h>
#include <tracejit/ops.h>

#include <algorithm>

namespace jit {

using std::source_location;

static bool holds_everywhere(const Tensor &truths, const source_location &site) {
  return all(Operand(truths, site)).item<bool>(site);
}

bool array_equal(Operand x, Operand y) {
  const source_location site = detail::Access::site(x);
  const Meta &a = detail::tensor_meta("array_equal", x), &b = detail::tensor_meta("array_equal", y);
  if (!std::ranges::equal(a.dims(), b.dims()))
    return false;
  return holds_everywhere(equal(std::move(x), std::move(y)), site);
}

bool allclose(Operand x, Operand y, Tolerance tolerance) {
  const source_location site = detail::Access::site(x);
  detail::tensor_meta("allclose", x);
  detail::tensor_meta("allclose", y);
  const Tensor a = detail::Access::tensor_of(x), b = detail::Access::tensor_of(y);
  const auto at = [&](const Tensor &tensor) { return Operand(tensor, site); };
  const Tensor distance = abs(at(subtract(at(a), at(b))));
  const Tensor allowed = add(at(multiply(at(abs(at(b))), Operand(tolerance.relative, site))),
                             Operand(tolerance.absolute, site));
  const Tensor near = logical_and(at(less_equal(at(distance), at(allowed))), at(isfinite(at(b))));
  Tensor close = logical_or(at(near), at(equal(at(a), at(b))));
  if (tolerance.equal_nan)
    close = logical_or(at(close), at(logical_and(at(isnan(at(a))), at(isnan(at(b))))));
  return holds_everywhere(close, site);
}

} // namespace jit

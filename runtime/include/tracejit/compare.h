// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Comparing whole tensors.
#pragma once

#include <tracejit/tensor.h>

#pragma GCC visibility push(default)
namespace jit {

/// Whether shapes and all elements are equal; NaN equals nothing. Dtypes may differ. Reads values.
bool array_equal(Operand x, Operand y);

struct Tolerance {
  double relative = 1e-5, absolute = 1e-8;
  bool equal_nan = false; ///< NaN is close to NaN
};
/// Whether |x - y| <= absolute + relative * |y|, or x == y, for every element; shapes broadcast.
/// Reads values.
bool allclose(Operand x, Operand y, Tolerance tolerance = {});

} // namespace jit
#pragma GCC visibility pop

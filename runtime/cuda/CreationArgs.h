// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The argument of kernels that make values out of numbers.
#pragma once

#include "runtime/cuda/FamilyText.h"

namespace jit::gpu {

/// `count` elements. number: start and step of arange, as the op has them; else key and counter,
/// and of randint the least value and how many there are.
TRACEJIT_FAMILY_ARGS(CreationArgs, {
  void *result;
  unsigned long long count;
  unsigned long long number[4];
})

} // namespace jit::gpu

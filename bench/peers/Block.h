// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A transformer block, for inference and for training. Weights are stored [out, in]. Queries, keys
// and values have no bias: the gradient of a key's is 0 but for rounding, of which Adam makes whole
// steps, so that no two libraries would agree.
#pragma once

#include "bench/peers/Computation.h"

namespace peers {

/// A weight, bias or scale by its name.
using Lookup = std::function<jit::Tensor(const char *name)>;

/// "x" [batch, length, width] and everything that the block looks up. Sizes: batch, length, width.
Inputs block_inputs(const Sizes &sizes);

/// x + attention of its norm, then that + two layers of its norm. Sizes: those of the inputs,
/// heads.
jit::Tensor block(const jit::Tensor &x, const Lookup &get, const Sizes &sizes, bool causal);

} // namespace peers

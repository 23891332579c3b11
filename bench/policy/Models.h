// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Steps like those of real programs, each with a state of its own made from the same seed.
#pragma once

#include "bench/suite/Workload.h"

namespace bench {

struct TransformerSize {
  std::int64_t batch = 8, length = 24, layers = 4, width = 64;
};

Workload chain_of_twenty(std::int64_t size);
/// Training of a GRU through 24 steps: about 2,000 ops.
Workload gru_training();
/// Training of a causal transformer.
Workload transformer_training(const TransformerSize &size);
/// A batch of a Monte Carlo price with gradients, 32 steps in time: about 1,400 ops.
Workload barrier_batch();

/// By name: chain, gru, transformer (of four layers), barrier.
Workload make_model(const std::string &name);

} // namespace bench

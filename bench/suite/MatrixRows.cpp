// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of a large matrix: one read of each input, one write of the output.
#include "bench/suite/Suite.h"

namespace bench {

namespace {

using namespace jit;

struct Case {
  Workload workload;
  double arrays;          ///< matrices read and written
  double function_cycles; ///< per element
};

std::vector<Case> cases(std::int64_t n) {
  Generator random(9);
  const Tensor x = normal(random, {n, n}), residual = normal(random, {n, n});
  const Tensor bias = normal(random, {n}), scale = uniform(random, {n});
  return {{make_workload("gelu(x + bias) + residual 4096^2",
                         [=] { return [=] { return Results{gelu(x + bias) + residual}; }; }),
           3, 0.6},
          {make_workload("softmax 4096^2", [=] { return [=] { return Results{softmax(x)}; }; }), 2,
           0.4},
          {make_workload("layer_norm + gelu 4096^2",
                         [=] { return [=] { return Results{gelu(layer_norm(x, scale, bias))}; }; }),
           2, 0.6}};
}

} // namespace

void rows_of_matrices(Suite &suite) {
  const std::int64_t n = suite.settings.quick ? 256 : 4096;
  const auto elements = static_cast<double>(n * n);
  for (const Case &c : cases(n))
    for (int threads : thread_counts) {
      Work work;
      work.nt_bytes = c.arrays * elements * sizeof(float);
      work.function_cycles = c.function_cycles * elements;
      Row row = suite.compare(c.workload, work, threads, "ms");
      const bool met = row.limit_fraction >= 0.60;
      suite.add(std::move(row), ">= 0.60 of limit", met);
    }
}

} // namespace bench

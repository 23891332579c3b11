// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Square matrix products against the multiply-add peak, alone and with what follows them.
#include "bench/suite/Suite.h"

#include "runtime/kernels/ThreadPool.h"

namespace bench {

namespace {

using namespace jit;

void square_product(Suite &suite, std::int64_t n, int threads) {
  Generator random(11);
  const Tensor a = uniform(random, {n, n}) - 0.5, b = uniform(random, {n, n}) - 0.5;
  const Tensor bias = normal(random, {n});
  const std::string size = std::to_string(n) + "^2";
  Work work;
  work.flops = 2.0 * static_cast<double>(n * n * n);
  Row product = suite.compare(
      make_workload("matmul " + size, [=] { return [=] { return Results{matmul(a, b)}; }; }), work,
      threads, "us");
  // One op is not compiled: then both columns are the eager kernel.
  const double alone = std::min(*product.eager, *product.compiled);
  const bool fast = product.limit_fraction >= 0.70;
  suite.add(std::move(product), ">= 0.70 of FMA peak", fast);

  Row fused = suite.compare(
      make_workload("gelu(matmul + bias) " + size,
                    [=] { return [=] { return Results{gelu(matmul(a, b) + bias)}; }; }),
      work, threads, "us");
  const Rates &rates = suite.rates(threads);
  const double gelu_us = 1e6 * static_cast<double>(n * n) * 0.6 * rates.function_factor(threads) /
                         (rates.clock * threads);
  const double extra = *fused.compiled - alone;
  fused.note += (fused.note.empty() ? "epilogue " : "; epilogue ") + std::to_string(extra) +
                " us, " + std::to_string(extra / gelu_us) + "x of gelu";
  suite.add(std::move(fused), "epilogue <= 1.3x of gelu", extra <= 1.3 * gelu_us);
}

} // namespace

void contractions(Suite &suite) {
  for (int threads : thread_counts)
    for (std::int64_t n : {256, 512, 1024})
      square_product(suite, suite.settings.quick ? n / 8 : n, threads);
}

} // namespace bench

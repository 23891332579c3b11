// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products, alone and as layers.
#include "bench/peers/Computation.h"

#include <cmath>

namespace peers {

using namespace jit;

namespace {

/// Elements of a weight are small, so that sums over its rows are near 1.
Tensor weight(Generator &random, std::int64_t inputs, DimList shape) {
  return normal(random, shape) * (1 / std::sqrt(static_cast<double>(inputs)));
}

Computation product() {
  return {"sgemm",
          [](const Sizes &sizes) {
            Generator random(9);
            const std::int64_t m = sizes.at("m"), n = sizes.at("n"), k = sizes.at("k");
            return Inputs{{"a", normal(random, {m, k})}, {"b", normal(random, {k, n})}};
          },
          [](Inputs in, const Sizes &) {
            return pure([a = in["a"], b = in["b"]] { return Outputs{matmul(a, b)}; });
          }};
}

/// As most people store it: weight [n, k].
Computation linear() {
  return {"linear",
          [](const Sizes &sizes) {
            Generator random(10);
            const std::int64_t m = sizes.at("m"), n = sizes.at("n"), k = sizes.at("k");
            return Inputs{{"x", normal(random, {m, k})}, {"weight", weight(random, k, {n, k})}};
          },
          [](Inputs in, const Sizes &) {
            return pure([x = in["x"], weight = in["weight"]] {
              return Outputs{matmul(x, permute_dims(weight, {1, 0}))};
            });
          }};
}

Computation mlp() {
  return {"mlp_inference",
          [](const Sizes &sizes) {
            Generator random(11);
            const std::int64_t inputs = sizes.at("inputs"), hidden = sizes.at("hidden"),
                               classes = sizes.at("classes");
            return Inputs{{"x", uniform(random, {sizes.at("batch"), inputs})},
                          {"weight0", weight(random, inputs, {inputs, hidden})},
                          {"bias0", normal(random, {hidden})},
                          {"weight1", weight(random, hidden, {hidden, hidden})},
                          {"bias1", normal(random, {hidden})},
                          {"weight2", weight(random, hidden, {hidden, classes})},
                          {"bias2", normal(random, {classes})}};
          },
          [](Inputs in, const Sizes &) {
            return pure([x = in["x"], w0 = in["weight0"], b0 = in["bias0"], w1 = in["weight1"],
                         b1 = in["bias1"], w2 = in["weight2"], b2 = in["bias2"]] {
              const Tensor first = relu(matmul(x, w0) + b0);
              const Tensor second = relu(matmul(first, w1) + b1);
              return Outputs{matmul(second, w2) + b2};
            });
          }};
}

} // namespace

std::vector<Computation> products() { return {product(), linear(), mlp()}; }

} // namespace peers

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of matrices, long and short.
#include "bench/peers/Computation.h"

namespace peers {

using namespace jit;

namespace {

Inputs matrix(const Sizes &sizes) {
  Generator random(5);
  return {{"x", normal(random, {sizes.at("rows"), sizes.at("columns")})}};
}

Inputs matrix_and_scales(const Sizes &sizes) {
  Inputs inputs = matrix(sizes);
  Generator random(6);
  inputs["scale"] = uniform(random, {sizes.at("columns")}) + 0.5;
  inputs["bias"] = normal(random, {sizes.at("columns")});
  return inputs;
}

Inputs points(const Sizes &sizes) {
  Generator random(7);
  const std::int64_t n = sizes.at("n");
  return {{"x", normal(random, {1, n, 3})}, {"y", normal(random, {n, 1, 3})}};
}

Inputs many_points(const Sizes &sizes) {
  Generator random(8);
  const std::int64_t n = sizes.at("n");
  return {{"x", normal(random, {n, n, 3})}, {"y", normal(random, {n, n, 1})}};
}

std::vector<Computation> long_rows() {
  return {{"softmax", matrix,
           [](Inputs in, const Sizes &) {
             return pure([x = in["x"]] { return Outputs{softmax(x)}; });
           }},
          {"layer_norm_gelu", matrix_and_scales,
           [](Inputs in, const Sizes &) {
             return pure([x = in["x"], scale = in["scale"], bias = in["bias"]] {
               return Outputs{gelu(layer_norm(x, scale, bias))};
             });
           }},
          {"rms_norm", matrix_and_scales, [](Inputs in, const Sizes &) {
             return pure([x = in["x"], scale = in["scale"]] {
               const Tensor power = mean(square(x), {.axis = -1, .keepdims = true});
               return Outputs{x * rsqrt(power + 1e-5) * scale};
             });
           }}};
}

std::vector<Computation> short_rows() {
  return {{"row_sum", matrix,
           [](Inputs in, const Sizes &) {
             return pure([x = in["x"]] { return Outputs{sum(x, {.axis = -1})}; });
           }},
          {"row_argmax", matrix,
           [](Inputs in, const Sizes &) {
             return pure([x = in["x"]] { return Outputs{argmax(x, {.axis = -1})}; });
           }},
          {"all_differences", points,
           [](Inputs in, const Sizes &) {
             return pure([x = in["x"], y = in["y"]] { return Outputs{x - y}; });
           }},
          {"scaled_points", many_points, [](Inputs in, const Sizes &) {
             return pure([x = in["x"], y = in["y"]] { return Outputs{x * y}; });
           }}};
}

} // namespace

std::vector<Computation> matrix_rows() {
  std::vector<Computation> all = long_rows();
  for (Computation &computation : short_rows())
    all.push_back(std::move(computation));
  return all;
}

} // namespace peers

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Chains of elementwise ops.
#include "bench/peers/Computation.h"

#include <cmath>

namespace peers {

using namespace jit;

namespace {

Inputs two_vectors(const Sizes &sizes) {
  Generator random(1);
  const std::int64_t n = sizes.at("n");
  return {{"x", uniform(random, {n}) + 0.5}, {"y", uniform(random, {n}) + 0.5}};
}

Computation addition() {
  return {"add", two_vectors, [](Inputs in, const Sizes &) {
            return pure([x = in["x"], y = in["y"]] { return Outputs{x + y}; });
          }};
}

Computation chain() {
  return {"chain8", two_vectors, [](Inputs in, const Sizes &) {
            return pure([x = in["x"], y = in["y"]] {
              Tensor a = x * y;
              a = a + 0.5;
              a = maximum(a, y);
              a = a - x;
              a = square(a);
              a = a * 0.25;
              a = minimum(a, x);
              return Outputs{a / y};
            });
          }};
}

Tensor chain_of_21(const Tensor &x, const Tensor &y) {
  Tensor a = x + y;
  Tensor b = exp(negative(x));
  a = a * b;
  a = a - y;
  b = sqrt(abs(a)) / y;
  a = maximum(a, b);
  a = minimum(a, y);
  b = tanh(a) + 0.5;
  b = log(square(b) + 1);
  a = where(a > b, a, b);
  a = sigmoid(a) * gelu(b);
  return relu(erf(a));
}

Computation long_chain() {
  return {"chain21", two_vectors, [](Inputs in, const Sizes &) {
            return pure([x = in["x"], y = in["y"]] { return Outputs{chain_of_21(x, y)}; });
          }};
}

Computation long_chain_gradient() {
  return {"chain21_gradient", two_vectors, [](Inputs in, const Sizes &) {
            return pure([x = in["x"], y = in["y"]] {
              Tape tape;
              tape.watch(x);
              tape.watch(y);
              const std::vector<Tensor> gradients = tape.gradient(sum(chain_of_21(x, y)), {x, y});
              return Outputs{gradients[0], gradients[1]};
            });
          }};
}

Computation polynomial() {
  return {"polynomial",
          [](const Sizes &sizes) {
            Generator random(2);
            return Inputs{{"x", uniform(random, {sizes.at("n")})}};
          },
          [](Inputs in, const Sizes &) {
            return pure([x = in["x"]] {
              Tensor y = x * 0.3 + 0.7;
              y = y * x - 0.2;
              y = y * x + 0.9;
              return Outputs{y * x + 1.1};
            });
          }};
}

Computation gelu_residual() {
  return {"gelu_residual",
          [](const Sizes &sizes) {
            Generator random(3);
            const std::int64_t rows = sizes.at("rows"), columns = sizes.at("columns");
            return Inputs{{"x", normal(random, {rows, columns})},
                          {"bias", normal(random, {columns})},
                          {"residual", normal(random, {rows, columns})}};
          },
          [](Inputs in, const Sizes &) {
            return pure([x = in["x"], bias = in["bias"], residual = in["residual"]] {
              return Outputs{gelu(x + bias) + residual};
            });
          }};
}

Tensor normal_distribution(const Tensor &x) { return 0.5 + 0.5 * erf(x * std::sqrt(0.5)); }

/// Price of a call and of a put.
Outputs black_scholes(const Tensor &spot, const Tensor &strike, const Tensor &years) {
  constexpr double rate = 0.03, volatility = 0.25;
  const Tensor spread = volatility * sqrt(years);
  const Tensor d1 = (log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread;
  const Tensor discounted = strike * exp(-rate * years);
  const Tensor first = normal_distribution(d1), second = normal_distribution(d1 - spread);
  return {spot * first - discounted * second, discounted * (1 - second) - spot * (1 - first)};
}

Computation options() {
  return {"black_scholes",
          [](const Sizes &sizes) {
            Generator random(4);
            const std::int64_t n = sizes.at("n");
            return Inputs{{"spot", uniform(random, {n}) * 100 + 50},
                          {"strike", uniform(random, {n}) * 100 + 50},
                          {"years", uniform(random, {n}) * 2 + 0.1}};
          },
          [](Inputs in, const Sizes &) {
            return pure([spot = in["spot"], strike = in["strike"], years = in["years"]] {
              return black_scholes(spot, strike, years);
            });
          }};
}

} // namespace

std::vector<Computation> elementwise() {
  return {addition(),   chain(),         long_chain(), long_chain_gradient(),
          polynomial(), gelu_residual(), options()};
}

} // namespace peers

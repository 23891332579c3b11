// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/policy/Models.h"

#include <cmath>

namespace bench {

using namespace jit;

Workload chain_of_twenty(std::int64_t size) {
  return make_workload("chain of " + std::to_string(size), [=] {
    Generator random(2);
    const Tensor input = normal(random, {size});
    return [input] {
      Tensor x = input;
      for (int i = 0; i < 10; ++i)
        x = tanh(x) * 1.5;
      return Results{x};
    };
  });
}

Workload barrier_batch() {
  return make_workload("barrier", [] {
    Generator random(21);
    return [random]() mutable {
      constexpr std::int64_t steps = 32, paths = 4096;
      constexpr double years = 1, step = years / steps, floor = 85, strike = 100;
      Tape tape;
      const Tensor spot(100.0f), volatility(0.25f), rate(0.03f);
      for (const Tensor &variable : {spot, volatility, rate})
        tape.watch(variable);
      const Tensor half = normal(random, {steps, paths / 2});
      const Tensor shocks = concat({half, -half}, 1);
      const Tensor drift = (rate - 0.5 * square(volatility)) * step;
      const Tensor spread = volatility * std::sqrt(step);
      Tensor log_price = log(spot) + zeros({paths}), survival = ones({paths});
      for (std::int64_t i = 0; i < steps; ++i) {
        const Tensor next = log_price + drift + spread * shocks(i);
        const Tensor above = log_price - std::log(floor), above_next = next - std::log(floor);
        const Tensor crossed = exp(-2.0 * above * above_next / square(spread));
        survival = survival * where(minimum(above, above_next) > 0, 1 - crossed, 0.0);
        log_price = next;
      }
      const Tensor payoff = maximum(exp(log_price) - strike, 0.0) * survival;
      const Tensor price = mean(exp(-rate * years) * payoff);
      Results results = tape.gradient(price, {spot, volatility, rate});
      results.push_back(price);
      return results;
    };
  });
}

Workload make_model(const std::string &name) {
  if (name == "gru")
    return gru_training();
  if (name == "barrier")
    return barrier_batch();
  return name == "transformer" ? transformer_training({}) : chain_of_twenty(1000);
}

} // namespace bench

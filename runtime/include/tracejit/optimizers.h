// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Optimizers: plain functions over Variables, written with public ops, so that forward, backward
// and update are one trace. Rates and corrections are run-time numbers: changing one compiles
// nothing. Reports name the line of the call of step().
#pragma once

#include <tracejit/tensor.h>

#include <concepts>
#include <functional>
#include <initializer_list>
#include <ranges>
#include <source_location>
#include <span>
#include <vector>

#pragma GCC visibility push(default)
namespace jit {

/// The Variables to update: a list `{w, b}`, or any range of Variables or of pointers to them.
class Parameters {
public:
  Parameters(std::initializer_list<std::reference_wrapper<Variable>> variables) {
    for (Variable &variable : variables)
      pointers.push_back(&variable);
  }
  template <std::ranges::input_range R>
    requires std::same_as<std::ranges::range_value_t<R>, Variable> ||
             std::convertible_to<std::ranges::range_reference_t<R>, Variable *>
  Parameters(R &&variables) {
    for (auto &&variable : variables)
      if constexpr (std::same_as<std::ranges::range_value_t<R>, Variable>)
        pointers.push_back(&variable);
      else
        pointers.push_back(variable);
  }
  std::span<Variable *const> list() const noexcept { return pointers; }

private:
  std::vector<Variable *> pointers;
};

/// Stochastic gradient descent with momentum: v = momentum v + g; w = w - rate v. Without momentum
/// w = w - rate g.
struct Sgd {
  double rate = 0.01;
  double momentum = 0;
  std::vector<Variable> velocity{}; ///< one a parameter; empty without momentum

  /// Makes the state, zeros. The first step does it if nobody did: call it before a traced step, so
  /// that the first step looks like the others.
  void prepare(const Parameters &parameters,
               std::source_location site = std::source_location::current());
  /// Updates every parameter. Throws if the numbers of parameters and gradients differ, or if they
  /// are not those of the step before.
  void step(const Parameters &parameters, const std::vector<Tensor> &gradients,
            std::source_location site = std::source_location::current());
};

/// Adam (Kingma and Ba 2015, algorithm 1): m = m + (1 - beta1)(g - m); v = v + (1 - beta2)(g^2 -
/// v); w = w - (m rate / (1 - beta1^t)) / (sqrt(v) / sqrt(1 - beta2^t) + epsilon).
struct Adam {
  double rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  std::vector<Variable> first{}, second{}; ///< m and v, one a parameter
  double power1 = 1, power2 = 1;           ///< beta1^t and beta2^t

  /// As Sgd::prepare.
  void prepare(const Parameters &parameters,
               std::source_location site = std::source_location::current());
  /// As Sgd::step. One that throws may have updated some parameters; it does not count in t.
  void step(const Parameters &parameters, const std::vector<Tensor> &gradients,
            std::source_location site = std::source_location::current());
};

} // namespace jit
#pragma GCC visibility pop

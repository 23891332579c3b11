// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/Typed.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/tensor/DeviceMemory.h"

#include <tracejit/optimizers.h>

#include <tracejit/autograd.h>
#include <tracejit/ops.h>

#include <cmath>

namespace jit {

namespace {

/// Operands at the line of the user's call. The line of an op is that of its first operand.
struct At {
  const std::source_location &site;
  Operand operator()(const Tensor &value) const { return {value, site}; }
  Operand operator()(Tensor &&value) const { return {std::move(value), site}; }
};

} // namespace

/// One zero an element of every parameter; all or nothing.
static void make_state(const Parameters &parameters, std::vector<Variable> &state,
                       const std::source_location &site) {
  std::vector<Variable> zero;
  detail::typed("prepare", site, [&] {
    for (const Variable *parameter : parameters.list()) {
      const WhereItLies there(parameter->value());
      zero.emplace_back(zeros(parameter->shape(), parameter->dtype(), site),
                        VariableOptions{parameter->name(), false}, site);
    }
  });
  state = std::move(zero);
}

static void check_counts(const char *optimizer, std::size_t parameters, std::size_t gradients,
                         std::size_t state, const std::source_location &site) {
  if (parameters != gradients)
    throw Error(ErrorCode::invalid_argument,
                std::string(optimizer) + ": " + std::to_string(parameters) + " parameters, but " +
                    std::to_string(gradients) + " gradients",
                site);
  if (parameters != state)
    throw Error(ErrorCode::invalid_argument,
                std::string(optimizer) + ": " + std::to_string(parameters) +
                    " parameters, but the state is for " + std::to_string(state),
                site);
}

void Sgd::prepare(const Parameters &parameters, std::source_location site) {
  if (velocity.empty() && momentum != 0)
    make_state(parameters, velocity, site);
}

void Sgd::step(const Parameters &parameters, const std::vector<Tensor> &gradients,
               std::source_location site) {
  const NoGrad constant;
  const MxcsrGuard environment; // factors are computed here
  const At at{site};
  prepare(parameters, site);
  const std::size_t count = parameters.list().size();
  check_counts("Sgd::step", count, gradients.size(), velocity.empty() ? count : velocity.size(),
               site);
  for (std::size_t i = 0; i < count; ++i) {
    Variable &w = *parameters.list()[i];
    if (velocity.empty()) {
      w -= at(at(gradients[i]) * rate);
      continue;
    }
    Variable &v = velocity[i];
    v = {at(at(v) * momentum) + gradients[i], site};
    w -= at(at(v) * rate);
  }
}

void Adam::prepare(const Parameters &parameters, std::source_location site) {
  if (first.empty())
    make_state(parameters, first, site);
  if (second.empty()) // also after there was no memory for it
    make_state(parameters, second, site);
}

void Adam::step(const Parameters &parameters, const std::vector<Tensor> &gradients,
                std::source_location site) {
  const NoGrad constant;
  const MxcsrGuard environment; // factors are computed here
  const At at{site};
  prepare(parameters, site);
  const std::size_t count = parameters.list().size();
  check_counts("Adam::step", count, gradients.size(), first.size(), site);
  const double next_power1 = power1 * beta1, next_power2 = power2 * beta2;
  const double scale = rate / (1 - next_power1);
  const double correction = 1 / std::sqrt(1 - next_power2);
  // One op a statement where two operands are computed: C++ leaves their order open.
  for (std::size_t i = 0; i < count; ++i) {
    Variable &w = *parameters.list()[i], &m = first[i], &v = second[i];
    const Tensor &g = gradients[i];
    m += at(at(at(g) - m) * (1 - beta1));
    v += at(at(at(square(at(g))) - v) * (1 - beta2));
    Tensor numerator = at(m) * scale;
    Tensor denominator = at(at(sqrt(at(v))) * correction) + epsilon;
    w -= at(at(std::move(numerator)) / std::move(denominator));
  }
  power1 = next_power1;
  power2 = next_power2;
}

} // namespace jit

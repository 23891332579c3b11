// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tracejit/optimizers.h>

#include <tracejit/autograd.h>
#include <tracejit/ops.h>

#include <cmath>

namespace jit {

/// One zero an element of every parameter.
static void make_state(const Parameters &parameters, std::vector<Variable> &state) {
  for (const Variable *parameter : parameters.list())
    state.emplace_back(zeros(parameter->shape(), parameter->dtype()),
                       VariableOptions{parameter->name(), false});
}

static void check_counts(const char *optimizer, std::size_t parameters, std::size_t gradients,
                         std::size_t state) {
  if (parameters != gradients)
    throw Error(ErrorCode::invalid_argument, std::string(optimizer) + ": " +
                                                 std::to_string(parameters) + " parameters, but " +
                                                 std::to_string(gradients) + " gradients");
  if (parameters != state)
    throw Error(ErrorCode::invalid_argument,
                std::string(optimizer) + ": " + std::to_string(parameters) +
                    " parameters, but the state is for " + std::to_string(state));
}

void Sgd::prepare(const Parameters &parameters) {
  if (velocity.empty() && momentum != 0)
    make_state(parameters, velocity);
}

void Sgd::step(const Parameters &parameters, const std::vector<Tensor> &gradients) {
  const NoGrad constant;
  prepare(parameters);
  const std::size_t count = parameters.list().size();
  check_counts("Sgd::step", count, gradients.size(), velocity.empty() ? count : velocity.size());
  for (std::size_t i = 0; i < count; ++i) {
    Variable &w = *parameters.list()[i];
    if (velocity.empty()) {
      w -= gradients[i] * rate;
      continue;
    }
    Variable &v = velocity[i];
    v = v * momentum + gradients[i];
    w -= v * rate;
  }
}

void Adam::prepare(const Parameters &parameters) {
  if (!first.empty())
    return;
  make_state(parameters, first);
  make_state(parameters, second);
}

void Adam::step(const Parameters &parameters, const std::vector<Tensor> &gradients) {
  const NoGrad constant;
  prepare(parameters);
  const std::size_t count = parameters.list().size();
  check_counts("Adam::step", count, gradients.size(), first.size());
  power1 *= beta1;
  power2 *= beta2;
  const double scale = rate / (1 - power1);
  const double correction = 1 / std::sqrt(1 - power2);
  // One op a statement where two operands are computed: C++ leaves their order open.
  for (std::size_t i = 0; i < count; ++i) {
    Variable &w = *parameters.list()[i], &m = first[i], &v = second[i];
    const Tensor &g = gradients[i];
    m += (g - m) * (1 - beta1);
    v += (square(g) - v) * (1 - beta2);
    Tensor numerator = m * scale;
    Tensor denominator = sqrt(v) * correction + epsilon;
    w -= std::move(numerator) / std::move(denominator);
  }
}

} // namespace jit

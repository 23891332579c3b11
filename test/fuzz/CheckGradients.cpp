// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/fuzz/CheckGradients.h"
#include "test/fuzz/Run.h"

#include <cmath>

namespace jit::fuzz {
namespace {

/// What one run of the program gives.
struct Sample {
  double target = 0; ///< sum over its elements, which is what the gradient is of
  std::vector<Value> inputs, gradients;
};

double sum_of(const Value &value) {
  long double sum = 0;
  for (std::int64_t i = 0; i < value.size(); ++i)
    sum += value.at<double>(i);
  return static_cast<double>(sum);
}

/// Inputs that the gradient is by, in its order.
std::vector<Value> inputs_of(const Program &program, const Call &call) {
  std::vector<Value> values;
  const std::vector<Tensor> inputs = make_inputs(program, call);
  for (const Ref &source : program.steps.back().operands)
    values.push_back(read(inputs[source.index], std::source_location::current()));
  return values;
}

Sample sample(const Program &program, double distance) {
  Call call{.seed = program.seed, .held = program.held, .nudge = distance};
  State state;
  Run run(program, call, state);
  run.body();
  const Step &gradient = program.steps.back();
  Sample result{0, inputs_of(program, call), {}};
  result.target = sum_of(read(run.values[gradient.target.index], std::source_location::current()));
  for (std::uint32_t r = 0; r < gradient.results; ++r)
    result.gradients.push_back(
        read(run.values[gradient.first_value + r], std::source_location::current()));
  return result;
}

/// The gradient times the way from one sample's inputs to the other's. `size`: of its terms.
double directional(const Sample &at, const Sample &from, const Sample &to, double &size) {
  long double sum = 0;
  size = 0;
  for (std::size_t k = 0; k < at.gradients.size(); ++k)
    for (std::int64_t i = 0; i < at.gradients[k].size(); ++i) {
      const double term = at.gradients[k].at<double>(i) *
                          (to.inputs[k].at<double>(i) - from.inputs[k].at<double>(i));
      sum += term;
      size += std::abs(term);
    }
  return static_cast<double>(sum);
}

} // namespace

std::string check_gradients(std::uint64_t seed, bool *decided) {
  const Program program = generate_differentiable(seed);
  if (decided)
    *decided = false;
  if (program.steps.empty())
    return "";
  constexpr double far = 1e-4, near = 0.5e-4;
  const Sample here = sample(program, 0), left = sample(program, -far),
               right = sample(program, far), near_left = sample(program, -near),
               near_right = sample(program, near);
  double size = 0, ignored = 0;
  const double slope = directional(here, left, right, size);
  const double change = std::abs(slope - directional(left, left, right, ignored)) +
                        std::abs(slope - directional(right, left, right, ignored));
  const double wide = right.target - left.target, narrow = near_right.target - near_left.target;
  // At a kink or a pole both sides, or both distances, disagree; so do gradients made of rounding.
  const double noise = 1e-12 * std::abs(here.target) + 1e-13;
  const double bend = std::abs((right.target - here.target) - (here.target - left.target));
  const double scale = std::abs(wide) + size;
  const bool smooth = std::isfinite(wide) && std::isfinite(slope) && change < 1e-2 * scale &&
                      bend < 1e-2 * scale + noise &&
                      std::abs(wide - 2 * narrow) < 1e-4 * scale + noise && scale > 1e3 * noise;
  if (decided)
    *decided = smooth;
  if (!smooth || std::abs(slope - wide) <= 1e-2 * scale)
    return "";
  return "the gradient of a differentiable program times a step is " + std::to_string(slope) +
         ", its values change by " + std::to_string(wide) + " (check_gradients, seed " +
         std::to_string(seed) + ")\n" + to_text(program);
}

} // namespace jit::fuzz

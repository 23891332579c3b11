// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every differentiable op of the table, called as its samples say, against finite differences.
#include "runtime/autograd/Backward.h"
#include "runtime/eager/Dispatch.h"
#include "runtime/ops/Attributes.h"
#include "test/conformance/OpSamples.h"
#include "test/unit/autograd/Differences.h"

#include <charconv>
#include <set>
#include <sstream>

namespace jit {
namespace {

using namespace jit::testing;

using conformance::Sample;
using conformance::samples;

DimList dims_from(const std::string &text) {
  DimList dims;
  std::stringstream list(text.substr(text.find('[') + 1));
  for (std::int64_t extent; list >> extent; list.get())
    dims.push_back(extent);
  return dims;
}

/// Integers are indices, which are valid for axes of 3 or more.
Tensor tensor_from(const std::string &text, int seed, bool mixed) {
  const DimList shape = dims_from(text);
  if (text.starts_with("i64"))
    return floor(multiply(numbers(shape, seed), 1.4)).astype(DType::i64);
  if (text.starts_with("bool"))
    return greater(numbers(shape, seed), 1.0);
  return numbers(shape, seed, mixed);
}

/// Numbers with 0.2 <= |x| < 1.9 moved to where the op has a derivative.
Tensor inside_domain(OpKind op, const Tensor &x) {
  switch (op) {
  case OpKind::asin:
  case OpKind::acos:
  case OpKind::atanh:
    return x * 0.5;
  case OpKind::acosh:
    return x + 1;
  default:
    return x;
  }
}

/// The sample's results in f64, joined, as a function of its tensor operands.
class Call {
public:
  Call(const Sample &sample, bool mixed) : op(sample.op) {
    std::string text(sample.attrs);
    if (const std::size_t at = text.find("dtype=f32"); at != std::string::npos)
      text.replace(at, 9, "dtype=f64");
    EXPECT_EQ(attrs_from_string(info(op), text, attrs), std::nullopt) << text;
    std::stringstream words{std::string(sample.operands)};
    int seed = 1;
    for (std::string word; words >> word; ++seed)
      if (word.find('[') != std::string::npos) {
        places.push_back(-1);
        arguments.push_back(inside_domain(op, tensor_from(word, seed, mixed)));
      } else {
        places.push_back(static_cast<int>(numbers_given.size()));
        numbers_given.push_back(word.find_first_of(".e") == std::string::npos
                                    ? Scalar(std::stoll(word))
                                    : Scalar(std::stod(word)));
      }
  }

  Tensor operator()(const std::vector<Tensor> &tensors) const {
    std::vector<Operand> operands;
    std::size_t next = 0;
    for (int place : places)
      if (place < 0)
        operands.emplace_back(tensors[next++]);
      else
        operands.emplace_back(numbers_given[static_cast<std::size_t>(place)]);
    std::vector<Tensor> results(info(op).results);
    detail::dispatch_several(op, attrs, operands, results);
    for (Tensor &result : results)
      result = reshape(result, {-1});
    return results.size() == 1 ? results[0] : concat(results);
  }

  std::vector<Tensor> arguments;

private:
  OpKind op;
  std::vector<std::int64_t> attrs;
  std::vector<int> places; ///< by operand: -1 for a tensor, else which number
  std::vector<Scalar> numbers_given;
};

bool has_nan(const Tensor &x) { return any(isnan(x)).item<bool>(); }

TEST(Samples, GradientsAgreeWithDifferences) {
  std::set<OpKind> checked;
  for (const Sample &sample : samples) {
    if (!autograd::gradient_rule(sample.op).apply)
      continue;
    for (bool mixed : {false, true}) {
      const Call call(sample, mixed);
      const Tensor result = call(call.arguments);
      const std::string what = std::string(info(sample.op).name) + " " +
                               std::string(sample.operands) + " " + std::string(sample.attrs) +
                               (mixed ? " mixed" : "");
      if (!is_float(result.dtype()) || (mixed && has_nan(result)))
        continue;
      check_gradients(call, call.arguments, what);
      checked.insert(sample.op);
    }
  }
  for (const OpInfo &op : all_ops())
    EXPECT_EQ(checked.contains(op.kind), autograd::gradient_rule(op.kind).apply != nullptr)
        << op.name;
}

/// The gradients of the sum of f by all floating arguments.
std::vector<Tensor> slopes(const Call &f, const std::vector<Tensor> &arguments,
                           const std::vector<Tensor> &sources) {
  Tape tape;
  for (const Tensor &source : sources)
    tape.watch(source);
  return tape.gradient(sum(f(arguments)), sources);
}

/// What a `where` does not take must not reach derivatives as 0 times infinity. Infinite ones are
/// fine, and NaN where the function is NaN.
void check_twice_at(const Sample &sample, double first, double others) {
  const Call call(sample, false);
  std::vector<Tensor> arguments, sources;
  for (const Tensor &argument : call.arguments) {
    const bool floating = is_float(argument.dtype());
    arguments.push_back(
        floating ? full(DimList(argument.shape()), sources.empty() ? first : others, DType::f64)
                 : argument);
    if (floating)
      sources.push_back(arguments.back());
  }
  const Tensor result = call(arguments);
  if (!is_float(result.dtype()) || has_nan(result))
    return;
  const std::string what = std::string(info(sample.op).name) + " of " +
                           std::string(sample.operands) + " at " + std::to_string(first) + ", " +
                           std::to_string(others);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    Tape outer;
    for (const Tensor &source : sources)
      outer.watch(source);
    const Tensor slope = slopes(call, arguments, sources)[i];
    EXPECT_FALSE(has_nan(slope)) << what << ", argument " << i;
    const std::vector<Tensor> second = outer.gradient(sum(slope), sources);
    for (std::size_t j = 0; j < sources.size(); ++j)
      EXPECT_FALSE(has_nan(second[j])) << what << ", arguments " << i << " and " << j;
  }
}

TEST(Samples, NoDerivativeIsNaNAtSingularPoints) {
  for (const Sample &sample : samples) {
    if (!autograd::gradient_rule(sample.op).apply)
      continue;
    for (const double first : {0.0, -0.0, 1.0})
      for (const double others : {0.0, 1.0, 2.0})
        check_twice_at(sample, first, others);
    const Call call(sample, false);
    if (call.arguments.size() == 1)
      check_twice_at(sample, -1, 0);
  }
}

TEST(Samples, ConstantsHaveNoGradient) {
  for (const Sample &sample : samples) {
    if (autograd::gradient_rule(sample.op).apply)
      continue;
    const Call call(sample, false);
    if (call.arguments.empty() || !is_float(call.arguments[0].dtype()) ||
        !info(sample.op).dtypes.contains(call.arguments[0].dtype()))
      continue;
    Tape tape;
    tape.watch(call.arguments[0]);
    const Tensor result = call(call.arguments).astype(DType::f64);
    expect_bits(zeros(call.arguments[0].shape(), DType::f64),
                tape.gradient(result, {call.arguments[0]})[0], std::string(info(sample.op).name));
  }
}

} // namespace
} // namespace jit

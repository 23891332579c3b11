// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every public function is called here or in LinesOfFunctionsTest.cpp, and every op that it records
// must have the line of the call.
#include "test/unit/eager/Lines.h"
#include "runtime/autograd/Backward.h"

#include <tracejit/program.h>

#include <sstream>

namespace jit {
namespace {

using namespace jit::lines;

TEST(Lines, Elementwise) {
#include "runtime/ops/LineChecks.inc"
  check_gradient([] { return pow(x, y); });
  check_gradient([] { return pow(x, 2); });
  check_gradient([] { return pow(x, 3.5); });
  check_gradient([] { return pow(2.0, x); });
  check_gradient([] { return astype(x, DType::f64); });
  check_gradient([] { return x.astype(DType::f64); });
  check_gradient([] { return relu6(x); });
  check_gradient([] { return hardtanh(x); });
  check_gradient([] { return hardshrink(x); });
  check_gradient([] { return softshrink(x); });
  check_gradient([] { return tanhshrink(x); });
  check_gradient([] { return threshold(x, 0.1, 2.0); });
  check_gradient([] { return nan_to_num(x); });
}

TEST(Lines, Operators) {
  check_gradient([] { return -x; });
  check_gradient([] { return x + v; });
  check_gradient([] { return 1 - x; });
  check_gradient([] { return x * v; });
  check_gradient([] { return 2.0 / x; });
  check_gradient([] {
    Tensor z = x;
    z += v;
    z -= 1;
    z *= y;
    z /= 2.0;
    return z;
  });
  check([] { return x == y; });
  check([] { return x != y; });
  check([] { return x < y; });
  check([] { return x <= 1; });
  check([] { return x > y; });
  check([] { return 1 >= y; });
  check([] { return mask & mask; });
  check([] { return mask | true; });
  check([] { return mask ^ mask; });
  check([] { return ~mask; });
  check([] { return labels % 2; });
  check([] { return labels << 1; });
  check([] { return labels >> 1; });
}

TEST(Lines, Reductions) {
  check_gradient([] { return sum(x, {.axis = 1}); });
  check_gradient([] { return sum(x, 1); });
  check_gradient([] { return max(x, Axes{0, 1}, true); });
  check_gradient([] { return mean(x, {.axis = 0, .keepdims = true}); });
  check_gradient([] { return max(x, {.axis = 1}); });
  check_gradient([] { return min(x); });
  check_gradient([] { return var(x, {.axis = 1}); });
  check_gradient([] { return var_mean(x).second; });
  check_gradient([] { return std::get<0>(var_mean(x)) + std::get<1>(var_mean(x)); });
  check_gradient([] { return softmax(x); });
  check_gradient([] { return log_softmax(x, 0); });
  check_gradient([] { return logsumexp(x, 0); });
  check_gradient([] { return layer_norm(x, v, v); });
  check_gradient([] { return mse(x, y); });
  check_gradient([] { return cross_entropy(x, positions); });
  check_gradient([] { return jit::std(x, {.axis = 1}); });
  check_gradient([] { return prod(x, {.axis = 1}); });
  check_gradient([] { return median(x, {.axis = 1}); });
  check_gradient([] { return quantile(x, 0.3, 1); });
  check([] { return argmin(x, {.axis = 1}); });
  check([] { return argmin(labels); });
  check([] { return count_nonzero(x); });
  check([] { return any(x); });
  check([] { return all(x, {.axis = 0}); });
  check([] { return argmax(x, {.axis = 1}); });
  check([] { return sum(mask) + mean(positions); });
}

TEST(Lines, ScansAndSorts) {
  check_gradient([] { return cumulative_sum(x, 1); });
  check_gradient([] { return cumulative_sum(x, {.axis = 0, .include_initial = true}); });
  check_gradient([] { return cumulative_prod(x, {.axis = 1, .reverse = true}); });
  check_gradient([] { return linear_scan(x, y); });
  check_gradient([] { return diff(x); });
  check_gradient([] { return sort(x, 1); });
  check([] { return argsort(x, {.descending = true}); });
  check_gradient([] { return top_k(x, 2).first; });
  check_gradient([] { return kthvalue(x, 2).first; });
  check([] { return searchsorted(v, x, Side::right); });
  check([] { return isin(x, v); });
  check([] { return nonzero(x, 4); });
  check([] { return compress(x, positions, 1); });
  check([] { return bincount(labels, 2); });
  check([] { return bincount(labels, x, 2); });
  check([] { return histogram(x, v); });
}

TEST(Lines, LooksAtValues) {
  check([] { return unique_values(x); });
  check([] { return unique_counts(x).second; });
  check([] { return unique_inverse(x).second; });
  check([] { return unique_all(x).counts; });
  check([] { return nonzero(x); });
}

TEST(Lines, Contractions) {
  check_gradient([] { return matmul(x, v); });
  check_gradient([] { return matmul(x, permute_dims(y, {1, 0})); });
  check_gradient([] { return matmul(v, v); });
  check_gradient([] { return matmul(expand_dims(x, 0), reshape(y, {3, 2})); });
  check_gradient([] { return vecdot(x, y); });
  check_gradient([] { return vecdot(x, y, 0); });
  check_gradient([] { return matmul(x.astype(DType::f64), v); });
}

TEST(Lines, Shapes) {
  check_gradient([] { return reshape(x, {3, 2}); });
  check_gradient([] { return permute_dims(x, {1, 0}); });
  check_gradient([] { return permute_dims(x, {1, 0}).contiguous(); });
  check_gradient([] { return broadcast_to(v, {2, 3}); });
  check_gradient([] { return expand_dims(x, 1); });
  check_gradient([] { return squeeze(expand_dims(x, 1)); });
  check_gradient([] { return concat({x, y}, 1); });
  check_gradient([] { return concat({x, y.astype(DType::f64)}); });
  check_gradient([] { return stack({x, y}, -1); });
  check_gradient([] { return take(x, positions, 1); });
  check_gradient([] { return take_along_axis(x, labels, 1); });
  check_gradient([] { return take_along_axis(x, expand_dims(positions, 1), 1); });
  check_gradient([] { return scatter_add(x, positions, y, 0); });
  check_gradient([] { return scatter(x, positions, y, 0); });
  check_gradient([] { return scatter_along_axis(x, labels, y, 1); });
  check_gradient([] { return slice_update(x, y, {0, 0}); });
  check_gradient([] { return positive(x) * y; });
  check([] { return full_like(x, 2) + zeros_like(x) + ones_like(y); });
  check([] { return empty_like(x) * 0 + empty({2, 3}) * 0; });
  check([] { return one_hot(positions, 4); });
  check_gradient([] { return flip(x); });
  check_gradient([] { return roll(x, 1); });
  check_gradient([] { return roll(x, {1, 2}, {0, 1}); });
  check_gradient([] { return tile(x, {2, 1}); });
  check_gradient([] { return repeat(x, 2); });
  check_gradient([] { return moveaxis(x, 0, 1); });
  check_gradient([] { return swapaxes(x, 0, 1); });
  check_gradient([] { return matrix_transpose(x); });
  check_gradient([] { return flatten(x); });
  check_gradient([] { return unstack(x)[1]; });
  check_gradient([] { return split(x, 3, 1)[1]; });
  check_gradient([] { return pad(x, {1, 0}, {0, 2}, 1); });
  check_gradient([] { return windows(x, 1, {2}); });
  check_gradient([] { return fold(x, 0, {4}); });
  check_gradient([] { return tril(x); });
  check_gradient([] { return triu(x, 1); });
  check_gradient([] { return diagonal(x); });
}

TEST(Lines, Indices) {
  check_gradient([] { return x(0); });
  check_gradient([] { return x(-1, 2); });
  check_gradient([] { return x[1]; });
  check_gradient([] { return x(slice(0, 1)); });
  check_gradient([] { return x(slice(), slice({}, {}, -1)); });
  check_gradient([] { return x(slice(), slice(0, 3, 2)); });
  check_gradient([] { return x(slice(), newaxis) * 2; });
  check_gradient([] { return x(ellipsis, 1); });
  check_gradient([] { return x(positions); });
  check_gradient([] { return x(slice(), positions); });
  check_gradient([] { return x(newaxis, 0, newaxis, slice(1, 3), newaxis); });
  check_gradient([] { return x(newaxis, newaxis, newaxis, newaxis, newaxis, 0, newaxis, 1); });
  check([] { return x(Variable(positions)); });
}

TEST(Lines, Creation) {
  Generator random(1);
  check([] { return Tensor(3.0); });
  check([] { return Tensor(3, DType::f64); });
  check([] { return full({2, 3}, 0.5); });
  check([] { return zeros({2}); });
  check([] { return ones({2}, DType::i64); });
  check([] { return eye(3); });
  check([] { return linspace(0, 1, 5); });
  check([] { return arange(5); });
  check([] { return arange(0, 1, 0.25); });
  check([&] { return uniform(random, {4}); });
  check([&] { return normal(random, {4}, DType::f64); });
  check([&] { return permutation(random, 4); });
  check([&] { return randint(random, 0, 9, {4}); });
}

TEST(Lines, Variables) {
  Variable w(x);
  check([&] { w = w + y; });
  check([&] { w += y; });
  check([&] { w -= 1; });
  check([&] { w *= y; });
  check([&] { w /= 2.0; });
  check([&] { return w(0, 1); });
  check_gradient([&] { return w * x; });
}

TEST(Lines, GradientFunctions) {
  const auto f = [](const Tensor &a) { return square(a); };
  check([&] { return grad(f)(x); });
  check([&] { return grad(f)(3.0); });
  check([&] { return grad(f, {0})(x); });
  check([&] { return value_and_grad(f)(Variable(x)); });
  check([&] { return value_and_grad(f, {0})(x); });
  check([&] { return grad(grad(f))(x); }); // f's own line is near
  check([&] { return stop_gradient(x); });
  const auto twice = custom_gradient(
      [](const Tensor &a) { return a * 2; },
      [](const Tensor &, const Tensor &, const Tensor &slope) { return slope * 2; });
  check([&] { return twice(x); });
  check([&] { return grad(twice)(x); });
  check([&] { return stop_gradient(3.0); });
  check([&] {
    Tape tape;
    tape.watch(x);
    return tape.gradient(y, {x}); // zeros
  });
}

TEST(Lines, Optimizers) {
  Variable w(x), u(y);
  Sgd plain, moving{.momentum = 0.5};
  Adam adam;
  check([&] { plain.step({w}, {y}); });
  check([&] { moving.prepare({w, u}); });
  check([&] { moving.step({w, u}, {y, x}); });
  check([&] { adam.prepare({w}); });
  check([&] { adam.step({w}, {y}); });
}

/// The rest of a traced call after an observation begins at its line.
TEST(Lines, Observations) {
  using Observe = FunctionRef<void(const Tensor &)>;
  const auto begins_at = [](Observe observe, Location call = Location::current()) {
    auto traced = trace(
        [&] {
          const Tensor value = x * 2;
          observe(value);
          return value + 1;
        },
        {.name = "observed at " + std::to_string(call.line())});
    traced();
    const std::vector<TraceReport> reports = traced.explain();
    ASSERT_EQ(reports.size(), 2u);
    expect_near(reports[1].begin, call);
  };
  set_mode(Mode::log);
  const std::string file = testing::TempDir() + "/lines.npy";
  begins_at([](const Tensor &value) { sum(value).item<float>(); });
  begins_at([](const Tensor &value) { (void)value.data<float>(); });
  begins_at([](const Tensor &value) { value.to_vector<float>(); });
  begins_at([&](const Tensor &value) { save(file, value); });
  begins_at([&](const Tensor &value) { save_all(file, {value}); });
  begins_at([&](const Tensor &value) { save_npz(file, {{"value", value}}); });
  std::ostringstream stream;
  begins_at([&](const Tensor &value) { stream << value; });
  begins_at([&](const Tensor &value) { stream << Variable(value); });
}

TEST(Lines, ErrorsOfOps) {
  check_error([] { exp(none); });
  check_error([] { return x + ones({4, 5}); });
  check_error([] { return 1 + none; });
  check_error([] { matmul(x, y); });
  check_error([] { matmul(3, y); });
  check_error([] { sum(x, {.axis = 5}); });
  check_error([] { max(x, {.dtype = DType::f64}); });
  check_error([] { var_mean(x, {.axis = 5}); });
  check_error([] { softmax(x, 2); });
  check_error([] { layer_norm(x, y, v); });
  check_error([] { cross_entropy(x, v); });
  check_error([] { mse(x, ones({7})); });
  check_error([] { reshape(x, {7}); });
  check_error([] { reshape(x, {1, 1, 1, 1, 1, 1, 1, 1, 6}); });
  check_error([] { permute_dims(x, {0, 0}); });
  check_error([] { sum(x, {.axis = {0, 1, 2, 3, 4, 5, 6, 7, 8}}); });
  check_error([] { broadcast_to(x, {5}); });
  check_error([] { expand_dims(x, 9); });
  check_error([] { squeeze(x, 0); });
  check_error([] { concat({}); });
  check_error([] { concat({x, v}); });
  check_error([] { stack({}); });
  check_error([] { stack({x, v}); });
  check_error([] { stack({none}); });
  check_error([] { take(x, positions + 5, 0); });
  check_error([] { take(x, v, 0); });
  check_error([] { take_along_axis(x, labels, 7); });
  check_error([] { scatter_add(x, positions, y, 4); });
  check_error([] { scatter(x, positions, y, 4); });
  check_error([] { scatter_along_axis(x, positions, y, 4); });
  check_error([] { slice_update(x, y, {0, 99}); });
  check_error([] { one_hot(positions, -1); });
  check_error([] { vecdot(x, y, 3); });
  check_error([] { astype(x, DType::f16); });
  check_error([] { zeros({-1}); });
  check_error([] { arange(0, 1, 0); });
  check_error([] { full({2}, 1, DType::f16); });
  Generator random(1);
  check_error([&] { uniform(random, {-1}); });
  check_error([&] { permutation(random, -1); });
}

TEST(Lines, ErrorsOfTensors) {
  check_error([] { Tensor(1, DType::f16); });
  check_error([] { Tensor::copy_of<float>({1, 2}, {3}); });
  check_error([] { Tensor::copy_of(std::vector<float>{1}, {-3}); });
  check_error([] { Tensor::adopt(std::vector<float>{1}, {3}); });
  check_error([] { none.dtype(); });
  check_error([] { none.shape(); });
  check_error([] { none.ndim(); });
  check_error([] { none.size(); });
  check_error([] { none.is_contiguous(); });
  check_error([] { none.contiguous(); });
  check_error([] { none.astype(DType::f64); });
  check_error([] { x.item<float>(); });
  check_error([] { none.item<float>(); });
  check_error([] { (void)x.data<double>(); });
  const Tensor turned = permute_dims(x, {1, 0});
  check_error([&] { (void)turned.data<float>(); });
  check_error([] { x.to_vector<double>(); });
  check_error([] { none.to_vector<bool>(); });
  check_error([] { x(5); });
  check_error([] { x(0, 0, 0); });
  check_error([] { x(ellipsis, ellipsis); });
  check_error([] { x(slice(0, 1, 0)); });
  check_error([] { x(newaxis, newaxis, newaxis, newaxis, newaxis, newaxis, newaxis); });
  check_error([] { none(0); });
}

TEST(Lines, ErrorsOfVariablesAndGradients) {
  Variable w(x);
  check_error([] { Variable empty(none); });
  check_error([&] { w = v; });
  check_error([&] { w = none; });
  check_error([&] { w += ones({7}); });
  check_error([&] { Tape().watch(none); });
  check_error([&] { Tape().watch(positions); });
  check_error([&] { Tape().gradient(none, {x}); });
  check_error([&] { Tape().gradient(x, {positions}); });
  check_error([&] {
    Tape tape;
    tape.watch(x);
    tape.gradient(x, {x});
    tape.gradient(x, {x});
  });
  check_error([&] { Tape().gradient(x, {ones({2})}); });
  const auto twice = custom_gradient([](const Tensor &a) { return a * 2; },
                                     [](const auto &, const auto &, const auto &) { return v; });
  check_error([&] { grad(twice)(x); });
  const auto nothing = custom_gradient([](const Tensor &) { return none; },
                                       [](const auto &, const auto &, const auto &) { return v; });
  check_error([&] { nothing(x); });
  const auto f = [](const Tensor &a) { return square(a); };
  check_error([&] { grad(f)(positions); });
  check_error([&] { grad(f)(none); });
  check_error([&] { grad(f, {3})(x); });
  check_error([&] { stop_gradient(none); });
  check_error([&] { Sgd().step({w}, {}); });
  check_error([&] { Adam().step({w}, {x, y}); });
  check_error([&] { Adam().step({w}, {ones({7})}); });
}

TEST(Lines, ErrorsOfFilesAndReports) {
  check_error([] { save("/nowhere/at/all.npy", x); });
  check_error([] { save("/nowhere/at/all.npy", none); });
  check_error([] { load("/nowhere/at/all.npy"); });
  check_error([] { save_all("/nowhere/at/all.npy", {x}); });
  check_error([] { load_all("/nowhere/at/all.npy"); });
  check_error([] { save_npz("/nowhere/at/all.npz", {{"x", x}}); });
  check_error([] { load_npz("/nowhere/at/all.npz"); });
  check_error([] { load_idx("/nowhere/at/all.idx"); });
  check_error([] { load_program("/nowhere/at/all.tjb"); });
  check_error([] { load_profile("/nowhere/at/all.tjp"); });
  check_error([] {
    std::ostringstream closed;
    closed.setstate(std::ios::failbit);
    save_trace(closed);
  });
}

/// Last: what the others have met.
TEST(Lines, EveryOpWasMet) {
  std::vector<std::string> missing;
  for (const OpInfo &op : all_ops()) {
    if (!met.contains(std::string(op.name)))
      missing.emplace_back(op.name);
    if (autograd::gradient_rule(op.kind).apply &&
        !met.contains("gradient of " + std::string(op.name)))
      missing.push_back("gradient of " + std::string(op.name));
  }
  std::string list;
  for (const std::string &name : missing)
    list += name + "; ";
  EXPECT_EQ(list, "");
}

} // namespace
} // namespace jit

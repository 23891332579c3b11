// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finite differences in f64, the oracle for gradients.
#pragma once

#include <tracejit/tracejit.h>

#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace jit::testing {

using Function = std::function<Tensor(const std::vector<Tensor> &)>;

inline Tensor tensor(std::vector<double> values, DimList shape) {
  return Tensor::adopt(std::move(values), shape);
}

/// Distinct numbers with 0.2 <= |x| < 1.9, none within 0.002 of 1 or of a number of another seed
/// (of 1, 2 and 3); every third is negative if `mixed`.
inline Tensor numbers(DimList shape, int seed, bool mixed = false) {
  std::int64_t size = 1;
  for (std::int64_t extent : shape)
    size *= extent;
  std::vector<double> values;
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t place = (i * 71 + seed * 29) % 113; // 71 and 113 share no factor
    const double x = 0.2075 + 0.0041 * (seed % 3) + 0.015 * static_cast<double>(place);
    values.push_back(mixed && place % 3 == 0 ? -x : x);
  }
  return tensor(std::move(values), shape);
}

/// Weights that tell the elements of a result apart.
inline Tensor weighted(const Tensor &result) {
  return sum(multiply(result, numbers(DimList(result.shape()), 5)));
}

/// Central differences of sum(weighted(f)) with respect to one argument.
inline std::vector<double> differences(const Function &f, std::vector<Tensor> arguments,
                                       std::size_t argument) {
  const double step = 1e-5;
  const Tensor base = arguments[argument];
  const std::vector<double> values = base.to_vector<double>();
  const auto value_at = [&](std::size_t i, double shift) {
    std::vector<double> moved = values;
    moved[i] += shift;
    arguments[argument] = tensor(moved, DimList(base.shape()));
    return weighted(f(arguments)).item<double>();
  };
  std::vector<double> slopes;
  for (std::size_t i = 0; i < values.size(); ++i)
    slopes.push_back((value_at(i, step) - value_at(i, -step)) / (2 * step));
  return slopes;
}

/// Gradients with respect to the listed arguments, the other ones constant.
inline std::vector<Tensor> gradients(const Function &f, const std::vector<Tensor> &arguments,
                                     const std::vector<std::size_t> &which) {
  Tape tape;
  std::vector<Tensor> sources;
  for (std::size_t i : which) {
    tape.watch(arguments[i]);
    sources.push_back(arguments[i]);
  }
  return tape.gradient(weighted(f(arguments)), sources);
}

inline void expect_close(const std::vector<double> &expected, const Tensor &got,
                         const std::string &what) {
  const std::vector<double> values = got.to_vector<double>();
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(values[i], expected[i], 1e-7 * (10 + std::abs(expected[i]))) << what << " at " << i;
}

/// Equal bits; NaN equals NaN.
inline void expect_bits(const Tensor &expected, const Tensor &got, const std::string &what = "") {
  ASSERT_EQ(expected.dtype(), got.dtype()) << what;
  ASSERT_TRUE(std::ranges::equal(expected.shape(), got.shape())) << what;
  const std::vector<double> a = expected.astype(DType::f64).to_vector<double>();
  const std::vector<double> b = got.astype(DType::f64).to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_TRUE((std::isnan(a[i]) && std::isnan(b[i])) ||
                (a[i] == b[i] && std::signbit(a[i]) == std::signbit(b[i])))
        << what << " at " << i << ": " << a[i] << " and " << b[i];
}

/// Gradients of f in f64 with respect to every argument against differences; then each argument
/// alone, which keeps less: the same bits.
inline void check_gradients(const Function &f, const std::vector<Tensor> &arguments,
                            const std::string &what) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (is_float(arguments[i].dtype()))
      all.push_back(i);
  const std::vector<Tensor> together = gradients(f, arguments, all);
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::string place = what + ", argument " + std::to_string(all[k]);
    expect_close(differences(f, arguments, all[k]), together[k], place);
    expect_bits(together[k], gradients(f, arguments, {all[k]})[0], place + " alone");
  }
}

} // namespace jit::testing

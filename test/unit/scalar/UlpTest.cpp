// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Error of the element functions against MPFR on samples and edges, with the bounds of their
// records.
#include "runtime/scalar/Functions.h"
#include "runtime/scalar/Plain.h"
#include "test/unit/scalar/Inputs.h"

#include <cmath>
#include <gtest/gtest.h>
#include <mpfr.h>

namespace jit::scalar_test {
namespace {

/// A number of 160 bits, enough for sigmoid and gelu to be composed.
class Exact {
public:
  Exact() { mpfr_init2(number, 160); }
  explicit Exact(double x) : Exact() { mpfr_set_d(number, x, MPFR_RNDN); }
  Exact(const Exact &) = delete;
  Exact &operator=(const Exact &) = delete;
  ~Exact() { mpfr_clear(number); }
  mpfr_t number;
};

/// |got - exact| in units of the last place of exact in the format T; infinity counts as the next
/// power of two, and zeros must agree in sign.
template <class T> double ulp_error(T got, const Exact &exact) {
  using L = std::numeric_limits<T>;
  if (mpfr_nan_p(exact.number) || std::isnan(got))
    return mpfr_nan_p(exact.number) && std::isnan(got) ? 0 : INFINITY;
  if (mpfr_inf_p(exact.number))
    return double(got) == mpfr_get_d(exact.number, MPFR_RNDN) ? 0 : INFINITY;
  if (std::signbit(got) != (mpfr_signbit(exact.number) != 0))
    return INFINITY;
  if (mpfr_zero_p(exact.number))
    return got == 0 ? 0 : INFINITY;
  const long exponent = mpfr_get_exp(exact.number);
  // Deep underflow and overflow round to zero and infinity without a quotient to form.
  if (exponent < L::min_exponent - L::digits - 2)
    return got == 0 ? 0.5 : INFINITY;
  const T nearest = sizeof(T) == 4 ? T(mpfr_get_flt(exact.number, MPFR_RNDN))
                                   : T(mpfr_get_d(exact.number, MPFR_RNDN));
  if (std::isinf(nearest) && std::isinf(got))
    return 0;
  const long last = std::max(exponent - L::digits, long(L::min_exponent - L::digits));
  Exact difference;
  if (std::isinf(got))
    mpfr_set_si_2exp(difference.number, got > 0 ? 1 : -1, L::max_exponent, MPFR_RNDN);
  else
    mpfr_set_d(difference.number, double(got), MPFR_RNDN);
  mpfr_sub(difference.number, difference.number, exact.number, MPFR_RNDN);
  mpfr_mul_2si(difference.number, difference.number, -last, MPFR_RNDN);
  return std::fabs(mpfr_get_d(difference.number, MPFR_RNDN));
}

// MPFR has no functions of these names.
int mpfr_sigmoid(mpfr_ptr result, mpfr_srcptr x, mpfr_rnd_t) {
  mpfr_neg(result, x, MPFR_RNDN);
  mpfr_exp(result, result, MPFR_RNDN);
  mpfr_add_ui(result, result, 1, MPFR_RNDN);
  return mpfr_ui_div(result, 1, result, MPFR_RNDN);
}
int mpfr_rsqrt(mpfr_ptr result, mpfr_srcptr x, mpfr_rnd_t) {
  return mpfr_zero_p(x) ? mpfr_ui_div(result, 1, x, MPFR_RNDN)
                        : mpfr_rec_sqrt(result, x, MPFR_RNDN);
}

template <class T, class Function, class Reference>
void expect_within(double bound, Function function, Reference reference) {
  std::mt19937_64 random(7);
  std::vector<T> inputs = edges<T>();
  for (int i = 0; i < 20000; ++i)
    inputs.push_back(random_value<T>(random));
  double worst = 0;
  T worst_at = 0;
  for (T x : inputs) {
    plain::Emitter e;
    T got = function(e, plain::Lane<T>{x}).value;
    Exact exact, argument(x);
    reference(exact.number, argument.number, MPFR_RNDN);
    double error = ulp_error<T>(got, exact);
    if (error > worst) {
      worst = error;
      worst_at = x;
    }
  }
  EXPECT_LE(worst, bound) << "at " << std::hexfloat << worst_at;
  EXPECT_GT(worst, 0.2) << "the samples do not test anything";
}

/// No number of the format is nearer to a multiple of pi / 2.
template <class T> void expect_near_multiples(T x) {
  plain::Emitter e;
  const plain::Lane<T> lane{x};
  const Exact argument(x);
  const auto expect = [&](T got, auto reference) {
    Exact exact;
    reference(exact.number, argument.number, MPFR_RNDN);
    EXPECT_LE(ulp_error<T>(got, exact), 2) << std::hexfloat << x;
  };
  expect(scalar::sin(e, lane).value, mpfr_sin);
  expect(scalar::cos(e, lane).value, mpfr_cos);
  expect(scalar::tan(e, lane).value, mpfr_tan);
}
TEST(Ulp, NearMultiplesOfHalfPi) {
  expect_near_multiples(std::ldexp(6381956970095103.0, 797));
  expect_near_multiples(std::ldexp(16367173.0f, 72));
}

/// gelu cancels for x << 0: its error is measured against |x|.
template <class T> double worst_gelu() {
  std::mt19937_64 random(8);
  double worst = 0;
  for (int i = 0; i < 20000; ++i) {
    T x = random_value<T>(random);
    if (!std::isfinite(x) || x == 0)
      continue;
    plain::Emitter e;
    Exact exact(x), root(0.5), difference(double(scalar::gelu(e, plain::Lane<T>{x}).value));
    mpfr_sqrt(root.number, root.number, MPFR_RNDN);
    mpfr_mul(exact.number, exact.number, root.number, MPFR_RNDN);
    mpfr_erf(exact.number, exact.number, MPFR_RNDN);
    mpfr_add_ui(exact.number, exact.number, 1, MPFR_RNDN);
    mpfr_mul_d(exact.number, exact.number, x, MPFR_RNDN);
    mpfr_div_2ui(exact.number, exact.number, 1, MPFR_RNDN);
    mpfr_sub(difference.number, difference.number, exact.number, MPFR_RNDN);
    const int last = std::max(std::ilogb(x) + 1, std::numeric_limits<T>::min_exponent) -
                     std::numeric_limits<T>::digits;
    mpfr_mul_2si(difference.number, difference.number, -last, MPFR_RNDN);
    worst = std::max(worst, std::fabs(mpfr_get_d(difference.number, MPFR_RNDN)));
  }
  return worst;
}
/// Powers whose logarithm spreads over the whole range of the format.
template <class T> void add_powers(std::vector<std::pair<T, T>> &inputs, std::mt19937_64 &random) {
  const double range = sizeof(T) == 4 ? 100 : 740;
  for (int i = 0; i < 40000; ++i) {
    T x = std::fabs(random_value<T>(random));
    if (i % 4 == 0)
      x = T(1) + random_value<T>(random) * T(0x1p-10) / 128;
    if (!std::isfinite(x) || x <= 0)
      continue;
    T y = T(std::uniform_real_distribution<>(-range, range)(random) / std::log(double(x)));
    if (i % 8 == 1)
      y = std::rint(random_value<T>(random));
    inputs.emplace_back(x, y);
  }
}

/// Pairs of any exponents, of like size, nearly equal ones, and those whose power is in range.
template <class T, class Function, class Reference>
void expect_pairs_within(double bound, Function function, Reference reference) {
  std::mt19937_64 random(10);
  std::vector<std::pair<T, T>> inputs;
  for (T x : edges<T>())
    for (T y : edges<T>())
      inputs.emplace_back(x, y);
  for (int i = 0; i < 40000; ++i) {
    T x = random_value<T>(random), y = random_value<T>(random);
    if (i % 3 == 1)
      y = x * std::uniform_real_distribution<T>(-2, 2)(random);
    inputs.emplace_back(x, y);
  }
  add_powers(inputs, random);
  double worst = 0;
  for (auto [x, y] : inputs) {
    plain::Emitter e;
    T got = function(e, plain::Lane<T>{x}, plain::Lane<T>{y}).value;
    Exact exact, first(x), second(y);
    reference(exact.number, first.number, second.number, MPFR_RNDN);
    double error = ulp_error<T>(got, exact);
    EXPECT_LE(error, bound) << std::hexfloat << x << " " << y;
    worst = std::max(worst, error);
  }
  EXPECT_GT(worst, 0.2) << "the samples do not test anything";
}
/// logaddexp cancels where the larger argument is negative: its error is measured against the
/// largest of both, what is added to that one and the result.
template <class T> double worst_logaddexp() {
  std::mt19937_64 random(11);
  double worst = 0;
  for (int i = 0; i < 40000; ++i) {
    T x = random_value<T>(random), y = random_value<T>(random);
    if (i % 2)
      y = x + std::uniform_real_distribution<T>(-20, 20)(random);
    if (!std::isfinite(x) || !std::isfinite(y) || std::fabs(x) > 1e6 || std::fabs(y) > 1e6)
      continue;
    plain::Emitter e;
    Exact exact(std::max(x, y)), beyond(std::min(x, y));
    Exact difference(double(scalar::logaddexp(e, plain::Lane<T>{x}, plain::Lane<T>{y}).value));
    mpfr_sub(beyond.number, beyond.number, exact.number, MPFR_RNDN);
    mpfr_exp(beyond.number, beyond.number, MPFR_RNDN);
    mpfr_log1p(beyond.number, beyond.number, MPFR_RNDN);
    mpfr_add(exact.number, exact.number, beyond.number, MPFR_RNDN);
    const T added = T(mpfr_get_d(beyond.number, MPFR_RNDN));
    const T result = T(mpfr_get_d(exact.number, MPFR_RNDN));
    const T size = std::max({std::fabs(x), std::fabs(y), added, std::fabs(result)});
    mpfr_sub(difference.number, difference.number, exact.number, MPFR_RNDN);
    const int last = std::max(std::ilogb(size) + 1, std::numeric_limits<T>::min_exponent) -
                     std::numeric_limits<T>::digits;
    mpfr_mul_2si(difference.number, difference.number, -last, MPFR_RNDN);
    worst = std::max(worst, std::fabs(mpfr_get_d(difference.number, MPFR_RNDN)));
  }
  return worst;
}
// One test a record with bounds, by the number of operands and the unit of the error.
#define TRACEJIT_CALL(name) [](auto &e, auto... x) { return scalar::name(e, x...); }
#define TRACEJIT_ULP_1_result(name, T, bound)                                                      \
  expect_within<T>(bound, TRACEJIT_CALL(name), mpfr_##name)
#define TRACEJIT_ULP_2_result(name, T, bound)                                                      \
  expect_pairs_within<T>(bound, TRACEJIT_CALL(name), mpfr_##name)
#define TRACEJIT_ULP_1_operand(name, T, bound) EXPECT_LE(worst_##name<T>(), bound)
#define TRACEJIT_ULP_2_largest(name, T, bound) EXPECT_LE(worst_##name<T>(), bound)
#define TRACEJIT_ACCURACY(name, operands, f32_bound, f64_bound, unit)                              \
  TEST(Ulp, name##_f32) { TRACEJIT_ULP_##operands##_##unit(name, float, f32_bound); }              \
  TEST(Ulp, name##_f64) { TRACEJIT_ULP_##operands##_##unit(name, double, f64_bound); }
#include "runtime/ops/Accuracy.inc"

} // namespace
} // namespace jit::scalar_test

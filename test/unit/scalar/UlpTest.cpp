// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Error of the element functions against MPFR on samples and edges, with the bounds that
// docs/numerics.md publishes.
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

using Reference = void (*)(mpfr_t result, mpfr_t x);

void exact_sigmoid(mpfr_t result, mpfr_t x) {
  mpfr_neg(result, x, MPFR_RNDN);
  mpfr_exp(result, result, MPFR_RNDN);
  mpfr_add_ui(result, result, 1, MPFR_RNDN);
  mpfr_ui_div(result, 1, result, MPFR_RNDN);
}
void exact_rsqrt(mpfr_t result, mpfr_t x) {
  if (mpfr_zero_p(x))
    mpfr_ui_div(result, 1, x, MPFR_RNDN);
  else
    mpfr_rec_sqrt(result, x, MPFR_RNDN);
}

template <class T, class Function>
void expect_within(double bound, Function function, Reference reference, double limit = INFINITY) {
  std::mt19937_64 random(7);
  std::vector<T> inputs = edges<T>();
  for (int i = 0; i < 20000; ++i)
    inputs.push_back(random_value<T>(random));
  double worst = 0;
  T worst_at = 0;
  for (T x : inputs) {
    if (std::fabs(x) > limit)
      continue;
    plain::Emitter e;
    T got = function(e, plain::Lane<T>{x}).value;
    Exact exact, argument(x);
    reference(exact.number, argument.number);
    double error = ulp_error<T>(got, exact);
    if (error > worst) {
      worst = error;
      worst_at = x;
    }
  }
  EXPECT_LE(worst, bound) << "at " << std::hexfloat << worst_at;
  EXPECT_GT(worst, 0.2) << "the samples do not test anything";
}

#define TRACEJIT_MPFR(f) [](mpfr_t r, mpfr_t x) { f(r, x, MPFR_RNDN); }
#define TRACEJIT_SCALAR(f) [](auto &e, auto x) { return scalar::f(e, x); }
#define TRACEJIT_ULP_TEST(name, f32_bound, f64_bound, function, reference)                         \
  TEST(Ulp, name##F32) { expect_within<float>(f32_bound, function, reference); }                   \
  TEST(Ulp, name##F64) { expect_within<double>(f64_bound, function, reference); }
TRACEJIT_ULP_TEST(Exp, 1.1, 1.1, TRACEJIT_SCALAR(exp), TRACEJIT_MPFR(mpfr_exp))
TRACEJIT_ULP_TEST(Log, 1.0, 1.0, TRACEJIT_SCALAR(log), TRACEJIT_MPFR(mpfr_log))
TRACEJIT_ULP_TEST(Tanh, 2.0, 2.0, TRACEJIT_SCALAR(tanh), TRACEJIT_MPFR(mpfr_tanh))
TRACEJIT_ULP_TEST(Erf, 1.3, 2.0, TRACEJIT_SCALAR(erf), TRACEJIT_MPFR(mpfr_erf))
TRACEJIT_ULP_TEST(Sigmoid, 2.0, 2.0, TRACEJIT_SCALAR(sigmoid), exact_sigmoid)
TRACEJIT_ULP_TEST(Rsqrt, 1.5, 1.5, TRACEJIT_SCALAR(rsqrt), exact_rsqrt)
TRACEJIT_ULP_TEST(Sqrt, 0.5, 0.5, TRACEJIT_SCALAR(sqrt), TRACEJIT_MPFR(mpfr_sqrt))
TEST(Ulp, SinF32) {
  expect_within<float>(2, TRACEJIT_SCALAR(sin), TRACEJIT_MPFR(mpfr_sin), 0x1p18);
}
TEST(Ulp, SinF64) {
  expect_within<double>(2, TRACEJIT_SCALAR(sin), TRACEJIT_MPFR(mpfr_sin), 0x1p18);
}
TEST(Ulp, CosF32) {
  expect_within<float>(2, TRACEJIT_SCALAR(cos), TRACEJIT_MPFR(mpfr_cos), 0x1p18);
}
TEST(Ulp, CosF64) {
  expect_within<double>(2, TRACEJIT_SCALAR(cos), TRACEJIT_MPFR(mpfr_cos), 0x1p18);
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
TEST(Ulp, Gelu) {
  EXPECT_LE(worst_gelu<float>(), 2.0);
  EXPECT_LE(worst_gelu<double>(), 2.0);
}

/// Powers whose logarithm spreads over the whole range of the format.
template <class T> double worst_pow() {
  std::mt19937_64 random(9);
  const double range = sizeof(T) == 4 ? 100 : 740;
  double worst = 0;
  for (int i = 0; i < 40000; ++i) {
    T x = std::fabs(random_value<T>(random));
    if (i % 4 == 0)
      x = T(1) + random_value<T>(random) * T(0x1p-10) / 128;
    if (!std::isfinite(x) || x <= 0)
      continue;
    T y = T(std::uniform_real_distribution<>(-range, range)(random) / std::log(double(x)));
    if (i % 8 == 1)
      y = std::rint(random_value<T>(random));
    plain::Emitter e;
    T got = scalar::pow(e, plain::Lane<T>{x}, plain::Lane<T>{y}).value;
    Exact exact, base(x), exponent(y);
    mpfr_pow(exact.number, base.number, exponent.number, MPFR_RNDN);
    double error = ulp_error<T>(got, exact);
    EXPECT_LT(error, 2) << std::hexfloat << x << " " << y;
    worst = std::max(worst, error);
  }
  return worst;
}
TEST(Ulp, Pow) {
  EXPECT_LE(worst_pow<float>(), 0.55);
  EXPECT_LE(worst_pow<double>(), 1.2);
}

} // namespace
} // namespace jit::scalar_test

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
TRACEJIT_ULP_TEST(Expm1, 2.0, 2.0, TRACEJIT_SCALAR(expm1), TRACEJIT_MPFR(mpfr_expm1))
TRACEJIT_ULP_TEST(Log1p, 1.3, 1.0, TRACEJIT_SCALAR(log1p), TRACEJIT_MPFR(mpfr_log1p))
TRACEJIT_ULP_TEST(Exp2, 1.0, 1.3, TRACEJIT_SCALAR(exp2), TRACEJIT_MPFR(mpfr_exp2))
TRACEJIT_ULP_TEST(Log2, 1.5, 1.5, TRACEJIT_SCALAR(log2), TRACEJIT_MPFR(mpfr_log2))
TRACEJIT_ULP_TEST(Log10, 1.5, 1.5, TRACEJIT_SCALAR(log10), TRACEJIT_MPFR(mpfr_log10))
TRACEJIT_ULP_TEST(Atan, 2.0, 2.0, TRACEJIT_SCALAR(atan), TRACEJIT_MPFR(mpfr_atan))
TRACEJIT_ULP_TEST(Sinh, 2.0, 2.0, TRACEJIT_SCALAR(sinh), TRACEJIT_MPFR(mpfr_sinh))
TRACEJIT_ULP_TEST(Cosh, 2.0, 2.0, TRACEJIT_SCALAR(cosh), TRACEJIT_MPFR(mpfr_cosh))
TRACEJIT_ULP_TEST(Asin, 2.0, 2.0, TRACEJIT_SCALAR(asin), TRACEJIT_MPFR(mpfr_asin))
TRACEJIT_ULP_TEST(Acos, 2.0, 2.0, TRACEJIT_SCALAR(acos), TRACEJIT_MPFR(mpfr_acos))
TRACEJIT_ULP_TEST(Asinh, 2.0, 2.0, TRACEJIT_SCALAR(asinh), TRACEJIT_MPFR(mpfr_asinh))
TRACEJIT_ULP_TEST(Acosh, 2.0, 2.0, TRACEJIT_SCALAR(acosh), TRACEJIT_MPFR(mpfr_acosh))
TRACEJIT_ULP_TEST(Atanh, 2.0, 2.0, TRACEJIT_SCALAR(atanh), TRACEJIT_MPFR(mpfr_atanh))
TRACEJIT_ULP_TEST(Erfc, 2.0, 2.0, TRACEJIT_SCALAR(erfc), TRACEJIT_MPFR(mpfr_erfc))
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

TEST(Ulp, TanF32) {
  expect_within<float>(2, TRACEJIT_SCALAR(tan), TRACEJIT_MPFR(mpfr_tan), 0x1p18);
}
TEST(Ulp, TanF64) {
  expect_within<double>(2, TRACEJIT_SCALAR(tan), TRACEJIT_MPFR(mpfr_tan), 0x1p18);
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

using Reference2 = int (*)(mpfr_t result, mpfr_srcptr x, mpfr_srcptr y, mpfr_rnd_t);

/// Pairs of any exponents, of like size, and nearly equal ones.
template <class T, class Function>
void expect_pairs_within(double bound, Function function, Reference2 reference) {
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
#define TRACEJIT_SCALAR2(f) [](auto &e, auto x, auto y) { return scalar::f(e, x, y); }
TEST(Ulp, Atan2) {
  expect_pairs_within<float>(2, TRACEJIT_SCALAR2(atan2), mpfr_atan2);
  expect_pairs_within<double>(2, TRACEJIT_SCALAR2(atan2), mpfr_atan2);
}
TEST(Ulp, Hypot) {
  expect_pairs_within<float>(0.51, TRACEJIT_SCALAR2(hypot), mpfr_hypot);
  expect_pairs_within<double>(1.2, TRACEJIT_SCALAR2(hypot), mpfr_hypot);
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
TEST(Ulp, Logaddexp) {
  EXPECT_LE(worst_logaddexp<float>(), 2.0);
  EXPECT_LE(worst_logaddexp<double>(), 2.0);
}

} // namespace
} // namespace jit::scalar_test

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/scalar/LargeAngle.h"

#include "runtime/scalar/Plain.h"
#include "runtime/scalar/Trig.h"

#include <bit>
#include <cmath>
#include <iterator>

namespace jit::scalar {

namespace {

using Wide = unsigned __int128;

/// x = (4 n + quarter) pi / 2 + r + r_low with |r| <= pi / 4.
struct Reduced {
  unsigned quarter;
  double r, r_low;
};

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// For finite x >= 2^18, by Payne and Hanek: of the product with 2 / pi, whole turns are never
/// computed. x = m 2^e with m of 53 bits meets 192 bits of 2 / pi, from weight 2^(1-e) on; what
/// follows is below 2^-137, and no number of the format is nearer than 2^-62 to a multiple of pi
/// / 2.
Reduced reduce(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t m = (bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1} << 52;
  const int e = static_cast<int>(bits >> 52) - 1023 - 52;
  const int first = e + 62; // of the bits above, that of weight 2^(1-e)
  std::uint64_t window[3];
  for (int k = 0; k < 3; ++k) {
    const std::uint64_t *word = two_over_pi + first / 64 + k;
    const int shift = first % 64;
    window[k] = shift == 0 ? word[0] : word[0] << shift | word[1] >> (64 - shift);
  }
  const Wide low = Wide{m} * window[2];
  const Wide middle = Wide{m} * window[1] + static_cast<std::uint64_t>(low >> 64);
  const std::uint64_t high = m * window[0] + static_cast<std::uint64_t>(middle >> 64);

  // Two bits of quarters and a fraction, which becomes one of at most 1/2 with a sign.
  std::uint64_t part[] = {high, static_cast<std::uint64_t>(middle),
                          static_cast<std::uint64_t>(low)};
  auto quarter = static_cast<unsigned>(high >> 62);
  part[0] = part[0] << 2 | part[1] >> 62;
  part[1] = part[1] << 2 | part[2] >> 62;
  part[2] <<= 2;
  const bool is_negative = part[0] >> 63 != 0;
  if (is_negative) {
    ++quarter;
    for (std::uint64_t &word : part)
      word = ~word; // one unit of the last place less, which does not count
  }
  int zeros = 0;
  if (part[0] == 0) {
    part[0] = part[1];
    part[1] = part[2];
    zeros = 64;
  }
  if (const int more = std::countl_zero(part[0])) {
    part[0] = part[0] << more | part[1] >> (64 - more);
    part[1] = part[1] << more | part[2] >> (64 - more);
    zeros += more;
  }
  const auto high_part = static_cast<double>(part[0] >> 11);
  const auto low_part = static_cast<double>((part[0] & 0x7ff) << 53 | part[1] >> 11);
  const double unit = power_of_two(-53 - zeros) * (is_negative ? -1 : 1);
  const double f = high_part * unit, f_low = low_part * (unit * 0x1p-64);

  constexpr double half_pi = 0x1.921fb54442d18p+0, half_pi_low = 0x1.1a62633145c07p-54;
  const double r = f * half_pi;
  const double lost = std::fma(f, half_pi, -r);
  return {quarter % 4, r, lost + (f * half_pi_low + f_low * half_pi)};
}

/// sin(|x| + turns * pi / 2).
double sin_turned_large(double magnitude, unsigned turns) {
  const auto [quarter, r, r_low] = reduce(magnitude);
  plain::Emitter e;
  const auto value = sin_reduced(e, plain::Emitter::F64{r}, plain::Emitter::F64{r_low},
                                 plain::Emitter::M64{(quarter + turns) % 2 == 0});
  return (quarter + turns) & 2 ? -value.value : value.value;
}

double sin_large(double x) { return std::copysign(1.0, x) * sin_turned_large(std::fabs(x), 0); }
double cos_large(double x) { return sin_turned_large(std::fabs(x), 1); }
double tan_large(double x) {
  const Reduced reduced = reduce(std::fabs(x));
  plain::Emitter e;
  const auto value =
      tan_reduced(e, plain::Emitter::F64{reduced.r}, plain::Emitter::F64{reduced.r_low},
                  plain::Emitter::M64{reduced.quarter % 2 == 0});
  return std::copysign(1.0, x) * value.value;
}

/// Large elements of f32 are computed in f64 and rounded once; the others are what vectors compute.
template <class T> T by_size(double (*large)(double), plain::Lane<T> near, T x) {
  const bool is_large = std::fabs(x) > T(largest_angle) && std::isfinite(x);
  return is_large ? static_cast<T>(large(static_cast<double>(x))) : near.value;
}

} // namespace

#define TRACEJIT_LARGE(name, T)                                                                    \
  void name##_outside(const T *x, T *result, std::int64_t count) noexcept {                        \
    plain::Emitter e;                                                                              \
    for (std::int64_t i = 0; i < count; ++i)                                                       \
      result[i] = by_size(name##_large, near_##name(e, plain::Lane<T>{x[i]}), x[i]);               \
  }
TRACEJIT_LARGE(sin, float)
TRACEJIT_LARGE(sin, double)
TRACEJIT_LARGE(cos, float)
TRACEJIT_LARGE(cos, double)
TRACEJIT_LARGE(tan, float)
TRACEJIT_LARGE(tan, double)

// One type for all; who calls them knows theirs.
#define TRACEJIT_ENTRY(name, T)                                                                    \
  reinterpret_cast<OutsideFunction>(                                                               \
      static_cast<void (*)(const T *, T *, std::int64_t) noexcept>(name##_outside))
const OutsideFunction outside_table[outside_functions] = {
    TRACEJIT_ENTRY(sin, float),  TRACEJIT_ENTRY(cos, float),  TRACEJIT_ENTRY(tan, float),
    TRACEJIT_ENTRY(sin, double), TRACEJIT_ENTRY(cos, double), TRACEJIT_ENTRY(tan, double)};
#undef TRACEJIT_ENTRY

} // namespace jit::scalar

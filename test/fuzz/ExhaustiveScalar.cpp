// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Unary f32 functions over all 2^32 inputs: v3 = v4 = plain in bits, and the largest error against
// the C library's f64 function. Usage: exhaustive_scalar [--stride N] [FUNCTION...]; a stride,
// best odd, skips blocks of inputs. Prints one row per function; exits 1 on a difference or a
// broken bound.
#include "test/unit/scalar/ScalarKernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using jit::DType;
using jit::scalar_test::Kernel;

/// The C library's functions of the names of ops, and those it has not.
namespace reference {
using namespace std; // NOLINT
double sigmoid(double x) { return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)); }
double gelu(double x) {
  return x == -INFINITY ? -0.0 : 0.5 * x * erfc(-x * 0.70710678118654752440);
}
double rsqrt(double x) { return 1 / sqrt(x); }
} // namespace reference

enum class Unit { result, operand };
struct Case {
  std::string_view name;
  double (*reference)(double);
  double bound;
  Unit unit; ///< whose last place
};

const Case cases[] = {
#define TRACEJIT_CASE_1(name, bound, unit)                                                         \
  {#name, [](double x) -> double { return reference::name(x); }, bound, Unit::unit},
#define TRACEJIT_CASE_2(name, bound, unit) // too many inputs
#define TRACEJIT_ACCURACY(name, operands, f32_bound, f64_bound, unit)                              \
  TRACEJIT_CASE_##operands(name, f32_bound, unit)
#include "runtime/ops/Accuracy.inc"
};

const Kernel *find(std::span<const Kernel> kernels, std::string_view name) {
  for (const Kernel &kernel : kernels)
    if (kernel.operands[0] == DType::f32 && kernel.name == name)
      return &kernel;
  std::fprintf(stderr, "no kernel %s\n", std::string(name).c_str());
  std::exit(2);
}

double last_place(double x) {
  int exponent = std::max(std::ilogb(x), -126);
  return std::ldexp(1.0, exponent - 23);
}

/// Error of got in units of the last place of the reference or of the input.
double error_of(const Case &test, float x, float got) {
  double exact = test.reference(x);
  if (std::isnan(exact) || std::isnan(got))
    return std::isnan(exact) && std::isnan(got) ? 0 : INFINITY;
  if (float(exact) == got)
    return std::isinf(got) || got == 0 ? 0 : std::fabs(got - exact) / last_place(exact);
  double value = std::isinf(got) ? std::copysign(0x1p128, got) : got;
  double unit = last_place(test.unit == Unit::operand ? x : exact);
  return std::fabs(value - exact) / unit;
}

bool same(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

/// True when v3 = v4 = plain everywhere and the bound holds.
bool check(const Case &test, std::uint64_t stride) {
  constexpr std::uint64_t block = 1 << 16;
  const Kernel *v3 = find(jit::v3::test_kernels(32), test.name);
  const Kernel *v4 = find(jit::v4::test_kernels(32), test.name);
  const Kernel *plain = find(jit::plain::test_kernels(), test.name);
  const bool has_v4 = __builtin_cpu_supports("avx512vl");
  std::vector<float> x(block), from_v3(block), from_v4(block), from_plain(block);
  const void *operand[] = {x.data()};
  std::uint64_t differences = 0;
  double worst = 0;
  float worst_at = 0;
  for (std::uint64_t first = 0; first < (std::uint64_t{1} << 32); first += block * stride) {
    for (std::uint64_t i = 0; i < block; ++i)
      x[i] = std::bit_cast<float>(std::uint32_t(first + i));
    v3->run(operand, from_v3.data(), block);
    (has_v4 ? v4 : v3)->run(operand, from_v4.data(), block);
    // The plain emitter takes the longest: every sixteenth block.
    const bool with_plain = first / block / stride % 16 == 0;
    (with_plain ? plain : v3)->run(operand, from_plain.data(), block);
    for (std::uint64_t i = 0; i < block; ++i) {
      if (!same(from_v3[i], from_v4[i]) || !same(from_v3[i], from_plain[i]))
        ++differences;
      double error = error_of(test, x[i], from_v3[i]);
      if (error > worst) {
        worst = error;
        worst_at = x[i];
      }
    }
  }
  const bool holds = differences == 0 && worst <= test.bound;
  std::printf("%-8s max ulp %.4f at %a (bound %.2f), differing %llu%s\n", test.name.data(), worst,
              double(worst_at), test.bound, static_cast<unsigned long long>(differences),
              holds ? "" : "  FAILED");
  std::fflush(stdout);
  return holds;
}

} // namespace

int main(int argc, char **argv) {
  std::uint64_t stride = 1;
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--stride") == 0 && i + 1 < argc)
      stride = std::max(1ull, std::strtoull(argv[++i], nullptr, 10));
    else
      names.push_back(argv[i]);
  }
  bool holds = true;
  for (const Case &test : cases)
    if (names.empty() || std::find(names.begin(), names.end(), test.name) != names.end())
      holds = check(test, stride) && holds;
  return holds ? 0 : 1;
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random numbers: the generators, and distributions written with uniform numbers.
#include "runtime/eager/Numbers.h"
#include "runtime/eager/functions/Term.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/ShapeRules.h"

#include <tracejit/random.h>

#include <bit>
#include <cmath>
#include <limits>
#include <mutex>

namespace jit {

using detail::dispatch;
using detail::refuse;
using detail::Term;
using std::source_location;

namespace detail {
struct GeneratorAccess {
  static std::uint64_t take(Generator &generator, std::uint64_t blocks) noexcept {
    return std::exchange(generator.counter, generator.counter + blocks);
  }
  static std::uint64_t key(const Generator &generator) noexcept { return generator.key; }
};
} // namespace detail

namespace {

using detail::GeneratorAccess;

/// What functions without a generator draw from.
struct DefaultGenerator {
  std::mutex lock;
  Generator generator{0};
};
DefaultGenerator &default_generator() {
  static DefaultGenerator instance;
  return instance;
}

/// Key and first counter of a range of blocks of four words, as operands of a random op.
struct Range {
  Operand key, counter;
};
/// From the default generator if there is none.
Range reserve(Generator *generator, std::uint64_t blocks, const source_location &site) {
  std::unique_lock<std::mutex> guard;
  if (!generator) {
    guard = std::unique_lock(default_generator().lock);
    generator = &default_generator().generator;
  }
  const std::uint64_t key = GeneratorAccess::key(*generator);
  const std::uint64_t first = GeneratorAccess::take(*generator, blocks);
  return {Operand(std::bit_cast<std::int64_t>(key), site),
          Operand(std::bit_cast<std::int64_t>(first), site)};
}

/// Blocks for `shape`: four f32 or two f64 numbers each. Sizes that overflow are refused by the op.
std::uint64_t blocks_for(Dims shape, DType dtype) {
  const auto size = static_cast<std::uint64_t>(checked_size(dtype, shape).value_or(0));
  const std::uint64_t per_block = dtype == DType::f64 ? 2 : 4;
  return size / per_block + (size % per_block != 0);
}

Tensor draw_uniform(Generator *generator, const DimList &shape, DType dtype,
                    const source_location &site) {
  auto range = reserve(generator, blocks_for(shape, dtype), site);
  return dispatch(OpKind::uniform, UniformAttrs{shape, dtype}.encode(), range.key, range.counter);
}
Tensor draw_normal(Generator *generator, const DimList &shape, DType dtype,
                   const source_location &site) {
  auto range = reserve(generator, blocks_for(shape, dtype), site);
  return dispatch(OpKind::normal, NormalAttrs{shape, dtype}.encode(), range.key, range.counter);
}
Tensor draw_permutation(Generator *generator, std::int64_t n, const source_location &site) {
  const DimList shape{n};
  auto range = reserve(generator, blocks_for(shape, DType::f64), site);
  return dispatch(OpKind::permutation, PermutationAttrs{n}.encode(), range.key, range.counter);
}

Tensor draw_randint(Generator *generator, std::int64_t low, std::int64_t high, const DimList &shape,
                    DType dtype, const source_location &site) {
  if (high <= low)
    refuse("randint",
           "needs low < high, got " + std::to_string(low) + " and " + std::to_string(high), site);
  if (!is_integer(dtype))
    refuse("randint", std::string(name(dtype)) + " is not a dtype of integers", site);
  Operand first(low, site), last(high - 1, site);
  detail::settle_fill("randint", first, dtype);
  detail::settle_fill("randint", last, dtype);
  auto range = reserve(generator, blocks_for(shape, DType::f64), site);
  const auto apart = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  Operand count(std::bit_cast<std::int64_t>(apart), site);
  return dispatch(OpKind::randint, RandintAttrs{shape, dtype}.encode(), range.key, range.counter,
                  first, count);
}

Tensor draw_bernoulli(Generator *generator, const Operand &p, const DimList &shape) {
  const Term probability("bernoulli", p);
  const DType dtype =
      probability.is_tensor() && probability.meta().dtype == DType::f64 ? DType::f64 : DType::f32;
  DimList joined(shape);
  if (probability.is_tensor() &&
      !(broadcast_into(joined, probability.meta().dims()) && Dims(joined) == Dims(shape)))
    refuse("bernoulli",
           "probabilities " + describe(probability.meta()) + " do not broadcast to " +
               describe(DType::boolean, shape),
           probability.site());
  const WhereItLies there(probability.is_tensor() ? probability.meta().device : default_device());
  const Term u(draw_uniform(generator, shape, dtype, probability.site()), probability.site());
  return (u < probability).tensor();
}

Tensor draw_exponential(Generator *generator, const DimList &shape, DType dtype,
                        const source_location &site) {
  const Term u(draw_uniform(generator, shape, dtype, site), site);
  return (-u.with(log1p(-u))).tensor();
}

Tensor draw_categorical(Generator *generator, const Operand &logits, int axis) {
  const Term scores = detail::tensor_term("categorical", logits);
  detail::axis_of("categorical", logits, axis);
  const DType dtype = scores.meta().dtype == DType::f64 ? DType::f64 : DType::f32;
  const WhereItLies there(scores.meta());
  const Term u =
      scores.with(draw_uniform(generator, DimList(scores.meta().dims()), dtype, scores.site()));
  const Term exponential = -u.with(log(u));
  const Term noise = -u.with(log(exponential));
  return argmax(scores + noise, {.axis = axis});
}

/// The inverse of erf on [-1, 1] by Newton's method from Winitzki's estimate; f64.
Term inverse_erf(const Term &p) {
  constexpr double a = 0.147, half_root_of_pi = 0.88622692545275801;
  constexpr double two_by_pi_a = 2 / (3.14159265358979323846 * a);
  const Term magnitude = p.with(abs(p));
  const Term inside = p.with(minimum(magnitude, Operand(0x1.fffffffffffffp-1, p.site())));
  const Term square_log = p.with(log((1.0 - inside) * (1.0 + inside)));
  const Term base = square_log * 0.5 + two_by_pi_a;
  const Term root = p.with(sqrt(p.with(square(base)) - square_log / a));
  Term x = p.with(sqrt(larger(root - base, 0.0)));
  for (int i = 0; i < 3; ++i) {
    const Term excess = p.with(erf(x)) - inside;
    const Term density = p.with(exp(-p.with(square(x))));
    const Term step = excess * half_root_of_pi / density;
    x = x - step / (1.0 + x * step); // Halley: the second derivative of erf is -2 x erf'
  }
  return p.with(copysign(x, p));
}

Tensor draw_truncated_normal(Generator *generator, const DimList &shape, double low, double high,
                             DType dtype, const source_location &site) {
  if (!(low >= -5 && low < high && high <= 5))
    refuse("truncated_normal",
           "needs -5 <= low < high <= 5, got " + std::to_string(low) + " and " +
               std::to_string(high),
           site);
  const MxcsrGuard environment;
  constexpr double root_of_half = 0.70710678118654752;
  const double first = std::erf(low * root_of_half), last = std::erf(high * root_of_half);
  const Term u(draw_uniform(generator, shape, DType::f64, site), site);
  const Term value = inverse_erf(u * (last - first) + first) * (1 / root_of_half);
  const Term bounded = value.with(clip(value, Operand(low, site), Operand(high, site)));
  return astype(bounded, dtype);
}

Tensor shuffled(Generator *generator, const Operand &x, int axis) {
  const Term whole = detail::tensor_term("shuffle", x);
  const auto along = static_cast<std::size_t>(detail::axis_of("shuffle", x, axis));
  const WhereItLies there(whole.meta());
  const Term order = whole.with(draw_permutation(generator, whole.extent(along), whole.site()));
  return take(whole, order, static_cast<int>(along));
}

Tensor dropped(Generator *generator, const Operand &x, double p) {
  const Term value = detail::tensor_term("dropout", x);
  if (!(p >= 0 && p <= 1))
    refuse("dropout", "the probability must be in [0, 1], got " + std::to_string(p), value.site());
  const MxcsrGuard environment;
  const DType dtype = value.meta().dtype == DType::f64 ? DType::f64 : DType::f32;
  const WhereItLies there(value.meta());
  const Term u =
      value.with(draw_uniform(generator, DimList(value.meta().dims()), dtype, value.site()));
  const Term scaled = value * (p < 1 ? 1 / (1 - p) : 0.0);
  return choose(u < p, 0.0, scaled).tensor(); // also where x is NaN
}

} // namespace

void seed(std::uint64_t seed) {
  const std::lock_guard guard(default_generator().lock);
  default_generator().generator = Generator(seed);
}

Tensor uniform(Generator &generator, DimList shape, DType dtype, source_location site) {
  return draw_uniform(&generator, shape, dtype, site);
}
Tensor uniform(DimList shape, DType dtype, source_location site) {
  return draw_uniform(nullptr, shape, dtype, site);
}
Tensor normal(Generator &generator, DimList shape, DType dtype, source_location site) {
  return draw_normal(&generator, shape, dtype, site);
}
Tensor normal(DimList shape, DType dtype, source_location site) {
  return draw_normal(nullptr, shape, dtype, site);
}
Tensor permutation(Generator &generator, std::int64_t n, source_location site) {
  return draw_permutation(&generator, n, site);
}
Tensor permutation(std::int64_t n, source_location site) {
  return draw_permutation(nullptr, n, site);
}
Tensor randint(Generator &generator, std::int64_t low, std::int64_t high, DimList shape,
               DType dtype, source_location site) {
  return draw_randint(&generator, low, high, shape, dtype, site);
}
Tensor randint(std::int64_t low, std::int64_t high, DimList shape, DType dtype,
               source_location site) {
  return draw_randint(nullptr, low, high, shape, dtype, site);
}
Tensor bernoulli(Generator &generator, Operand p, DimList shape) {
  return draw_bernoulli(&generator, p, shape);
}
Tensor bernoulli(Operand p, DimList shape) { return draw_bernoulli(nullptr, p, shape); }
Tensor exponential(Generator &generator, DimList shape, DType dtype, source_location site) {
  return draw_exponential(&generator, shape, dtype, site);
}
Tensor exponential(DimList shape, DType dtype, source_location site) {
  return draw_exponential(nullptr, shape, dtype, site);
}
Tensor categorical(Generator &generator, Operand logits, int axis) {
  return draw_categorical(&generator, logits, axis);
}
Tensor categorical(Operand logits, int axis) { return draw_categorical(nullptr, logits, axis); }
Tensor truncated_normal(Generator &generator, DimList shape, double low, double high, DType dtype,
                        source_location site) {
  return draw_truncated_normal(&generator, shape, low, high, dtype, site);
}
Tensor truncated_normal(DimList shape, double low, double high, DType dtype, source_location site) {
  return draw_truncated_normal(nullptr, shape, low, high, dtype, site);
}
Tensor shuffle(Generator &generator, Operand x, int axis) { return shuffled(&generator, x, axis); }
Tensor shuffle(Operand x, int axis) { return shuffled(nullptr, x, axis); }
Tensor dropout(Operand x, double p, Generator &generator) { return dropped(&generator, x, p); }
Tensor dropout(Operand x, double p) { return dropped(nullptr, x, p); }

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes of ops without tensor operands.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/ShapeRules.h"

#include <bit>
#include <cmath>
#include <limits>

namespace jit {
namespace {

RuleError created(DType dtype, const DimList &shape, Inferred &out) {
  for (std::int64_t extent : shape)
    if (extent < 0)
      return "extent " + std::to_string(extent) + " of " + describe(dtype, shape) + " is negative";
  out.results[0].dtype = dtype;
  out.results[0].dims = shape;
  return std::nullopt;
}

/// ceil((stop - start) / step), at least 0; nothing if it does not fit. Precondition: step != 0.
std::optional<std::int64_t> integer_count(std::int64_t start, std::int64_t stop,
                                          std::int64_t step) {
  if (step > 0 ? start >= stop : start <= stop)
    return 0;
  const auto magnitude = [](std::int64_t from, std::int64_t to) {
    return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  };
  const std::uint64_t distance = step > 0 ? magnitude(start, stop) : magnitude(stop, start);
  const std::uint64_t stride = step > 0 ? magnitude(0, step) : magnitude(step, 0);
  const std::uint64_t count = (distance - 1) / stride + 1;
  if (count > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  return static_cast<std::int64_t>(count);
}

std::optional<std::int64_t> floating_count(double start, double stop, double step) {
  const double count = std::ceil((stop - start) / step);
  if (std::isnan(count) || count >= 0x1p63)
    return std::nullopt;
  return count > 0 ? static_cast<std::int64_t>(count) : 0;
}

} // namespace

RuleError infer_full(const InferRequest &request, Inferred &out) {
  const FullAttrs attrs = FullAttrs::decode(request.attrs);
  return created(attrs.dtype, attrs.shape, out);
}

RuleError infer_random(const InferRequest &request, Inferred &out) {
  const UniformAttrs attrs = UniformAttrs::decode(request.attrs);
  return created(attrs.dtype, attrs.shape, out);
}

RuleError infer_permutation(const InferRequest &request, Inferred &out) {
  return created(DType::i64, {PermutationAttrs::decode(request.attrs).n}, out);
}

RuleError infer_arange(const InferRequest &request, Inferred &out) {
  const ArangeAttrs attrs = ArangeAttrs::decode(request.attrs);
  std::optional<std::int64_t> count;
  if (is_float(attrs.dtype)) {
    const auto number = [](std::int64_t bits) { return std::bit_cast<double>(bits); };
    if (number(attrs.step) == 0)
      return std::string("the step is 0");
    count = floating_count(number(attrs.start), number(attrs.stop), number(attrs.step));
  } else {
    if (attrs.step == 0)
      return std::string("the step is 0");
    count = integer_count(attrs.start, attrs.stop, attrs.step);
  }
  if (!count)
    return std::string("the number of elements is not finite or does not fit 63 bits");
  return created(attrs.dtype, {*count}, out);
}

} // namespace jit

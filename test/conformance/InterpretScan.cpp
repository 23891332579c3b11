// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans of the interpreter: the canonical order as the numerics page states it.
#include "runtime/ops/Attributes.h"
#include "test/conformance/Elements.h"

#include <algorithm>

namespace jit::conformance {

std::vector<std::vector<std::int64_t>> lines_along(Dims dims, std::int64_t axis) {
  std::int64_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < dims.size(); ++i)
    (static_cast<std::int64_t>(i) < axis ? outer : inner) *=
        static_cast<std::int64_t>(i) == axis ? 1 : dims[i];
  const std::int64_t extent = dims[static_cast<std::size_t>(axis)];
  std::vector<std::vector<std::int64_t>> lines;
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      lines.emplace_back();
      for (std::int64_t j = 0; j < extent; ++j)
        lines.back().push_back((o * extent + j) * inner + i);
    }
  return lines;
}

namespace {

constexpr std::size_t block = 256;

/// Prefixes of every block, then those of the block totals before it joined in front.
template <class T> std::vector<T> prefixes(const std::vector<T> &x, T neutral, T (*join)(T, T)) {
  std::vector<T> y(x.size());
  T before = neutral;
  for (std::size_t first = 0; first < x.size(); first += block) {
    T local = neutral;
    for (std::size_t i = first; i < std::min(x.size(), first + block); ++i) {
      local = join(local, x[i]);
      y[i] = join(before, local);
    }
    before = join(before, local);
  }
  return y;
}

template <class T> std::vector<T> recurrence(const std::vector<T> &a, const std::vector<T> &b) {
  std::vector<T> y(a.size());
  for (std::size_t first = 0; first < a.size(); first += block) {
    T product = 1, local = 0;
    for (std::size_t i = first; i < std::min(a.size(), first + block); ++i) {
      product = i == first ? a[i] : a[i] * product;
      local = i == first ? b[i] : std::fma(a[i], local, b[i]);
      y[i] = first == 0 ? local : std::fma(product, y[first - 1], local);
    }
  }
  return y;
}

} // namespace

Value interpret_scan(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                     const ResultType &type) {
  Value result(type.dtype, type.dims);
  AttrReader reader(attrs);
  const std::int64_t axis = reader.integer();
  const bool reverse = reader.boolean();
  visit(type.dtype, [&](auto t) {
    using T = decltype(t);
    if constexpr (!std::is_same_v<T, bool>)
      for (std::vector<std::int64_t> line : lines_along(operands[0].dims, axis)) {
        if (reverse)
          std::ranges::reverse(line);
        std::vector<std::vector<T>> x;
        for (const Value &operand : operands) {
          x.emplace_back();
          for (const std::int64_t at : line)
            x.back().push_back(element<T>(operand, at));
        }
        std::vector<T> y;
        if (op.kind == OpKind::cumulative_sum)
          y = prefixes<T>(x[0], T(-0.0), plus<T>);
        else if (op.kind == OpKind::cumulative_prod)
          y = prefixes<T>(x[0], T(1), times<T>);
        else if constexpr (std::is_floating_point_v<T>)
          y = recurrence(x[0], x[1]);
        for (std::size_t i = 0; i < line.size(); ++i)
          result.set(line[i], y[i]);
      }
  });
  return result;
}

} // namespace jit::conformance

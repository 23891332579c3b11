// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scalar definitions that the interpreter is made of.
#pragma once

#include "runtime/base/WithDType.h"
#include "test/conformance/Interpreter.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>

namespace jit::conformance {

/// Calls f with a value of the C++ type of the dtype.
template <class F> auto visit(DType dtype, F f) {
  return with_dtype(dtype, [&]<class T>(std::type_identity<T>) { return f(T{}); });
}

template <class To, class From> To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return !(x == From(0));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(x))
      return 0;
    const double whole = std::trunc(static_cast<double>(x));
    if (whole < static_cast<double>(std::numeric_limits<To>::min()))
      return std::numeric_limits<To>::min();
    if (sizeof(To) == 8 ? whole >= 0x1p63
                        : whole > static_cast<double>(std::numeric_limits<To>::max()))
      return std::numeric_limits<To>::max();
    return static_cast<To>(whole);
  } else {
    return static_cast<To>(x);
  }
}

/// NaN wins, -0 < +0.
template <class T> T larger(T x, T y) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(x) || std::isnan(y))
      return std::numeric_limits<T>::quiet_NaN();
    if (x == y)
      return std::signbit(x) ? y : x;
  }
  return x > y ? x : y;
}
template <class T> T smaller(T x, T y) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(x) || std::isnan(y))
      return std::numeric_limits<T>::quiet_NaN();
    if (x == y)
      return std::signbit(x) ? x : y;
  }
  return x < y ? x : y;
}

/// Sums wrap for integers.
template <class T> T plus(T x, T y) {
  if constexpr (std::is_same_v<T, bool>)
    return x || y;
  else if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(x) + static_cast<std::uint64_t>(y));
  else
    return x + y;
}
template <class T> T times(T x, T y) {
  if constexpr (std::is_same_v<T, bool>)
    return x && y;
  else if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(y));
  else
    return x * y;
}

/// The elements of a tensor or the number, as T.
template <class T> T element(const Value &value, std::int64_t i) {
  if (!value.is_number)
    return visit(value.dtype, [&](auto type) { return convert<T>(value.at<decltype(type)>(i)); });
  switch (value.number.kind()) {
  case ScalarKind::boolean:
    return convert<T>(value.number.as_bool());
  case ScalarKind::integer:
    return convert<T>(value.number.as_int());
  case ScalarKind::floating:
    break;
  }
  return convert<T>(value.number.as_double());
}

/// Row-major counting over extents.
bool next_index(std::vector<std::int64_t> &index, Dims dims);
/// Flat positions of the elements along an axis, for every position of the other axes.
std::vector<std::vector<std::int64_t>> lines_along(Dims dims, std::int64_t axis);
std::int64_t flat(const std::vector<std::int64_t> &index, Dims dims);

Value interpret_elementwise(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                            const ResultType &type);
std::vector<Value> interpret_reduction(const OpInfo &op, AttrWords attrs, const Value &x,
                                       const Inferred &inferred);
Value interpret_movement(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                         const ResultType &type);
Value interpret_scan(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                     const ResultType &type);
std::vector<Value> interpret_sort(const OpInfo &op, AttrWords attrs,
                                  const std::vector<Value> &operands, const Inferred &inferred);
Value interpret_index(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                      const ResultType &type);
Value interpret_creation(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                         const ResultType &type);
Value interpret_contraction(const OpInfo &op, const std::vector<Value> &operands,
                            const ResultType &type);

/// Order `inner` of the numerics page, section 2: term(acc, i) accumulates element i; the parts of
/// long runs are summed in the same order.
template <class T>
T inner_order(std::int64_t n, const std::function<T(T acc, std::int64_t i)> &term,
              T neutral = T(-0.0), T (*join)(T, T) = plus<T>) {
  if (n == 0)
    return T(0);
  constexpr std::size_t lanes = sizeof(T) == 4 ? 64 : 32;
  std::vector<T> parts;
  for (std::int64_t first = 0; first < n; first += 4096) {
    std::vector<T> acc(lanes, neutral);
    for (std::int64_t i = first; i < std::min(n, first + 4096); ++i)
      acc[static_cast<std::size_t>((i - first) % lanes)] =
          term(acc[static_cast<std::size_t>((i - first) % lanes)], i);
    for (std::size_t h = lanes / 2; h >= 1; h /= 2)
      for (std::size_t l = 0; l < h; ++l)
        acc[l] = join(acc[l], acc[l + h]);
    parts.push_back(acc[0]);
  }
  if (parts.size() == 1)
    return parts[0];
  return inner_order<T>(
      static_cast<std::int64_t>(parts.size()),
      [&](T acc, std::int64_t i) { return join(acc, parts[static_cast<std::size_t>(i)]); }, neutral,
      join);
}

} // namespace jit::conformance

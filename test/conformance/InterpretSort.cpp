// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting of the interpreter, by comparing, and searching by halves.
#include "runtime/ops/Attributes.h"
#include "test/conformance/Elements.h"

#include <algorithm>
#include <numeric>

namespace jit::conformance {
namespace {

/// NaN is the greatest; -0 equals +0.
template <class T> bool less(T x, T y) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isnan(y) ? !std::isnan(x) : x < y;
  else
    return x < y;
}

template <class T>
void sort_line(const Value &x, const std::vector<std::int64_t> &line, bool descending,
               const std::vector<std::int64_t> &to, std::vector<Value> &results) {
  std::vector<std::int64_t> order(line.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::ranges::sort(order, [&](std::int64_t a, std::int64_t b) {
    const T first = x.at<T>(line[static_cast<std::size_t>(a)]);
    const T second = x.at<T>(line[static_cast<std::size_t>(b)]);
    const bool before = descending ? less(second, first) : less(first, second);
    const bool behind = descending ? less(first, second) : less(second, first);
    return before || (!behind && a < b); // stable
  });
  for (std::size_t i = 0; i < to.size(); ++i) {
    results[0].set(to[i], x.at<T>(line[static_cast<std::size_t>(order[i])]));
    results[1].set(to[i], order[i]);
  }
}

/// By halves: of an operand that is not sorted, which place comes out depends on the steps.
template <class T> std::int64_t place_of(const Value &sorted, T value, bool right) {
  const auto in_front = [&](std::int64_t place) {
    return right ? !less(value, sorted.at<T>(place)) : less(sorted.at<T>(place), value);
  };
  std::int64_t first = 0;
  for (std::int64_t count = sorted.size(); count > 0;) {
    if (count == 1)
      return first + (in_front(first) ? 1 : 0);
    if (in_front(first + count / 2 - 1))
      first += count / 2;
    count -= count / 2;
  }
  return first;
}

} // namespace

std::vector<Value> interpret_sort(const OpInfo &op, AttrWords attrs,
                                  const std::vector<Value> &operands, const Inferred &inferred) {
  std::vector<Value> results;
  for (std::size_t r = 0; r < inferred.count; ++r)
    results.emplace_back(inferred.results[r].dtype, inferred.results[r].dims);
  const Value &x = operands[0];
  visit(x.dtype, [&](auto t) {
    using T = decltype(t);
    if (op.kind == OpKind::searchsorted) {
      for (std::int64_t i = 0; i < results[0].size(); ++i)
        results[0].set(i, place_of(x, operands[1].at<T>(i), attrs[0] != 0));
      return;
    }
    const auto lines = lines_along(x.dims, attrs[0]), to = lines_along(results[0].dims, attrs[0]);
    for (std::size_t k = 0; k < lines.size(); ++k)
      sort_line<T>(x, lines[k], attrs[1] != 0, to[k], results);
  });
  return results;
}

} // namespace jit::conformance

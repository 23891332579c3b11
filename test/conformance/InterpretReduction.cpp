// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions of the interpreter: the canonical orders, written as the numerics page states them.
#include "runtime/ops/Attributes.h"
#include "test/conformance/Elements.h"

namespace jit::conformance {

namespace {

template <class T, class Combine>
T outer_order(const std::vector<T> &x, T neutral, Combine combine, T (*join)(T, T) = plus<T>) {
  std::vector<T> parts;
  for (std::size_t first = 0; first < x.size(); first += 256) {
    T acc[4] = {neutral, neutral, neutral, neutral};
    for (std::size_t i = first; i < std::min(x.size(), first + 256); ++i)
      acc[(i - first) % 4] = combine(acc[(i - first) % 4], x[i]);
    parts.push_back(join(join(acc[0], acc[2]), join(acc[1], acc[3])));
  }
  if (parts.size() == 1)
    return parts[0];
  return outer_order(parts, neutral, join, join);
}

template <class T> T inner_fold(const std::vector<T> &x, T neutral, T (*join)(T, T)) {
  return inner_order<T>(
      static_cast<std::int64_t>(x.size()),
      [&](T acc, std::int64_t i) { return join(acc, x[static_cast<std::size_t>(i)]); }, neutral,
      join);
}
template <class T> T inner_sum(const std::vector<T> &x) { return inner_fold(x, T(-0.0), plus<T>); }

/// The elements of one result: [outer reduced position][inner reduced position].
using Rows = std::vector<std::vector<std::int64_t>>;

/// A reduction over flat positions of x, for every kept position in row-major order.
struct Groups {
  std::vector<Rows> rows;
  bool inner; ///< the reduced suffix is not empty
};

Groups group(const Value &x, std::uint32_t reduced) {
  std::vector<std::size_t> kept, outer, inner;
  std::size_t suffix = x.dims.size();
  while (suffix > 0 && (reduced >> (suffix - 1) & 1))
    --suffix;
  bool any_inner = false;
  for (std::size_t axis = 0; axis < x.dims.size(); ++axis) {
    const bool counts = (reduced >> axis & 1) && x.dims[axis] != 1;
    if (!(reduced >> axis & 1))
      kept.push_back(axis);
    else if (axis >= suffix)
      inner.push_back(axis);
    else
      outer.push_back(axis);
    any_inner |= counts && axis >= suffix;
  }
  const auto extents = [&](const std::vector<std::size_t> &axes) {
    DimList dims;
    for (std::size_t axis : axes)
      dims.push_back(x.dims[axis]);
    return dims;
  };
  const auto each = [&](const std::vector<std::size_t> &axes, std::vector<std::int64_t> &index,
                        auto &&body) {
    const DimList dims = extents(axes);
    for (std::int64_t dim : static_cast<Dims>(dims))
      if (dim == 0)
        return;
    std::vector<std::int64_t> at(axes.size());
    do {
      for (std::size_t i = 0; i < axes.size(); ++i)
        index[axes[i]] = at[i];
      body();
    } while (next_index(at, dims));
  };
  Groups groups{{}, any_inner};
  std::vector<std::int64_t> index(x.dims.size());
  each(kept, index, [&] {
    Rows rows;
    each(outer, index, [&] {
      rows.emplace_back();
      each(inner, index, [&] { rows.back().push_back(flat(index, x.dims)); });
    });
    groups.rows.push_back(rows);
  });
  return groups;
}

/// Of no elements; the sum is +0.
template <class T> T empty_fold(T neutral) { return neutral == T(1) ? T(1) : T(0); }

template <class T>
T folded_in_order(const Value &x, const Rows &rows, bool inner, T neutral, T (*join)(T, T)) {
  std::vector<T> parts;
  for (const auto &row : rows) {
    std::vector<T> values;
    for (std::int64_t at : row)
      values.push_back(element<T>(x, at));
    if (values.size() == 1)
      parts.push_back(values[0]);
    else
      parts.push_back(values.empty() ? empty_fold(neutral) : inner_fold(values, neutral, join));
  }
  if (parts.empty())
    return empty_fold(neutral);
  if (parts.size() == 1 && (inner || rows[0].size() == 1))
    return parts[0];
  return outer_order(parts, neutral, join, join);
}

template <class T> struct Statistics {
  T mean, squares;
  double count;
};
template <class T> Statistics<T> joined(Statistics<T> a, Statistics<T> b) {
  const double n = a.count + b.count;
  const T d = b.mean - a.mean;
  const T mean = a.mean + d * static_cast<T>(b.count / n);
  const T squares = (a.squares + b.squares) + (d * d) * static_cast<T>(a.count / n * b.count);
  return {mean, squares, n};
}

template <class T> Statistics<T> part_of(const std::vector<T> &x, bool inner) {
  const auto n = static_cast<std::int64_t>(x.size());
  const T count = static_cast<T>(n);
  if (inner) {
    const T mean = inner_sum(x) / count;
    const T squares = inner_order<T>(n, [&](T acc, std::int64_t i) {
      const T d = x[static_cast<std::size_t>(i)] - mean;
      return std::fma(d, d, acc);
    });
    return {mean, squares, static_cast<double>(n)};
  }
  const T mean = outer_order(x, T(-0.0), plus<T>) / count;
  std::vector<T> distances;
  for (T value : x)
    distances.push_back(value - mean);
  const T squares = outer_order(distances, T(-0.0), [](T acc, T d) { return std::fma(d, d, acc); });
  return {mean, squares, static_cast<double>(n)};
}

template <class T> Statistics<T> chunked(const std::vector<T> &x, bool inner) {
  const std::size_t chunk = inner ? 4096 : 256;
  Statistics<T> all{};
  for (std::size_t first = 0; first < x.size(); first += chunk) {
    const std::vector<T> some(x.begin() + static_cast<std::ptrdiff_t>(first),
                              x.begin() +
                                  static_cast<std::ptrdiff_t>(std::min(x.size(), first + chunk)));
    const Statistics<T> part = part_of(some, inner);
    all = first == 0 ? part : joined(all, part);
  }
  return all;
}

template <class T> Statistics<T> statistics(const Value &x, const Rows &rows, bool inner) {
  if (rows.empty() || rows[0].empty())
    return {std::numeric_limits<T>::quiet_NaN(), T(0), 0};
  Statistics<T> all{};
  std::vector<T> column;
  for (const auto &row : rows) {
    std::vector<T> values;
    for (std::int64_t at : row)
      values.push_back(x.at<T>(at));
    column.push_back(values[0]);
    const Statistics<T> part = chunked(values, true);
    all = &row == &rows[0] ? part : joined(all, part);
  }
  return inner || rows.size() == 1 ? all : chunked(column, false);
}

/// Exact reductions: one value for all positions, in any order.
template <class T, class F> T folded(const Value &x, const Rows &rows, T start, F f) {
  for (const auto &row : rows)
    for (std::int64_t at : row)
      start = f(start, element<T>(x, at));
  return start;
}

std::int64_t first_winner(const Value &x, const Rows &rows, bool largest) {
  return visit(x.dtype, [&](auto type) {
    using T = decltype(type);
    std::int64_t best = 0, i = 0;
    T value = x.at<T>(rows[0][0]);
    for (const auto &row : rows)
      for (std::int64_t at : row) {
        const T candidate = x.at<T>(at);
        const bool wins = largest ? candidate > value : candidate < value;
        if (value == value && (wins || candidate != candidate)) {
          best = i;
          value = candidate;
        }
        ++i;
      }
    return best;
  });
}

} // namespace

std::vector<Value> interpret_reduction(const OpInfo &op, AttrWords attrs, const Value &x,
                                       const Inferred &inferred) {
  std::vector<Value> results;
  for (int i = 0; i < inferred.count; ++i)
    results.emplace_back(inferred.results[static_cast<std::size_t>(i)].dtype,
                         inferred.results[static_cast<std::size_t>(i)].dims);
  AttrReader reader(attrs);
  std::uint32_t reduced = 0;
  const DimList axes = reader.list();
  for (std::int64_t axis : static_cast<Dims>(axes))
    reduced |= 1u << axis;
  reader.boolean();
  const std::int64_t correction = op.kind == OpKind::var_mean ? reader.integer() : 0;
  const Groups groups = group(x, reduced);
  for (std::size_t k = 0; k < groups.rows.size(); ++k) {
    const Rows &rows = groups.rows[k];
    const auto at = static_cast<std::int64_t>(k);
    std::int64_t count = 0;
    for (const auto &row : rows)
      count += static_cast<std::int64_t>(row.size());
    visit(results[0].dtype, [&](auto type) {
      using T = decltype(type);
      switch (op.kind) {
      case OpKind::sum:
        if constexpr (!std::is_same_v<T, bool>)
          results[0].set(at, folded_in_order(x, rows, groups.inner, T(-0.0), plus<T>));
        return;
      case OpKind::prod:
        if constexpr (!std::is_same_v<T, bool>)
          results[0].set(at, folded_in_order(x, rows, groups.inner, T(1), times<T>));
        return;
      case OpKind::mean:
        if constexpr (std::is_floating_point_v<T>)
          results[0].set(at, folded_in_order(x, rows, groups.inner, T(-0.0), plus<T>) /
                                 static_cast<T>(count));
        return;
      case OpKind::max:
        return results[0].set(at, folded<T>(x, rows, x.at<T>(rows[0][0]), larger<T>));
      case OpKind::min:
        return results[0].set(at, folded<T>(x, rows, x.at<T>(rows[0][0]), smaller<T>));
      case OpKind::any:
        return results[0].set(at,
                              folded<bool>(x, rows, false, [](bool a, bool b) { return a || b; }));
      case OpKind::all:
        return results[0].set(at,
                              folded<bool>(x, rows, true, [](bool a, bool b) { return a && b; }));
      case OpKind::argmax:
      case OpKind::argmin:
        return results[0].set(at, first_winner(x, rows, op.kind == OpKind::argmax));
      case OpKind::var_mean:
        if constexpr (std::is_floating_point_v<T>) {
          const Statistics<T> all = statistics<T>(x, rows, groups.inner);
          results[0].set(at, all.squares /
                                 static_cast<T>(std::max<std::int64_t>(count - correction, 0)));
          results[1].set(at, all.mean);
        }
        return;
      default:
        std::abort(); // a reduction that the interpreter does not know yet
      }
    });
  }
  return results;
}

} // namespace jit::conformance

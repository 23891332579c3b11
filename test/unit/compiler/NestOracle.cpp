// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The interpreter of nests.
#include "test/unit/compiler/NestOracle.h"

#include "runtime/base/WithDType.h"
#include "runtime/scalar/Calls.h"
#include "runtime/scalar/Plain.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>

namespace jit::nest::test {
namespace {

using E = plain::Emitter;
using Place = std::vector<std::int64_t>; ///< one index an axis

template <class T> scalar::Value<E, T> wrap(T x) { return {x}; }
/// The lane as an element of type T, unless it is a truth.
template <class T, class V> Number unwrap(V lane) {
  if constexpr (std::same_as<V, E::M32>)
    return lane.value;
  else
    return static_cast<T>(lane.value);
}

template <class T> Number load_as(const std::byte *p) {
  T x;
  std::memcpy(&x, p, sizeof x);
  return x;
}
Number load(DType dtype, const std::byte *p) {
  if (dtype == DType::boolean)
    return std::get<std::uint8_t>(load_as<std::uint8_t>(p)) != 0;
  return with_dtype(dtype, [&]<class T>(std::type_identity<T>) { return load_as<T>(p); });
}

Number convert(DType to, const Number &x) {
  E e;
  return std::visit(
      [&](auto v) {
        return with_dtype(to, [&]<class To>(std::type_identity<To>) {
          return unwrap<To>(scalar::cast<To>(e, wrap(v)));
        });
      },
      x);
}

template <class Function> Number call(const std::vector<Number> &x) {
  return std::visit(
      [&](auto last) -> Number {
        using T = decltype(last);
        E e;
        auto as = [&](std::size_t k) { return wrap(std::get<T>(x[k])); };
        const auto apply = [&](auto... y) -> Number {
          if constexpr (requires { Function::apply(e, y...); })
            return unwrap<T>(scalar::apply_to<T, Function>(e, y...));
          else
            std::abort();
        };
        if (x.size() == 1)
          return apply(as(0));
        if (x.size() == 2)
          return apply(as(0), as(1));
        if (std::holds_alternative<bool>(x[0]))
          return apply(wrap(std::get<bool>(x[0])), as(1), as(2));
        return apply(as(0), as(1), as(2));
      },
      x.back());
}

Number apply(ScalarFunction function, DType result, const std::vector<Number> &x) {
  if (function == ScalarFunction::cast)
    return convert(result, x[0]);
  return scalar::with_function(function,
                               [&]<class F>(std::type_identity<F>) { return call<F>(x); });
}

template <class T, class F> T inner(const std::vector<T> &x, T start, F f) {
  if (x.empty())
    return T(0);
  const std::size_t lanes = 256 / sizeof(T);
  std::vector<T> parts;
  for (std::size_t first = 0; first < x.size(); first += 4096) {
    std::vector<T> acc(lanes, start);
    for (std::size_t i = first; i < std::min(first + 4096, x.size()); ++i)
      acc[(i - first) % lanes] = f(acc[(i - first) % lanes], x[i]);
    for (std::size_t h = lanes / 2; h > 0; h /= 2)
      for (std::size_t l = 0; l < h; ++l)
        acc[l] = f(acc[l], acc[l + h]);
    parts.push_back(acc[0]);
  }
  return parts.size() == 1 ? parts[0] : inner(parts, start, f);
}

template <class T, class F> T outer(const std::vector<T> &x, T start, F f) {
  if (x.empty())
    return T(0);
  std::vector<T> parts;
  for (std::size_t first = 0; first < x.size(); first += 256) {
    T acc[4] = {start, start, start, start};
    for (std::size_t i = first; i < std::min(first + 256, x.size()); ++i)
      acc[(i - first) % 4] = f(acc[(i - first) % 4], x[i]);
    const T even = f(acc[0], acc[2]), odd = f(acc[1], acc[3]);
    parts.push_back(f(even, odd));
  }
  return parts.size() == 1 ? parts[0] : outer(parts, start, f);
}

/// Sum of the squares of x: each step is acc = fma(d, d, acc), so the halving is what adds.
template <class T> T sum_of_squares(const std::vector<T> &x, bool across) {
  const std::size_t lanes = across ? 4 : 256 / sizeof(T);
  std::vector<T> acc(lanes, T(-0.0));
  for (std::size_t i = 0; i < x.size(); ++i)
    acc[i % lanes] = std::fma(x[i], x[i], acc[i % lanes]);
  for (std::size_t h = lanes / 2; h > 0; h /= 2)
    for (std::size_t l = 0; l < h; ++l)
      acc[l] += acc[l + h];
  return acc[0];
}

template <class T>
std::pair<T, T> varmean(const std::vector<T> &x, bool across, double correction) {
  const std::size_t chunk = across ? 256 : 4096;
  auto add = [](T a, T b) { return a + b; };
  T mean = 0, squares = 0;
  double before = 0;
  for (std::size_t first = 0; first < x.size(); first += chunk) {
    std::vector<T> part(x.begin() + first, x.begin() + std::min(first + chunk, x.size()));
    const double here = static_cast<double>(part.size());
    const T total = across ? outer(part, T(-0.0), add) : inner(part, T(-0.0), add);
    const T part_mean = total / static_cast<T>(here);
    for (T &v : part)
      v = v - part_mean;
    const T part_squares = sum_of_squares(part, across);
    if (first == 0) {
      mean = part_mean;
      squares = part_squares;
    } else {
      const T shift = static_cast<T>(here / (before + here));
      const T spread = static_cast<T>(before / (before + here) * here);
      const T d = part_mean - mean;
      const T shifted = d * shift, dd = d * d, between = dd * spread,
              within = squares + part_squares;
      mean = mean + shifted;
      squares = within + between;
    }
    before += here;
  }
  const double divisor = std::max(static_cast<double>(x.size()) - correction, 0.0);
  return {squares / static_cast<T>(divisor), mean};
}

class Interpreter {
public:
  Interpreter(const Nest &nest, std::span<std::byte *const> buffers,
              std::span<const std::uint64_t> scalars)
      : nest(nest), buffers(buffers), scalars(scalars), known(nest.nodes.size()) {}

  void run() {
    // All values before all stores: an output may lie where an input does.
    std::vector<std::pair<std::byte *, Number>> writes;
    for (const Node &node : nest.nodes)
      if (node.kind == NodeKind::store)
        each(node.axes, Place(nest.axes.size()), 0, [&](const Place &at) {
          writes.push_back({address(node, at), value(node.operands[0], at)});
        });
    for (auto &[where, x] : writes)
      std::visit([&](auto v) { std::memcpy(where, &v, sizeof v); }, x);
  }

private:
  template <class F> void each(std::uint32_t axes, Place at, unsigned axis, F f) {
    if (axis == nest.axes.size()) {
      f(at);
      return;
    }
    const std::int64_t extent = axes >> axis & 1 ? nest.axes[axis].extent : 1;
    for (at[axis] = 0; at[axis] < extent; ++at[axis])
      each(axes, at, axis + 1, f);
  }
  std::byte *address(const Node &node, const Place &at) const {
    std::int64_t offset = node.access.offset;
    for (std::size_t axis = 0; axis < at.size(); ++axis)
      offset += at[axis] * node.access.strides[axis];
    return buffers[node.access.buffer] + offset * static_cast<std::int64_t>(itemsize(node.dtype));
  }

  Number value(unsigned node, Place at) {
    std::size_t place = 0, places = 1;
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      if (!(nest.nodes[node].axes >> axis & 1)) {
        at[axis] = 0;
        continue;
      }
      const auto extent = static_cast<std::size_t>(nest.axes[axis].extent);
      place = place * extent + static_cast<std::size_t>(at[axis]);
      places *= extent;
    }
    known[node].resize(places); // the first time
    std::optional<Number> &x = known[node][place];
    if (!x)
      x = compute(node, at);
    return *x;
  }

  bool is_missing(const Node &node, const Place &at) {
    return node.guard >= 0 &&
           !std::get<bool>(value(node.operands[static_cast<unsigned>(node.guard)], at));
  }

  Number compute(unsigned number, const Place &at) {
    const Node &node = nest.nodes[number];
    switch (node.kind) {
    case NodeKind::inside: {
      std::int64_t sum = node.access.offset;
      for (unsigned axis = 0; axis < nest.axes.size(); ++axis)
        sum += node.access.strides[axis] * at[axis];
      return sum >= 0 && sum < node.index_extent;
    }
    case NodeKind::load:
      if (is_missing(node, at))
        return convert(node.dtype, std::int64_t{0});
      return load(node.dtype, address(node, at));
    case NodeKind::gather: {
      if (is_missing(node, at))
        return convert(node.dtype, std::int64_t{0});
      const Number place = convert(DType::i64, value(node.operands[0], at));
      std::int64_t index = std::get<std::int64_t>(place);
      index += index < 0 ? node.index_extent : 0;
      return load(node.dtype,
                  address(node, at) +
                      index * node.index_stride * static_cast<std::int64_t>(itemsize(node.dtype)));
    }
    case NodeKind::constant:
      return load(node.dtype, reinterpret_cast<const std::byte *>(&node.bits));
    case NodeKind::argument:
      return load(node.dtype, reinterpret_cast<const std::byte *>(&scalars[node.number]));
    case NodeKind::index:
      return at[node.number];
    case NodeKind::element: {
      std::vector<Number> operands;
      for (unsigned operand : node.operands)
        operands.push_back(value(operand, at));
      return apply(node.function, node.dtype, operands);
    }
    case NodeKind::keep:
      return value(node.operands[0], at);
    case NodeKind::reduce:
      return reduce(node, at).first;
    case NodeKind::second:
      return reduce(nest.nodes[node.operands[0]], at).second;
    case NodeKind::store:
      break;
    }
    std::abort();
  }

  std::pair<Number, Number> reduce(const Node &node, const Place &at) {
    std::vector<Number> row;
    each(nest.row_axes(), at, first_row_axis(),
         [&](const Place &place) { row.push_back(value(node.operands[0], place)); });
    return std::visit([&](auto first) { return reduce_row<decltype(first)>(node, row); },
                      row.front());
  }
  unsigned first_row_axis() const {
    unsigned axis = 0;
    while (!nest.axes[axis].row)
      ++axis;
    return axis;
  }

  template <class T>
  std::pair<Number, Number> reduce_row(const Node &node, const std::vector<Number> &row) {
    std::vector<T> x;
    for (const Number &n : row)
      x.push_back(std::get<T>(n));
    E e;
    if constexpr (std::floating_point<T>) {
      auto add = [](T a, T b) { return a + b; };
      auto multiply = [](T a, T b) { return a * b; };
      if (node.reduction == ReduceKind::sum)
        return {nest.outer ? outer(x, T(-0.0), add) : inner(x, T(-0.0), add), {}};
      if (node.reduction == ReduceKind::prod)
        return {nest.outer ? outer(x, T(1), multiply) : inner(x, T(1), multiply), {}};
      if (node.reduction == ReduceKind::varmean)
        return varmean(x, nest.outer, static_cast<double>(node.correction));
    }
    if (finds_winner(node.reduction))
      return {winner(x, node.reduction == ReduceKind::argmax), {}};
    T acc = x[0];
    for (std::size_t i = 1; i < x.size(); ++i)
      switch (node.reduction) {
      case ReduceKind::max:
        acc = std::get<T>(unwrap<T>(scalar::maximum(e, wrap(acc), wrap(T(x[i])))));
        break;
      case ReduceKind::min:
        acc = std::get<T>(unwrap<T>(scalar::minimum(e, wrap(acc), wrap(T(x[i])))));
        break;
      case ReduceKind::prod:
        acc = static_cast<T>(static_cast<std::uint64_t>(acc) * static_cast<std::uint64_t>(x[i]));
        break;
      case ReduceKind::any:
        acc = acc || x[i];
        break;
      case ReduceKind::all:
        acc = acc && x[i];
        break;
      default:
        acc = static_cast<T>(static_cast<std::uint64_t>(acc) + static_cast<std::uint64_t>(x[i]));
      }
    return {acc, {}};
  }

  template <class T> static std::int64_t winner(const std::vector<T> &x, bool largest) {
    std::size_t best = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (x[i] != x[i])
        return static_cast<std::int64_t>(i);
      if (largest ? x[i] > x[best] : x[i] < x[best])
        best = i;
    }
    return static_cast<std::int64_t>(best);
  }

  const Nest &nest;
  std::span<std::byte *const> buffers;
  std::span<const std::uint64_t> scalars;
  std::vector<std::vector<std::optional<Number>>> known; ///< of every node, by its axes
};

} // namespace

void interpret(const Nest &nest, std::span<std::byte *const> buffers,
               std::span<const std::uint64_t> scalars) {
  Interpreter(nest, buffers, scalars).run();
}

} // namespace jit::nest::test

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Index, contraction and creation ops of the interpreter.
#include "runtime/ops/Attributes.h"
#include "runtime/scalar/Functions.h"
#include "runtime/scalar/Plain.h"
#include "test/conformance/Elements.h"

#include <tracejit/options.h>

#include <algorithm>
#include <bit>
#include <numeric>

namespace jit::conformance {

bool next_index(std::vector<std::int64_t> &index, Dims dims) {
  for (std::size_t axis = dims.size(); axis-- > 0;) {
    if (++index[axis] < dims[axis])
      return true;
    index[axis] = 0;
  }
  return false;
}

std::int64_t flat(const std::vector<std::int64_t> &index, Dims dims) {
  std::int64_t at = 0;
  for (std::size_t axis = 0; axis < dims.size(); ++axis)
    at = at * dims[axis] + index[axis];
  return at;
}

namespace {

using Index = std::vector<std::int64_t>;

/// For every element of `dims`: body(flat position, index).
template <class Body> void for_each(Dims dims, Body body) {
  for (std::int64_t dim : dims)
    if (dim == 0)
      return;
  Index index(dims.size());
  std::int64_t i = 0;
  do
    body(i++, index);
  while (next_index(index, dims));
}

/// Negative indices count from the end.
std::int64_t place(std::int64_t index, std::int64_t extent) {
  return index < 0 ? index + extent : index;
}

template <class T> T scattered(ScatterMode mode, T old, T update) {
  switch (mode) {
  case ScatterMode::set:
    return update;
  case ScatterMode::add:
    return plus(old, update);
  case ScatterMode::multiply:
    return times(old, update);
  case ScatterMode::minimum:
    return smaller(old, update);
  case ScatterMode::maximum:
    return larger(old, update);
  }
  std::abort();
}

/// Position in x of the element that take(x, places, axis) puts at `index`.
std::int64_t taken_from(const Index &index, const Value &x, const Value &places, std::size_t axis) {
  const auto begin = index.begin() + static_cast<std::ptrdiff_t>(axis);
  const auto end = begin + static_cast<std::ptrdiff_t>(places.dims.size());
  Index from(index.begin(), begin);
  from.push_back(
      place(element<std::int64_t>(places, flat(Index(begin, end), places.dims)), x.dims[axis]));
  from.insert(from.end(), end, index.end());
  return flat(from, x.dims);
}

struct Words {
  std::uint32_t word[4];
};
/// Philox4x32-10 as published, with a 64-bit key and counter.
Words philox(std::uint64_t key, std::uint64_t counter) {
  std::uint32_t c[4] = {static_cast<std::uint32_t>(counter),
                        static_cast<std::uint32_t>(counter >> 32), 0, 0};
  std::uint32_t k[2] = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = 0xD2511F53ull * c[0], p1 = 0xCD9E8D57ull * c[2];
    const std::uint32_t next[4] = {
        static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    std::copy_n(next, 4, c);
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return {{c[0], c[1], c[2], c[3]}};
}

std::uint64_t random64(std::uint64_t key, std::uint64_t counter, std::int64_t i) {
  const Words block = philox(key, counter + static_cast<std::uint64_t>(i / 2));
  return block.word[i % 2 * 2] | static_cast<std::uint64_t>(block.word[i % 2 * 2 + 1]) << 32;
}
/// Random bits of element i: 24 of a 32-bit word, or 53 of a 64-bit one.
template <class T>
std::int64_t random_bits(std::uint64_t key, std::uint64_t counter, std::int64_t i) {
  if constexpr (sizeof(T) == 8)
    return static_cast<std::int64_t>(random64(key, counter, i) >> 11);
  return philox(key, counter + static_cast<std::uint64_t>(i / 4)).word[i % 4] >> 8;
}
template <class T> T unit() { return sizeof(T) == 8 ? T(0x1p-53) : T(0x1p-24); }

template <class T> T normal(std::uint64_t key, std::uint64_t counter, std::int64_t i) {
  const std::int64_t even = i / 2 * 2;
  const T u = static_cast<T>(random_bits<T>(key, counter, even) + 1) * unit<T>();
  const T v = static_cast<T>(random_bits<T>(key, counter, even + 1)) * unit<T>();
  plain::Emitter e;
  const T radius = std::sqrt(scalar::log(e, scalar::Value<plain::Emitter, T>{u}).value * T(-2));
  const scalar::Value<plain::Emitter, T> angle{v * T(6.283185307179586476925)};
  return radius * (i % 2 == 0 ? scalar::cos(e, angle).value : scalar::sin(e, angle).value);
}

template <class T>
T contract(std::int64_t k, const Value &x, const Value &y, const auto &x_at, const auto &y_at) {
  if constexpr (std::is_integral_v<T>) {
    T total = 0;
    for (std::int64_t i = 0; i < k; ++i)
      total = plus(total, times(x.at<T>(x_at(i)), y.at<T>(y_at(i))));
    return total;
  } else {
    T total = 0;
    for (std::int64_t first = 0; first < k; first += 384) {
      T sum = 0;
      for (std::int64_t i = first; i < std::min(k, first + 384); ++i)
        sum = std::fma(x.at<T>(x_at(i)), y.at<T>(y_at(i)), sum);
      total = first == 0 ? sum : total + sum;
    }
    return total;
  }
}

template <class T>
T dot(std::int64_t k, const Value &x, const Value &y, std::int64_t x_at, std::int64_t y_at) {
  return inner_order<T>(k, [&](T acc, std::int64_t i) {
    if constexpr (std::is_floating_point_v<T>)
      return std::fma(x.at<T>(x_at + i), y.at<T>(y_at + i), acc);
    else
      return plus(acc, times(x.at<T>(x_at + i), y.at<T>(y_at + i)));
  });
}

/// Flat number of the batch entry of an operand with these leading extents.
std::int64_t entry(const Index &index, std::size_t batch_rank, Dims own) {
  std::int64_t at = 0;
  for (std::size_t axis = 0; axis < own.size(); ++axis)
    at = at * own[axis] + (own[axis] == 1 ? 0 : index[batch_rank - own.size() + axis]);
  return at;
}

} // namespace

Value interpret_index(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                      const ResultType &type) {
  Value result(type.dtype, type.dims);
  const std::int64_t attribute = AttrReader(attrs).integer(); // axis or depth
  const auto axis = static_cast<std::size_t>(attribute);
  visit(type.dtype, [&](auto t) {
    using T = decltype(t);
    switch (op.kind) {
    case OpKind::take:
      return for_each(type.dims, [&](std::int64_t i, const Index &index) {
        result.set(i, operands[0].at<T>(taken_from(index, operands[0], operands[1], axis)));
      });
    case OpKind::take_along_axis:
      return for_each(type.dims, [&](std::int64_t i, Index index) {
        index[axis] = place(element<std::int64_t>(operands[1], i), operands[0].dims[axis]);
        result.set(i, operands[0].at<T>(flat(index, operands[0].dims)));
      });
    case OpKind::scatter:
    case OpKind::scatter_along_axis:
      result.bytes = operands[0].bytes;
      return for_each(operands[2].dims, [&](std::int64_t i, Index index) {
        std::int64_t to = 0;
        if (op.kind == OpKind::scatter) {
          to = taken_from(index, operands[0], operands[1], axis);
        } else {
          index[axis] = place(element<std::int64_t>(operands[1], i), operands[0].dims[axis]);
          to = flat(index, operands[0].dims);
        }
        const auto mode = static_cast<ScatterMode>(attrs[1]);
        result.set(to, scattered(mode, result.at<T>(to), operands[2].at<T>(i)));
      });
    case OpKind::one_hot:
      return for_each(operands[0].dims, [&](std::int64_t i, const Index &) {
        result.set(i * attribute + element<std::int64_t>(operands[0], i), T(1));
      });
    default:
      std::abort();
    }
  });
  return result;
}

Value interpret_creation(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                         const ResultType &type) {
  Value result(type.dtype, type.dims);
  AttrReader reader(attrs);
  std::uint64_t key = 0, counter = 0;
  if (operands.size() >= 2) {
    key = static_cast<std::uint64_t>(operands[0].number.as_int());
    counter = static_cast<std::uint64_t>(operands[1].number.as_int());
  }
  if (op.kind == OpKind::permutation) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(result.size()));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      const std::uint64_t first = random64(key, counter, a), second = random64(key, counter, b);
      return first < second || (first == second && a < b); // stable
    });
    for (std::int64_t i = 0; i < result.size(); ++i)
      result.set(i, order[static_cast<std::size_t>(i)]);
    return result;
  }
  if (op.kind == OpKind::randint) {
    __extension__ using Product = unsigned __int128;
    const auto low = static_cast<std::uint64_t>(operands[2].number.as_int());
    const auto values = static_cast<std::uint64_t>(operands[3].number.as_int());
    for (std::int64_t i = 0; i < result.size(); ++i)
      visit(type.dtype, [&](auto t) {
        const Product product = Product{random64(key, counter, i)} * values;
        result.set(i, static_cast<decltype(t)>(low + static_cast<std::uint64_t>(product >> 64)));
      });
    return result;
  }
  const std::int64_t start = op.kind == OpKind::arange ? reader.integer() : 0;
  const std::int64_t step = op.kind == OpKind::arange ? (reader.integer(), reader.integer()) : 0;
  for (std::int64_t i = 0; i < result.size(); ++i)
    visit(type.dtype, [&](auto t) {
      using T = decltype(t);
      if (op.kind == OpKind::full)
        return result.set(i, element<T>(operands[0], 0));
      if constexpr (std::is_floating_point_v<T>) {
        if (op.kind == OpKind::uniform)
          return result.set(i, static_cast<T>(random_bits<T>(key, counter, i)) * unit<T>());
        if (op.kind == OpKind::normal)
          return result.set(i, normal<T>(key, counter, i));
        result.set(i, static_cast<T>(std::bit_cast<double>(start) +
                                     static_cast<double>(i) * std::bit_cast<double>(step)));
      } else {
        result.set(
            i, static_cast<T>(static_cast<std::uint64_t>(start) +
                              static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(step)));
      }
    });
  return result;
}

Value interpret_contraction(const OpInfo &op, const std::vector<Value> &operands,
                            const ResultType &type) {
  Value result(type.dtype, type.dims);
  const Value &x = operands[0], &y = operands[1];
  const std::size_t x_rank = x.dims.size(), y_rank = y.dims.size();
  const std::int64_t k = x.dims[x_rank - 1];
  const auto leading = [](const Value &value, std::size_t dropped) {
    return static_cast<Dims>(value.dims).first(value.dims.size() - dropped);
  };
  visit(type.dtype, [&](auto t) {
    using T = std::conditional_t<std::is_same_v<decltype(t), bool>, std::uint8_t, decltype(t)>;
    for_each(type.dims, [&](std::int64_t i, const Index &index) {
      if (op.kind == OpKind::vecdot || (x_rank == 1 && y_rank == 1)) {
        const std::int64_t x_row = entry(index, index.size(), leading(x, 1));
        const std::int64_t y_row = entry(index, index.size(), leading(y, 1));
        return result.set(i, dot<T>(k, x, y, x_row * k, y_row * k));
      }
      // Rank-1 operands have no row (left) or column (right) in the result.
      const std::size_t own = (x_rank > 1) + (y_rank > 1), batch = index.size() - own;
      const std::int64_t row = x_rank > 1 ? index[batch] : 0;
      const std::int64_t column = y_rank > 1 ? index.back() : 0;
      const std::int64_t m = x_rank > 1 ? x.dims[x_rank - 2] : 1;
      const std::int64_t n = y_rank > 1 ? y.dims[y_rank - 1] : 1;
      const std::int64_t a = entry(index, batch, leading(x, std::min<std::size_t>(x_rank, 2)));
      const std::int64_t b = entry(index, batch, leading(y, std::min<std::size_t>(y_rank, 2)));
      result.set(i, contract<T>(
                        k, x, y, [&](std::int64_t l) { return (a * m + row) * k + l; },
                        [&](std::int64_t l) { return (b * k + l) * n + column; }));
    });
  });
  return result;
}

} // namespace jit::conformance

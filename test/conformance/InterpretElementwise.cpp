// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops of the interpreter: exact ones by plain C++, all others by the plain emitter.
#include "runtime/scalar/Calls.h"
#include "runtime/scalar/Plain.h"
#include "test/conformance/Elements.h"

#include <memory>
#include <optional>
#include <vector>

namespace jit::conformance {

namespace {

using E = plain::Emitter;

template <class T> scalar::Value<E, T> lane(T x) { return {x}; }

/// One element: a value of the compute type or a truth.
template <class T> struct Outcome {
  T value{};
  bool truth = false, is_truth = false;
  Outcome(T value) : value(value) {}
  static Outcome of(bool truth) {
    Outcome outcome(T{});
    outcome.truth = truth;
    outcome.is_truth = true;
    return outcome;
  }
};

template <class Function, class T> Outcome<T> emit(const T *x, std::size_t count) {
  E e;
  using V = scalar::Value<E, T>;
  const auto outcome = [](auto result) -> Outcome<T> {
    if constexpr (std::is_same_v<decltype(result), V>)
      return Outcome<T>(static_cast<T>(result.value));
    else
      return Outcome<T>::of(result.value);
  };
  if constexpr (requires(V v) { Function::apply(e, v); }) {
    if (count == 1)
      return outcome(scalar::apply_to<T, Function>(e, lane(x[0])));
  }
  if constexpr (requires(V v) { Function::apply(e, v, v); }) {
    if (count == 2)
      return outcome(scalar::apply_to<T, Function>(e, lane(x[0]), lane(x[1])));
  }
  if constexpr (requires(V v) { Function::apply(e, v, v, v); }) {
    if (count == 3)
      return outcome(scalar::apply_to<T, Function>(e, lane(x[0]), lane(x[1]), lane(x[2])));
  }
  std::abort(); // no such function: the test names the op it was about to run
}

template <class T> Outcome<T> emitted(ScalarFunction function, const T *x, std::size_t count) {
  return scalar::with_function(function,
                               [&]<class F>(std::type_identity<F>) { return emit<F>(x, count); });
}

template <class T> T signed_one(T x) {
  if (!(x < T(0)) && !(x > T(0)))
    return x; // zeros keep their sign, NaN stays
  return x > T(0) ? T(1) : static_cast<T>(-1);
}

template <class T> T remainder_of(T x, T y) {
  if constexpr (std::is_floating_point_v<T>) {
    const T left = std::fmod(x, y);
    if (left == 0)
      return std::copysign(T(0), y);
    return (left < 0) != (y < 0) ? left + y : left;
  } else {
    if (y == 0 || static_cast<std::int64_t>(y) == -1)
      return 0;
    const T left = static_cast<T>(x % y);
    return left != 0 && (left < 0) != (y < 0) ? static_cast<T>(left + y) : left;
  }
}

template <class T> T floor_divided(T x, T y) {
  if constexpr (std::is_floating_point_v<T>) {
    if (y == 0)
      return x / y;
    const T left = std::fmod(x, y);
    const T towards_zero = (x - left) / y;
    const T quotient = left != 0 && (left < 0) != (y < 0) ? towards_zero - 1 : towards_zero;
    const T below = std::floor(quotient);
    const T nearest = quotient - below > T(0.5) ? below + 1 : below;
    return nearest == 0 ? std::copysign(T(0), x / y) : nearest;
  } else {
    if (y == 0)
      return 0;
    if (static_cast<std::int64_t>(y) == -1)
      return static_cast<T>(0 - static_cast<std::uint64_t>(x));
    return static_cast<T>(x / y - (remainder_of(x, y) != 0 && (x < 0) != (y < 0)));
  }
}

template <class T> T power_of(T x, T y) {
  if (y < T(0)) {
    if (x == T(1))
      return x;
    return x == static_cast<T>(-1) ? static_cast<T>(y % 2 == 0 ? 1 : -1) : T(0);
  }
  std::uint64_t power = 1, square = static_cast<std::uint64_t>(x);
  for (auto rest = static_cast<std::uint64_t>(y); rest > 0; rest /= 2, square *= square)
    if (rest % 2 == 1)
      power *= square;
  return static_cast<T>(power);
}

template <class T> std::optional<T> apply_to_bits(ScalarFunction function, const T *x) {
  constexpr std::int64_t width = 8 * sizeof(T);
  const auto a = static_cast<std::int64_t>(x[0]), b = static_cast<std::int64_t>(x[1]);
  const bool fits = b >= 0 && b < width;
  switch (function) {
  case ScalarFunction::bitwise_invert:
    return std::is_same_v<T, bool> ? static_cast<T>(a == 0) : static_cast<T>(~a);
  case ScalarFunction::bitwise_and:
    return static_cast<T>(a & b);
  case ScalarFunction::bitwise_or:
    return static_cast<T>(a | b);
  case ScalarFunction::bitwise_xor:
    return static_cast<T>(a ^ b);
  case ScalarFunction::left_shift:
    return fits ? static_cast<T>(static_cast<std::uint64_t>(a) << b) : T(0);
  case ScalarFunction::right_shift:
    return fits ? static_cast<T>(a >> b) : T(0);
  default:
    return std::nullopt;
  }
}

template <class T> Outcome<T> apply(ScalarFunction function, const T *x, std::size_t count) {
  using Truth = Outcome<T>;
  constexpr bool floating = std::is_floating_point_v<T>;
  if constexpr (!std::is_same_v<T, bool>) {
    if (function == ScalarFunction::remainder)
      return remainder_of(x[0], x[1]);
    if (function == ScalarFunction::floor_divide)
      return floor_divided(x[0], x[1]);
    if constexpr (!floating)
      if (function == ScalarFunction::pow)
        return power_of(x[0], x[1]);
  }
  switch (function) {
  case ScalarFunction::negative:
    if constexpr (floating)
      return -x[0];
    else if constexpr (std::is_same_v<T, bool>)
      return x[0];
    else
      return static_cast<T>(0 - static_cast<std::uint64_t>(x[0]));
  case ScalarFunction::abs:
    if constexpr (floating)
      return std::fabs(x[0]);
    else
      return x[0] < T(0) ? static_cast<T>(0 - static_cast<std::uint64_t>(x[0])) : x[0];
  case ScalarFunction::sign:
    return signed_one(x[0]);
  case ScalarFunction::floor:
    if constexpr (floating)
      return std::floor(x[0]);
    else
      return x[0];
  case ScalarFunction::ceil:
    if constexpr (floating)
      return std::ceil(x[0]);
    else
      return x[0];
  case ScalarFunction::trunc:
    if constexpr (floating)
      return std::trunc(x[0]);
    else
      return x[0];
  case ScalarFunction::round:
    if constexpr (floating)
      return std::nearbyint(x[0]);
    else
      return x[0];
  case ScalarFunction::square:
    return times(x[0], x[0]);
  case ScalarFunction::relu:
    return T(0) > x[0] ? T(0) : x[0];
  case ScalarFunction::isnan:
    return Truth::of(x[0] != x[0]);
  case ScalarFunction::isfinite:
    return Truth::of(!floating || std::isfinite(static_cast<double>(x[0])));
  case ScalarFunction::isinf:
    return Truth::of(floating && std::isinf(static_cast<double>(x[0])));
  case ScalarFunction::signbit:
    return Truth::of(floating ? !std::isnan(static_cast<double>(x[0])) &&
                                    std::signbit(static_cast<double>(x[0]))
                              : x[0] < T(0));
  case ScalarFunction::add:
    return plus(x[0], x[1]);
  case ScalarFunction::subtract:
    if constexpr (floating)
      return x[0] - x[1];
    else if constexpr (std::is_same_v<T, bool>)
      return x[0] != x[1];
    else
      return static_cast<T>(static_cast<std::uint64_t>(x[0]) - static_cast<std::uint64_t>(x[1]));
  case ScalarFunction::multiply:
    return times(x[0], x[1]);
  case ScalarFunction::minimum:
    return smaller(x[0], x[1]);
  case ScalarFunction::maximum:
    return larger(x[0], x[1]);
  case ScalarFunction::clip:
    return smaller(larger(x[0], x[1]), x[2]);
  case ScalarFunction::equal:
    return Truth::of(x[0] == x[1]);
  case ScalarFunction::not_equal:
    return Truth::of(!(x[0] == x[1]));
  case ScalarFunction::less:
    return Truth::of(x[0] < x[1]);
  case ScalarFunction::less_equal:
    return Truth::of(x[0] <= x[1]);
  case ScalarFunction::greater:
    return Truth::of(x[0] > x[1]);
  case ScalarFunction::greater_equal:
    return Truth::of(x[0] >= x[1]);
  case ScalarFunction::logical_and:
    return Truth::of(convert<bool>(x[0]) && convert<bool>(x[1]));
  case ScalarFunction::logical_or:
    return Truth::of(convert<bool>(x[0]) || convert<bool>(x[1]));
  case ScalarFunction::logical_xor:
    return Truth::of(convert<bool>(x[0]) != convert<bool>(x[1]));
  case ScalarFunction::logical_not:
    return Truth::of(!convert<bool>(x[0]));
  default:
    break;
  }
  if constexpr (floating) {
    if (function == ScalarFunction::divide)
      return x[0] / x[1];
    if (function == ScalarFunction::sqrt)
      return std::sqrt(x[0]);
    if (function == ScalarFunction::rsqrt)
      return T(1) / std::sqrt(x[0]);
    if (function == ScalarFunction::copysign)
      return std::isnan(x[1]) ? std::fabs(x[0]) : std::copysign(x[0], x[1]);
    if (function == ScalarFunction::nextafter)
      return std::nextafter(x[0], x[1]);
  } else {
    if (const std::optional<T> bits = apply_to_bits(function, x))
      return *bits;
  }
  return emitted(function, x, count);
}

/// The steps of a body one after the other.
template <class T> Outcome<T> apply_body(const OpInfo &op, const T *x) {
  std::vector<Outcome<T>> steps;
  for (const BodyStep &step : op.body) {
    std::vector<Outcome<T>> given;
    for (const BodyOperand &operand : step.operands)
      given.push_back(operand.kind == BodyOperand::operand ? Outcome<T>(x[operand.index])
                      : operand.kind == BodyOperand::step
                          ? steps[operand.index]
                          : Outcome<T>(static_cast<T>(operand.value)));
    if (step.op == OpKind::where) {
      steps.push_back(given[given[0].truth ? 1 : 2]);
      continue;
    }
    T values[3] = {};
    for (std::size_t k = 0; k < given.size(); ++k)
      values[k] = given[k].is_truth ? static_cast<T>(given[k].truth) : given[k].value;
    steps.push_back(apply(info(step.op).scalar, values, given.size()));
  }
  return steps.back();
}

/// The elements of an operand as T, one for each element of the result.
template <class T> std::unique_ptr<T[]> spread(const Value &operand, Dims dims, std::int64_t size) {
  auto elements = std::make_unique<T[]>(static_cast<std::size_t>(size));
  if (size == 0)
    return elements;
  if (operand.is_number) {
    std::fill_n(elements.get(), size, element<T>(operand, 0));
    return elements;
  }
  const std::size_t missing = dims.size() - operand.dims.size();
  visit(operand.dtype, [&](auto type) {
    std::vector<std::int64_t> index(dims.size());
    for (std::int64_t i = 0; i < size; ++i, next_index(index, dims)) {
      std::int64_t at = 0;
      for (std::size_t axis = 0; axis < operand.dims.size(); ++axis) {
        const std::int64_t dim = operand.dims[axis];
        at = at * dim + (dim == 1 ? 0 : index[missing + axis]);
      }
      elements[static_cast<std::size_t>(i)] = convert<T>(operand.at<decltype(type)>(at));
    }
  });
  return elements;
}

/// Operand `first` where the element of the condition is true, `second` elsewhere.
template <class R> void choose(const std::vector<Value> &operands, Value &result) {
  const std::int64_t size = result.size();
  const auto condition = spread<bool>(operands[0], result.dims, size);
  const auto first = spread<R>(operands[1], result.dims, size);
  const auto second = spread<R>(operands[2], result.dims, size);
  for (std::int64_t i = 0; i < size; ++i)
    result.set(i, condition[static_cast<std::size_t>(i)] ? first[static_cast<std::size_t>(i)]
                                                         : second[static_cast<std::size_t>(i)]);
}

template <class R, class T>
void compute(const OpInfo &op, const std::vector<Value> &operands, Value &result) {
  const std::int64_t size = result.size();
  std::vector<std::unique_ptr<T[]>> elements;
  for (const Value &operand : operands)
    elements.push_back(spread<T>(operand, result.dims, size));
  for (std::int64_t i = 0; i < size; ++i) {
    T x[3] = {};
    for (std::size_t k = 0; k < operands.size(); ++k)
      x[k] = elements[k][static_cast<std::size_t>(i)];
    const Outcome<T> outcome =
        op.body.empty() ? apply(op.scalar, x, operands.size()) : apply_body(op, x);
    result.set(i, outcome.is_truth ? static_cast<R>(outcome.truth) : static_cast<R>(outcome.value));
  }
}

} // namespace

Value interpret_elementwise(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                            const ResultType &type) {
  Value result(type.dtype, type.dims);
  std::vector<OperandType> types;
  for (const Value &operand : operands)
    types.push_back({operand.is_number ? nullptr : intern_contiguous(operand.dtype, operand.dims),
                     operand.number.kind()});
  const DType compute_dtype = element_types(op, attrs, types).compute;
  visit(type.dtype, [&](auto result_type) {
    using R = decltype(result_type);
    if (op.types == TypeRule::cast) {
      const auto x = spread<R>(operands[0], type.dims, result.size());
      for (std::int64_t i = 0; i < result.size(); ++i)
        result.set(i, x[static_cast<std::size_t>(i)]);
    } else if (op.types == TypeRule::select) {
      choose<R>(operands, result);
    } else {
      // Either the dtype of the operands or bool: no other results exist.
      visit(compute_dtype, [&](auto compute_type) {
        using T = decltype(compute_type);
        if constexpr (std::is_same_v<R, T> || std::is_same_v<R, bool>)
          compute<R, T>(op, operands, result);
        else
          std::abort();
      });
    }
  });
  return result;
}

} // namespace jit::conformance

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors and numbers that programs are called with, and reading tensors back.
#include "runtime/ops/NumberRange.h"
#include "runtime/tensor/DeviceMemory.h"
#include "test/conformance/Elements.h"
#include "test/conformance/KernelCheck.h"
#include "test/fuzz/Run.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace jit::fuzz {

const std::source_location &site_of(std::size_t step) {
  using Site = std::source_location;
  // Each on a line of its own: places in the source are told apart by file and line.
  static const std::array<Site, 8> sites{
      Site::current(), //
      Site::current(), //
      Site::current(), //
      Site::current(), //
      Site::current(), //
      Site::current(), //
      Site::current(), //
      Site::current(),
  };
  return sites[step % sites.size()];
}

Value read(const Tensor &tensor, const std::source_location &site) {
  Value value(tensor.dtype(), DimList(tensor.shape()));
  conformance::visit(tensor.dtype(), [&](auto type) {
    const auto elements = tensor.to_vector<decltype(type)>(site);
    for (std::size_t i = 0; i < elements.size(); ++i)
      value.set(static_cast<std::int64_t>(i), static_cast<decltype(type)>(elements[i]));
  });
  return value;
}

static Tensor tensor_of(const Value &value, bool adopted) {
  return conformance::visit(value.dtype, [&](auto type) {
    using T = decltype(type);
    const auto size = static_cast<std::size_t>(value.size());
    if constexpr (std::is_same_v<T, bool>) {
      const std::unique_ptr<bool[]> elements(new bool[size]);
      for (std::size_t i = 0; i < size; ++i)
        elements[i] = value.at<bool>(static_cast<std::int64_t>(i));
      return Tensor::copy_of(std::span<const bool>(elements.get(), size), value.dims);
    } else {
      std::vector<T> elements(size);
      if (size > 0)
        std::memcpy(elements.data(), value.bytes.data(), value.bytes.size());
      return adopted && default_device() == on_cpu ? Tensor::adopt(std::move(elements), value.dims)
                                                   : Tensor::copy_of(elements, value.dims);
    }
  });
}

/// Big tensors repeat their first elements, for speed; the period divides no size of a kernel.
static Value repeated(const Value &first, const DimList &dims) {
  Value value(first.dtype, dims);
  for (std::size_t at = 0; at < value.bytes.size(); at += first.bytes.size())
    std::memcpy(value.bytes.data() + at, first.bytes.data(),
                std::min(first.bytes.size(), value.bytes.size() - at));
  return value;
}

static Value positive_values(DType dtype, const DimList &dims, std::uint64_t seed) {
  Value value = conformance::plain_values(dtype, dims, seed);
  if (dtype == DType::f64)
    for (std::int64_t i = 0; i < value.size(); ++i)
      value.set(i, 0.25 + std::abs(value.at<double>(i)));
  return value;
}

static Value draw_values(const InputSpec &spec, const DimList &dims, std::uint64_t seed) {
  constexpr std::int64_t period = 1009;
  if (checked_size(spec.dtype, dims).value_or(0) > period)
    return repeated(draw_values(spec, {period}, seed), dims);
  switch (spec.fill) {
  case Fill::edges:
    return conformance::edge_values(spec.dtype, dims, seed);
  case Fill::plain:
    return conformance::plain_values(spec.dtype, dims, seed);
  case Fill::positive:
    return positive_values(spec.dtype, dims, seed);
  case Fill::index:
  case Fill::index_from_end:
    break;
  }
  const bool from_end = spec.fill == Fill::index_from_end && !is_unsigned(spec.dtype);
  const Value wide = conformance::index_values(dims, spec.bound, seed, from_end);
  if (spec.dtype == DType::i64)
    return wide;
  Value narrow(spec.dtype, dims);
  with_dtype(spec.dtype, [&]<class T>(std::type_identity<T>) {
    for (std::int64_t i = 0; i < wide.size(); ++i)
      narrow.set(i, static_cast<T>(wide.at<std::int64_t>(i)));
  });
  return narrow;
}

/// Moves f64 elements by something between -distance and distance.
static void nudge(Value &value, double distance, std::uint64_t seed) {
  Random random(seed);
  for (std::int64_t i = 0; i < value.size(); ++i)
    value.set(i, value.at<double>(i) + distance * static_cast<double>(random.between(-8, 8)) / 8);
}

static Tensor make_input(const InputSpec &spec, std::uint64_t seed, double distance) {
  const auto draw = [&](const DimList &dims) {
    Value value = draw_values(spec, dims, seed);
    if (distance != 0 && spec.dtype == DType::f64)
      nudge(value, distance, seed);
    return value;
  };
  DimList dims = spec.dims;
  const std::size_t rank = dims.size();
  switch (spec.layout) {
  case Layout::contiguous:
    return tensor_of(draw(dims), spec.adopted);
  case Layout::permuted: {
    DimList reversed, axes;
    for (std::size_t i = rank; i-- > 0;) {
      reversed.push_back(dims[i]);
      axes.push_back(static_cast<std::int64_t>(i));
    }
    return permute_dims(tensor_of(draw(reversed), false), axes);
  }
  case Layout::strided:
    dims[rank - 1] = 2 * dims[rank - 1] + 1;
    return tensor_of(draw(dims), false)(ellipsis, slice(1, 2 * spec.dims[rank - 1] + 1, 2));
  case Layout::flipped:
    return tensor_of(draw(dims), false)(slice({}, {}, -1));
  case Layout::repeated:
    dims[0] = 1;
    return broadcast_to(tensor_of(draw(dims), false), spec.dims);
  }
  return {};
}

/// The same elements in another place or order in memory.
static void lay_out_otherwise(InputSpec &spec) {
  if (spec.dims.size() == 0)
    return;
  spec.adopted = false;
  spec.layout = spec.layout == Layout::permuted                             ? Layout::strided
                : spec.layout == Layout::contiguous && spec.dims.size() > 1 ? Layout::permuted
                                                                            : Layout::contiguous;
}

std::vector<Tensor> make_inputs(const Program &program, const Call &call) {
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    InputSpec spec = program.inputs[i];
    if (!spec.used) {
      inputs.emplace_back();
      continue;
    }
    const bool copy = spec.same_as >= 0;
    const std::size_t source = copy ? static_cast<std::size_t>(spec.same_as) : i;
    if (copy && !call.split_aliases) {
      inputs.push_back(inputs[source]);
      continue;
    }
    if (call.relaid)
      lay_out_otherwise(spec);
    if (call.bad_index && spec.fill >= Fill::index && spec.dtype == DType::i64)
      spec.bound = 2 * spec.bound + 1;
    inputs.push_back(make_input(spec, call.seed * 1009 + i, call.nudge));
  }
  return inputs;
}

static Scalar draw_number(const NumberSpec &spec, Random &random) {
  switch (spec.role) {
  case Role::start:
    return random.between(spec.low, spec.high);
  case Role::small:
    return 1e-5 * static_cast<double>(random.between(1, 100));
  case Role::random_key:
    return static_cast<std::int64_t>(random.bits() >> 1);
  case Role::moderate:
    return 0.25 * static_cast<double>(random.between(1, 12));
  case Role::any:
    break;
  }
  if (spec.kind == ScalarKind::boolean)
    return random.percent(50);
  using Integers = std::numeric_limits<std::int64_t>;
  using Doubles = std::numeric_limits<double>;
  static constexpr std::int64_t integers[] = {
      0, 1, 2, 3, -1, -7, 255, 256, 63, 64, Integers::max(), Integers::min()};
  static constexpr double doubles[] = {0.0,
                                       -0.0,
                                       1.0,
                                       -1.0,
                                       0.5,
                                       2.0,
                                       0.1,
                                       -2.5,
                                       3.75,
                                       1e-3,
                                       1e300,
                                       -1e40,
                                       1e-310,
                                       Doubles::infinity(),
                                       -Doubles::infinity(),
                                       Doubles::quiet_NaN(),
                                       1e-40};
  if (spec.kind == ScalarKind::integer) {
    const std::int64_t number = integers[random.below(std::size(integers))];
    return spec.low < spec.high ? std::clamp(number, spec.low, spec.high) : number;
  }
  return doubles[random.below(std::size(doubles))];
}

void keep_in_range(Program &program, OpKind op, std::span<const OperandType> types,
                   std::span<const Ref> operands) {
  const OpInfo &row = info(op);
  if (row.family != Family::elementwise || row.types == TypeRule::cast)
    return;
  const DType compute = element_types(row, {}, types).compute;
  if (!is_ranged(row, compute))
    return;
  for (const Ref &ref : operands)
    if (ref.kind == Ref::number && program.numbers[ref.index].role == Role::any) {
      NumberSpec &spec = program.numbers[ref.index];
      const NumberRange &range = number_range(compute);
      const bool first = spec.low == spec.high;
      spec.low = first ? range.low : std::max(spec.low, range.low);
      spec.high = first ? range.high : std::min(spec.high, range.high);
    }
}

std::vector<Scalar> make_numbers(const Program &program, std::uint64_t seed) {
  Random random(seed ^ 0x5ca1a5);
  std::vector<Scalar> numbers;
  for (const NumberSpec &spec : program.numbers)
    numbers.push_back(draw_number(spec, random));
  return numbers;
}

State make_state(const Program &program) {
  State state;
  const std::vector<Tensor> inputs = make_inputs(program, {.seed = program.seed, .held = {}});
  for (const std::uint32_t input : program.variables)
    state.variables.emplace_back(inputs[input].contiguous());
  return state;
}

} // namespace jit::fuzz

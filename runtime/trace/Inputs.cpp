// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/Inputs.h"

#include "runtime/base/WithDType.h"
#include "runtime/tensor/DeviceMemory.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Demands.h"
#include "runtime/trace/Span.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace jit {
namespace {

/// splitmix64 of a position: independent of what came before.
std::uint64_t random_word(std::uint64_t seed, std::uint64_t stream, std::uint64_t place) noexcept {
  std::uint64_t x = seed * 0x9e3779b97f4a7c15u + (stream + 1) * 0xd1342543de82ef95u +
                    (place + 1) * 0x2545f4914f6cdd1du;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

/// In [-2, 2), a multiple of 2^-22: the same number in f32 and f64.
double random_float(std::uint64_t word) noexcept {
  return static_cast<double>(word >> 40) * 0x1p-22 - 2;
}

constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

void fill(DType dtype, std::int64_t bound, std::uint64_t word, std::byte *element) noexcept {
  const bool is_index = bound != unbounded;
  with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    T value;
    if constexpr (std::same_as<T, bool>) {
      value = word >> 63;
    } else if constexpr (std::floating_point<T>) {
      value = static_cast<T>(random_float(word));
    } else {
      constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
      if (is_index)
        value = static_cast<T>((sizeof(T) == 8 ? word >> 1 : word >> 32) %
                               std::min(static_cast<std::uint64_t>(bound), most + 1));
      else if constexpr (sizeof(T) < 4)
        value = static_cast<T>(word >> (64 - 8 * sizeof(T)));
      else
        value = static_cast<T>(static_cast<std::int64_t>((word >> 32) % 200) - 100);
    }
    std::memcpy(element, &value, sizeof value);
  });
}

Result<Tensor> allocate(const Meta &meta, Span &span) {
  span = span_of(meta);
  const std::size_t step = itemsize(meta.dtype);
  Storage *storage = new_storage(static_cast<std::size_t>(span.elements) * step);
  Impl *impl = storage ? new_ready(&meta, storage,
                                   storage->data + static_cast<std::size_t>(span.origin) * step)
                       : nullptr;
  if (impl)
    return detail::Access::tensor(impl);
  return Failure{"out of memory for an input " + describe(meta)};
}

Result<Tensor> seeded_tensor(const Meta &meta, std::uint64_t seed, std::size_t k,
                             std::int64_t bound) {
  if (bound <= 0 && meta.size > 0)
    return Failure{"input %in" + std::to_string(k) + " is an index, and none is in range"};
  Span span;
  Result<Tensor> tensor = allocate(meta, span);
  if (!tensor)
    return tensor;
  std::byte *element = detail::Access::impl(*tensor)->storage->data;
  for (std::int64_t i = 0; i < span.elements; ++i, element += itemsize(meta.dtype))
    fill(meta.dtype, bound, random_word(seed, k, static_cast<std::uint64_t>(i)), element);
  return tensor;
}

Scalar seeded_number(ScalarKind kind, std::uint64_t word) noexcept {
  switch (kind) {
  case ScalarKind::boolean:
    return static_cast<bool>(word >> 63);
  case ScalarKind::integer:
    return static_cast<std::int64_t>(word >> 61) + 1;
  case ScalarKind::floating:
    return 0.5 + static_cast<double>(word >> 40) * 0x1p-24;
  }
  return 0;
}

} // namespace

Result<GraphInputs> seeded_inputs(const Graph &graph, std::uint64_t seed) {
  GraphInputs out;
  const Demands demands = demands_of(graph);
  for (std::size_t k = 0; k < graph.inputs.size(); ++k) {
    Result<Tensor> tensor = seeded_tensor(
        *graph.inputs[k], seed, k, demands.inputs[k] ? demands.inputs[k]->max + 1 : unbounded);
    if (!tensor)
      return Failure{tensor.message()};
    out.tensors.push_back(std::move(*tensor));
  }
  out.numbers = graph.examples;
  if (out.numbers.size() == graph.scalars.size())
    return out;
  out.numbers.clear();
  for (std::size_t k = 0; k < graph.scalars.size(); ++k)
    out.numbers.push_back(
        demands.numbers[k]
            ? Scalar(demands.numbers[k]->min)
            : seeded_number(graph.scalars[k], random_word(seed, ~std::uint64_t{0}, k)));
  return out;
}

Result<Tensor> lay_out(const Meta &meta, const std::byte *elements) {
  Span span;
  Result<Tensor> tensor = allocate(meta, span);
  if (!tensor)
    return tensor;
  Impl &impl = *detail::Access::impl(*tensor);
  const std::size_t step = itemsize(meta.dtype);
  if (meta.contiguous) {
    std::memcpy(impl.data(), elements, meta.bytes());
    return tensor;
  }
  std::memset(impl.storage->data, 0, static_cast<std::size_t>(span.elements) * step);
  std::array<std::int64_t, max_rank> place{};
  std::int64_t offset = 0;
  for (std::int64_t i = 0; i < meta.size; ++i, elements += step) {
    std::memcpy(impl.data() + offset * static_cast<std::int64_t>(step), elements, step);
    for (std::size_t axis = meta.rank; axis-- > 0;) {
      offset += meta.strides()[axis];
      if (++place[axis] < meta.dims()[axis])
        break;
      offset -= meta.strides()[axis] * meta.dims()[axis];
      place[axis] = 0;
    }
  }
  return tensor;
}

Result<Tensor> copy_to(DeviceNumber device, const Tensor &tensor) {
  const Impl &from = *detail::Access::impl(tensor);
  const Meta &meta = *from.meta;
  const Span span = span_of(meta);
  const auto origin = static_cast<std::size_t>(span.origin) * itemsize(meta.dtype);
  const auto bytes = static_cast<std::size_t>(span.elements) * itemsize(meta.dtype);
  Storage *storage = new_storage(bytes, device);
  if (storage && bytes > 0 &&
      !DeviceMemory::of(device).upload(storage->data, from.data() - origin, bytes)) {
    release(storage);
    storage = nullptr;
  }
  const Meta *moved = intern_meta(meta.dtype, meta.dims(), meta.strides(), device);
  Impl *impl = storage ? new_ready(moved, storage, storage->data + origin) : nullptr;
  if (impl)
    return detail::Access::tensor(impl);
  if (!storage)
    release_meta(moved->interned ? nullptr : moved);
  return Failure{
      DeviceMemory::of(device).refusal().value_or("no memory for " + describe(meta) + " there")};
}

} // namespace jit

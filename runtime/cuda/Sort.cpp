// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sort and searchsorted: pairs of keys and places are sorted (Pairs.h), and then elements are taken
// from their places.
#include "runtime/cuda/Families.h"
#include "runtime/cuda/Gpu.h"
#include "runtime/cuda/Pairs.h"
#include "runtime/cuda/Walk.h"
#include "runtime/ops/Attributes.h"

#include <cstdlib>

namespace jit::gpu {
namespace {

/// As in the names of kernels: masks are sorted as bytes.
std::string_view sorted_name(DType dtype) noexcept {
  return name(dtype == DType::boolean ? DType::u8 : dtype);
}

/// Pairs of row (before, behind), whose elements lie along the axis.
Launched make_pairs(Gpu &gpu, const KernelOperand &x, const SortAttrs &attrs,
                    const Pairs &pairs) noexcept {
  const auto axis = static_cast<std::size_t>(attrs.axis);
  const Dims dims = x.meta->dims(), strides = x.meta->strides();
  Walk walk(gpu);
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (i != axis)
      walk.push(dims[i], {strides[i], 0, 0});
  walk.push(dims[axis], {strides[axis], 0, 0});
  walk.memory = {pairs.data(), x.data};
  walk.number[sort_pair_mirror] = attrs.descending ? -1 : 0;
  walk.number[sort_pair_row] = dims[axis];
  return walk.run("sort_pairs_", sorted_name(x.meta->dtype));
}

Launched write_places(Gpu &gpu, const KernelOperand &x, std::size_t axis, const Pairs &pairs,
                      const KernelResult &places) noexcept {
  const Dims dims = x.meta->dims();
  DimList strides(dims);
  std::int64_t stride = dims[axis];
  for (std::size_t i = dims.size(); i-- > 0;) {
    strides[i] = i == axis ? 1 : stride;
    stride *= i == axis ? 1 : dims[i];
  }
  Walk walk(gpu);
  for (std::size_t i = 0; i < dims.size(); ++i)
    walk.push(places.meta->dims()[i], {strides[i], 0, 0});
  return pairs.write_places(walk, places.data);
}

Launched sort(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelOperand &x = call.operands[0];
  const SortAttrs attrs = SortAttrs::decode(call.attrs);
  const auto axis = static_cast<std::size_t>(attrs.axis);
  const std::int64_t n = x.meta->dims()[axis];
  const bool is_short = itemsize(x.meta->dtype) <= 4;
  if (is_short && n >= std::int64_t{1} << 32)
    return Launched::no_kernel;
  Pairs pairs(gpu, is_short ? Pairs::in_short : Pairs::in_long, x.meta->size / n, n);
  if (!pairs)
    return Launched::refused;
  Launched launched = make_pairs(gpu, x, attrs, pairs);
  if (launched == Launched::yes)
    launched = pairs.sort();
  if (launched == Launched::yes)
    launched = write_places(gpu, x, axis, pairs, call.results[1]);
  if (launched != Launched::yes)
    return launched;
  const KernelOperand from_places[] = {x, {call.results[1].meta, call.results[1].data}};
  return run_index(gpu, {OpKind::take_along_axis, AttrWriter().integer(attrs.axis), from_places,
                         call.results.first(1)});
}

Launched searchsorted(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelOperand &x = call.operands[0], &values = call.operands[1];
  Walk walk(gpu);
  for (std::size_t i = 0; i < values.meta->rank; ++i)
    walk.push(values.meta->dims()[i], {values.meta->strides()[i], 0, 0});
  walk.memory = {call.results[0].data, x.data, values.data};
  walk.number[search_count] = x.meta->size;
  walk.number[search_stride] = x.meta->strides()[0];
  walk.number[search_right] = SearchsortedAttrs::decode(call.attrs).right;
  return walk.run("search_", sorted_name(x.meta->dtype));
}

} // namespace

Launched run_sort(Gpu &gpu, const KernelCall &call) noexcept {
  if (call.results[0].meta->size == 0)
    return Launched::yes;
  switch (call.op) {
  case OpKind::sort:
    return sort(gpu, call);
  case OpKind::searchsorted:
    return searchsorted(gpu, call);
  default: // of other families
    std::abort();
  }
}

} // namespace jit::gpu

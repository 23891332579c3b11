// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// take, take_along_axis, one_hot. Indices have been checked.
#include "runtime/cuda/Families.h"
#include "runtime/cuda/Scatter.h"
#include "runtime/cuda/Walk.h"
#include "runtime/ops/Attributes.h"
#include "runtime/program/Cells.h"

#include <cstdlib>

namespace jit::gpu {
namespace {

/// result[i] = x[o0 + place * stride] with the place at o1 of the index.
Launched gather(Walk &walk, const KernelCall &call, std::size_t axis) noexcept {
  const KernelOperand &x = call.operands[0], &index = call.operands[1];
  walk.memory = {call.results[0].data, x.data, index.data};
  walk.number[gather_dtype] = static_cast<std::int64_t>(index.meta->dtype);
  walk.number[gather_extent] = x.meta->dims()[axis];
  walk.number[gather_stride] = x.meta->strides()[axis];
  const std::size_t bytes = walk.widen(itemsize(x.meta->dtype), 1, walk.number[gather_stride]);
  return walk.run("gather_", item_name(bytes));
}

Launched take(Gpu &gpu, const KernelCall &call) noexcept {
  const Meta &x = *call.operands[0].meta, &index = *call.operands[1].meta;
  const auto axis = static_cast<std::size_t>(TakeAttrs::decode(call.attrs).axis);
  Walk walk(gpu);
  for (std::size_t i = 0; i < x.rank; ++i)
    if (i != axis)
      walk.push(x.dims()[i], {x.strides()[i], 0, 0});
    else
      for (std::size_t k = 0; k < index.rank; ++k)
        walk.push(index.dims()[k], {0, index.strides()[k], 0});
  return gather(walk, call, axis);
}

Launched take_along_axis(Gpu &gpu, const KernelCall &call) noexcept {
  const Meta &x = *call.operands[0].meta, &index = *call.operands[1].meta;
  const auto axis = static_cast<std::size_t>(TakeAlongAxisAttrs::decode(call.attrs).axis);
  Walk walk(gpu);
  for (std::size_t i = 0; i < x.rank; ++i)
    walk.push(index.dims()[i], {i == axis ? 0 : x.strides()[i], index.strides()[i], 0});
  return gather(walk, call, axis);
}

Launched one_hot(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelOperand &index = call.operands[0];
  const KernelResult &result = call.results[0];
  Walk walk(gpu);
  for (std::size_t i = 0; i < index.meta->rank; ++i)
    walk.push(index.meta->dims()[i], {index.meta->strides()[i], 0, 0});
  const std::int64_t depth = OneHotAttrs::decode(call.attrs).depth;
  walk.push(depth, {0, 0, 0});
  walk.memory = {result.data, index.data};
  walk.number[one_hot_dtype] = static_cast<std::int64_t>(index.meta->dtype);
  walk.number[one_hot_depth] = depth;
  walk.number[one_hot_one] = static_cast<std::int64_t>(cell_of(1, result.meta->dtype));
  return walk.run("one_hot_", item_name(itemsize(result.meta->dtype)));
}

} // namespace

Launched run_index(Gpu &gpu, const KernelCall &call) noexcept {
  if (call.results[0].meta->size == 0)
    return Launched::yes;
  switch (call.op) {
#define TRACEJIT_INDEX_KERNEL(name)                                                                \
  case OpKind::name:                                                                               \
    return name(gpu, call);
#include "runtime/ops/OpKernels.inc"
#undef TRACEJIT_INDEX_KERNEL
  default: // of other families
    std::abort();
  }
}

} // namespace jit::gpu

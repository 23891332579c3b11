// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// concat, pad, slice_update, fold: parts of the result become, or take up, what an operand has.
#include "runtime/cuda/Families.h"
#include "runtime/cuda/Walk.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/ops/Attributes.h"

#include <algorithm>
#include <cstdlib>

namespace jit::gpu {
namespace {

/// Elements of a result that lie in any strides, with extents as an operand has.
struct Part {
  std::byte *data;
  DimList strides;

  /// `start[i]`, `start[i] + step[i]`, ...
  Part(const KernelResult &result, Dims start, Dims step) noexcept
      : data(result.data), strides(row_major_strides(result.meta->dims())) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < strides.size(); ++i) {
      offset += start[i] * strides[i];
      strides[i] *= step[i];
    }
    data += offset * static_cast<std::int64_t>(itemsize(result.meta->dtype));
  }
  bool has_no_gaps(Dims extents) const noexcept {
    const DimList dense = row_major_strides(extents);
    for (std::size_t i = 0; i < extents.size(); ++i)
      if (extents[i] != 1 && strides[i] != dense[i])
        return false;
    return true;
  }
};

Launched put(Gpu &gpu, const KernelOperand &from, const Part &part) noexcept {
  if (part.has_no_gaps(from.meta->dims()))
    return run_copy(gpu, view_of(*from.meta, from.data), from.meta->dtype, part.data);
  Walk walk(gpu);
  for (std::size_t axis = 0; axis < from.meta->rank; ++axis)
    walk.push(from.meta->dims()[axis], {part.strides[axis], from.meta->strides()[axis], 0});
  walk.memory = {part.data, from.data};
  std::int64_t none = 0;
  return walk.run("copy_", item_name(walk.widen(itemsize(from.meta->dtype), 2, none)));
}

Launched concat(Gpu &gpu, const KernelCall &call) noexcept {
  const auto axis = static_cast<std::size_t>(ConcatAttrs::decode(call.attrs).axis);
  DimList start, step;
  for (std::size_t i = 0; i < call.results[0].meta->rank; ++i) {
    start.push_back(0);
    step.push_back(1);
  }
  Launched launched = Launched::yes;
  for (const KernelOperand &operand : call.operands) {
    launched = std::max(launched, put(gpu, operand, Part(call.results[0], start, step)));
    start[axis] += operand.meta->dims()[axis];
  }
  return launched;
}

Launched slice_update(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelOperand &x = call.operands[0], &y = call.operands[1];
  const KernelResult &result = call.results[0];
  if (x.data != result.data)
    if (const Launched copied = run_copy(gpu, view_of(*x.meta, x.data), x.meta->dtype, result.data);
        copied != Launched::yes)
      return copied;
  if (y.meta->size == 0) // starts are not checked then
    return Launched::yes;
  DimList start;
  for (const KernelOperand &number : call.operands.subspan(2))
    start.push_back(number.scalar.as_int());
  return put(gpu, y, Part(result, start, SliceUpdateAttrs::decode(call.attrs).steps));
}

Launched pad(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelResult &result = call.results[0];
  if (const Launched filled = run_fill(gpu, result, call.operands[1].scalar);
      filled != Launched::yes)
    return filled;
  const PadAttrs attrs = PadAttrs::decode(call.attrs);
  DimList step = attrs.interior;
  for (std::size_t i = 0; i < step.size(); ++i)
    ++step[i];
  const KernelOperand &x = call.operands[0];
  return x.meta->size == 0 ? Launched::yes : put(gpu, x, Part(result, attrs.low, step));
}

/// A launch for each place in a window, in ascending order: so every element has its sum in that
/// order, and no two windows of a launch have the same element.
Launched fold(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelOperand &x = call.operands[0];
  const KernelResult &result = call.results[0];
  if (const Launched filled = run_fill(gpu, result, 0);
      filled != Launched::yes || x.meta->size == 0 || result.meta->size == 0)
    return filled;
  const FoldAttrs attrs = FoldAttrs::decode(call.attrs);
  DimList to = row_major_strides(result.meta->dims());
  StridedView taps_from{}, taps_to{};
  for (std::size_t i = 0; i < attrs.axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(attrs.axes[i]), tap = result.meta->rank + i;
    taps_from.push(x.meta->dims()[tap], x.meta->strides()[tap]);
    taps_to.push(x.meta->dims()[tap], attrs.dilation[i] * to[axis]);
    to[axis] *= attrs.stride[i];
  }
  Odometer from_tap(taps_from, 0), to_tap(taps_to, 0);
  const auto step = static_cast<std::int64_t>(itemsize(x.meta->dtype));
  for (std::int64_t tap = 0; tap < taps_from.size(); ++tap, from_tap.next(), to_tap.next()) {
    Walk walk(gpu);
    for (std::size_t axis = 0; axis < result.meta->rank; ++axis)
      walk.push(x.meta->dims()[axis], {to[axis], x.meta->strides()[axis], 0});
    walk.memory = {result.data + to_tap.offset() * step, x.data + from_tap.offset() * step};
    if (const Launched launched = walk.run("accumulate_", name(x.meta->dtype));
        launched != Launched::yes)
      return launched;
  }
  return Launched::yes;
}

} // namespace

Launched run_movement(Gpu &gpu, const KernelCall &call) noexcept {
  switch (call.op) {
#define TRACEJIT_MOVEMENT_KERNEL(name)                                                             \
  case OpKind::name:                                                                               \
    return name(gpu, call);
#include "runtime/ops/OpKernels.inc"
#undef TRACEJIT_MOVEMENT_KERNEL
  default: // of other families
    std::abort();
  }
}

} // namespace jit::gpu

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/Fold.h"

#include "runtime/base/WithDType.h"
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/ops/Attributes.h"

#include <algorithm>

namespace jit {
namespace {

/// The same places in the windows and in the result.
struct Both {
  StridedView from{}, to{};
  void push(std::int64_t extent, std::int64_t from_stride, std::int64_t to_stride) noexcept {
    from.push(extent, from_stride);
    to.push(extent, to_stride);
  }
};

/// Axes without windows, places in a window, windows; and the windows along the last of the axes.
struct Parts {
  Both others, taps, rows;
  std::int64_t count = 1, from_stride = 0, to_stride = 0;
};

Parts parts_of(const KernelCall &call) {
  const FoldAttrs attrs = FoldAttrs::decode(call.attrs);
  const Meta &x = *call.operands[0].meta, &result = *call.results[0].meta;
  const DimList to = row_major_strides(result.dims());
  Parts parts;
  for (std::size_t axis = 0; axis < result.rank; ++axis)
    if (std::ranges::find(attrs.axes, static_cast<std::int64_t>(axis)) == attrs.axes.end())
      parts.others.push(x.dims()[axis], x.strides()[axis], to[axis]);
  for (std::size_t i = 0; i < attrs.axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(attrs.axes[i]), tap = result.rank + i;
    parts.taps.push(x.dims()[tap], x.strides()[tap], attrs.dilation[i] * to[axis]);
    if (i + 1 < attrs.axes.size()) {
      parts.rows.push(x.dims()[axis], x.strides()[axis], attrs.stride[i] * to[axis]);
    } else {
      parts.count = x.dims()[axis];
      parts.from_stride = x.strides()[axis];
      parts.to_stride = attrs.stride[i] * to[axis];
    }
  }
  return parts;
}

/// The places of a window in ascending order, so that every element has its sum in that order.
template <class T> void add_windows(const Parts &p, const T *from, T *to) noexcept {
  using Sum = std::conditional_t<std::integral<T>, std::uint64_t, T>; // which wraps
  const std::int64_t taps = p.taps.from.size(), rows = p.rows.from.size();
  Odometer tap_from(p.taps.from, 0), tap_to(p.taps.to, 0);
  for (std::int64_t tap = 0; tap < taps; ++tap, tap_from.next(), tap_to.next()) {
    Odometer row_from(p.rows.from, 0), row_to(p.rows.to, 0);
    for (std::int64_t row = 0; row < rows; ++row, row_from.next(), row_to.next()) {
      const T *source = from + tap_from.offset() + row_from.offset();
      T *target = to + tap_to.offset() + row_to.offset();
      for (std::int64_t i = 0; i < p.count; ++i, source += p.from_stride, target += p.to_stride)
        *target = static_cast<T>(static_cast<Sum>(*target) + static_cast<Sum>(*source));
    }
  }
}

} // namespace

void fold(const KernelTable &table, const KernelCall &call) noexcept {
  const KernelOperand &x = call.operands[0];
  const KernelResult &result = call.results[0];
  fill(table, result, 0);
  if (x.meta->size == 0)
    return;
  const Parts parts = parts_of(call);
  const std::int64_t units = parts.others.from.size();
  with_dtype(result.meta->dtype, [&]<class T>(std::type_identity<T>) {
    if constexpr (!std::same_as<T, bool>)
      parallel_ranges(units, units_per_range(x.meta->size / units), [&](auto begin, auto end) {
        Odometer from(parts.others.from, begin), to(parts.others.to, begin);
        for (std::int64_t unit = begin; unit < end; ++unit, from.next(), to.next())
          add_windows(parts, reinterpret_cast<const T *>(x.data) + from.offset(),
                      reinterpret_cast<T *>(result.data) + to.offset());
      });
  });
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Windows along axes, and pooling, which is windows of a padded tensor and a reduction.
#include "runtime/eager/functions/Parts.h"
#include "runtime/eager/functions/Term.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/NumberRange.h"

#include <algorithm>

namespace jit {

using detail::dispatch;
using detail::list_or;
using detail::refuse;
using detail::tensor_meta;
using detail::tensor_term;
using detail::Term;

namespace {

/// The axes in the order given, of a tensor of this rank.
DimList in_order(std::string_view function, const Operand &x, const Axes &axes, std::int64_t rank) {
  DimList resolved;
  for (std::int64_t i = 0; axes.all() && i < rank; ++i)
    resolved.push_back(i);
  for (const std::int64_t axis : axes.values()) {
    std::int64_t from_front = 0;
    detail::throw_if(resolve_axis(function, tensor_meta(function, x), axis, rank, from_front), x);
    resolved.push_back(from_front);
  }
  return resolved;
}

} // namespace

Tensor windows(Operand x, Axes axes, DimList size, DimList stride, DimList dilation) {
  const DimList along = in_order("windows", x, axes, tensor_meta("windows", x).rank);
  const WindowsAttrs attrs{along, size, list_or(stride, along.size(), 1),
                           list_or(dilation, along.size(), 1)};
  return dispatch(OpKind::windows, attrs.encode(), x);
}

Tensor fold(Operand x, Axes axes, DimList extents, DimList stride, DimList dilation) {
  const std::int64_t rank = tensor_meta("fold", x).rank;
  const auto named = static_cast<std::int64_t>(axes.values().size());
  const DimList along = in_order("fold", x, axes, axes.all() ? rank / 2 : rank - named);
  const FoldAttrs attrs{along, extents, list_or(stride, along.size(), 1),
                        list_or(dilation, along.size(), 1)};
  return dispatch(OpKind::fold, attrs.encode(), x);
}

// Pooling
// ----------------------------------------------------------------------------------------------

namespace {

struct PooledAxis {
  std::int64_t in, size, stride, padding, dilation;
  std::int64_t out = 0, high = 0; ///< windows, and elements needed behind the last one

  /// How many elements of window i count, as numbers of places.
  Term counts(const Term &x, bool with_padding) const {
    const std::int64_t more = with_padding ? padding : 0;
    const WhereItLies there(x.meta());
    const Term begin = x.with(arange(out, x.site())) * stride - padding;
    const Term end = x.with(minimum(begin + size, Operand(in + more, x.site())));
    return end - detail::larger(begin, -more);
  }
};

/// The axes behind the first ones, checked, with the number of their windows.
std::vector<PooledAxis> pooled_axes(std::string_view function, const Term &x, const DimList &size,
                                    const Pool &options) {
  const std::size_t axes = size.size(), rank = x.meta().rank;
  const auto fits = [&](const DimList &list) { return list.size() == 0 || list.size() == axes; };
  if (axes < 1 || axes > 3 || axes > rank || !fits(options.stride) || !fits(options.padding) ||
      !fits(options.dilation))
    refuse(function,
           "needs an extent for each of the last one to three axes of " + describe(x.meta()) +
               ", and as many strides, paddings and dilations",
           x.site());
  const DimList padding = list_or(options.padding, axes, 0);
  const DimList dilation = list_or(options.dilation, axes, 1);
  std::vector<PooledAxis> pooled;
  for (std::size_t i = 0; i < axes; ++i) {
    PooledAxis axis{x.extent(rank - axes + i), size[i],
                    options.stride.size() == 0 ? size[i] : options.stride[i], padding[i],
                    dilation[i]};
    std::int64_t total = 0, last = 0;
    if (axis.size < 1 || axis.stride < 1 || axis.dilation < 1 || axis.padding < 0 ||
        axis.padding > axis.size / 2 || __builtin_add_overflow(axis.in, 2 * axis.padding, &total) ||
        __builtin_mul_overflow(axis.size - 1, axis.dilation, &last) || last >= total)
      refuse(function,
             "windows of " + std::to_string(axis.size) + " elements, stride " +
                 std::to_string(axis.stride) + ", padding " + std::to_string(axis.padding) +
                 " and dilation " + std::to_string(axis.dilation) + " do not fit axis " +
                 std::to_string(rank - axes + i) + " of " + describe(x.meta()) +
                 "; padding is at most half of the window",
             x.site());
    const std::int64_t room = total - last - 1;
    axis.out = room / axis.stride + 1;
    if (options.ceil_mode && room % axis.stride && axis.out * axis.stride < axis.in + axis.padding)
      ++axis.out;
    axis.high =
        std::max<std::int64_t>((axis.out - 1) * axis.stride + last + 1 - axis.in - axis.padding, 0);
    pooled.push_back(axis);
  }
  return pooled;
}

/// x with what its windows reach outside, where this value is.
Term padded(const Term &x, const std::vector<PooledAxis> &axes, Operand outside) {
  DimList low, high;
  const std::size_t first = x.meta().rank - axes.size();
  bool any = false;
  for (std::size_t i = 0; i < x.meta().rank; ++i) {
    low.push_back(i < first ? 0 : axes[i - first].padding);
    high.push_back(i < first ? 0 : axes[i - first].high);
    any |= low[i] > 0 || high[i] > 0;
  }
  return any ? x.with(pad(x, low, high, std::move(outside))) : x;
}

Term pooled_windows(const Term &x, const std::vector<PooledAxis> &axes) {
  DimList along, size, stride, dilation;
  const std::size_t first = x.meta().rank - axes.size();
  for (const PooledAxis &axis : axes) {
    along.push_back(static_cast<std::int64_t>(first + along.size()));
    size.push_back(axis.size);
    stride.push_back(axis.stride);
    dilation.push_back(axis.dilation);
  }
  return x.with(windows(x, along, size, stride, dilation));
}

Term every(const Term &x, std::size_t axis, std::int64_t start, std::int64_t count,
           std::int64_t step) {
  DimList starts, extents(x.meta().dims()), steps;
  for (std::size_t i = 0; i < x.meta().rank; ++i) {
    starts.push_back(i == axis ? start : 0);
    steps.push_back(i == axis ? step : 1);
  }
  extents[axis] = count;
  return x.with(detail::slice_at(x, starts, extents, steps));
}

/// The largest elements of windows along one axis. Elements side by side are read fastest: it pays
/// to compare twice as many, and to leave out every other result.
Term largest_along(const Term &x, std::size_t axis, const PooledAxis &windows) {
  const bool skips = windows.stride == 2 && axis + 1 == x.meta().rank;
  const std::int64_t step = skips ? 1 : windows.stride;
  const std::int64_t count = skips ? (windows.out - 1) * windows.stride + 1 : windows.out;
  Term best = every(x, axis, 0, count, step);
  for (std::int64_t i = 1; i < windows.size; ++i)
    best = detail::larger(best, every(x, axis, i * windows.dilation, count, step));
  return skips ? every(best, axis, 0, windows.out, windows.stride) : best;
}

/// The axes of the elements of windows.
Reduce over_elements(const std::vector<PooledAxis> &axes) {
  DimList last;
  for (std::size_t i = 0; i < axes.size(); ++i)
    last.push_back(-1 - static_cast<std::int64_t>(i));
  return {.axis = last};
}

Operand lowest(const Term &x) {
  const DType dtype = x.meta().dtype;
  if (is_float(dtype))
    return {-std::numeric_limits<double>::infinity(), x.site()};
  return dtype == DType::boolean ? Operand(false, x.site())
                                 : Operand(number_range(dtype).low, x.site());
}

} // namespace

Tensor max_pool(Operand x, DimList size, Pool options) {
  const Term value = tensor_term("max_pool", x);
  const std::vector<PooledAxis> axes = pooled_axes("max_pool", value, size, options);
  Term whole = padded(value, axes, lowest(value));
  // Small windows axis by axis, from the last one on, so that the first of equal elements wins.
  constexpr std::int64_t small = 8;
  if (std::ranges::any_of(axes, [](const PooledAxis &axis) { return axis.size > small; }))
    return max(pooled_windows(whole, axes), over_elements(axes));
  const std::size_t first = value.meta().rank - axes.size();
  for (std::size_t i = axes.size(); i-- > 0;)
    whole = largest_along(whole, first + i, axes[i]);
  return whole.tensor();
}

Tensor avg_pool(Operand x, DimList size, Pool options) {
  Term value = tensor_term("avg_pool", x);
  if (options.dilation.size() > 0)
    refuse("avg_pool", "takes no dilation", value.site());
  if (options.divisor && *options.divisor == 0)
    refuse("avg_pool", "the divisor must not be 0", value.site());
  if (!is_float(value.meta().dtype))
    value = value.with(astype(value, DType::f32));
  const std::vector<PooledAxis> axes = pooled_axes("avg_pool", value, size, options);
  const Term whole = padded(value, axes, {0, value.site()});
  const Term total = value.with(sum(pooled_windows(whole, axes), over_elements(axes)));
  std::int64_t count = 1;
  bool all_count = true;
  for (const PooledAxis &axis : axes) {
    count *= axis.size;
    all_count &= axis.high <= (options.count_include_pad ? axis.padding : 0) &&
                 (options.count_include_pad || axis.padding == 0);
  }
  if (options.divisor || all_count)
    return (total / static_cast<double>(options.divisor.value_or(count))).tensor();
  Term counts(1.0, value.site());
  for (const PooledAxis &axis : axes) {
    DimList column{axis.out};
    for (std::size_t i = static_cast<std::size_t>(&axis - axes.data()) + 1; i < axes.size(); ++i)
      column.push_back(1);
    const Term own =
        value.with(astype(axis.counts(value, options.count_include_pad), value.meta().dtype));
    const Term shaped = value.with(reshape(own, column));
    counts = counts.is_tensor() ? counts * shaped : shaped;
  }
  return (total / counts).tensor();
}

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Windows along axes, and their elements put back.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Axes.h"
#include "runtime/ops/ShapeRules.h"

#include <algorithm>

namespace jit {
namespace {

/// How many windows there are of `size` elements along an axis of extent n, if one fits.
std::optional<std::int64_t> count_windows(std::int64_t n, std::int64_t size, std::int64_t stride,
                                          std::int64_t dilation) {
  std::int64_t last = 0; // place of the last element in a window
  if (size < 1 || stride < 1 || dilation < 1 || __builtin_mul_overflow(size - 1, dilation, &last) ||
      last >= n)
    return std::nullopt;
  return (n - last - 1) / stride + 1;
}

std::string do_not_fit(std::int64_t size, std::int64_t stride, std::int64_t dilation,
                       std::int64_t axis, const std::string &of) {
  return "windows of " + std::to_string(size) + " elements, stride " + std::to_string(stride) +
         " and dilation " + std::to_string(dilation) + " do not fit axis " + std::to_string(axis) +
         " of " + of;
}

RuleError check_lists(const Meta &x, Dims axes, Dims sizes, Dims stride, Dims dilation,
                      std::size_t rank) {
  if (axes.empty())
    return std::string("needs at least one axis");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] < 0 || axes[i] >= static_cast<std::int64_t>(rank))
      return "axis " + std::to_string(axes[i]) + " is out of range for " + describe(x);
    if (std::ranges::find(axes.first(i), axes[i]) != axes.begin() + static_cast<std::ptrdiff_t>(i))
      return "axis " + std::to_string(axes[i]) + " is repeated";
  }
  if (sizes.size() != axes.size() || stride.size() != axes.size() || dilation.size() != axes.size())
    return "an extent, a stride and a dilation are needed for each of " +
           std::to_string(axes.size()) + " axes";
  return std::nullopt;
}

} // namespace

RuleError infer_windows(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const WindowsAttrs attrs = WindowsAttrs::decode(request.attrs);
  if (RuleError error =
          check_lists(x, attrs.axes, attrs.size, attrs.stride, attrs.dilation, x.rank))
    return error;
  if (x.rank + attrs.axes.size() > max_rank)
    return "the result would have more than 8 axes: " + describe(x);
  ResultType &result = out.results[0];
  result = {x.dtype, DimList(x.dims()), DimList(x.strides()), true};
  for (std::size_t i = 0; i < attrs.axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(attrs.axes[i]);
    const auto count =
        count_windows(x.dims()[axis], attrs.size[i], attrs.stride[i], attrs.dilation[i]);
    if (!count)
      return do_not_fit(attrs.size[i], attrs.stride[i], attrs.dilation[i], attrs.axes[i],
                        describe(x));
    result.dims[axis] = *count;
    result.strides[axis] = *count > 1 ? x.strides()[axis] * attrs.stride[i] : 0;
    result.dims.push_back(attrs.size[i]);
    result.strides.push_back(attrs.size[i] > 1 ? x.strides()[axis] * attrs.dilation[i] : 0);
  }
  return std::nullopt;
}

RuleError infer_fold(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const FoldAttrs attrs = FoldAttrs::decode(request.attrs);
  if (x.rank < attrs.axes.size())
    return describe(x) + " has no axes for the elements of windows along " +
           std::to_string(attrs.axes.size()) + " axes";
  const std::size_t rank = x.rank - attrs.axes.size();
  if (RuleError error =
          check_lists(x, attrs.axes, attrs.extents, attrs.stride, attrs.dilation, rank))
    return error;
  ResultType &result = out.results[0];
  result.dtype = x.dtype;
  result.dims = DimList(x.dims().first(rank));
  for (std::size_t i = 0; i < attrs.axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(attrs.axes[i]);
    const std::int64_t size = x.dims()[rank + i], extent = attrs.extents[i];
    if (count_windows(extent, size, attrs.stride[i], attrs.dilation[i]) != x.dims()[axis])
      return std::to_string(x.dims()[axis]) + " " +
             do_not_fit(size, attrs.stride[i], attrs.dilation[i], attrs.axes[i],
                        "extent " + std::to_string(extent) + ", for " + describe(x));
    result.dims[axis] = extent;
  }
  return std::nullopt;
}

} // namespace jit

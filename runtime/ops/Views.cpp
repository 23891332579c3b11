// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Places of views.
#include "runtime/ops/Views.h"
#include "runtime/ops/Attributes.h"

#include <algorithm>

namespace jit {

SliceRange resolve_slice(std::int64_t size, std::optional<std::int64_t> begin,
                         std::optional<std::int64_t> end, std::int64_t step) noexcept {
  // Walking backwards, positions lie in [-1, size - 1], forwards in [0, size].
  const std::int64_t lowest = step < 0 ? -1 : 0, highest = step < 0 ? size - 1 : size;
  const auto place = [&](std::optional<std::int64_t> bound, std::int64_t fallback) {
    if (!bound)
      return fallback;
    return std::clamp(*bound < 0 ? *bound + size : *bound, lowest, highest);
  };
  const std::int64_t start = place(begin, step < 0 ? highest : lowest);
  const std::int64_t stop = place(end, step < 0 ? lowest : highest);
  const std::int64_t distance = step < 0 ? start - stop : stop - start;
  if (distance <= 0)
    return {0, 0};
  // -step could overflow; the quotient by it is the same.
  return {start, 1 + (step < 0 ? -((distance - 1) / step) : (distance - 1) / step)};
}

SliceBox slice_box(const InferRequest &request) noexcept {
  if (request.op == OpKind::slice_update)
    return {DimList(request.operands[1].meta->dims()),
            SliceUpdateAttrs::decode(request.attrs).steps};
  const SliceAttrs attrs = SliceAttrs::decode(request.attrs);
  return {attrs.extents, attrs.steps};
}

std::optional<std::string> check_starts(const InferRequest &request, Dims starts) {
  const Meta &x = *request.operands[0].meta;
  const SliceBox attrs = slice_box(request);
  for (std::size_t i = 0; i < x.rank; ++i) {
    if (attrs.extents[i] == 0)
      continue;
    const std::int64_t size = x.dims()[i], last = (attrs.extents[i] - 1) * attrs.steps[i];
    if (starts[i] < 0 || starts[i] >= size || last < -starts[i] || last > size - 1 - starts[i])
      return std::string(info(request.op).name) + ": start " + std::to_string(starts[i]) +
             " with " + std::to_string(attrs.extents[i]) + " elements and step " +
             std::to_string(attrs.steps[i]) + " leaves axis " + std::to_string(i) + " of " +
             describe(x);
  }
  return std::nullopt;
}

std::int64_t view_offset(const InferRequest &request, Dims starts) noexcept {
  const Meta &x = *request.operands[0].meta;
  if (request.op != OpKind::slice)
    return 0;
  const SliceAttrs attrs = SliceAttrs::decode(request.attrs);
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < x.rank; ++i) {
    if (attrs.extents[i] == 0)
      return 0; // starts are not checked then
    offset += starts[i] * x.strides()[i];
  }
  return offset;
}

} // namespace jit

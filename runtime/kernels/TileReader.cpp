// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/TileReader.h"

#include <algorithm>

namespace jit {

const std::byte *TileReader::gather(const std::byte *data, std::int64_t start, std::int64_t count,
                                    std::byte *scratch) const noexcept {
  const int last = view.rank - 1;
  std::int64_t index[max_rank] = {};
  std::int64_t offset = 0;
  std::int64_t rest = start;
  for (int axis = last; axis > 0 && rest > 0; --axis) {
    index[axis] = rest % view.dims[axis];
    rest /= view.dims[axis];
    offset += index[axis] * view.strides[axis];
  }
  index[0] = rest;
  offset += rest * view.strides[0];

  const auto bytes = static_cast<std::ptrdiff_t>(step);
  const std::int64_t extent = view.dims[last], stride = view.strides[last];
  if (in_place && index[last] + count <= extent)
    return data + offset * bytes;

  std::byte *target = scratch;
  const std::size_t target_step = itemsize(to);
  while (count > 0) {
    const std::int64_t run = std::min(extent - index[last], count);
    convert(target, data + offset * bytes, stride, static_cast<std::size_t>(run));
    target += static_cast<std::size_t>(run) * target_step;
    count -= run;
    if (count == 0)
      break;
    offset -= index[last] * stride;
    index[last] = 0;
    for (int axis = last - 1; axis >= 0; --axis) { // carry
      offset += view.strides[axis];
      if (++index[axis] < view.dims[axis])
        break;
      offset -= index[axis] * view.strides[axis];
      index[axis] = 0;
    }
  }
  return scratch;
}

} // namespace jit

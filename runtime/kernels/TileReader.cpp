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

  const auto move = [&](int axis, std::int64_t by) {
    index[axis] += by;
    offset += by * view.strides[axis];
    for (; axis > 0 && index[axis] == view.dims[axis]; --axis) { // carry
      offset += view.strides[axis - 1] - index[axis] * view.strides[axis];
      index[axis] = 0;
      ++index[axis - 1];
    }
  };
  constexpr std::int64_t short_run = 32; // longer ones are worth a call each
  std::byte *target = scratch;
  while (count > 0) {
    std::int64_t done = std::min(extent - index[last], count);
    if (copy_runs && extent <= short_run && index[last] == 0 && last > 0 && count >= 2 * extent) {
      const std::int64_t runs = std::min(count / extent, view.dims[last - 1] - index[last - 1]);
      copy_runs(target, data + offset * bytes, static_cast<std::size_t>(extent), stride,
                static_cast<std::size_t>(runs), view.strides[last - 1]);
      done = runs * extent;
      move(last - 1, runs);
    } else {
      convert(target, data + offset * bytes, stride, static_cast<std::size_t>(done));
      move(last, done);
    }
    target += static_cast<std::size_t>(done) * itemsize(to);
    count -= done;
  }
  return scratch;
}

} // namespace jit

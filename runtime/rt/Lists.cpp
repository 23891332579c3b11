// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lists of extents, strides and attributes. Who wrote the words has checked that they are short.
#include "runtime/ops/Attributes.h"

#include <algorithm>

namespace jit {

DimList::DimList(Dims list, std::source_location) {
  for (const std::int64_t value : list)
    push_back(value);
}

void DimList::push_back(std::int64_t value, std::source_location) {
  if (count == max_rank)
    __builtin_trap();
  values[count++] = value;
}

DimList AttrReader::list() {
  const auto size = static_cast<std::size_t>(integer());
  const DimList values{words.subspan(next, size)};
  next += size;
  return values;
}

DimList row_major_strides(Dims dims) noexcept {
  DimList strides{dims};
  std::int64_t step = 1;
  for (std::size_t i = dims.size(); i-- > 0;) {
    strides[i] = step;
    step *= std::max<std::int64_t>(dims[i], 1);
  }
  return strides;
}

} // namespace jit

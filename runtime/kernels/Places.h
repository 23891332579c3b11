// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Places that a tensor of integers names along an axis; they have been checked.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/TileReader.h"

namespace jit {

/// An index operand as places in [0, extent): negative ones count from the end.
class Places {
public:
  Places(const KernelTable &table, const KernelOperand &operand, std::int64_t extent) noexcept
      : reader(merged(operand), DType::i64, table), extent(extent) {}
  /// At most tile_elements of them.
  const std::int64_t *read(std::int64_t first, std::int64_t count) noexcept {
    auto *own = reinterpret_cast<std::int64_t *>(scratch);
    const auto *places = reinterpret_cast<const std::int64_t *>(reader.read(first, count, scratch));
    std::int64_t signs = 0;
    for (std::int64_t i = 0; i < count; ++i)
      signs |= places[i];
    if (signs >= 0) [[likely]]
      return places;
    for (std::int64_t i = 0; i < count; ++i)
      own[i] = places[i] + (places[i] < 0 ? extent : 0);
    return own;
  }

private:
  static StridedView merged(const KernelOperand &operand) noexcept {
    StridedView view = view_of(*operand.meta, operand.data);
    merge_axes(view);
    return view;
  }
  TileReader reader;
  std::int64_t extent;
  alignas(64) std::byte scratch[tile_elements * sizeof(std::int64_t)];
};

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Meta: dtype, place, extents and strides of a tensor, interned as long as there is room, so that
// one pointer compare decides whether two tensors look alike.
#pragma once

#include "runtime/base/Export.h"

#include <tracejit/dims.h>
#include <tracejit/dtype.h>

#include <cstdint>
#include <optional>
#include <string>

namespace jit {

/// Where elements lie and ops on them run: 0 is the CPU, n the GPU of index n - 1.
using DeviceNumber = std::uint8_t;
inline constexpr DeviceNumber on_cpu = 0;

/// Immutable. Strides count elements, may be 0 (broadcast) or negative (flipped).
struct Meta {
  DType dtype;
  std::uint8_t rank;
  /// Row-major without gaps; also true for size 0 and 1.
  bool contiguous;
  /// In the table, for ever: equal metas are the same pointer. Another meta is owned by the one
  /// tensor that uses it, and is compared by content.
  bool interned;
  DeviceNumber device;
  /// Product of the extents.
  std::int64_t size;
  std::int64_t dim_values[max_rank];
  std::int64_t stride_values[max_rank];

  Dims dims() const noexcept { return {dim_values, rank}; }
  Dims strides() const noexcept { return {stride_values, rank}; }
  /// Bytes of a block that holds `size` elements without gaps.
  std::size_t bytes() const noexcept { return static_cast<std::size_t>(size) * itemsize(dtype); }
};

/// Number of elements, or nothing if it or the bytes overflow 63 bits or an extent is negative.
std::optional<std::int64_t> checked_size(DType dtype, Dims dims) noexcept;

/// Row-major strides. Precondition: checked_size holds.
TRACEJIT_PRIVATE DimList row_major_strides(Dims dims) noexcept;

/// Strides that address the same elements, with those that address none made equal: row-major if
/// the tensor is contiguous, else 0 for axes of extent 1.
DimList canonical_strides(Dims dims, Dims strides) noexcept;

/// Finds or adds a meta, for what is recorded and compiled; strides are made canonical.
/// Precondition: checked_size holds; strides.size() == dims.size(). Past the cap (65,536 metas) the
/// result is the caller's own and goes to release_meta.
TRACEJIT_PRIVATE const Meta *intern_meta(DType dtype, Dims dims, Dims strides,
                                         DeviceNumber device = on_cpu);
TRACEJIT_PRIVATE const Meta *intern_contiguous(DType dtype, Dims dims);

/// The same for a value of an op that runs: once the table is half full, only shapes that come
/// again get a place, and none in its last quarter. So there is room for what is recorded.
TRACEJIT_PRIVATE const Meta *value_meta(DType dtype, Dims dims, Dims strides,
                                        DeviceNumber device = on_cpu);
TRACEJIT_PRIVATE const Meta *contiguous_value_meta(DType dtype, Dims dims,
                                                   DeviceNumber device = on_cpu);

TRACEJIT_PRIVATE const Meta *find_interned(const Meta &meta) noexcept;
/// The equal meta in the table, or nullptr.
inline const Meta *interned_twin(const Meta &meta) noexcept {
  return meta.interned ? &meta : find_interned(meta);
}
/// By content.
TRACEJIT_PRIVATE bool same_meta(const Meta &a, const Meta &b) noexcept;

/// Frees a meta that is not interned; call when its one owner goes.
void release_meta(const Meta *meta) noexcept;

/// "f32[2,3]", as in error messages; of a tensor on a GPU "f32[2,3]@cuda:0".
TRACEJIT_PRIVATE std::string describe(DType dtype, Dims dims);
TRACEJIT_PRIVATE std::string describe(const Meta &meta);

} // namespace jit

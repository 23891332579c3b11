// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A matrix of weights, copied into the order in which products read it and kept with its storage.
#pragma once

#include "runtime/base/Export.h"

#include <tracejit/dtype.h>

#include <cstddef>
#include <cstdint>

namespace jit {

struct Storage;

/// k rows and n columns of floats; strides count elements.
struct MatrixAt {
  const std::byte *data = nullptr;
  DType dtype = DType::f32;
  std::int64_t k = 0, n = 0;
  std::int64_t row_stride = 0, column_stride = 0;
  bool operator==(const MatrixAt &) const = default;
};

/// Columns lie in panels, [n / width][k][width], as wide as register tiles; behind the last column
/// anything.
struct PackedMatrix {
  MatrixAt from;
  std::int64_t width = 0;
  std::byte *data = nullptr; ///< at a multiple of 64
  std::size_t bytes = 0;     ///< of the allocation, which holds this too; 0: it stands for none
};

/// Room for a packed `from`, or nullptr: no memory, or option `packed` allows no more.
PackedMatrix *new_packed(const MatrixAt &from, std::int64_t width) noexcept;
void free_packed(PackedMatrix *packed) noexcept;
/// When the storage's bytes have changed or go; nobody else uses it.
TRACEJIT_PRIVATE void drop_packed(Storage &storage) noexcept;
/// Of all of them.
std::int64_t all_packed_bytes() noexcept;

} // namespace jit

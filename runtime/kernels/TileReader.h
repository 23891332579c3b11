// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// TileReader: hands out runs of a strided tensor as contiguous elements of the dtype asked for,
// in place where they already lie so, else copied to scratch.
#pragma once

#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/StridedView.h"

namespace jit {

class TileReader {
public:
  /// `view` has merged axes.
  TileReader(const StridedView &view, DType to, const KernelTable &table) noexcept
      : view(view), to(to), convert(table.convert[slot(to)][slot(view.dtype)]),
        copy_runs(to == view.dtype ? table.copy_runs[slot(to)] : nullptr),
        step(itemsize(view.dtype)), in_place(to == view.dtype && view.strides[view.rank - 1] == 1) {
  }

  /// Whether the whole tensor is one run in memory of the right dtype.
  bool contiguous() const noexcept { return in_place && view.rank == 1; }
  /// Whether every element is the same one in memory.
  bool constant() const noexcept { return view.rank == 1 && view.strides[0] == 0; }

  /// Elements [start, start + count) in logical order. `scratch` has room for `count` elements.
  const std::byte *read(std::int64_t start, std::int64_t count, std::byte *scratch) const noexcept {
    return read(view.data, start, count, scratch);
  }
  /// Same of the tensor of equal strides whose element [0, ..., 0] is at `data`.
  const std::byte *read(const std::byte *data, std::int64_t start, std::int64_t count,
                        std::byte *scratch) const noexcept {
    if (in_place && view.rank == 1)
      return data + start * static_cast<std::ptrdiff_t>(step);
    return gather(data, start, count, scratch);
  }

private:
  const std::byte *gather(const std::byte *data, std::int64_t start, std::int64_t count,
                          std::byte *scratch) const noexcept;

  StridedView view;
  DType to;
  ConvertLoop convert;
  CopyRunsLoop copy_runs; ///< null: elements are converted
  std::size_t step;
  bool in_place;
};

} // namespace jit

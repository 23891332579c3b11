// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walk: one launch of a kernel over points (WalkArgs.h).
#pragma once

#include "runtime/cuda/Families.h"
#include "runtime/cuda/WalkArgs.h"
#include "runtime/kernels/StridedView.h"

#include <array>
#include <string_view>

namespace jit::gpu {

class Walk {
public:
  explicit Walk(Gpu &gpu) noexcept : gpu(gpu) {}

  /// Innermost axis so far; elements between neighbours along it, for each side.
  void push(std::int64_t extent, std::array<std::int64_t, walk_sides> strides) noexcept;
  std::int64_t size() const noexcept { return views[0].size(); }

  /// Addresses of the device, of element [0, ..., 0].
  std::array<const void *, walk_memory> memory{};
  std::array<std::int64_t, walk_numbers> number{};

  /// Takes neighbours that are moved together for one item, of up to 16 bytes, as long as the
  /// addresses of memory 0 and 1 allow it: the first `moved` sides are of items, the others say
  /// where they lie, and `step` is a stride of items too. Returns the bytes of an item.
  std::size_t widen(std::size_t bytes, unsigned moved, std::int64_t &step) noexcept;

  /// Launches STEM + VARIANT + _s or _S, unless there are no points.
  Launched run(std::string_view stem, std::string_view variant = {}) noexcept;
  /// The same of so many blocks at most, which share some memory.
  Launched run_blocks(std::string_view stem, std::uint64_t blocks, unsigned shared_bytes) noexcept;

private:
  bool is_narrow() const noexcept;
  template <class Args, class Index> Args args() const noexcept;
  Launched launch(std::string_view stem, std::string_view variant, std::uint64_t blocks,
                  unsigned shared_bytes) noexcept;

  Gpu &gpu;
  std::array<StridedView, walk_sides> views{};
};

/// "1", "2", "4", "8" or "16", as in the names of kernels.
std::string_view item_name(std::size_t bytes) noexcept;

} // namespace jit::gpu

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/RowLaunch.h"

#include "runtime/base/OutOfMemory.h"

#include <algorithm>
#include <bit>
#include <string>

namespace jit::gpu {

const KernelFunction *find_kernel(Gpu &gpu,
                                  std::initializer_list<std::string_view> words) noexcept {
  const KernelFunction *kernel = nullptr;
  if_memory([&] {
    std::string name;
    for (std::string_view word : words)
      name.append(name.empty() ? "" : "_").append(word);
    kernel = gpu.packed().find(name);
  });
  return kernel;
}

Launched start(Gpu &gpu, const KernelFunction *kernel, std::int64_t units,
               std::span<const std::byte> args, unsigned shared_bytes) noexcept {
  if (!kernel)
    return gpu.is_usable() ? Launched::no_kernel : Launched::refused;
  KernelFunction with_memory = *kernel;
  with_memory.shared_bytes = shared_bytes;
  return gpu.launch(with_memory, static_cast<std::uint64_t>(units), args) ? Launched::yes
                                                                          : Launched::refused;
}

Launched convert(Gpu &gpu, DeviceScratch &scratch, DType to, StridedView &x) noexcept {
  std::byte *copy = scratch.take(x.size(), to);
  const Launched launched = copy ? run_copy(gpu, x, to, copy) : Launched::refused;
  x.data = copy;
  x.dtype = to;
  std::int64_t step = 1;
  for (int axis = x.rank - 1; axis >= 0; step *= x.dims[axis--])
    x.strides[axis] = step;
  return launched;
}

void set_axes(RowAxes &axes, const StridedView &view) noexcept {
  axes.rank = static_cast<unsigned>(view.rank);
  for (int axis = 0; axis < view.rank; ++axis) {
    const auto extent = static_cast<std::uint64_t>(view.dims[axis]);
    const auto division = division_by(extent);
    axes.extent[axis] = extent;
    axes.magic[axis] = division.magic;
    axes.shift[axis] = division.shift;
    axes.stride[axis] = view.strides[axis];
  }
}

bool is_aligned(const std::byte *data, const StridedView &begins, DType dtype,
                std::int64_t vector) noexcept {
  const auto item = static_cast<std::int64_t>(itemsize(dtype)), bytes = vector * item;
  if (reinterpret_cast<std::uintptr_t>(data) % static_cast<std::uintptr_t>(bytes) != 0)
    return false;
  for (int axis = 0; axis < begins.rank; ++axis)
    if (begins.dims[axis] != 1 && begins.strides[axis] * item % bytes != 0)
      return false;
  return true;
}

unsigned members_of(std::int64_t elements, std::int64_t vector) noexcept {
  return std::bit_ceil(
      static_cast<unsigned>(std::clamp<std::int64_t>(ceil_div(elements, vector), 1, most_members)));
}

} // namespace jit::gpu

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Walk.h"

#include "runtime/cuda/FamilyArgs.h"
#include "runtime/cuda/PackedLaunch.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <limits>

namespace jit::gpu {

static_assert(max_rank == max_axes && std::size(WalkArgs{}.memory) == walk_memory &&
              std::size(WalkArgs{}.number) == walk_numbers &&
              std::size(WalkArgs{}.stride) == walk_sides);

void Walk::push(std::int64_t extent, std::array<std::int64_t, walk_sides> strides) noexcept {
  for (unsigned side = 0; side < walk_sides; ++side)
    views[side].push(extent, strides[side]);
}

std::size_t Walk::widen(std::size_t bytes, unsigned moved, std::int64_t &step) noexcept {
  merge_axes(views.data(), walk_sides);
  const int last = views[0].rank - 1;
  const auto allows = [&](unsigned side) {
    const StridedView &view = views[side];
    if (side >= moved)
      return view.strides[last] == 0;
    return view.strides[last] == 1 && std::all_of(view.strides, view.strides + last,
                                                  [](auto stride) { return stride % 2 == 0; });
  };
  const auto is_even = [&](const void *address) {
    return reinterpret_cast<std::uintptr_t>(address) % (2 * bytes) == 0;
  };
  while (bytes < 16 && views[0].dims[last] % 2 == 0 && step % 2 == 0 && is_even(memory[0]) &&
         is_even(memory[1]) && allows(0) && allows(1) && allows(2)) {
    for (unsigned side = 0; side < walk_sides; ++side) {
      views[side].dims[last] /= 2;
      for (int axis = 0; axis < last && side < moved; ++axis)
        views[side].strides[axis] /= 2;
    }
    step /= 2;
    bytes *= 2;
  }
  return bytes;
}

bool Walk::is_narrow() const noexcept {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  return size() <= most && std::ranges::all_of(views, [](const StridedView &view) {
           std::int64_t reach = 0;
           for (int axis = 0; axis < view.rank; ++axis)
             reach += std::abs(view.strides[axis]) * (view.dims[axis] - 1);
           return reach <= most;
         });
}

template <class Args, class Index> Args Walk::args() const noexcept {
  Args args{};
  for (unsigned k = 0; k < walk_memory; ++k)
    args.memory[k] = const_cast<void *>(memory[k]);
  std::ranges::copy(number, args.number);
  args.count = static_cast<Index>(size());
  args.rank = static_cast<unsigned>(views[0].rank);
  for (int axis = 0; axis < views[0].rank; ++axis) {
    const auto division = division_by(static_cast<Index>(views[0].dims[axis]));
    args.extent[axis] = static_cast<Index>(views[0].dims[axis]);
    args.magic[axis] = division.magic;
    args.shift[axis] = division.shift;
    for (unsigned side = 0; side < walk_sides; ++side)
      args.stride[side][axis] = static_cast<std::make_signed_t<Index>>(views[side].strides[axis]);
  }
  return args;
}

Launched Walk::launch(std::string_view stem, std::string_view variant, std::uint64_t blocks,
                      unsigned shared_bytes) noexcept {
  if (size() == 0)
    return Launched::yes;
  merge_axes(views.data(), walk_sides);
  return is_narrow() ? launch_packed(gpu, {stem, variant, "_s"}, blocks,
                                     args<WalkArgs, std::uint32_t>(), shared_bytes)
                     : launch_packed(gpu, {stem, variant, "_S"}, blocks,
                                     args<WideWalkArgs, std::uint64_t>(), shared_bytes);
}

Launched Walk::run(std::string_view stem, std::string_view variant) noexcept {
  constexpr std::int64_t per_block = 256;
  return launch(stem, variant, static_cast<std::uint64_t>((size() + per_block - 1) / per_block), 0);
}

Launched Walk::run_blocks(std::string_view stem, std::uint64_t blocks,
                          unsigned shared_bytes) noexcept {
  return launch(stem, {}, blocks, shared_bytes);
}

std::string_view item_name(std::size_t bytes) noexcept {
  return bytes == 1 ? "1" : bytes == 2 ? "2" : bytes == 4 ? "4" : bytes == 8 ? "8" : "16";
}

} // namespace jit::gpu

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The range of a tensor of integers on the device: a launch or two, and a read of 16 bytes.
#include "runtime/cuda/Gpu.h"
#include "runtime/cuda/Scratch.h"
#include "runtime/cuda/Tuning.h"
#include "runtime/cuda/Walk.h"

#include <algorithm>

namespace jit::gpu {

std::optional<IndexRange> Gpu::index_range(const Meta &meta, const std::byte *data) noexcept {
  const std::int64_t blocks =
      std::clamp<std::int64_t>((meta.size + range_per_block - 1) / range_per_block, 1,
                               std::min(own_limits.multiprocessors, 256));
  DeviceScratch scratch(*this);
  std::byte *const whole = scratch.take(2, DType::i64);
  std::byte *const of_blocks = scratch.take(2 * blocks, DType::i64);
  if (!whole || !of_blocks)
    return std::nullopt;
  Walk parts(*this);
  for (std::size_t axis = 0; axis < meta.rank; ++axis)
    parts.push(meta.dims()[axis], {meta.strides()[axis], 0, 0});
  parts.memory = {of_blocks, data};
  parts.number[0] = static_cast<std::int64_t>(meta.dtype);
  const std::byte *result = of_blocks;
  Launched launched =
      parts.run_blocks("index_range", static_cast<std::uint64_t>(blocks), range_shared_bytes);
  if (launched == Launched::yes && blocks > 1) {
    Walk all(*this);
    all.push(2 * blocks, {1, 0, 0});
    all.memory = {whole, of_blocks};
    all.number[0] = static_cast<std::int64_t>(DType::i64);
    result = whole;
    launched = all.run_blocks("index_range", 1, range_shared_bytes);
  }
  IndexRange range{};
  if (launched != Launched::yes ||
      !download(reinterpret_cast<std::byte *>(&range), result, sizeof range))
    return std::nullopt;
  return range;
}

} // namespace jit::gpu

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of pairs of a key and a place (PairArgs.h), in scratch memory, which are sorted.
#pragma once

#include "runtime/cuda/Families.h"
#include "runtime/cuda/Scratch.h"

namespace jit::gpu {

class Walk;

class Pairs {
public:
  enum Kind : bool { in_short, in_long };
  /// Room for `rows` rows of `row` pairs, of which there are some.
  Pairs(Gpu &gpu, Kind kind, std::int64_t rows, std::int64_t row) noexcept;
  /// False: no memory, or the device cannot be used.
  explicit operator bool() const noexcept { return place && other; }

  /// Where they are to be put, and after sort() where the sorted ones lie.
  std::byte *data() const noexcept { return place; }
  Launched sort() noexcept;
  /// result[i] = the place of the pair that lies at the offset of point i of `walk`, in pairs;
  /// i64. Its memory is set here.
  Launched write_places(Walk &walk, std::byte *result) const noexcept;

private:
  Launched merge(std::string_view kernel, std::byte *from, std::byte *to, std::int64_t run,
                 std::uint64_t blocks, unsigned shared_bytes) noexcept;

  Gpu &gpu;
  const Kind kind;
  const std::int64_t rows, row;
  DeviceScratch scratch;
  std::byte *place, *other;
};

} // namespace jit::gpu

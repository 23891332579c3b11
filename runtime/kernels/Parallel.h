// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Work over the pool in ranges whose borders depend on shapes only.
#pragma once

#include "runtime/kernels/ThreadPool.h"

#include <algorithm>
#include <cstdint>

namespace jit {

/// Elements whose simplest work takes 2 to 5 us: below, forking costs more than it brings.
inline constexpr std::int64_t parallel_elements = 32768;

/// body(begin, end) for ranges of `grain` that cover [0, count). `kind` as for parallel_for.
template <class Body>
void parallel_ranges(std::int64_t count, std::int64_t grain, const Body &body,
                     std::uint64_t kind = 0) noexcept {
  if (count <= grain) {
    if (count > 0)
      body(std::int64_t{0}, count);
    return;
  }
  parallel_for(
      (count + grain - 1) / grain,
      [&](std::int64_t chunk) { body(chunk * grain, std::min(count, (chunk + 1) * grain)); }, kind);
}

/// The kind of jobs that call this function.
template <class Function> std::uint64_t kind_of_job(Function *function) noexcept {
  return reinterpret_cast<std::uintptr_t>(function);
}

/// How many units of `elements` elements one range takes.
inline std::int64_t units_per_range(std::int64_t elements) noexcept {
  return std::max<std::int64_t>(1, parallel_elements / 2 / std::max<std::int64_t>(1, elements));
}

} // namespace jit

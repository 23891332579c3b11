// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Generator: the state of a stream of random numbers.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)
namespace jit {

namespace detail {
struct GeneratorAccess;
}

/// Philox4x32-10 with a 64-bit key and a counter. A call reserves its range of the counter at once,
/// so results do not depend on when kernels run. Not for use by two threads at a time.
class Generator {
public:
  explicit Generator(std::uint64_t seed) noexcept : key(seed) {}

private:
  friend struct detail::GeneratorAccess;
  std::uint64_t key;
  std::uint64_t counter = 0;
};

} // namespace jit
#pragma GCC visibility pop

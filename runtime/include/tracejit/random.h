// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Generator: the state of a stream of random numbers. The default one.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)
namespace jit {

namespace detail {
struct GeneratorAccess;
}

/// Starts the default generator anew: the one of the process, from which functions draw that are
/// not given a Generator. It begins as if seeded with 0. Any thread may draw from it; which of two
/// threads gets which numbers is not defined.
void seed(std::uint64_t seed);

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

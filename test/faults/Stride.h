// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which of many cases a test takes where there is no time for all.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

namespace jit::faults {

/// Every TRACEJIT_FAULTS_STRIDE-th; 1 if that is not set.
inline std::uint64_t stride() {
  const char *text = std::getenv("TRACEJIT_FAULTS_STRIDE");
  return text ? std::strtoull(text, nullptr, 10) : 1;
}
/// The first of them, drawn at random, so that all come up in time.
inline std::uint64_t first_of(std::uint64_t step) { return std::random_device()() % step; }

} // namespace jit::faults

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients against finite differences: eager and compiled ones agree on a wrong rule too.
#pragma once

#include <cstdint>
#include <string>

namespace jit::fuzz {

/// Runs a differentiable program eagerly and compares its gradients with central differences along
/// one direction. A message if they differ, else empty. `decided`: the program was smooth there.
std::string check_gradients(std::uint64_t seed, bool *decided = nullptr);

} // namespace jit::fuzz

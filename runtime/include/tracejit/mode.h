// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How much the runtime does beyond running ops one by one.
#pragma once

#include <cstdint>

namespace jit {

/// off: plain eager. log: record traces, compile nothing. on: compile what is hot. check: run hot
/// traces both ways, compare the bits and keep the eager results.
enum class Mode : std::uint8_t { off, log, on, check };

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants of a compiled function in a file of their own (runtime/rt/rt.h has its format).
#pragma once

#include "runtime/jit/Compiler.h"

#include <cstddef>
#include <span>
#include <vector>

namespace tracec {

/// The bytes of a tensor, from its lowest address on.
std::span<const std::byte> bytes_of(const jit::Impl &tensor);

/// Gives every constant of `function` its place, and returns the data of the file.
std::vector<std::byte> lay_out_weights(jit::ArtefactFunction &function);
/// The header in front of the data.
std::vector<std::byte> weights_header(const jit::ArtefactFunction::Weights &weights);

} // namespace tracec

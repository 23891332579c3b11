// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls of one op in all the ways that matter, from the samples of its record: edge shapes,
// layouts, ranks. A new op needs no line here.
#pragma once

#include "test/conformance/OpSamples.h"
#include "test/fuzz/Program.h"

namespace jit::conformance {

/// The calls that a sample stands for, with one dtype, as one program. The first sample of an op
/// goes through everything, the others through what differs. Without steps if the op takes no such
/// operands.
fuzz::Program cases_of(const Sample &sample, DType dtype, bool first);

} // namespace jit::conformance

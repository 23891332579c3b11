// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One valid call of every op of the table, from its record.
#pragma once

#include "runtime/ops/OpTable.h"

namespace jit::conformance {

/// Operands and attributes as in trace files.
struct Sample {
  OpKind op;
  std::string_view operands, attrs;
};
inline constexpr Sample samples[]{
#define TRACEJIT_SAMPLE(op, operands, attrs) {OpKind::op, operands, attrs},
#include "runtime/ops/OpSamples.inc"
#undef TRACEJIT_SAMPLE
};

} // namespace jit::conformance

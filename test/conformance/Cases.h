// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls of one op in all the ways that matter, from the samples of its record: edge shapes,
// layouts, ranks. A new op needs no line here.
#pragma once

#include "test/conformance/OpSamples.h"
#include "test/fuzz/Program.h"

#include <gtest/gtest.h>

namespace jit::conformance {

/// The calls that a sample stands for, with one dtype, as one program. The first sample of an op
/// goes through everything, the others through what differs. Without steps if the op takes no such
/// operands.
fuzz::Program cases_of(const Sample &sample, DType dtype, bool first);

/// Parameters of a test of each op, and its name.
inline std::vector<OpKind> every_op() {
  std::vector<OpKind> kinds;
  for (const OpInfo &op : all_ops())
    kinds.push_back(op.kind);
  return kinds;
}
inline std::string name_of(const testing::TestParamInfo<OpKind> &test) {
  return std::string(info(test.param).name);
}

} // namespace jit::conformance

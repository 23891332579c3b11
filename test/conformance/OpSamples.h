// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One valid call of every op of the table, from its record.
#pragma once

#include "runtime/ops/OpTable.h"

#include <sstream>
#include <string>
#include <vector>

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

struct SampleOperand {
  std::optional<DType> dtype; ///< empty: the dtype under test
  DimList dims;
  bool is_number = false;
  ScalarKind kind = ScalarKind::floating;
  double value = 0;
};

inline std::vector<SampleOperand> read_operands(std::string_view line) {
  std::vector<SampleOperand> operands;
  std::istringstream texts{std::string(line)};
  for (std::string text; texts >> text;) {
    SampleOperand &operand = operands.emplace_back();
    const std::size_t bracket = text.find('[');
    if (bracket == std::string::npos) {
      operand.is_number = true;
      operand.value = std::stod(text);
      if (text.find_first_of(".e") == std::string::npos)
        operand.kind = ScalarKind::integer;
      continue;
    }
    if (bracket > 0)
      operand.dtype = dtype_from_name(text.substr(0, bracket));
    std::istringstream extents(text.substr(bracket + 1, text.size() - bracket - 2));
    for (std::string extent; std::getline(extents, extent, ',');)
      operand.dims.push_back(std::stoll(extent));
  }
  return operands;
}

} // namespace jit::conformance

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing inference as text: infer_text("add", {"f32[2,3]", "2.5"}) is "f32[2,3]", or the message.
#pragma once

#include "runtime/ops/Attributes.h"
#include "runtime/ops/OpTable.h"

#include <string>
#include <string_view>
#include <vector>

namespace jit::test {

/// A type as text: "f32[2,3]", with strides "f32[2,3]{1,2}"; "1" or "1.5" or "true" is a number.
OperandType operand(std::string_view text);
std::vector<OperandType> operands(const std::vector<std::string_view> &texts);

/// Words of attributes written as in trace files. Aborts on a bad text.
std::vector<std::int64_t> attrs(OpKind op, std::string_view text);

/// Types of all results, "f32[2,3]", views as "view f32[3,2]{1,3}", joined by "; "; or the message.
std::string infer_text(std::string_view op, const std::vector<std::string_view> &operands,
                       std::string_view attrs = "");

} // namespace jit::test

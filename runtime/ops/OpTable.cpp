// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The op table and look-ups in it.
#include "runtime/ops/OpTable.h"
#include "runtime/ops/IndexBounds.h"
#include "runtime/ops/ShapeRules.h"

#include <limits>

namespace jit {
namespace {

#define TRACEJIT_DOC(text) text
#define TRACEJIT_SHAPE_RULE(function) &function
#include "runtime/ops/OpTable.inc"
#undef TRACEJIT_SHAPE_RULE
#undef TRACEJIT_DOC

constexpr std::string_view scalar_function_names[]{
#define TRACEJIT_SCALAR_FUNCTION(name) #name,
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
    "none",
};

} // namespace

const OpInfo &info(OpKind op) noexcept { return op_table[static_cast<std::size_t>(op)]; }

std::span<const OpInfo> all_ops() noexcept { return op_table; }

std::optional<OpKind> op_from_name(std::string_view name) noexcept {
  for (const OpInfo &op : op_table)
    if (op.name == name)
      return op.kind;
  return std::nullopt;
}

std::string_view name(ScalarFunction function) noexcept {
  return scalar_function_names[static_cast<std::size_t>(function)];
}

} // namespace jit

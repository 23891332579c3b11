// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The op table without texts and shape rules: whoever compiles has used them.
#include "runtime/ops/OpTable.h"

namespace jit {
namespace {

#define TRACEJIT_DOC(text) ""
#define TRACEJIT_SHAPE_RULE(function) nullptr
#include "runtime/ops/OpTable.inc"
#undef TRACEJIT_SHAPE_RULE
#undef TRACEJIT_DOC

} // namespace

const OpInfo &info(OpKind op) noexcept { return op_table[static_cast<std::size_t>(op)]; }

} // namespace jit

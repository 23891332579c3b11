// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/PendingIndices.h"

namespace jit {

std::int64_t index_bound(OpKind op, AttrWords attrs, std::span<const Argument> arguments) {
  std::vector<OperandType> types;
  for (const Argument &argument : arguments)
    types.push_back(argument.type());
  return info(op).index_check->bound({op, attrs, types});
}

} // namespace jit

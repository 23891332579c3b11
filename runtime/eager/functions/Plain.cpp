// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions without attributes: definitions generated from the op records.
#include "runtime/eager/Dispatch.h"

#include <tracejit/ops.h>

namespace jit {

#include "runtime/ops/OpsApi.inc"

} // namespace jit

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Forms chunk, row and outer: kernels with rows. A unit is as many rows as the block has teams of
// threads.
#pragma once

#include "compiler/cuda/text/Form.h"

namespace jit::gpu {

KernelResult add_rows(ModuleText &module, const nest::Nest &nest);

} // namespace jit::gpu

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Neighbouring elements between memory and an array of the thread, at one access.
#pragma once

#include "compiler/cuda/text/ModuleText.h"

#include <tracejit/dtype.h>

namespace jit::gpu {

/// array[begin + k] = pointer[k] for k < lanes; `only_read`: nobody writes there. The pointer is
/// aligned to what is read, at most 16 bytes.
void load_vector(Lines &out, DType dtype, unsigned lanes, bool only_read,
                 const std::string &pointer, const std::string &array, const std::string &begin);
/// pointer[k] = array[begin + k].
void store_vector(Lines &out, DType dtype, unsigned lanes, const std::string &pointer,
                  const std::string &array, const std::string &begin);

} // namespace jit::gpu

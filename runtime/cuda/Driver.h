// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Driver: CUDA's driver library, opened when a program first asks for a GPU.
#pragma once

#include "runtime/base/Result.h"
#include "runtime/cuda/DriverTypes.h"

#include <string>

namespace jit::gpu {

/// The functions of the library.
struct Driver {
#define TRACEJIT_CUDA_POINTER(name, symbol, parameters) Status(*name) parameters = nullptr;
  TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_CUDA_POINTER)
#undef TRACEJIT_CUDA_POINTER
  int version = 0; ///< of CUDA that it serves: 12080 is 12.8
};

/// The driver, initialised; or a sentence that says what is missing. Asked once a process.
const Result<Driver> &driver();

/// "CUDA_ERROR_ILLEGAL_ADDRESS". Of a number without a name "CUDA error 42".
std::string name(Status status);

} // namespace jit::gpu

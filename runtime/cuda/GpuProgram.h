// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// GpuProgram: a plan whose kernels are a module of a device. Steps are launched one behind another.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Result.h"
#include "runtime/program/Plan.h"
#include "runtime/program/Program.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace jit::gpu {

/// How a kernel of the module is launched. Its argument is an address for each buffer, then 8 bytes
/// for each number.
struct GpuKernel {
  std::string function;    ///< its name in the module
  std::string unaligned;   ///< the same for inputs that do not begin at multiples of 16 bytes
  std::uint64_t units = 0; ///< more blocks have nothing to do; 0: there is nothing to do
  unsigned threads = 0, shared_bytes = 0;
};

/// Names of the kernel of a step that is a product with an epilogue: of both, and its argument
/// begins with the addresses of a and b; or of the epilogue, which joins parts of the product
/// first, and its argument begins with their address and number. If there is none, the product is
/// whole when the kernel runs that the step names.
inline std::string product_kernel(std::size_t step) { return "product " + std::to_string(step); }
inline std::string joining_kernel(std::size_t step) { return "join " + std::to_string(step); }

/// What a compiler makes for a device.
struct GpuCode {
  Plan plan;
  std::map<std::string, GpuKernel> kernels; ///< those that the plan names
  std::vector<char> image; ///< a cubin, or PTX with a 0 behind it; none: no kernels
  double compile_ms = 0;
  std::uint32_t compiled = 0; ///< kernels in the image
  bool stored = false;        ///< read from a file
};

/// Loads the module. The device has been opened; the plan's metas are of it.
TRACEJIT_PRIVATE Result<std::unique_ptr<Program>> make_program(const GpuCode &code,
                                                               DeviceNumber device);

} // namespace jit::gpu

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The back half of the pipeline for a GPU: kernels of a plan to CUDA C++, NVRTC to a module.
#pragma once

#include "compiler/Pipeline.h"
#include "compiler/cuda/Nvrtc.h"
#include "compiler/cuda/text/Prelude.h"
#include "runtime/cuda/GpuProgram.h"
#include "runtime/cuda/Tuning.h"
#include "runtime/jit/Compiler.h"

#include <map>
#include <string>

namespace jit::gpu {

/// The text of the kernels that a plan names, equal ones once, and how each is launched.
struct PlanText {
  std::string text; ///< empty: it names none
  std::map<std::string, GpuKernel> kernels;
  std::uint32_t count = 0; ///< kernels in the text, twins not counted
  std::string failure;     ///< not empty: a kernel has no text, and why
};
PlanText text_of(const Planned &planned, Prelude prelude,
                 int multiprocessors = assumed_multiprocessors);

/// Compiles plans, and loads them where there is a device. NVRTC is opened at the first call and
/// kept.
class PlanCompiler {
public:
  void compile(Planned planned, const GpuTarget &target, double front_ms, CompileResult &result);

private:
  std::string open(DeviceNumber device);
  std::string make_code(Planned planned, const GpuTarget &target, GpuCode &code);

  std::optional<Nvrtc> nvrtc;
};

} // namespace jit::gpu

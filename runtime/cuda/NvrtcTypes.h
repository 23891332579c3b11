// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The part of NVRTC's API that we use, in its C ABI, as a table like that of DriverTypes.h.
#pragma once

#include <cstddef>

namespace jit::gpu::nvrtc {

/// nvrtcResult. A value that has no name here may come too.
enum class Result : int {
#define TRACEJIT_NVRTC_RESULTS(X)                                                                  \
  X(success, 0, "NVRTC_SUCCESS")                                                                   \
  X(out_of_memory, 1, "NVRTC_ERROR_OUT_OF_MEMORY")                                                 \
  X(program_creation_failure, 2, "NVRTC_ERROR_PROGRAM_CREATION_FAILURE")                           \
  X(invalid_input, 3, "NVRTC_ERROR_INVALID_INPUT")                                                 \
  X(invalid_program, 4, "NVRTC_ERROR_INVALID_PROGRAM")                                             \
  X(invalid_option, 5, "NVRTC_ERROR_INVALID_OPTION")                                               \
  X(compilation, 6, "NVRTC_ERROR_COMPILATION")                                                     \
  X(builtin_operation_failure, 7, "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE")                         \
  X(internal_error, 11, "NVRTC_ERROR_INTERNAL_ERROR")
#define TRACEJIT_NVRTC_RESULT(name, value, text) name = value,
  TRACEJIT_NVRTC_RESULTS(TRACEJIT_NVRTC_RESULT)
#undef TRACEJIT_NVRTC_RESULT
};

using Program = struct ProgramObject *;

/// X(name, symbol, result type, parameters). Sizes count the 0 at the end of logs and PTX.
#define TRACEJIT_NVRTC_ENTRY_POINTS(X)                                                             \
  X(GetErrorString, nvrtcGetErrorString, const char *, (::jit::gpu::nvrtc::Result result))         \
  X(Version, nvrtcVersion, ::jit::gpu::nvrtc::Result, (int *major, int *minor))                    \
  X(GetNumSupportedArchs, nvrtcGetNumSupportedArchs, ::jit::gpu::nvrtc::Result, (int *count))      \
  X(GetSupportedArchs, nvrtcGetSupportedArchs, ::jit::gpu::nvrtc::Result, (int *archs))            \
  X(CreateProgram, nvrtcCreateProgram, ::jit::gpu::nvrtc::Result,                                  \
    (::jit::gpu::nvrtc::Program * program, const char *text, const char *name, int headers,        \
     const char *const *header_texts, const char *const *header_names))                            \
  X(DestroyProgram, nvrtcDestroyProgram, ::jit::gpu::nvrtc::Result,                                \
    (::jit::gpu::nvrtc::Program * program))                                                        \
  X(CompileProgram, nvrtcCompileProgram, ::jit::gpu::nvrtc::Result,                                \
    (::jit::gpu::nvrtc::Program program, int count, const char *const *options))                   \
  X(GetProgramLogSize, nvrtcGetProgramLogSize, ::jit::gpu::nvrtc::Result,                          \
    (::jit::gpu::nvrtc::Program program, std::size_t *bytes))                                      \
  X(GetProgramLog, nvrtcGetProgramLog, ::jit::gpu::nvrtc::Result,                                  \
    (::jit::gpu::nvrtc::Program program, char *log))                                               \
  X(GetPTXSize, nvrtcGetPTXSize, ::jit::gpu::nvrtc::Result,                                        \
    (::jit::gpu::nvrtc::Program program, std::size_t *bytes))                                      \
  X(GetPTX, nvrtcGetPTX, ::jit::gpu::nvrtc::Result,                                                \
    (::jit::gpu::nvrtc::Program program, char *ptx))                                               \
  X(GetCUBINSize, nvrtcGetCUBINSize, ::jit::gpu::nvrtc::Result,                                    \
    (::jit::gpu::nvrtc::Program program, std::size_t *bytes))                                      \
  X(GetCUBIN, nvrtcGetCUBIN, ::jit::gpu::nvrtc::Result,                                            \
    (::jit::gpu::nvrtc::Program program, char *cubin))

} // namespace jit::gpu::nvrtc

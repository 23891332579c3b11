// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs of GPUs as files: a container of the key, the plan, how its kernels are launched, and
// their module. They name no device, so that any of their kind can load them.
#pragma once

#include "runtime/cuda/GpuProgram.h"
#include "runtime/program/Bundle.h"
#include "runtime/trace/Graph.h"

#include <span>
#include <string_view>

namespace jit::gpu {

/// Equal code with equal keys gives equal bytes. Empty: it is too large for a file.
std::vector<std::byte> code_to_file(std::string_view key, const GpuCode &code);

/// The code that was written with this key, for values on `device`. Safe on any bytes: the plan
/// computes no address outside of its buffers and its launches are such as a device takes; what the
/// module does is as trusted as the file is.
Result<GpuCode> code_from_file(std::span<const std::byte> file, const std::string &name,
                               std::string_view key, const jit::Graph &graph, DeviceNumber device);

/// Code of a bundle for a compute capability (90: 9.0) as a file; empty: it is too large.
TRACEJIT_PRIVATE std::vector<std::byte> bundle_code(int capability, const GpuCode &code);

/// The program of a function of a bundle on an opened device. A failure says why there is none:
/// code runs on the capability that it was made for, and on later ones of the same generation.
Result<std::unique_ptr<Program>> load_from_bundle(const BundleFunction &function,
                                                  DeviceNumber device);

} // namespace jit::gpu

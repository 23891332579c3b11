// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Traces on a GPU: files name no device.
#pragma once

#include "runtime/trace/Inputs.h"
#include "tools/tracec/CommandLine.h"

namespace tracec {

/// The device of the request, opened; on_cpu unless it names one. Throws Exit(unsupported).
jit::DeviceNumber device_of(const Request &request);
/// The same graph with all its values there.
jit::Graph put_on(jit::DeviceNumber device, jit::Graph graph);
/// Copies of the inputs there.
jit::GraphInputs put_on(jit::DeviceNumber device, const jit::GraphInputs &inputs);
/// The same values on the CPU.
std::vector<jit::Tensor> on_host(const std::vector<jit::Tensor> &values);

} // namespace tracec

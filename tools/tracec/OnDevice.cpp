// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/OnDevice.h"

#include "runtime/tensor/Impl.h"
#include "tools/tracec/Exit.h"

#include <tracejit/device.h>
#include <tracejit/error.h>

namespace tracec {

jit::DeviceNumber device_of(const Request &request) {
  if (request.device < 0)
    return jit::on_cpu;
  try {
    return static_cast<jit::DeviceNumber>(1 + jit::cuda(request.device).index);
  } catch (const jit::Error &error) {
    const std::string text = error.what(); // without our own line behind it
    throw Exit(ExitCode::unsupported, "tracec: error: " + text.substr(0, text.rfind(" (")));
  }
}

static const jit::Meta *put_on(jit::DeviceNumber device, const jit::Meta &meta) {
  return jit::intern_meta(meta.dtype, meta.dims(), meta.strides(), device);
}

jit::Graph put_on(jit::DeviceNumber device, jit::Graph graph) {
  for (const jit::Meta *&input : graph.inputs)
    input = put_on(device, *input);
  for (jit::GraphValue &value : graph.values)
    value.meta = put_on(device, *value.meta);
  return graph;
}

jit::GraphInputs put_on(jit::DeviceNumber device, const jit::GraphInputs &inputs) {
  jit::GraphInputs there{{}, inputs.numbers};
  for (const jit::Tensor &tensor : inputs.tensors) {
    jit::Result<jit::Tensor> copy = jit::copy_to(device, tensor);
    if (!copy)
      throw Exit(ExitCode::limit, "tracec: error: " + copy.message());
    there.tensors.push_back(std::move(*copy));
  }
  return there;
}

std::vector<jit::Tensor> on_host(const std::vector<jit::Tensor> &values) {
  std::vector<jit::Tensor> here;
  for (const jit::Tensor &value : values)
    here.push_back(value.to(jit::Device{}));
  return here;
}

} // namespace tracec

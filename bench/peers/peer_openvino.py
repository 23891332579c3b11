# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# OpenVINO: latency hint, f32, one request whose tensors stay where they are.
import time

import openvino

import onnx_models
import worker


def prepare(job):
    core = openvino.Core()
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32",
                "INFERENCE_NUM_THREADS": job.threads, "ENABLE_CPU_PINNING": False}
    model = onnx_models.build(job)
    begin = time.perf_counter()
    compiled = core.compile_model(core.read_model(model, b""), "CPU", settings)
    seconds = time.perf_counter() - begin
    request = compiled.create_infer_request()
    for port in compiled.inputs:
        request.set_tensor(port, openvino.Tensor(job.inputs[port.get_any_name()]))
    request.infer()

    def call():
        request.infer(share_outputs=True)
        return request

    return worker.Served(
        call, lambda done: [done.get_tensor(port).data for port in compiled.outputs],
        f"openvino {openvino.__version__.split('-')[0]}, latency hint, f32", compile_seconds=seconds)


if __name__ == "__main__":
    worker.serve(prepare)

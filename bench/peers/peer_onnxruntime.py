# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# ONNX Runtime: all optimisations, no spinning threads, results in memory that it keeps.
import time

import onnxruntime

import onnx_models
import worker


def prepare(job):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = job.threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = onnx_models.build(job)
    begin = time.perf_counter()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    seconds = time.perf_counter() - begin
    binding = session.io_binding()
    for value in session.get_inputs():
        binding.bind_ortvalue_input(
            value.name, onnxruntime.OrtValue.ortvalue_from_numpy(job.inputs[value.name]))
    for value in session.get_outputs():
        binding.bind_output(value.name)
    session.run_with_iobinding(binding)  # learns the shapes of the outputs
    for value, result in zip(session.get_outputs(), binding.get_outputs()):
        binding.bind_ortvalue_output(value.name, result)

    def call():
        session.run_with_iobinding(binding)
        return binding

    return worker.Served(call, lambda done: done.copy_outputs_to_cpu(),
                         f"onnxruntime {onnxruntime.__version__}, all optimisations, bound outputs",
                         compile_seconds=seconds)


if __name__ == "__main__":
    worker.serve(prepare)

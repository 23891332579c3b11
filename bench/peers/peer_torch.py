# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# PyTorch: eager in inference mode, torch.compile with max-autotune and freezing, and packages by
# AOTInductor, which peer-libtorch runs.
import inspect
import os

import torch
import torch.nn.functional as F

import torch_training
from torch_block import encoder_block
import worker


def gelu_residual(x, bias, residual):
    return F.gelu(x + bias) + residual


def add(x, y):
    return x + y


def chain8(x, y):
    a = x * y
    a = a + 0.5
    a = torch.maximum(a, y)
    a = a - x
    a = torch.square(a)
    a = a * 0.25
    a = torch.minimum(a, x)
    return a / y


def chain21(x, y):
    a = x + y
    b = torch.exp(-x)
    a = a * b
    a = a - y
    b = torch.sqrt(torch.abs(a)) / y
    a = torch.maximum(a, b)
    a = torch.minimum(a, y)
    b = torch.tanh(a) + 0.5
    b = torch.log(torch.square(b) + 1)
    a = torch.where(a > b, a, b)
    a = torch.sigmoid(a) * F.gelu(b)
    return torch.relu(torch.erf(a))


def polynomial(x):
    y = x * 0.3 + 0.7
    y = y * x - 0.2
    y = y * x + 0.9
    return y * x + 1.1


def black_scholes(spot, strike, years):
    rate, volatility = 0.03, 0.25
    spread = volatility * torch.sqrt(years)
    d1 = (torch.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    discounted = strike * torch.exp(-rate * years)
    first = 0.5 + 0.5 * torch.erf(d1 * 0.5**0.5)
    second = 0.5 + 0.5 * torch.erf((d1 - spread) * 0.5**0.5)
    return spot * first - discounted * second, discounted * (1 - second) - spot * (1 - first)


def softmax(x):
    return torch.softmax(x, -1)


def layer_norm_gelu(x, scale, bias):
    return F.gelu(F.layer_norm(x, scale.shape, scale, bias))


def rms_norm(x, scale):
    return F.rms_norm(x, scale.shape, scale, 1e-5)


def row_sum(x):
    return torch.sum(x, -1)


def row_argmax(x):
    return torch.argmax(x, -1)


def all_differences(x, y):
    return x - y


def scaled_points(x, y):
    return x * y


def sgemm(a, b):
    return a @ b


def linear(x, weight):
    return F.linear(x, weight)


def mlp_inference(x, weight0, bias0, weight1, bias1, weight2, bias2):
    x = torch.relu(torch.addmm(bias0, x, weight0))
    x = torch.relu(torch.addmm(bias1, x, weight1))
    return torch.addmm(bias2, x, weight2)


COMPUTATIONS = {function.__name__: function for function in (
    gelu_residual, add, chain8, chain21, polynomial, black_scholes, softmax, layer_norm_gelu, rms_norm,
    row_sum, row_argmax, all_differences, scaled_points, sgemm, linear, mlp_inference, encoder_block)}


class Frozen(torch.nn.Module):
    """A computation whose constants are parameters, so that freezing can prepare them."""

    def __init__(self, job, function):
        super().__init__()
        self.function = function
        for name, value in job.constants().items():
            self.register_parameter(
                name, torch.nn.Parameter(torch.from_numpy(value), requires_grad=False))
        variables = job.variables()
        self.names = [name for name in inspect.signature(function).parameters if name in variables]
        self.arguments = [torch.from_numpy(variables[name]) for name in self.names]

    def forward(self, *arguments):
        return self.function(**dict(zip(self.names, arguments)), **self._parameters)


def arrays(result):
    return [tensor.detach().numpy() for tensor in (result if isinstance(result, tuple) else (result,))]


def compiled(function, frozen):
    torch._inductor.config.freezing = frozen
    return torch.compile(function, mode="max-autotune", dynamic=False, fullgraph=True)


def write_package(module, folder):
    """What peer-libtorch runs: the package, and the names of its inputs."""
    if folder.exists():
        return
    folder.mkdir()
    with torch.no_grad():
        program = torch.export.export(module, tuple(module.arguments))
        torch._inductor.aoti_compile_and_package(
            program, package_path=str(folder / "model.pt2"),
            inductor_configs={"freezing": True, "max_autotune": True})
    (folder / "arguments.txt").write_text("".join(name + "\n" for name in module.names))


def facts(job):
    how = {"package": "package written", "eager": "eager, inference mode",
           "compile": "torch.compile, max-autotune, freezing"}
    return f"torch {torch.__version__.split('+')[0]}, {how[job.setting]}"


def prepare(job):
    torch.set_num_threads(job.threads)
    torch.set_num_interop_threads(1)
    if os.environ.get("ATEN_CPU_CAPABILITY") == "avx2":
        torch._inductor.config.cpp.simdlen = 256  # compiled code does not look at the variable
    if job.computation in torch_training.COMPUTATIONS:
        if job.setting == "package":
            raise worker.Unsupported
        return torch_training.prepare(job)
    if job.computation == "chain21_gradient" and job.setting != "package":
        return torch_training.prepare_gradient(job, chain21)
    if job.computation not in COMPUTATIONS:
        raise worker.Unsupported
    computation = worker.with_sizes(COMPUTATIONS[job.computation], job.sizes)
    module = Frozen(job, computation).eval()
    if job.setting == "package":
        seconds = worker.timed(lambda: write_package(module, job.folder / "package"), 1)
        return worker.Served(None, None, facts(job), compile_seconds=seconds)
    torch.inference_mode(True).__enter__()  # until the process ends
    function, seconds = module, 0
    if job.setting == "compile":
        function = compiled(module, frozen=True)
        seconds = worker.timed(lambda: function(*module.arguments), 1)
    arguments = module.arguments
    if job.setting == "eager":  # without the module around it
        function = computation
        tensors = {name: torch.from_numpy(value) for name, value in job.inputs.items()}
        arguments = worker.bound(function, tensors)
    return worker.Served(lambda: function(*arguments), arrays, facts(job), compile_seconds=seconds)


if __name__ == "__main__":
    worker.serve(prepare)

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Training steps by PyTorch: autograd and fused Adam; or forward and loss by torch.compile.
import torch
import torch.nn.functional as F

import worker
from torch_block import block


def mlp_loss(parameters, data, sizes):
    def layer(x, number):
        weight, bias = parameters[f"weight{number}"], parameters[f"bias{number}"]
        return F.linear(x, weight, bias) if sizes["transposed"] else torch.addmm(bias, x, weight)

    x = torch.relu(layer(data["images"], 0))
    x = torch.relu(layer(x, 1))
    return F.cross_entropy(layer(x, 2), data["labels"])


def block_loss(parameters, data, sizes):
    return F.mse_loss(block(data["x"], parameters, sizes["heads"], causal=True), data["target"])


COMPUTATIONS = {"mlp_training": mlp_loss, "block_training": block_loss}


def described(job):
    how = {"eager": "eager autograd", "compile": "torch.compile of what is differentiated, max-autotune"}
    return f"torch {torch.__version__.split('+')[0]}, {how[job.setting]}"


def compile_seconds(job, call):
    """Of the first call, where it compiles."""
    seconds = worker.timed(call, 1)
    return seconds if job.setting == "compile" else 0


class Training:
    """Parameters, their optimizer and a step."""

    def __init__(self, job):
        self.first = {name: torch.from_numpy(value) for name, value in job.constants().items()}
        self.parameters = {name: value.clone().requires_grad_() for name, value in self.first.items()}
        self.data = {name: torch.from_numpy(value) for name, value in job.variables().items()}
        self.sizes = job.sizes
        self.loss = COMPUTATIONS[job.computation]
        if job.setting == "compile":
            self.loss = torch.compile(self.loss, mode="max-autotune", dynamic=False, fullgraph=True)
        self.reset()

    def reset(self):
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(self.first[name])
        self.optimizer = torch.optim.Adam(self.parameters.values(), lr=1e-3, fused=True)

    def step(self):
        loss = self.loss(self.parameters, self.data, self.sizes)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)  # here, so that no gradient is held between steps
        return loss

    def change(self):
        with torch.no_grad():
            return [(self.parameters[name] - first).numpy() for name, first in sorted(self.first.items())]


def prepare_gradient(job, function):
    """Gradients of the sum of what a function of x and y returns."""
    x, y = (torch.from_numpy(job.inputs[name]).requires_grad_() for name in ("x", "y"))
    if job.setting == "compile":
        function = torch.compile(function, mode="max-autotune", dynamic=False, fullgraph=True)

    def call():
        return torch.autograd.grad(function(x, y).sum(), (x, y))

    return worker.Served(call, lambda pair: [gradient.numpy() for gradient in pair], described(job),
                         compile_seconds=compile_seconds(job, call))


def prepare(job):
    training = Training(job)
    seconds = compile_seconds(job, training.step)
    return worker.Served(training.step, lambda loss: [loss.detach().numpy()],
                         described(job) + ", fused Adam", training.reset, training.change, seconds)

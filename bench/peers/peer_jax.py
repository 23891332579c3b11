# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# JAX: jax.jit, whose result takes over the memory of the result before it (donation).
import math
import os

# XLA has as many threads as the process has processors; the driver pins it.
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy

import worker


def gelu(x):
    return jax.nn.gelu(x, approximate=False)


def gelu_residual(x, bias, residual):
    return gelu(x + bias) + residual


def add(x, y):
    return x + y


def chain8(x, y):
    a = x * y
    a = a + 0.5
    a = jnp.maximum(a, y)
    a = a - x
    a = jnp.square(a)
    a = a * 0.25
    a = jnp.minimum(a, x)
    return a / y


def chain21(x, y):
    a = x + y
    b = jnp.exp(-x)
    a = a * b
    a = a - y
    b = jnp.sqrt(jnp.abs(a)) / y
    a = jnp.maximum(a, b)
    a = jnp.minimum(a, y)
    b = jnp.tanh(a) + 0.5
    b = jnp.log(jnp.square(b) + 1)
    a = jnp.where(a > b, a, b)
    a = jax.nn.sigmoid(a) * gelu(b)
    return jax.nn.relu(jax.lax.erf(a))


def chain21_gradient(x, y):
    return jax.grad(lambda x, y: jnp.sum(chain21(x, y)), (0, 1))(x, y)


def polynomial(x):
    y = x * 0.3 + 0.7
    y = y * x - 0.2
    y = y * x + 0.9
    return y * x + 1.1


def black_scholes(spot, strike, years):
    rate, volatility = 0.03, 0.25
    spread = volatility * jnp.sqrt(years)
    d1 = (jnp.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    discounted = strike * jnp.exp(-rate * years)
    first = 0.5 + 0.5 * jax.lax.erf(d1 * 0.5**0.5)
    second = 0.5 + 0.5 * jax.lax.erf((d1 - spread) * 0.5**0.5)
    return spot * first - discounted * second, discounted * (1 - second) - spot * (1 - first)


def softmax(x):
    return jax.nn.softmax(x)


def layer_norm(x, scale, bias):
    mean = jnp.mean(x, -1, keepdims=True)
    variance = jnp.var(x, -1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + bias


def layer_norm_gelu(x, scale, bias):
    return gelu(layer_norm(x, scale, bias))


def rms_norm(x, scale):
    return x * jax.lax.rsqrt(jnp.mean(jnp.square(x), -1, keepdims=True) + 1e-5) * scale


def row_sum(x):
    return jnp.sum(x, -1)


def row_argmax(x):
    return jnp.argmax(x, -1)


def all_differences(x, y):
    return x - y


def scaled_points(x, y):
    return x * y


def sgemm(a, b):
    return a @ b


def linear(x, weight):
    return x @ weight.T


def mlp_inference(x, weight0, bias0, weight1, bias1, weight2, bias2):
    x = jax.nn.relu(x @ weight0 + bias0)
    x = jax.nn.relu(x @ weight1 + bias1)
    return x @ weight2 + bias2


def attention(x, p, heads, causal):
    batch, length, width = x.shape
    parts = (x @ p["weight_qkv"].T).reshape(batch, length, 3, heads, width // heads)
    query, key, value = jnp.transpose(parts, (2, 0, 3, 1, 4))
    scores = query @ jnp.swapaxes(key, -1, -2) / math.sqrt(width // heads)
    if causal:
        scores = jnp.where(jnp.tril(jnp.ones((length, length), bool)), scores, -1e9)
    mixed = jnp.transpose(jax.nn.softmax(scores) @ value, (0, 2, 1, 3)).reshape(batch, length, width)
    return mixed @ p["weight_mix"].T + p["bias_mix"]


def block(x, p, heads, causal):
    x = x + attention(layer_norm(x, p["scale_first"], p["bias_first"]), p, heads, causal)
    wide = layer_norm(x, p["scale_second"], p["bias_second"]) @ p["weight_up"].T + p["bias_up"]
    return x + gelu(wide) @ p["weight_down"].T + p["bias_down"]


def encoder_block(x, weight_qkv, weight_mix, bias_mix, scale_first, bias_first, scale_second,
                  bias_second, weight_up, bias_up, weight_down, bias_down, *, heads):
    p = {name: value for name, value in locals().items() if name not in ("x", "heads")}
    return block(x, p, heads, causal=False)


COMPUTATIONS = {function.__name__: function for function in (
    gelu_residual, add, chain8, chain21, chain21_gradient, polynomial, black_scholes, softmax,
    layer_norm_gelu, rms_norm, row_sum, row_argmax, all_differences, scaled_points, sgemm, linear,
    mlp_inference, encoder_block)}


def cross_entropy(scores, labels):
    chosen = jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], 1)
    return -jnp.mean(chosen)


def mlp_loss(parameters, data, sizes):
    def layer(x, number):
        weight = parameters[f"weight{number}"]
        return x @ (weight.T if sizes["transposed"] else weight) + parameters[f"bias{number}"]

    x = jax.nn.relu(layer(data["images"], 0))
    x = jax.nn.relu(layer(x, 1))
    return cross_entropy(layer(x, 2), data["labels"])


def block_loss(parameters, data, sizes):
    return jnp.mean(jnp.square(block(data["x"], parameters, sizes["heads"], causal=True) - data["target"]))


LOSSES = {"mlp_training": mlp_loss, "block_training": block_loss}


def adam(parameter, gradient, first, second, step):
    """One parameter; rate 1e-3 and the usual other numbers."""
    first = first + (1 - 0.9) * (gradient - first)
    second = second + (1 - 0.999) * (jnp.square(gradient) - second)
    rate = 1e-3 / (1 - 0.9**step)
    return parameter - rate * first / (jnp.sqrt(second / (1 - 0.999**step)) + 1e-8), first, second


class Training:
    """Parameters and moments, donated to each step."""

    def __init__(self, job):
        loss = LOSSES[job.computation]
        self.first = job.constants()
        self.data = {name: jnp.asarray(value) for name, value in job.variables().items()}

        def step(state, data):
            parameters, first, second, number = state
            number = number + 1
            value, gradients = jax.value_and_grad(loss)(parameters, data, job.sizes)
            updated = {name: adam(parameters[name], gradients[name], first[name], second[name], number)
                       for name in parameters}
            parts = [{name: update[part] for name, update in updated.items()} for part in range(3)]
            return (*parts, number), value

        self.compiled = jax.jit(step, donate_argnums=0)
        self.reset()

    def reset(self):
        parameters = {name: jnp.array(value) for name, value in self.first.items()}
        moments = [{name: jnp.zeros_like(value) for name, value in self.first.items()} for _ in range(2)]
        self.state = (parameters, *moments, jnp.float32(0))

    def step(self):
        self.state, loss = self.compiled(self.state, self.data)
        return jax.block_until_ready(loss)

    def change(self):
        return [numpy.asarray(self.state[0][name]) - value for name, value in sorted(self.first.items())]


def arrays(result):
    return [numpy.asarray(array) for array in jax.tree.leaves(result)]


def donating(function, inputs):
    """A call whose result lies where the last one lay."""
    compiled = jax.jit(lambda spare, *arguments: function(*arguments), donate_argnums=0, keep_unused=True)
    last = [jax.jit(function)(*inputs)]

    def call():
        last[0] = jax.block_until_ready(compiled(last[0], *inputs))
        return last[0]

    return call


def prepare(job):
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    version = f"jax {jax.__version__}, jax.jit, donation"
    if job.computation in LOSSES:
        training = Training(job)
        seconds = worker.timed(training.step, 1)
        return worker.Served(training.step, arrays, version, training.reset, training.change, seconds)
    if job.computation not in COMPUTATIONS:
        raise worker.Unsupported
    function = worker.with_sizes(COMPUTATIONS[job.computation], job.sizes)
    call = donating(function, [jnp.asarray(value) for value in worker.bound(function, job.inputs)])
    return worker.Served(call, arrays, version, compile_seconds=worker.timed(call, 1))


if __name__ == "__main__":
    worker.serve(prepare)

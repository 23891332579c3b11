# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# ONNX models of the computations, for runtimes that read them. Constants are initialisers.
import numpy
import onnx
from onnx import helper, numpy_helper

import worker

OPSET = 23  # has Gelu, LayerNormalization and RMSNormalization


class Model:
    """A graph that grows by ops; values are names."""

    def __init__(self, job):
        self.nodes, self.constants = [], []
        self.sizes, self.values = job.sizes, job.inputs
        self.inputs = [self.described(name, value) for name, value in job.variables().items()]
        for name, value in job.constants().items():
            self.constant(name, value)

    @staticmethod
    def described(name, value):
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(numpy.asarray(value), name))
        return name

    def number(self, value):
        return self.constant(f"number{len(self.constants)}", numpy.float32(value))

    def op(self, kind, *operands, **attributes):
        """One op; numbers become constants."""
        names = [name if isinstance(name, str) else self.number(name) for name in operands]
        result = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, [result], **attributes))
        return result

    def finish(self, results):
        """The model's bytes; results are called result0 and so on."""
        outputs = []
        for number, name in enumerate(results):
            self.nodes.append(helper.make_node("Identity", [name], [f"result{number}"]))
            outputs.append(helper.make_tensor_value_info(f"result{number}", self.kind_of(name), None))
        graph = helper.make_graph(self.nodes, "computation", self.inputs, outputs, self.constants)
        # Runtimes lag behind the newest version of the format.
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
        return onnx.shape_inference.infer_shapes(model).SerializeToString()

    def kind_of(self, name):
        producer = next(node for node in self.nodes if name in node.output)
        return onnx.TensorProto.INT64 if producer.op_type == "ArgMax" else onnx.TensorProto.FLOAT


def polynomial(m):
    y = m.op("Add", m.op("Mul", "x", 0.3), 0.7)
    y = m.op("Sub", m.op("Mul", y, "x"), 0.2)
    y = m.op("Add", m.op("Mul", y, "x"), 0.9)
    return [m.op("Add", m.op("Mul", y, "x"), 1.1)]


def chain8(m):
    a = m.op("Add", m.op("Mul", "x", "y"), 0.5)
    a = m.op("Sub", m.op("Max", a, "y"), "x")
    a = m.op("Mul", m.op("Mul", a, a), 0.25)
    return [m.op("Div", m.op("Min", a, "x"), "y")]


def chain21(m):
    a = m.op("Sub", m.op("Mul", m.op("Add", "x", "y"), m.op("Exp", m.op("Neg", "x"))), "y")
    b = m.op("Div", m.op("Sqrt", m.op("Abs", a)), "y")
    a = m.op("Min", m.op("Max", a, b), "y")
    b = m.op("Add", m.op("Tanh", a), 0.5)
    b = m.op("Log", m.op("Add", m.op("Mul", b, b), 1))
    a = m.op("Where", m.op("Greater", a, b), a, b)
    a = m.op("Mul", m.op("Sigmoid", a), m.op("Gelu", b))
    return [m.op("Relu", m.op("Erf", a))]


def black_scholes(m):
    rate, volatility = 0.03, 0.25

    def normal_distribution(x):
        return m.op("Add", m.op("Mul", m.op("Erf", m.op("Mul", x, 0.5**0.5)), 0.5), 0.5)

    spread = m.op("Mul", m.op("Sqrt", "years"), volatility)
    drift = m.op("Mul", "years", rate + 0.5 * volatility**2)
    d1 = m.op("Div", m.op("Add", m.op("Log", m.op("Div", "spot", "strike")), drift), spread)
    discounted = m.op("Mul", "strike", m.op("Exp", m.op("Mul", "years", -rate)))
    first, second = normal_distribution(d1), normal_distribution(m.op("Sub", d1, spread))
    call = m.op("Sub", m.op("Mul", "spot", first), m.op("Mul", discounted, second))
    put = m.op("Sub", m.op("Mul", discounted, m.op("Sub", 1, second)),
               m.op("Mul", "spot", m.op("Sub", 1, first)))
    return [call, put]


def row_sum(m):
    axis = m.constant("axis", numpy.array([-1], dtype=numpy.int64))
    return [m.op("ReduceSum", "x", axis, keepdims=0)]


def mlp_inference(m):
    x = m.op("Relu", m.op("Gemm", "x", "weight0", "bias0"))
    x = m.op("Relu", m.op("Gemm", x, "weight1", "bias1"))
    return [m.op("Gemm", x, "weight2", "bias2")]


def encoder_block(m):
    batch, length, width = m.values["x"].shape
    heads = m.sizes["heads"]

    def product(x, name):
        # Transposed as exporters do it.
        weight = m.constant(f"transposed_{name}", m.values[f"weight_{name}"].T.copy())
        return m.op("MatMul", x, weight)

    def linear(x, name):
        return m.op("Add", product(x, name), f"bias_{name}")

    def norm(x, which):
        return m.op("LayerNormalization", x, f"scale_{which}", f"bias_{which}")

    def part(all_parts, which):
        index = m.constant(f"part{which}", numpy.array(which, dtype=numpy.int64))
        return m.op("Gather", all_parts, index, axis=0)

    def shape(name, *extents):
        return m.constant(name, numpy.array(extents, dtype=numpy.int64))

    split = m.op("Reshape", product(norm("x", "first"), "qkv"),
                 shape("split", batch, length, 3, heads, width // heads))
    query, key, value = (part(m.op("Transpose", split, perm=[2, 0, 3, 1, 4]), which) for which in range(3))
    scores = m.op("Mul", m.op("MatMul", query, m.op("Transpose", key, perm=[0, 1, 3, 2])),
                  (width // heads) ** -0.5)
    mixed = m.op("MatMul", m.op("Softmax", scores, axis=-1), value)
    mixed = m.op("Reshape", m.op("Transpose", mixed, perm=[0, 2, 1, 3]), shape("joined", batch, length, width))
    x = m.op("Add", "x", linear(mixed, "mix"))
    wide = m.op("Gelu", linear(norm(x, "second"), "up"))
    return [m.op("Add", x, linear(wide, "down"))]


COMPUTATIONS = {
    "chain21": chain21,
    "encoder_block": encoder_block,
    "gelu_residual": lambda m: [m.op("Add", m.op("Gelu", m.op("Add", "x", "bias")), "residual")],
    "add": lambda m: [m.op("Add", "x", "y")],
    "chain8": chain8,
    "polynomial": polynomial,
    "black_scholes": black_scholes,
    "softmax": lambda m: [m.op("Softmax", "x", axis=-1)],
    "layer_norm_gelu": lambda m: [m.op("Gelu", m.op("LayerNormalization", "x", "scale", "bias"))],
    "rms_norm": lambda m: [m.op("RMSNormalization", "x", "scale", epsilon=1e-5)],
    "row_sum": row_sum,
    "row_argmax": lambda m: [m.op("ArgMax", "x", axis=-1, keepdims=0)],
    "all_differences": lambda m: [m.op("Sub", "x", "y")],
    "scaled_points": lambda m: [m.op("Mul", "x", "y")],
    "sgemm": lambda m: [m.op("MatMul", "a", "b")],
    "linear": lambda m: [m.op("Gemm", "x", "weight", transB=1)],
    "mlp_inference": mlp_inference,
}


def build(job):
    """The bytes of the job's model."""
    if job.computation not in COMPUTATIONS:
        raise worker.Unsupported
    model = Model(job)
    return model.finish(COMPUTATIONS[job.computation](model))

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The rows of `tools/dev bench --peers`: what is computed at which sizes, what the machine cannot do it
# without, and what is held against it. Ours and every peer get computation and sizes from here.
from dataclasses import dataclass

F32 = 4  # bytes
M16 = 1 << 24


@dataclass(frozen=True)
class Bar:
    """Our speed, as a multiple of the best of these peers, in every row and as the mean of a group."""
    peers: tuple
    least: float
    mean: float = None
    threads: tuple = (1, 2)      # for which it holds


@dataclass(frozen=True)
class Row:
    name: str
    computation: str
    sizes: dict
    quick: dict                  # sizes that show that all works; None: that shows nothing new
    work: object                 # sizes to {rate of the machine: bytes or operations}
    group: str                   # rows with one mean
    bar: Bar = None
    ours: str = "ours compiled"  # which of our sides is held against the peers
    large: bool = False          # arrays so large that fresh pages cost more than the kernel
    memory: bool = False         # what a call holds beyond its inputs and state is weighed too
    threads: tuple = (1, 2)
    peers: tuple = None          # all that have the computation, or these
    tolerance: float = 1e-5      # norm of the difference to ours, of the norm of ours


def add_arrays(count):
    """Elements of x read and written, in so many arrays, at the rate of an addition or a copy."""
    return lambda s: {"add" if count == 3 else "copy": count * F32 * elements(s)}


def elements(sizes):
    return sizes["n"] if "n" in sizes else sizes["rows"] * sizes["columns"]


def read(count):
    """So many elements read, from a cache if they may stay in one."""
    return {"read" if count > M16 // 4 else "cached_read": F32 * count}


def product_work(s):
    return {"flops": 2 * s["m"] * s["n"] * s["k"]}


def linear_work(s):
    """With few rows it reads the weight, with many it multiplies."""
    return read(s["n"] * s["k"]) if s["m"] <= 4 else product_work(s)


def layers(s):
    return [(s["inputs"], s["hidden"]), (s["hidden"], s["hidden"]), (s["hidden"], s["classes"])]


def inference_work(s):
    weights = sum(a * b for a, b in layers(s))
    return {"flops": 2 * s["batch"] * weights} if s["batch"] > 4 else read(weights)


def training_work(s):
    """Forward, both gradients but that of the images, then weights and moments by Adam."""
    weights = [a * b for a, b in layers(s)]
    return {"flops": 2 * s["batch"] * (3 * sum(weights) - weights[0]), "cached": 7 * F32 * sum(weights)}


# Rows, columns and what is summed over: seed 20261129, each log-uniform in 1 to 2,100.
PRODUCT_SHAPES = [
    (1, 170, 3), (1571, 20, 245), (572, 4, 1), (40, 1, 18), (51, 408, 135), (25, 1, 74),
    (401, 1216, 105), (1, 43, 19), (1, 28, 1950), (1, 42, 66), (78, 100, 411), (87, 272, 37),
    (27, 97, 1), (1419, 1092, 47), (3, 27, 78), (356, 280, 268), (8, 261, 171), (1124, 8, 12),
    (2, 1, 31), (178, 11, 4), (4, 5, 10), (2, 626, 278), (4, 1, 3), (1772, 5, 129), (47, 199, 11),
    (476, 100, 4), (1, 41, 21), (2000, 11, 4), (149, 108, 25), (10, 598, 2), (187, 21, 3),
    (38, 2, 376), (224, 193, 482), (139, 1195, 238), (135, 182, 35), (422, 13, 1862),
    (75, 767, 293), (7, 10, 11), (26, 78, 1), (1260, 2, 32), (34, 8, 7), (2, 27, 144),
    (23, 447, 22), (1, 99, 355), (8, 30, 77), (40, 1239, 291), (1947, 248, 80), (29, 1, 97),
    (1, 35, 5), (2, 1006, 5), (592, 1, 671), (18, 1198, 428), (33, 115, 5), (21, 1526, 361),
    (1557, 4, 19), (8, 1161, 1582), (1, 58, 86), (410, 673, 1), (783, 2, 69), (2, 54, 94),
]


def block_flops(s):
    """The four products with weights, scores and what they mix."""
    return 2 * s["batch"] * s["length"] * s["width"] * (12 * s["width"] + 2 * s["length"])


SQUARE = {"rows": 4096, "columns": 4096}
SMALL_SQUARE = {"rows": 64, "columns": 96}
BLAS = Bar(("OpenBLAS", "oneDNN"), 0.90, 0.98, (1,))
LIBTORCH = Bar(("libtorch eager",), 1.0)
INFERENCE = Bar(("onnxruntime", "openvino", "oneDNN"), 0.85, 1.0)
XLA = Bar(("jax",), 1.0)


def streams():
    n = {"n": M16}
    few = {"n": 5000}
    yield Row("gelu(x + bias) + residual 4096^2", "gelu_residual", SQUARE, SMALL_SQUARE, add_arrays(3),
              "streams", large=True)
    yield Row("add 16M", "add", n, few, add_arrays(3), "streams", large=True)
    yield Row("8-op polynomial 16M", "polynomial", n, few, add_arrays(2), "streams", large=True)
    yield Row("Black-Scholes call and put 16M", "black_scholes", n, few,
              lambda s: {"copy": 5 * F32 * s["n"]}, "streams", Bar(("jax",), 1.3), large=True,
              tolerance=1e-4)


def rows_of_matrices():
    wide = {"rows": 65536, "columns": 256}
    yield Row("softmax 4096^2", "softmax", SQUARE, SMALL_SQUARE, add_arrays(2), "rows", large=True)
    yield Row("softmax 65536x256", "softmax", wide, SMALL_SQUARE, add_arrays(2), "rows", large=True)
    yield Row("layer_norm + gelu 4096^2", "layer_norm_gelu", SQUARE, SMALL_SQUARE, add_arrays(2), "rows",
              large=True)
    yield Row("rms_norm 4096^2", "rms_norm", SQUARE, SMALL_SQUARE, add_arrays(2), "rows", large=True)


def products():
    for n in (64, 128, 256, 512, 1024, 2048):
        sizes = dict.fromkeys("mnk", n)
        yield Row(f"sgemm {n}", "sgemm", sizes, dict.fromkeys("mnk", n // 8), product_work, "sgemm",
                  BLAS, ours="ours eager")
    for number, (m, n, k) in enumerate(PRODUCT_SHAPES):
        sizes = {"m": m, "n": n, "k": k}
        yield Row(f"sgemm {m} x {n} x {k}", "sgemm", sizes, sizes if number < 2 else None, product_work,
                  "sgemm", BLAS, ours="ours eager", threads=(1,), peers=BLAS.peers)


def short_rows():
    def row(name, computation, sizes, quick, work):
        return Row(name, computation, sizes, quick, work, "short rows", LIBTORCH, ours="ours eager")

    yield row("[1,256,3] - [256,1,3]", "all_differences", {"n": 256}, {"n": 9},
              lambda s: {"cached": F32 * 3 * s["n"]**2})
    for columns in (3, 8):
        yield row(f"sum over a last axis of {columns}", "row_sum", {"rows": 65536, "columns": columns},
                  {"rows": 100, "columns": columns}, lambda s: read(elements(s)))
    yield row("argmax over a last axis of 12", "row_argmax", {"rows": 65536, "columns": 12},
              {"rows": 100, "columns": 12}, lambda s: read(elements(s)))
    yield row("[256,256,3] * [256,256,1]", "scaled_points", {"n": 256}, {"n": 9},
              lambda s: {"cached": F32 * 7 * s["n"]**2})


def models():
    net = {"inputs": 784, "hidden": 512, "classes": 10, "batch": 64}
    small = {"inputs": 20, "hidden": 16, "classes": 10, "batch": 8}
    for transposed, layout in ((0, "[in, out]"), (1, "[out, in]")):
        yield Row(f"MLP training step, weights {layout}", "mlp_training",
                  {**net, "transposed": transposed}, {**small, "transposed": transposed}, training_work,
                  "training", XLA, memory=True, tolerance=1e-3)
    gpt = {"batch": 8, "length": 128, "width": 256, "heads": 4}
    tiny_gpt = {"batch": 2, "length": 8, "width": 32, "heads": 2}
    yield Row("GPT block training step, weights [out, in]", "block_training", gpt, tiny_gpt,
              lambda s: {"flops": 3 * block_flops(s), "cached": 7 * F32 * 12 * s["width"]**2}, "training",
              Bar(("jax", "torch eager", "torch.compile"), 1 / 0.9), memory=True, tolerance=1e-3)
    yield Row("encoder block, d 768, 12 heads, sequence 128", "encoder_block",
              {"batch": 1, "length": 128, "width": 768, "heads": 12}, {**tiny_gpt, "batch": 1},
              lambda s: {"flops": block_flops(s)}, "inference", tolerance=1e-4)
    for batch in (1, 64):
        yield Row(f"MLP inference, batch {batch}", "mlp_inference", {**net, "batch": batch},
                  {**small, "batch": min(batch, 8)}, inference_work, "inference")


def linear_layers():
    for n, k in ((768, 3072), (4096, 4096), (1024, 1000)):
        for m in (1, 4, 16, 64):
            yield Row(f"linear [{n}, {k}], M = {m}", "linear", {"m": m, "n": n, "k": k},
                      {"m": m, "n": n // 16, "k": k // 16}, linear_work, "linear", INFERENCE)


def tiny():
    yield Row("8 ops on 64 f32", "chain8", {"n": 64}, {"n": 64}, lambda s: {}, "tiny",
              threads=(1,))
    for tape, computation in (("", "chain21"), (", with tape", "chain21_gradient")):
        yield Row(f"21 ops on 64 f32{tape}", computation, {"n": 64}, {"n": 64}, lambda s: {}, "tiny",
                  threads=(1,), tolerance=1e-4)
    yield Row("add of 16 f32", "add", {"n": 16}, {"n": 16}, lambda s: {}, "tiny", ours="ours eager",
              threads=(1,))


ROWS = [*streams(), *rows_of_matrices(), *products(), *short_rows(), *models(), *linear_layers(), *tiny()]

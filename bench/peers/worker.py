# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What every peer in Python shares: the requests of Serve.h, answered for a call that the peer has
# prepared. A peer's file ends with `worker.serve(prepare)`.
import functools
import inspect
import os
import pathlib
import re
import sys
import time
from dataclasses import dataclass, field

import numpy

STEPS = 3  # of what has a state, before its outputs are compared; main.cpp makes as many
CONSTANTS = ("weight", "bias", "scale")  # names of inputs that are the same in all calls begin so


class Unsupported(Exception):
    """This peer does not have the computation."""


@dataclass
class Job:
    computation: str
    sizes: dict
    threads: int
    folder: pathlib.Path
    setting: str
    inputs: dict = field(default_factory=dict)

    def constants(self):
        return {name: value for name, value in self.inputs.items() if name.startswith(CONSTANTS)}

    def variables(self):
        return {name: value for name, value in self.inputs.items() if not name.startswith(CONSTANTS)}


@dataclass
class Served:
    call: object           # computes once and waits for it; returns something that `arrays` takes
    arrays: object         # what a call returned, as a list of NumPy arrays
    facts: str             # version and setting, for the reader of the table
    reset: object = None   # to the first state; None: there is none
    change: object = None  # of the state since then, as a list of NumPy arrays
    compile_seconds: float = 0


def parse_job(words):
    computation, sizes, threads, folder, setting = words
    numbers = dict(word.split("=") for word in sizes.split(",")) if sizes != "-" else {}
    job = Job(computation, {name: int(number) for name, number in numbers.items()}, int(threads),
              pathlib.Path(folder), setting)
    for file in sorted(job.folder.glob("*.npy")):
        job.inputs[file.stem] = numpy.load(file)
    return job


def bound(function, inputs):
    """The inputs that a function names as its parameters, in its order."""
    return [inputs[name] for name in inspect.signature(function).parameters if name in inputs]


def with_sizes(function, sizes):
    """Gives a function the sizes that it names beside its inputs."""
    named = inspect.signature(function).parameters
    return functools.partial(function, **{name: size for name, size in sizes.items() if name in named})


def timed(call, repeats):
    begin = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - begin) / repeats


def outputs_of(served):
    if not served.reset:
        return served.arrays(served.call())
    served.reset()
    outputs = []
    for _ in range(STEPS):
        outputs += served.arrays(served.call())
    return outputs + served.change()


def save(path, array):
    """Ours reads no narrow integers."""
    if array.dtype.kind == "i":
        array = array.astype(numpy.int64)
    numpy.save(path, array)


def resident(field):
    """A line of the kernel's account of this process, in bytes."""
    text = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"^{field}:\s*(\d+) kB", text, re.M)[1])


def transient_bytes(call):
    """Where freed memory goes back to the system at once, as the driver then arranges it."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = resident("VmRSS")
    call()
    return max(0, resident("VmHWM") - before)


def answer(served, words):
    if words[0] == "run":
        repeats, timings = int(words[1]), int(words[2])
        timed(served.call, repeats)
        return " ".join(f"{timed(served.call, repeats):.9g}" for _ in range(timings))
    if words[0] == "output":
        outputs = outputs_of(served)
        for number, array in enumerate(outputs):
            save(f"{words[1]}/{number}.npy", array)
        return str(len(outputs))
    if words[0] == "memory":
        return str(transient_bytes(served.call))
    raise ValueError(f"unknown request: {words}")


def serve(prepare):
    # Peers print what they like on standard output; answers go where it was.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        served = prepare(parse_job(sys.argv[1:]))
        print("ready", f"{served.compile_seconds:.3g}", served.facts, file=out)
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            print(answer(served, line.split()), file=out)
    except Unsupported:
        print("unsupported", file=out)
    except Exception as problem:  # a peer's own; the driver names it and goes on without the peer
        print("failed", type(problem).__name__, " ".join(str(problem).split())[:300], file=out)
        raise

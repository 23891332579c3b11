# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The sides of `tools/dev bench --peers`: who they are, and a process for each, which answers requests
# as bench/peers/Serve.h says.
import os
import pathlib
import select
import subprocess
import time
from dataclasses import dataclass

from process import ROOT, Failure

FOLDER = ROOT / "bench/peers"
ENVIRONMENT = ROOT / "build/peers/environment"

# glibc gives large blocks back to the system and gets fresh pages for the next result, which costs
# more than most kernels. This tells it to keep them, and to have huge ones.
KEPT_PAGES = ("glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=1099511627776:"
              "glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1")
FRESH = ", fresh pages"
# And this to give back at once what is larger than a few pages, so that the kernel sees what is held.
RETURNED_PAGES = "glibc.malloc.mmap_threshold=65536:glibc.malloc.mmap_max=1000000"


# How those that can be told are held to AVX2. ONNX Runtime cannot.
AVX2_ONLY = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
             "OPENBLAS_CORETYPE": "Haswell", "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}


@dataclass(frozen=True)
class Peer:
    name: str
    program: str      # a program of ours beside peer-tracejit, or a file of FOLDER
    setting: str
    package: str      # of the environment or of Debian: what is missing where this is
    first: str = ""   # setting of peer_torch.py, which runs first and writes what this one reads

    def in_python(self):
        return self.program.endswith(".py")


OURS_EAGER, OURS_COMPILED = "ours eager", "ours compiled"
OURS = [Peer(OURS_EAGER, "peer-tracejit", "eager", ""), Peer(OURS_COMPILED, "peer-tracejit", "compiled", "")]
PEERS = [
    Peer("OpenBLAS", "peer-openblas", "-", "libopenblas-dev"),
    Peer("oneDNN", "peer-onednn", "-", "libdnnl-dev"),
    Peer("libtorch eager", "peer-libtorch", "eager", "torch"),
    Peer("torch eager", "peer_torch.py", "eager", "torch"),
    Peer("torch.compile", "peer_torch.py", "compile", "torch"),
    Peer("AOTInductor", "peer-libtorch", "package", "torch", first="package"),
    Peer("jax", "peer_jax.py", "-", "jax"),
    Peer("onnxruntime", "peer_onnxruntime.py", "-", "onnxruntime"),
    Peer("openvino", "peer_openvino.py", "-", "openvino"),
]


@dataclass(frozen=True)
class Place:
    """Where programs and peers are."""
    ours: pathlib.Path         # peer-tracejit
    programs: pathlib.Path     # the folder of the peers in C++
    environment: pathlib.Path  # the virtual environment of those in Python

    def missing(self, peer):
        """What would have to be installed, or nothing."""
        if peer.in_python() or peer.first:
            packages = self.environment.glob(f"lib/python3*/site-packages/{peer.package}/__init__.py")
            if not any(packages):
                return peer.package
        if not peer.in_python() and not (self.programs / peer.program).exists():
            return peer.package
        return None

    def commands(self, peer, words):
        """The command of a peer, after the one that writes what it reads."""
        python = self.environment / "bin/python"
        if peer.first:
            yield [python, FOLDER / "peer_torch.py", *words, peer.first]
        if peer in OURS:
            yield [self.ours, *words, peer.setting]
        elif peer.in_python():
            yield [python, FOLDER / peer.program, *words, peer.setting]
        else:
            yield [self.programs / peer.program, *words, peer.setting]


def processors(threads):
    """The last ones: the first has more to do with interrupts. None if there are not so many."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[-threads:] if threads <= len(allowed) else None


def environment_of(threads, pages, cache, isa):
    """Environment variables of a side; `pages` are tunables of glibc."""
    env = {**os.environ, **(AVX2_ONLY if isa == "v3" else {}), "PYTHONDONTWRITEBYTECODE": "1", "TORCHINDUCTOR_CACHE_DIR": str(cache),
           "GLIBC_TUNABLES": pages}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        env[name] = str(threads)
    # Rows follow each other faster than a program would have new code compiled.
    given = [word for word in os.environ.get("TRACEJIT", "").split(",") if word]
    env["TRACEJIT_CACHE"] = "off"
    env["TRACEJIT"] = ",".join(given + ["budget=off"] + ([f"isa={isa}"] if isa else []))
    return env


class Side:
    """A process that serves one computation, pinned. `state` is what it said first."""

    def __init__(self, name, command, threads, env, log):
        self.name, self.log = name, log
        pinned = processors(threads)
        with open(log, "w") as errors:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, env=env, preexec_fn=lambda: os.sched_setaffinity(0, pinned))
        self.unread = b""

    def first_word(self, patience):
        """ready, unsupported or failed, and what it says about that."""
        word, _, rest = self.answer(patience).partition(" ")
        return word, rest

    def answer(self, patience):
        """The next line. A process that ends or takes too long has failed."""
        end = time.monotonic() + patience
        output = self.process.stdout
        while b"\n" not in self.unread:
            left = end - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                return f"failed no answer in {patience:.0f} s"
            piece = os.read(output.fileno(), 1 << 16)
            if not piece:
                return f"failed it ended with code {self.process.wait()}"
            self.unread += piece
        line, _, self.unread = self.unread.partition(b"\n")
        return line.decode(errors="replace").strip()

    def ask(self, request, patience=120):
        try:
            self.process.stdin.write(request.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failure(f"{self.name} ended") from None
        answer = self.answer(patience)
        if answer.startswith("failed"):
            raise Failure(f"{self.name}: {answer}")
        return answer

    def times(self, repeats, timings):
        return [float(word) for word in self.ask(f"run {repeats} {timings}").split()]

    def close(self):
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

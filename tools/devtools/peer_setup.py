# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# tools/dev setup --peers: what others would use instead, in an environment of its own. Each may be
# missing.
import subprocess
import sys

import packages
from peer_process import ENVIRONMENT
from process import Failure

# One by one: some may not exist in a release of Debian.
DEBIAN = [("products", ["libopenblas-dev"]), ("products", ["libdnnl-dev"]),
          ("an environment for peers in Python", ["python3-venv"])]
# What must be there for a peer, in the order in which it is installed.
PYTHON = {"torch": ["numpy", "torch"], "jax": ["jax"], "onnxruntime": ["onnx", "onnxruntime"],
          "openvino": ["onnx", "openvino"]}


def attempt(command):
    """Whether it went well; its last lines are printed if not."""
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        print("\n".join(result.stdout.splitlines()[-5:]))
    return result.returncode == 0


def install_debian():
    for group in packages.missing(DEBIAN):
        try:
            packages.install([group])
        except Failure as failure:
            print(f"tools/dev: {failure}; going on without it")


def make_environment():
    python = ENVIRONMENT / "bin/python"
    if not python.exists() and not attempt([sys.executable, "-m", "venv", ENVIRONMENT]):
        raise Failure(f"there is no virtual environment in {ENVIRONMENT}")
    return python


def version_of(python, name):
    """As the package says when it is imported, which may fail although it is installed."""
    command = [python, "-c", f"import {name}; print({name}.__version__)"]
    result = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)
    return result.stdout.split()[-1] if result.returncode == 0 else None


def setup(options):
    """What is needed, and the peers if they are asked for."""
    status = packages.setup(options)
    if not options.peers or options.list:
        return status
    install_debian()
    python = make_environment()
    for name, wheels in PYTHON.items():
        print(f"tools/dev: installing {' '.join(wheels)} from PyPI", flush=True)
        attempt([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wheels])
    for name in PYTHON:
        print(f"tools/dev: {name}: {version_of(python, name) or 'missing'}")
    return 0

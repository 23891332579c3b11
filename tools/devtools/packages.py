# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The Debian packages the project needs, and installing those that are missing.
import os
import shutil
import subprocess

from process import Failure

# Purpose and packages, in the order in which they are explained.
NEEDED = [
    ("compiler, linker and sanitizers", ["clang-22", "lld-22", "libclang-rt-22-dev"]),
    ("LLVM and MLIR, which generate the code",
     ["llvm-22-dev", "llvm-22-tools", "libmlir-22-dev", "mlir-22-tools", "libzstd-dev", "zlib1g-dev"]),
    ("format and lint", ["clang-format-22", "clang-tidy-22"]),
    ("build", ["cmake", "ninja-build", "ccache", "g++", "git", "pkg-config", "python3"]),
    ("tests", ["libgtest-dev", "libgmock-dev"]),
    ("counts of instructions, and what a debugger shows, for tests", ["valgrind", "gdb"]),
    ("older processors, which compiled files must refuse or serve, for tests", ["qemu-user"]),
    ("exact reference maths and NumPy's tables of rounded results, for tests",
     ["libmpfr-dev", "python3-numpy"]),
    ("command lines, JSON, logging, hashing",
     ["libcli11-dev", "nlohmann-json3-dev", "libfmt-dev", "libspdlog-dev", "libxxhash-dev"]),
    ("benchmarks", ["libbenchmark-dev"]),
    ("data of the demonstration", ["dataset-fashion-mnist"]),
]


def missing(wanted=NEEDED):
    """Purpose and packages that are not installed."""
    if not shutil.which("dpkg-query"):
        raise Failure("this is not a Debian system; install what `tools/dev setup --list` names "
                      "and build with CMakePresets.json", 2)
    names = [name for _, group in wanted for name in group]
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names]
    listing = subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    installed = {line.split()[0] for line in listing.stdout.splitlines()
                 if line.split()[1:] == ["installed"]}
    groups = [(why, [n for n in group if n not in installed]) for why, group in wanted]
    return [(why, group) for why, group in groups if group]


def as_root():
    """Words that run a command as root."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo"]
    return None


def install(groups):
    names = [name for _, group in groups for name in group]
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "Acquire::Retries=3",
           "-o", "Dpkg::Use-Pty=0", "-qq"]
    root = as_root()
    if root is None:
        raise Failure("packages are missing and there is neither root nor sudo; run as root:\n"
                      "  apt-get update && apt-get install " + " ".join(names), 2)
    print("tools/dev: installing with apt:")
    for why, group in groups:
        print(f"  {', '.join(group)}  ({why})", flush=True)
    # A stale list of packages is common on a new machine; a failing source need not matter.
    subprocess.run([*root, *apt, "update"], stdin=subprocess.DEVNULL)
    command = [*root, *apt, "install", "-y", "--no-install-recommends", *names]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        print(result.stdout[-4000:])
        raise Failure("apt-get could not install " + " ".join(names))


def ensure():
    """Installs what is missing; quick and silent when nothing is."""
    groups = missing()
    if groups:
        install(groups)


def setup(options):
    if options.list:
        for why, group in NEEDED:
            print(f"{why}:\n  {' '.join(group)}")
        return 0
    groups = missing()
    if groups:
        install(groups)
    print("tools/dev: everything needed is installed")
    return 0

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# libtracejit-rt.a needs the C library and POSIX threads, nothing else: no other name is undefined in
# it, and plain C programs link with it and run.
# Usage: rt.py ARCHIVE PROGRAM.c...
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from repository import ROOT, report

# Of the C library, and what compilers have for __builtin_cpu_supports.
NEEDED = {
    "__errno_location", "abort", "aligned_alloc", "bcmp", "close", "free", "fstat", "memcpy",
    "memmove", "memset", "mmap", "munmap", "open", "pread", "pthread_cond_broadcast",
    "pthread_cond_destroy", "pthread_cond_init", "pthread_cond_signal", "pthread_cond_wait",
    "pthread_create", "pthread_join", "pthread_mutex_destroy", "pthread_mutex_init",
    "pthread_mutex_lock", "pthread_mutex_unlock", "pthread_sigmask", "sigfillset", "__cpu_features2",
    "__cpu_indicator_init", "__cpu_model", "_GLOBAL_OFFSET_TABLE_",
}


def undefined(nm_output):
    """Names that no member of an archive defines, in an output of `nm`."""
    wanted, defined = set(), set()
    for line in nm_output.splitlines():
        if match := re.match(r"^(?:[0-9a-f]+)?\s+(\w) (\S+)$", line):
            (wanted if match[1] in "Uvw" else defined).add(match[2])
    return wanted - defined


def link_and_run(compiler, archive, program):
    """Why a C program is wrong, or None."""
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder) / "program"
        link = subprocess.run(
            [compiler, "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}", program, archive,
             "-pthread", "-Wl,--gc-sections", "-o", result],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if link.returncode != 0:
            return f"{program}: {compiler}: {link.stdout}"
        run = subprocess.run([result], text=True, stdout=subprocess.PIPE, timeout=120)
        return f"{program}: {run.stdout}" if run.returncode != 0 else None


def main():
    archive, programs = sys.argv[1], sys.argv[2:]
    nm = subprocess.run(["llvm-nm-22", archive], check=True, text=True, stdout=subprocess.PIPE).stdout
    problems = [f"{archive} needs {name}" for name in sorted(undefined(nm) - NEEDED)]
    for program in programs:
        problems.append(link_and_run(shutil.which("cc") or "gcc", archive, program))
    report([problem for problem in problems if problem], 1 + len(programs))


if __name__ == "__main__":
    main()

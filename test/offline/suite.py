# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiles traces ahead, links them and runs them in a C program without libtracejit.
#   suite.py --writer WRITER --rt RT [--record "PROGRAM ARGUMENT..."]... TRACE...
# With --record, what a run of the program compiles, too. Says how many functions agreed with eager
# runs in all bits. With --find BUG, which is planted, as often as wanted: each must be found.
import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

RUNNER = pathlib.Path(__file__).resolve().with_name("runner.c")


def run(command):
    result = subprocess.run([str(word) for word in command], text=True, errors="replace",
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return result.returncode, result.stdout


def must(command):
    code, text = run(command)
    if code != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{text}\nexit code {code}")
    return text


def record(command, folder):
    """What a run of the program has compiled, as files."""
    folder.mkdir()
    done = subprocess.run(shlex.split(command), env={**os.environ, "TRACEJIT_SAVE": str(folder)},
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = sorted(folder.glob("*.trace"))
    if done.returncode or not found:
        sys.exit(f"{command}: exit code {done.returncode}, {len(found)} traces")
    return found


def undefined_names(path):
    return {line.split()[-1] for line in must(["nm", "-u", path]).splitlines() if line.strip()}


def check_file(path, rt, runner, folder):
    """Problems of one object file, and how many functions it has."""
    foreign = {name for name in undefined_names(path) if not name.startswith("tj_rt1_")}
    if foreign:
        return [f"{path.name} needs {', '.join(sorted(foreign))}"], 0
    library = folder / (path.stem + ".so")
    must(["cc", "-shared", "-nostdlib", "-Wl,-z,defs", "-o", library, path, rt, "-lc", "-lgcc"])
    code, text = run([runner, library, path.with_suffix(".values")])
    counted = re.search(r"(\d+) functions, 0 failures", text)
    if code != 0 or not counted:
        return [f"{path.name}: exit code {code}\n{text}"], 0
    return [], int(counted[1])


def check_all(arguments, runner, traces, folder, plant=()):
    """Problems of all files, and how many functions they have."""
    folder.mkdir()
    must([arguments.writer, folder, *plant, *traces])
    problems, functions = [], 0
    for path in sorted(folder.glob("*.o")):
        found, count = check_file(path, arguments.rt, runner, folder)
        problems += found
        functions += count
    return problems, functions


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--writer", required=True)
    parser.add_argument("--rt", required=True)
    parser.add_argument("--record", action="append", default=[])
    parser.add_argument("--find", action="append", default=[])
    parser.add_argument("traces", nargs="*")
    arguments = parser.parse_args()
    traces = list(arguments.traces)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for number, command in enumerate(arguments.record):
            traces += record(command, folder / f"recorded-{number}")
        runner = folder / "runner"
        must(["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", runner, RUNNER, "-ldl"])
        problems, functions = check_all(arguments, runner, traces, folder / "good")
        for bug in arguments.find:
            found, _ = check_all(arguments, runner, traces, folder / bug, ("--plant", bug))
            print(f"{bug}: found in {len(found)} files")
            if not found:
                problems.append(f"nothing finds {bug}")
    print("\n".join(problems))
    print(f"{len(traces)} traces, {functions} functions equal, {len(problems)} problems")
    return 1 if problems or not functions else 0


if __name__ == "__main__":
    sys.exit(main())

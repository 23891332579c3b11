# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiles traces ahead, links them and runs them in a C program without libtracejit.
#   suite.py WRITER RT RUNNER_C TRACE...
# Folders stand for the traces in them. Says how many functions agreed with eager runs in all bits.
import pathlib
import re
import subprocess
import sys
import tempfile


def run(command):
    result = subprocess.run([str(word) for word in command], text=True, errors="replace",
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return result.returncode, result.stdout


def must(command):
    code, text = run(command)
    if code != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{text}\nexit code {code}")
    return text


def traces_of(arguments):
    for argument in map(pathlib.Path, arguments):
        yield from sorted(argument.rglob("*.trace")) if argument.is_dir() else [argument]


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


def main(writer, rt, runner_source, arguments):
    traces = list(traces_of(arguments))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        runner = folder / "runner"
        must(["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", runner,
              runner_source, "-ldl"])
        must([writer, folder, *traces])
        problems, functions = [], 0
        for path in sorted(folder.glob("*.o")):
            found, count = check_file(path, rt, runner, folder)
            problems += found
            functions += count
    print("\n".join(problems))
    print(f"{len(traces)} traces, {functions} functions equal, {len(problems)} problems")
    return 1 if problems or not functions else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4], sys.argv[4:]))

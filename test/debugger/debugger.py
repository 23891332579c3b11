# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Drives gdb on Program.cpp: printers, jit_print, jit_set, a core file, a backtrace through a kernel.
# Usage: debugger.py PROGRAM
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).with_name("Program.cpp")
TIMEOUT_S = 120
# Every run of a known path is compiled, and gdb loads the script that lies beside the library.
ENVIRONMENT = {**os.environ, "TRACEJIT": "trial=off"}
GDB = ["gdb", "-nx", "-batch", "-iex", "set auto-load safe-path /", "-iex", "set debuginfod enabled off"]


class Wrong(Exception):
    pass


def line_of(stop):
    """FILE:LINE of the line that says so."""
    for number, line in enumerate(SOURCE.read_text().splitlines(), 1):
        if f"// stop: {stop}" in line:
            return f"{SOURCE.name}:{number}"
    raise Wrong(f"{SOURCE.name} has no stop {stop}")


def gdb(commands, *arguments):
    words = [word for command in commands for word in ("-ex", command)]
    done = subprocess.run([*GDB, *words, *arguments], text=True, env=ENVIRONMENT, timeout=TIMEOUT_S,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout


def expect(output, *wanted):
    """Each a whole line of the output, or a pattern of one, in this order."""
    lines = iter(output.splitlines())
    for want in wanted:
        if not any(want.fullmatch(line) if isinstance(want, re.Pattern) else want == line
                   for line in lines):
            raise Wrong(f"no line `{getattr(want, 'pattern', want)}` where it is expected in:\n{output}")


LOCALS = ["matrix = f32[2,3] [[1, 2.5, nan], [-0, 10, 0.1]]",
          "transposed = f32[3,2] [[1, -0], [2.5, 10], [nan, 0.1]]",
          "wide = i64[100] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...]",
          "square = u8[10,10] [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, ...], ...]",
          "number = f64[] 0.1",
          "huge = f64[] -inf",
          "flags = bool[2] [true, false]",
          "nothing = f32[0,3] []",
          "counts = i64[2,2] [[1, 2], [3, 4]]",
          "empty = empty tensor",
          "$1 = weight: f32[] 0.5"]


def check_values(program, core):
    output = gdb([f"break {line_of('values')}", "run", "info locals", "print weight",
                  "call jit_print(matrix)", "call jit_print(transposed)", "call jit_print(empty)",
                  "call jit_print(weight)", f"generate-core-file {core}",
                  'call jit_set(counts, "10 20 30 40")', 'call jit_set(counts, "1 2 3")',
                  'call jit_set(counts, "1.5")', 'call jit_set(flags, "[false, true]")',
                  'call jit_set(flags, "2")', 'call jit_set(square, "256")',
                  'call jit_set(matrix, "-inf")', 'call jit_set(empty, "1")',
                  'call jit_set(weight, "0.75")', "print weight", "continue"], program)
    expect(output, *LOCALS,
           "f32[2,3] [[  1, 2.5, nan],",
           "          [ -0,  10, 0.1]]",
           "f32[3,2] [[  1,  -0],",
           "          [2.5,  10],",
           "          [nan, 0.1]]",
           "empty tensor",
           "f32[] 0.5",
           "i64[2,2] [[10, 20],",
           "          [30, 40]]",
           "jit_set: 3 elements given for i64[2,2] of 4; give all, or one for all",
           'jit_set: "1.5" is no element of i64',
           "bool[2] [false,  true]",
           'jit_set: "2" is no element of bool',
           'jit_set: "256" is no element of u8',
           "f32[2,3] [[-inf, -inf, -inf],",
           "          [-inf, -inf, -inf]]",
           "jit_set: an empty tensor has neither dtype nor shape",
           "f32[] 0.75",
           "$2 = weight: f32[] 0.75")
    expect(output, "flags 1")
    expect(output, "counts 100", "weight 0.75, named weight", re.compile(r"path active: 38 hits, 0 replays"))


def check_core(program, core):
    expect(gdb(["info locals", "print weight"], program, core), *LOCALS)


def check_pending(program):
    """Looking changes nothing: the pass ends in the compiled run, with the same bits."""
    output = gdb([f"break {line_of('pending')} if passes == 10", "run", "print x", "print y",
                  "call jit_print(y)", "call jit_print(z)", "print z", "continue"], program)
    expect(output, "$1 = f32[4] [1, 2, 3, 4]", "$2 = f32[4] pending",
           "pending; computed aside:", "f32[4] [2, 4, 6, 8]",
           "pending; computed aside:", "f32[4] [      1.5,  7.889056, 55.098152,  403.9288]",
           "$3 = f32[4] pending",
           "path active: 38 hits, 0 replays", "done")
    if re.search("^pass ", output, re.M):
        raise Wrong(f"a look changed the result:\n{output}")


def check_change(program):
    """A changed value is used, in this pass alone."""
    output = gdb([f"break {line_of('pending')} if passes == 20", "run", 'call jit_set(y, "1")',
                  "print y", "print z", "continue"], program)
    expect(output, "f32[4] [1, 1, 1, 1]", "$1 = f32[4] [1, 1, 1, 1]", "$2 = f32[4] pending",
           "pass 20: 472.416016 after 488.416016", "done")
    if len(re.findall("^pass ", output, re.M)) != 1:
        raise Wrong(f"other passes changed too:\n{output}")


INTO_KERNEL = """
import gdb
for step in range(5000):
    gdb.execute("stepi", to_string=True)
    pc = int(gdb.parse_and_eval("$pc"))
    if not gdb.solib_name(pc) and gdb.execute(f"info symbol {pc}", to_string=True).startswith("No"):
        break
for step in range(20):
    gdb.execute("stepi", to_string=True)
"""


def check_backtrace(program):
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(INTO_KERNEL)
        script.flush()
        output = gdb([f"break {line_of('pending')} if passes == 10", "run",
                      "tbreak jit::PlannedProgram::run_step", "continue", f"source {script.name}",
                      "backtrace", "frame function main", "call jit_print(x)", "kill"], program)
    expect(output, re.compile(r"#0 +0x\w+ in \?\? \(\)"),
           re.compile(r"#1 .* run_step \(\) at .*PlannedProgram\.cpp:\d+"),
           re.compile(r"#\d+ .*operator\(\).*Program\.cpp:\d+"),
           re.compile(r"#\d+ .* main \(\) at .*Program\.cpp:\d+"),
           "jit_print: the thread stands inside tracejit; `finish` until it is in your code")


def check_program(program):
    """What works with a library without symbols too. Throws Wrong."""
    with tempfile.TemporaryDirectory() as folder:
        core = pathlib.Path(folder) / "core"
        check_values(program, core)
        check_core(program, core)
    check_pending(program)
    check_change(program)


def is_there():
    if not shutil.which("gdb"):
        print("SKIPPED: there is no gdb here")
        return False
    return True


def main():
    if not is_there():
        return
    try:
        check_program(sys.argv[1])
        check_backtrace(sys.argv[1])
    except Wrong as problem:
        print(problem)
        sys.exit(1)
    print("gdb shows what is there")


if __name__ == "__main__":
    main()

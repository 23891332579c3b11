# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Files for x86-64-v3, for v4 and for both are in one program, linked in every way, and run on
# processors below v3 and of v3: each works or says that it cannot. Nothing may die of an unknown
# instruction.
#   processors.py TRACEC TRACE RT
import pathlib
import shutil
import subprocess
import sys
import tempfile

TARGETS = {"old": "x86-64-v3", "wide": "x86-64-v4", "both": "x86-64-v3,x86-64-v4"}

PROGRAM = """
#include "old.h"
#include "wide.h"
#include "both.h"

#include <stdio.h>

#define CALL(name)                                                                                 \\
  do {                                                                                             \\
    float state[4] = {0.1f, -0.2f, 0.3f, 0.4f}, first[64], second[32], made[2] = {0};               \\
    for (int i = 0; i < 64; ++i)                                                                   \\
      first[i] = (float)(i % 7) / 8 - 0.25f;                                                       \\
    for (int i = 0; i < 32; ++i)                                                                   \\
      second[i] = (float)(i % 5) / 4 - 0.5f;                                                       \\
    static _Alignas(64) char workspace[65536];                                                     \\
    if (name##_workspace(1) > sizeof workspace)                                                    \\
      return 2;                                                                                    \\
    const int32_t code = name(state, first, second, 2.0, made, workspace);                         \\
    printf(#name " %d %a %a\\n", (int)code, made[0], made[1]);                                      \\
  } while (0)

int main(void) {
  CALL(old);
  CALL(wide);
  CALL(both);
  return 0;
}
"""

# How a program is linked.
WAYS = {"pie": ["-pie"], "static": ["-static"], "static-pie": ["-static-pie"]}


def run(command, expected=0):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if done.returncode != expected:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}\n"
                 f"exit code {done.returncode}")
    return done.stdout


def codes(output):
    """Code and results by function."""
    return {line.split()[0]: (int(line.split()[1]), line.split()[2:]) for line in output.splitlines()}


def check(program, folder):
    """On this machine and on two that are older."""
    qemu = shutil.which("qemu-x86_64")
    if not qemu:
        sys.exit("qemu-x86_64 is missing")
    here = codes(run([program]))
    if here["old"][0] != 0 or here["both"] != here["old"]:
        sys.exit(f"{program.name} here: {here}")
    haswell = codes(run([qemu, "-cpu", "Haswell", program]))
    if haswell["old"] != here["old"] or haswell["both"] != here["old"] or haswell["wide"][0] != 1:
        sys.exit(f"{program.name} on Haswell: {haswell}, here {here}")
    nehalem = codes(run([qemu, "-cpu", "Nehalem", program]))
    if any(code != 1 for code, _ in nehalem.values()):
        sys.exit(f"{program.name} on Nehalem: {nehalem}")


def main(tracec, trace, rt):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "main.c").write_text(PROGRAM)
        for function, targets in TARGETS.items():
            run([tracec, "compile", trace, "-o", folder / function, f"--target={targets}",
                 f"--function={function}", "--emit=static"])
        libraries = [folder / f"{function}.a" for function in TARGETS]
        for way, flags in WAYS.items():
            program = folder / way
            run(["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", *flags, folder / "main.c",
                 *libraries, rt, "-o", program])
            check(program, folder)
        # A shared library of each, which contain what they use of libtracejit-rt.
        for function, targets in TARGETS.items():
            run([tracec, "compile", trace, "-o", folder / function, f"--target={targets}",
                 f"--function={function}", "--emit=shared"])
        program = folder / "shared"
        run(["cc", "-O1", folder / "main.c", *[folder / f"{f}.so" for f in TARGETS],
             f"-Wl,-rpath,{folder}", "-o", program])
        check(program, folder)
        shown = {line.split()[-1] for line in
                 run(["nm", "-D", "--defined-only", folder / "both.so"]).splitlines()}
        wanted = {f"both_{ending}" for ending in ("run", "check", "workspace", "error", "info")}
        if shown != wanted:
            sys.exit(f"both.so shows {sorted(shown)}")
    print(f"{len(WAYS) + 1} programs on 3 processors")


main(*sys.argv[1:4])

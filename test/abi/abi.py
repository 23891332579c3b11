# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What programs of the first version link and call is there, and as it was: abi1.c, and the names in
# *.symbols. Names are added to libraries, never taken away; these files stay as they are.
#   abi.py TRACEC LIBTRACEJIT_C LIBTRACEJIT_RT
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TRACE = """tracejit-trace 1
name "frozen"
input %in0 : f64[3]
number %num0 : float
number %num1 : int
number %num2 : bool
%0 = multiply(%in0, %num0) : f64[3]
%1 = add(%in0, %num1) : f64[3]
%2 = logical_and(%in0, %num2) : bool[3]
%3 = where(%2, %1, %0) : f64[3]
output %0
output %3
end
"""


def run(command):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\nexit code {done.returncode}")
    return done.stdout


def defined(command, library):
    return {line.split()[-1].split("@")[0] for line in run([*command, library]).splitlines()
            if len(line.split()) == 3 and line.split()[1] in "TRDB"}


def main(tracec, c_library, rt):
    for names, shown in (("c1", defined(["nm", "-D", "--defined-only"], c_library)),
                         ("rt1", defined(["nm"], rt))):
        wanted = set((HERE / f"{names}.symbols").read_text().split())
        if not wanted or wanted - shown:
            sys.exit(f"{names}.symbols: gone, or nothing wanted: {', '.join(sorted(wanted - shown))}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "frozen.trace").write_text(TRACE)
        run([tracec, "compile", folder / "frozen.trace", "--emit=package", "-o", folder / "frozen"])
        run(["cc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}",
             f"-I{ROOT / 'runtime/include'}", HERE / "abi1.c", rt, c_library,
             f"-Wl,-rpath,{c_library.parent}", "-pthread", "-Wl,--gc-sections", "-o", folder / "abi1"])
        run([folder / "abi1", folder / "frozen.tjb"])


main(*map(pathlib.Path, sys.argv[1:]))

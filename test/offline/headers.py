# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The headers of compiled files in a C and in a C++ program, which is built without exceptions: they
# give the same bits and codes, whatever the traces are called, and bools are 0 or 1.
#   headers.py TRACEC
import pathlib
import subprocess
import sys
import tempfile

FLAGS = ["-Wall", "-Wextra", "-Werror", "-O1"]
TRACE = """tracejit-trace 1
name "NAME"
input %in0 : f32[6]
input %in1 : bool[3]
input %in2 : f32[2,3] strides=[-3,1]
number %num0 : float
number %num1 : bool
%0 = multiply(%in0, %num0) : f32[6]
%1 = logical_and(%in1, %num1) : bool[3]
%2 = add(%in2, %1) : f32[2,3]
%3 = exp(%2) : f32[2,3]
output %0
output %1
output %3
end
"""

C_PROGRAM = """
#include "NAME.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  float x[6], y[6], m[6], e[6];
  uint8_t mask[3] = {1, 0, 1}, both[3];
  for (int i = 0; i < 6; ++i) {
    x[i] = (float)i / 4;
    m[i] = (float)i / 8;
  }
  void *const workspace = aligned_alloc(64, (FUNCTION_workspace(1) + 63) / 64 * 64);
  int32_t code = FUNCTION(x, mask, m + 3, 0.5, 1, y, both, e, workspace);
  printf("%d %a %d %d %a\\n", (int)code, y[5], both[1], both[2], e[0]);
  printf("%d\\n", (int)FUNCTION(x, mask, m + 3, 0.5, 2, y, both, e, workspace));
  printf("%d\\n", (int)FUNCTION(x, mask, m + 3, 0.5, -1, y, both, e, workspace));
  mask[2] = 2;
  code = FUNCTION(x, mask, m + 3, 0.5, 1, y, both, e, workspace);
  printf("%d %s\\n", (int)code, FUNCTION_error(code));
  mask[2] = 255;
  printf("%d\\n", (int)FUNCTION(x, mask, m + 3, 0.5, 1, y, both, e, workspace));
  printf("%d\\n", (int)FUNCTION(x, NULL, m + 3, 0.5, 1, y, both, e, workspace));
  free(workspace);
  return 0;
}
"""
C_LINES = ["0 0x1.4p-1 0 1 0x1.fa3ff4p+1", "7", "7", "7 a number or an element is none that its dtype holds",
           "7", "2"]

CPP_PROGRAM = """
#include "NAME.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>

int main() {
  float x[6], y[6], m[6], e[6];
  bool mask[3] = {true, false, true}, both[3];
  for (int i = 0; i < 6; ++i) {
    x[i] = (float)i / 4;
    m[i] = (float)i / 8;
  }
  tj::FUNCTION::Function function;
  using tj::FUNCTION::Code;
  tj::FUNCTION::Arguments all{x, mask, m, 0.5, true, y, both, e};
  Code code = function(all);
  std::printf("%d %a %d %d %a\\n", static_cast<int>(code), y[5], both[1], both[2], e[0]);
  all.out0 = std::span<float, 6>(x);
  code = function(all);
  std::printf("%d %d %s\\n", static_cast<int>(code), code == Code::overlap,
              tj::FUNCTION::message(code));
  static_assert(noexcept(function(all)));
  return 0;
}
"""
CPP_LINES = [C_LINES[0], "6 1 an output overlaps something else"]


def run(command, folder, good=True):
    done = subprocess.run([str(word) for word in command], cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if (done.returncode == 0) != good:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\nexit code {done.returncode}")
    return done.stdout


def expect(lines, wanted, what):
    if lines.splitlines() != wanted:
        sys.exit(f"{what}:\n{lines}wanted:\n" + "\n".join(wanted))


def check(tracec, folder, name, function):
    trace = folder / f"{name}.trace"
    trace.write_text(TRACE.replace("NAME", name))
    said = run([tracec, "compile", trace, "--header=c++", "-o", name], folder)
    if (f"the function is called {function}: '{name}' is taken" in said) != (name != function):
        sys.exit(f"{name}: {said}")

    def program(text, ending):
        path = folder / f"main{ending}"
        path.write_text(text.replace("NAME", name).replace("FUNCTION", function))
        return path

    run(["cc", "-std=c11", "-D_GNU_SOURCE", *FLAGS, program(C_PROGRAM, ".c"), f"{name}.o", "-o", "c",
         "-lm"], folder)
    expect(run(["./c"], folder), C_LINES, f"C, {name}")
    for more in ([], ["-DNDEBUG"]):
        run(["c++", "-std=c++20", "-fno-exceptions", "-fno-rtti", *FLAGS, *more,
             program(CPP_PROGRAM, ".cpp"), f"{name}.o", "-o", "cpp"], folder)
        lines = CPP_LINES if not more else [C_LINES[0]]
        expect("\n".join(run(["./cpp"], folder).splitlines()[:len(lines)]), lines, f"C++, {name}")


def main(tracec):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for trace, function in (("step", "step"), ("std", "_std"), ("log", "_log"),
                                ("memcpy", "_memcpy"), ("main", "_main"), ("Function", "Function")):
            check(tracec, folder, trace, function)
        # A code may not be left unread, and an argument not be left out.
        for wrong in ("function(all);", "tj::step::Arguments{x, mask};"):
            text = CPP_PROGRAM.replace("static_assert(", wrong + "\n  static_assert(")
            path = folder / "wrong.cpp"
            path.write_text(text.replace("NAME", "step").replace("FUNCTION", "step"))
            run(["c++", "-std=c++20", *FLAGS, "-c", path], folder, good=False)


main(pathlib.Path(sys.argv[1]).resolve())

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Constants of compiled files, in the code and in a file of their own, give the bits that the same
# values give as inputs, what is computed of them alone is computed by tracec, and outputs may lie where
# inputs do if that was asked for.
#   constants.py TRACEC LIBTRACEJIT_RT
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

TRACE = """tracejit-trace 1
name "net"
input %in0 : f32[4,8]
input %in1 : f32[8,6]
input %in2 : f32[6]
input %in3 : i64[5]
input %in4 : f32[4,6]
input %in5 : f32[3]
number %num0 : float = 0x3fe0000000000000 (0.5)
%0 = exp(%in1) : f32[8,6]
%1 = permute_dims(%0) axes=[1,0] : f32[6,8] strides=[1,6]
%2 = add(%0, %in2) : f32[8,6]
%3 = matmul(%in0, %2) : f32[4,6]
%4 = sum(%1) axis=[0] keepdims=false dtype=f32 : f32[8]
%5 = multiply(%in0, %4) : f32[4,8]
%6 = take(%3, %in3) axis=0 : f32[5,6]
%7 = multiply(%in4, %num0) : f32[4,6]
%8 = add(%7, %3) : f32[4,6]
%9 = tanh(%5) : f32[4,8]
%10 = negative(%in5) : f32[3]
%11 = permute_dims(%2) axes=[1,0] : f32[6,8] strides=[1,6]
%12 = sin(%11) : f32[6,8]
%13 = add(%12, %4) : f32[6,8]
%14 = add(%13, %num0) : f32[6,8]
output %6
output %8
output %9
output %10
output %14
end
"""
SIZES = {0: (32, "f"), 1: (48, "f"), 2: (6, "f"), 3: (5, "q"), 4: (24, "f"), 5: (3, "f")}
SHAPES = {1: "(8, 6)", 2: "(6,)", 3: "(5,)", 5: "(3,)"}
OUTPUTS = [30, 24, 32, 3, 48]

PROGRAM = r"""
#include "plain.h"
#include "known.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

VALUES
static float a[5][48], b[5][48];
static _Alignas(64) char workspace[1 << 16];

int main(void) {
  if (plain_workspace(1) > sizeof workspace || known_workspace(1) > sizeof workspace)
    return 1;
  const void *const in[] = {in0, in1, in2, in3, in4, in5};
  const void *left[] = {in0, in4, NULL};
  void *const out_a[] = {a[0], a[1], a[2], a[3], a[4]}, *const out_b[] = {b[0], in4, b[2], b[3], b[4]};
  const double half = 0.5;
  uint64_t number;
  memcpy(&number, &half, 8);
  int32_t code = plain_check(in, out_a, &number, workspace, sizeof workspace, NULL, NULL, 1);
  if (code)
    return printf("plain: %s\n", plain_error(code)), 1;
#ifdef APART
  errno = 0;
  if (known_weights_open("none.weights") || errno != ENOENT)
    return printf("a missing file: %d\n", errno), 1;
  if (known_weights_open("damaged.weights") || errno != EINVAL || known_weights_open("short.weights"))
    return printf("a damaged file: %d\n", errno), 1;
  left[2] = known_weights_open("known.weights");
  if (!left[2])
    return perror("known.weights"), 1;
  left[2] = (const char *)left[2] + 1;
  code = known_check(left, out_b, &number, workspace, sizeof workspace, NULL, NULL, 1);
  if (code != KNOWN_MISALIGNED)
    return printf("misaligned weights: %s\n", known_error(code)), 1;
  left[2] = (const char *)left[2] - 1;
#endif
  /* Output 1 lies where input 4 does; a part of it may not. */
  void *moved[] = {b[0], in4 + 1, b[2], b[3], b[4]};
  code = known_check(left, moved, &number, workspace, sizeof workspace, NULL, NULL, 1);
  if (code != KNOWN_OVERLAP)
    return printf("moved: %s\n", known_error(code)), 1;
  void *other[] = {b[0], b[1], in4, b[3], b[4]};
  code = known_check(left, other, &number, workspace, sizeof workspace, NULL, NULL, 1);
  if (code != KNOWN_OVERLAP)
    return printf("another output: %s\n", known_error(code)), 1;
  code = known_check(left, out_b, &number, workspace, sizeof workspace, NULL, NULL, 1);
  if (code)
    return printf("known: %s\n", known_error(code)), 1;
#ifdef APART
  known_weights_close(left[2]);
#endif
  static const int sizes[] = {30, 24, 32, 3, 48};
  for (int k = 0; k < 5; ++k)
    if (memcmp(out_a[k], out_b[k], 4 * (size_t)sizes[k]))
      return printf("output %d differs\n", k), 1;
  puts("equal");
  return 0;
}
"""


STATE = """tracejit-trace 1
name "state"
input %in0 : f32[40]
input %in1 : f32[40]
input %in2 : f32[40]
number %num0 : float
number %num1 : float
%0 = multiply(%in1, %num0) : f32[40]
%1 = multiply(%in2, %num1) : f32[40]
%2 = add(%0, %1) : f32[40]
%3 = subtract(%in0, %2) : f32[40]
output %2
output %3
end
"""
STATE_PROGRAM = r"""
#include "state.h"

#include <stdio.h>
#include <string.h>

int main(void) {
  float w[2][40], v[2][40], x[40], next_w[40], next_v[40];
  for (int i = 0; i < 40; ++i) {
    x[i] = (float)i / 7;
    w[0][i] = w[1][i] = 1;
    v[0][i] = v[1][i] = 2;
  }
  for (int k = 0; k < 20; ++k) {
    if (state(w[0], x, v[0], 0.1, 0.9, next_v, next_w, NULL) ||
        state(w[1], x, v[1], 0.1, 0.9, v[1], w[1], NULL))
      return puts("refused"), 1;
    memcpy(w[0], next_w, sizeof next_w);
    memcpy(v[0], next_v, sizeof next_v);
  }
  puts(memcmp(w[0], w[1], sizeof w[0]) || memcmp(v[0], v[1], sizeof v[0]) ? "differs" : "equal");
  return 0;
}
"""


def run(command, folder, code=0):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE, cwd=folder,
                          stderr=subprocess.STDOUT)
    if done.returncode != code:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\nexit code {done.returncode}")
    return done.stdout


def demand(condition, text):
    if not condition:
        sys.exit(text)


def write_npy(path, values, kind, shape):
    head = f"{{'descr': '<{'f4' if kind == 'f' else 'i8'}', 'fortran_order': False, 'shape': {shape}, }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() +
                     struct.pack(f"<{len(values)}{kind}", *values))


def values_of(rng):
    return {k: [rng.randrange(4) for _ in range(n)] if kind == "q" else
            [struct.unpack("<f", struct.pack("<f", rng.uniform(-2, 2)))[0] for _ in range(n)]
            for k, (n, kind) in SIZES.items()}


def as_c(values):
    text = ""
    for k, (n, kind) in SIZES.items():
        items = ", ".join(str(v) if kind == "q" else v.hex() + "f" for v in values[k])
        text += f"static {'int64_t' if kind == 'q' else 'float'} in{k}[{n}] = {{{items}}};\n"
    return text


def program(folder, tracec, rt, values, apart, emit):
    known = [word for k in SHAPES for word in ("--constant", f"{k}=in{k}.npy")]
    run([tracec, "compile", "net.trace", "-o", "plain", "--function", "plain"], folder)
    said = run([tracec, "compile", "net.trace", "-o", "known", "--function", "known", *known,
                "--donate", "in4=out1", f"--emit={emit}", *(["--weights=file"] if apart else [])], folder)
    demand(("known.weights" in said) == apart, said)
    header = (folder / "known.h").read_text()
    demand("out1 may lie where in4 does" in header, header)
    if apart:
        data = bytearray((folder / "known.weights").read_bytes())
        (folder / "short.weights").write_bytes(data[:-64])
        data[20] ^= 1
        (folder / "damaged.weights").write_bytes(data)
    (folder / "main.c").write_text(PROGRAM.replace("VALUES", as_c(values)))
    library = {"object": ["known.o"], "static": ["known.a"], "shared": ["known.so", "-Wl,-rpath,."]}[emit]
    run(["cc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", *(["-DAPART"] if apart else []), "main.c",
         "plain.o", *library, rt, "-pthread", "-Wl,--gc-sections", "-o", "main"], folder)
    said = run(["./main"], folder)
    demand(said == "equal\n", said)


def main(tracec, rt):
    rng = random.Random(12)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "net.trace").write_text(TRACE)
        for apart, emit in ((False, "object"), (True, "object"), (False, "static"), (True, "shared")):
            values = values_of(rng)
            for k, shape in SHAPES.items():
                write_npy(folder / f"in{k}.npy", values[k], SIZES[k][1], shape)
            program(folder, tracec, rt, values, apart, emit)
        # exp, the sums, sin and their copies are not computed at run time.
        run([tracec, "compile", "net.trace", "--emit=package",
             *[word for k in SHAPES for word in ("--constant", f"{k}=in{k}.npy")]], folder)
        said = run([tracec, "info", "net.tjb"], folder)
        demand('"net", 8 ops' in said, said)
        # States that a loop carries, each in its own place, whichever input comes first.
        (folder / "state.trace").write_text(STATE)
        run([tracec, "compile", "state.trace", "-o", "state", "--donate", "in2=out0", "--donate", "in0=out1"], folder)
        (folder / "main.c").write_text(STATE_PROGRAM)
        run(["cc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "main.c", "state.o", "-o", "main"], folder)
        said = run(["./main"], folder)
        demand(said == "equal\n", said)
        for arguments, message in (
                (["--donate", "in0=out1"], "output 1 cannot lie where input 0 does"),
                (["--donate", "in9=out1"], "--donate 'in9=out1' is not IN=OUT"),
                (["--donate", "in1=out1", "--constant", "1=in1.npy"], "that input is a constant"),
                (["--donate", "4=1", "--donate", "4=2"], "that is given already"),
                (["--weights=file", "--emit=package"], "--weights is not for --emit=package"),
                (["--donate", "4=1", "--emit=package"], "--donate is not for --emit=package"),
                (["--constant", "1=in1.npy", "--weights=file", "--name", "in0=Weights"],
                 "two values are called weights")):
            done = subprocess.run([tracec, "compile", "net.trace", *arguments], cwd=folder, text=True,
                                  capture_output=True)
            demand(done.returncode in (2, 4) and message in done.stderr, f"{arguments}: {done.stderr}")


main(*map(pathlib.Path, sys.argv[1:]))

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Instructions of ops and kernels, counted by valgrind's callgrind, against bench/counts/expected.txt:
# `tools/dev bench --counts`, and the test bench-counts.
import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from process import ROOT, Failure

EXPECTED = ROOT / "bench/counts/expected.txt"
TOLERANCE = 0.02
# Eager ops look into tables that hash addresses, and addresses depend on where the build lies.
TOLERANCE_OF_EAGER = 0.06
# Kernels are counted by so many elements.
ELEMENTS = 1024

# The same on every machine: valgrind shows the program a processor of its own making, so the C
# library takes the same ways; addresses are not random, since some tables hash them; v3 because
# callgrind knows no AVX-512. There is no trial and no budget, which would look at the clock.
OPTIONS = "isa=v3,threads=1,trial=off,budget=off"
HEADER = f"""\
# Instructions by callgrind, of the preset dev: what CI builds. Rewritten by `tools/dev bench --counts --write`.
# Per op; per call of a trace without its ops; per {ELEMENTS} elements of a kernel.
"""


def run(command, env=None):
    try:
        result = subprocess.run([str(word) for word in command], env=env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError as missing:
        raise Failure(f"{missing.filename} is missing: tools/dev setup installs it") from None
    if result.returncode != 0:
        raise Failure(f"{command[0]} failed:\n{result.stdout[-4000:]}")


def stripped(program, folder):
    """A copy of the program and its libraries without debug information: valgrind does not
    understand that of new compilers."""
    source = pathlib.Path(program).resolve()
    for name in ("bin", "lib"):
        (folder / name).mkdir()
    copy = folder / "bin" / source.name
    run(["strip", "--strip-debug", "-o", copy, source])
    for library in (source.parents[1] / "lib").glob("libtracejit*.so*"):
        if library.suffix == ".py": # gdb's script
            continue
        run(["strip", "--strip-debug", "-o", folder / "lib" / library.name, library])
    return copy


def collect(program, folder):
    """Runs the program; label and number of instructions of each of its loops, in their order."""
    env = {"PATH": os.environ["PATH"], "TRACEJIT": OPTIONS, "TRACEJIT_CACHE": "off",
           "LD_LIBRARY_PATH": f"{folder}/lib"}
    run(["setarch", "-R", "valgrind", "--tool=callgrind", "--instr-atstart=no", "-q",
         f"--callgrind-out-file={folder}/counts", stripped(program, folder)], env)
    totals = []
    for file in sorted(folder.glob("counts.*"), key=lambda file: int(file.suffix[1:])):
        text = file.read_text()
        label = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.M)
        total = re.search(r"^totals: (\d+)$", text, re.M)
        if label and total:
            totals.append((label[1], int(total[1])))
    return totals


def per_turn(totals):
    """{(kind, name): [(units, instructions of a turn)]}: the difference of two lengths of a loop."""
    loops = collections.defaultdict(list)
    for (label, few), (longer, many) in zip(totals[::2], totals[1::2]):
        kind, name, units, short = label.split(";")
        long = longer.rsplit(";", 1)[1]
        loops[kind, name].append((int(units), (many - few) / (int(long) - int(short))))
    return loops


def read_counts(totals):
    """What the file holds, by name."""
    counts = {}
    for (kind, name), loops in sorted(per_turn(totals).items()):
        if kind == "least":  # of several layouts
            counts[name] = min(count / units for units, count in loops)
            continue
        (low, first), (high, second) = sorted(loops)
        slope = (second - first) / (high - low)
        if name.startswith("kernel: "):
            counts[name] = slope * ELEMENTS
        else:
            counts[name] = slope
            counts["call of a trace"] = first - low * slope
    return counts


def written():
    counts = {}
    if EXPECTED.exists():
        for line in EXPECTED.read_text().splitlines():
            if line and not line.startswith("#"):
                number, name = line.split(maxsplit=1)
                counts[name] = float(number)
    return counts


def write(counts):
    EXPECTED.write_text(HEADER + "".join(f"{count:9.1f}  {name}\n" for name, count in counts.items()))
    print(f"wrote {EXPECTED.relative_to(ROOT)}")


def compare(counts, expected):
    """Prints both numbers of each line; the names that moved too far or are in one of them only."""
    wrong = []
    print(f"{'expected':>9} {'counted':>9}  change")
    for name in {**expected, **counts}:
        old, new = expected.get(name), counts.get(name)
        both = old is not None and new is not None
        change = new / old - 1 if both else None
        most = TOLERANCE_OF_EAGER if name.startswith("eager") else TOLERANCE
        good = both and abs(change) <= most
        if not good:
            wrong.append(name)
        old, new = (f"{count:9.1f}" if count is not None else "     none" for count in (old, new))
        print(old, new, f"{change:+7.1%}" if both else "       ", name, "" if good else "  <-- FAILED")
    return wrong


def check(program, rewrite=False):
    with tempfile.TemporaryDirectory() as folder:
        counts = read_counts(collect(program, pathlib.Path(folder)))
    if not counts:
        raise Failure("nothing was counted")
    if rewrite:
        write(counts)
        return 0
    wrong = compare(counts, written())
    if wrong:
        print(f"{len(wrong)} of {len(counts)} changed too much; if that is meant: "
              "tools/dev bench --counts --write")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description="Counts instructions of ops and kernels.")
    parser.add_argument("program", help="tracejit-counts")
    parser.add_argument("--write", action="store_true", help="rewrite the file of expected counts")
    options = parser.parse_args()
    try:
        return check(options.program, options.write)
    except Failure as failure:
        print(f"counts: {failure}", file=sys.stderr)
        return failure.code


if __name__ == "__main__":
    sys.exit(main())

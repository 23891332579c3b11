# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Objects compiled for one ISA level define no inline function outside their own namespace. The
# linker keeps one copy of such a function; code compiled for x86-64-v4 would then run anywhere.
import re
import subprocess
import sys

from repository import report

# Compilers emit this into every object; it holds no vector code.
ALLOWED = {"__clang_call_terminate"}
SYMBOL = re.compile(r"^[0-9a-f]+ (\w) (.+)$")


def weak_functions(nm_output):
    """Demangled names of weak functions; weak data (V, u) holds no instructions."""
    for line in nm_output.splitlines():
        match = SYMBOL.match(line.strip())
        if match and match[1] == "W" and match[2] not in ALLOWED:
            yield match[2]


def problems_in(isa, nm_output):
    own = f"jit::{isa}::"
    return sorted({f"{isa}: inline function outside {own}: {name}"
                   for name in weak_functions(nm_output) if own not in name})


def main():
    wrong, checked = [], 0
    for listing in sys.argv[1:]:
        isa = re.search(r"_(v\d)\.txt$", listing)[1]
        with open(listing, encoding="utf-8") as file:
            objects = file.read().split("\n")[:-1]
        checked += len(objects)
        nm = subprocess.run(["llvm-nm-22", "-C", "--defined-only", *objects], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
        wrong += problems_in(isa, nm)
    report(wrong, checked)


if __name__ == "__main__":
    main()

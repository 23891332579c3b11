# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# A package shows what it means to show: libtracejit the names in symbols.txt, and the compiler library
# one function.
# Usage: symbols.py LIBTRACEJIT COMPILER_LIBRARY [--write]
import pathlib
import re
import subprocess
import sys

from repository import report

LIST = pathlib.Path(__file__).with_name("symbols.txt")
COMPILER = ["tracejit_create_compiler"]


def exported(nm_output):
    """Demangled names in an output of nm, without versions of constructors and destructors."""
    return sorted({match[1] for line in nm_output.splitlines()
                   if (match := re.match(r"^[0-9a-f]+ \w (.+)$", line.strip()))})


def symbols_of(library):
    nm = subprocess.run(["llvm-nm-22", "--dynamic", "--defined-only", "--demangle", library],
                        check=True, text=True, stdout=subprocess.PIPE).stdout
    return exported(nm)


def differences(found, wanted, name):
    for symbol in sorted(set(found) - set(wanted)):
        yield f"{name} exports, and the list does not have: {symbol}"
    for symbol in sorted(set(wanted) - set(found)):
        yield f"{name} does not export what the list has: {symbol}"


def main():
    runtime, compiler = sys.argv[1:3]
    found = symbols_of(runtime)
    if "--write" in sys.argv[3:]:
        LIST.write_text("".join(symbol + "\n" for symbol in found), encoding="utf-8")
    wanted = LIST.read_text(encoding="utf-8").splitlines()
    problems = [*differences(found, wanted, "libtracejit"),
                *differences(symbols_of(compiler), COMPILER, "libtracejit-compiler")]
    report(problems, len(found) + len(COMPILER))


if __name__ == "__main__":
    main()

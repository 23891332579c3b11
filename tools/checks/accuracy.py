# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The table of errors in docs/numerics.md is the one that jit-tblgen makes of the records
# (accuracy.py ACCURACY_MD --write puts it there).
import pathlib
import re
import sys

from repository import ROOT, read, report

PAGE = "docs/numerics.md"


def main():
    table = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    page = read(PAGE)
    header = re.escape(table.splitlines()[0])
    found = re.search(rf"^{header}\n(?:\|.*\n)*", page, re.MULTILINE)
    if found and "--write" in sys.argv:
        (ROOT / PAGE).write_text(page[:found.start()] + table + page[found.end():], encoding="utf-8")
        return
    same = found and found[0] == table
    report([] if same else [f"{PAGE}: not the table of the records: run accuracy.py with --write"],
           len(table.splitlines()) - 2)


if __name__ == "__main__":
    main()

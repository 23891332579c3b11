# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Rules for the text of files: a licence line, no file too long, no path of one machine, nothing
# left for later.
import re

from repository import read, report, tracked_files

LICENCE = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
MAX_LINES = 600
CODE = ("*.h", "*.cpp", "*.inc", "*.def", "*.td", "*.py", "*.cmake", "CMakeLists.txt",
        "*/CMakeLists.txt", "tools/dev", ".ci/run")
# Folders that exist on one machine only.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|home|root|Users|mnt)/\w")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def problems_in_code(name, text):
    lines = text.splitlines()
    if not any(LICENCE in line for line in lines[:2]):
        yield f"{name}:1: no line `{LICENCE}`"
    if len(lines) > MAX_LINES:
        yield f"{name}: {len(lines)} lines, at most {MAX_LINES} are allowed"
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield f"{name}:{number}: unfinished work: {line.strip()}"


def problems_in_text(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield f"{name}:{number}: path of one machine: {line.strip()}"


def main():
    # The checks themselves name what they look for.
    names = [name for name in tracked_files() if not name.startswith("tools/checks/")]
    code = set(tracked_files(*CODE))
    wrong = []
    for name in names:
        text = read(name)
        wrong += problems_in_text(name, text)
        if name in code:
            wrong += problems_in_code(name, text)
    report(wrong, len(names))


if __name__ == "__main__":
    main()

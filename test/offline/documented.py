# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs the example of docs/offline.md as it is written there.
#   documented.py TRACEC
import pathlib
import re
import subprocess
import sys
import tempfile

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/offline.md"


def main(tracec):
    page = PAGE.read_text(encoding="utf-8")
    trace, output = re.findall(r"^```text\n(.*?)^```\n", page, re.M | re.S)[:2]
    program = re.search(r"^```c\n(.*?int main.*?)^```\n", page, re.M | re.S)[1]
    commands = re.findall(r"^    ((?:tracec|cc) .*)$", page, re.M)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "step.trace").write_text(trace, encoding="utf-8")
        (folder / "main.c").write_text(program, encoding="utf-8")
        for command in [*commands, "./main"]:
            words = command.split()
            words[0] = tracec if words[0] == "tracec" else words[0]
            done = subprocess.run(words, cwd=folder, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            if done.returncode:
                sys.exit(f"{command}\n{done.stdout}\nexit code {done.returncode}")
    if len(commands) != 2 or done.stdout != output:
        sys.exit(f"the program prints\n{done.stdout}\nand not\n{output}")


main(sys.argv[1])

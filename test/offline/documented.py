# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs the examples of docs/offline.md as they are written there.
#   documented.py TRACEC LIBRARY_FOLDER
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def environment(libraries):
    """As if the libraries and headers were installed."""
    return {**os.environ, "CPATH": str(ROOT / "runtime/include"), "LIBRARY_PATH": libraries,
            "LD_LIBRARY_PATH": libraries}


def main(tracec, libraries):
    page = (ROOT / "docs/offline.md").read_text(encoding="utf-8")
    trace, output = re.findall(r"^```text\n(.*?)^```\n", page, re.M | re.S)[:2]
    programs = [text for text in re.findall(r"^```c(?:\+\+)?\n(.*?)^```\n", page, re.M | re.S)
                if "int main" in text]
    commands = re.findall(r"^    ((?:tracec compile|cc|c\+\+) .*)$", page, re.M)
    sources = [word for command in commands for word in command.split()
               if word.endswith((".c", ".cpp"))]
    if len(commands) != 6 or len(sources) != 3 or len(programs) != 3:
        sys.exit("the page has other examples than this test")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "step.trace").write_text(trace, encoding="utf-8")
        for source, program in zip(sources, programs):
            (folder / source).write_text(program, encoding="utf-8")

        def run(command):
            words = command.split()
            words[0] = tracec if words[0] == "tracec" else words[0]
            done = subprocess.run(words, cwd=folder, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, env=environment(libraries))
            if done.returncode:
                sys.exit(f"{command}\n{done.stdout}\nexit code {done.returncode}")
            return done.stdout

        for command in commands:
            run(command)
        for source in sources:
            printed = run("./" + source.split(".")[0])
            if printed != output:
                sys.exit(f"{source} prints\n{printed}\nand not\n{output}")


main(*sys.argv[1:])

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Every C++ file is formatted as .clang-format says; `tools/dev fmt` repairs it.
import subprocess

from repository import ROOT, report, tracked_files


def main():
    names = tracked_files("*.h", "*.cpp")
    run = subprocess.run(["clang-format-22", "--dry-run", "-Werror", *names], cwd=ROOT, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # One line a file is enough: the repair is a command.
    wrong = {line.split(":", 1)[0]: line for line in run.stdout.splitlines() if ": error: " in line}
    if run.returncode != 0 and not wrong:
        wrong["all"] = run.stdout
    report(list(wrong.values()), len(names))


if __name__ == "__main__":
    main()

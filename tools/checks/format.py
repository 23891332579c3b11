# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Every C++ file is formatted as .clang-format says; `tools/dev fmt` repairs it.
import subprocess

from repository import ROOT, report, tracked_files


def main():
    names = tracked_files("*.h", "*.cpp")
    wrong = []
    for name in names:
        run = subprocess.run(["clang-format-22", "--dry-run", "-Werror", name], cwd=ROOT,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode != 0:
            wrong.append(run.stdout.split("\n", 1)[0] or f"{name}: clang-format failed")
    report(wrong, len(names))


if __name__ == "__main__":
    main()

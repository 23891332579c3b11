# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What every check needs: the files of the repository and a way to report.
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked_files(*patterns):
    """Files of the repository that match, new ones included; all when no pattern is given."""
    # Git refuses a repository of another user unless told otherwise.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
               "--exclude-standard", "--", *patterns]
    listing = subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout
    return [name for name in sorted(set(listing.split("\0"))) if os.path.isfile(ROOT / name)]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def report(problems, checked):
    """Prints what is wrong, one line each, and ends the program."""
    for problem in problems:
        print(problem)
    print(f"{checked} checked, {len(problems)} wrong")
    sys.exit(1 if problems else 0)

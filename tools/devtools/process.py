# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Running other programs, and how a command of tools/dev fails.
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failure(Exception):
    """Ends a command with one line on stderr and an exit code."""

    def __init__(self, message, code=1):
        super().__init__(message)
        self.code = code


def run(command, what, **options):
    """Runs a command from the root of the repository; `what` names it when it fails."""
    result = subprocess.run([str(word) for word in command], cwd=ROOT, **options)
    if result.returncode != 0:
        raise Failure(f"{what} failed (exit code {result.returncode})")
    return result


def output_of(command):
    return subprocess.run([str(word) for word in command], cwd=ROOT, check=True, text=True,
                          stdout=subprocess.PIPE).stdout

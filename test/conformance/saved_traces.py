# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs trace files eagerly and compiled and compares all bits; passes that
# TRACEJIT=disable=PASS+PASS names are left out.
import os
import re
import subprocess
import sys


def main(tracec, files):
    named = re.search(r"disable=([a-z+-]+)", os.environ.get("TRACEJIT", ""))
    passes = ["--disable=" + named[1].replace("+", ",")] if named else []
    failed = 0
    for path in files:
        result = subprocess.run([tracec, "run", path, "--mode=both", *passes], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = [line for line in result.stdout.splitlines() if line.startswith("%")]
        if result.returncode != 0 or not lines or not all(x.endswith(": equal") for x in lines):
            print(f"{path}: exit code {result.returncode}\n{result.stdout}")
            failed += 1
    print(f"{len(files)} files, {failed} failed")
    return 1 if failed or not files else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))

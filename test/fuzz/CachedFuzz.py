# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The same random programs twice: the second time their compiled paths come from the cache on disk, with
# the same bits, and no file is refused. Which paths get hot depends on the time, so a few are new.
# Usage: CachedFuzz.py TRACEJIT-FUZZ PROGRAMS
import os
import re
import subprocess
import sys
import tempfile


def run(folder):
    result = subprocess.run([sys.argv[1], "--seed", "20000", "--programs", sys.argv[2]], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={**os.environ, "TRACEJIT_CACHE": folder, "TRACEJIT_LOG": "compile=info"})
    assert result.returncode == 0, result.stdout[-4000:]
    assert ".tjc: " not in result.stdout and "kept on disk" not in result.stdout, \
        re.findall(r".*(?:\.tjc: |kept on disk).*", result.stdout)[:10]
    found = re.findall(r" ops in \d+ kernels, [\d.]+ ms(, from the cache)?", result.stdout)
    return len(found), sum(map(bool, found))


with tempfile.TemporaryDirectory() as name:
    programs, _ = run(name)
    again, cached = run(name)
    print(f"{programs} programs, then {cached} of {again} from the cache")
    assert programs > 0 and cached >= 0.9 * again

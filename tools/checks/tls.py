# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Static thread-local storage of libtracejit stays small. The loader keeps some 1.7 KB for all
# libraries together that are opened when a program runs already; a plug-in or a Python module that
# wants more cannot be opened.
# Usage: tls.py LIBRARY
import re
import subprocess
import sys

from repository import report

LIMIT = 256
SEGMENT = re.compile(r"^\s*TLS(?:\s+0x[0-9a-f]+){4}\s+(0x[0-9a-f]+)", re.M)


def tls_bytes(program_headers):
    """Size in memory of the segment PT_TLS."""
    return sum(int(size, 16) for size in SEGMENT.findall(program_headers))


def main():
    library = sys.argv[1]
    headers = subprocess.run(["llvm-readelf-22", "--program-headers", library], check=True,
                             text=True, stdout=subprocess.PIPE).stdout
    size = tls_bytes(headers)
    wrong = [f"{library}: {size} bytes of static thread-local storage, more than {LIMIT}"]
    report(wrong if size > LIMIT else [], 1)


if __name__ == "__main__":
    main()

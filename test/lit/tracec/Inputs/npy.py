# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# npy.py DTYPE SHAPE NUMBER...: writes a .npy file to standard output, as NumPy would.
import struct
import sys

dtype, shape, numbers = sys.argv[1], sys.argv[2], sys.argv[3:]
header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
code = {"<f4": "f", "<f8": "d", "<i8": "q", "|u1": "B"}[dtype]
number = float if code in "fd" else int
sys.stdout.buffer.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
sys.stdout.buffer.write(struct.pack(f"<{len(numbers)}{code}", *map(number, numbers)))

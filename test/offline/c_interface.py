# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# A C program and ctypes run bundles by libtracejit-c, with the bits of files that were compiled
# ahead; the library shows the functions of its header and nothing else.
#   c_interface.py TRACEC LIBTRACEJIT_C
import array
import ctypes
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
POLICY = ROOT / "docs/examples/offline/policy.trace"
SEVERAL = """tracejit-trace 1
name "several"
input %in0 : f32[2,3]
input %in1 : i64[3]
number %num0 : int
number %num1 : bool
%0 = multiply(%in1, %num0) : i64[3]
%1 = exp(%in0) : f32[2,3]
%2 = add(%1, %0) : f32[2,3]
%3 = logical_and(%in1, %num1) : bool[3]
output %0
output %2
output %3
end
"""


def run(command):
    words = [str(word) for word in command]
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout}\nexit code {done.returncode}")
    return done.stdout


def check_symbols(library):
    header = (ROOT / "runtime/include/tracejit/c.h").read_text(encoding="utf-8")
    declared = sorted(re.findall(r"^TJ_API [^;(]*?(tj_\w+)\(", header, re.M))
    shown = sorted(line.split()[-1].split("@")[0]
                   for line in run(["nm", "-D", "--defined-only", library]).splitlines()
                   if " A " not in line)
    if len(declared) != 13 or shown != declared:
        sys.exit(f"the header declares {declared}\nand the library shows {shown}")
    dynamic = run(["readelf", "-d", library])
    if not re.search(r"SONAME.*\[libtracejit-c\.so\.1\]", dynamic):
        sys.exit(f"the library has another name:\n{dynamic}")


class DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32), ("code", ctypes.c_uint8),
                ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


class Managed(ctypes.Structure):
    pass


Deleter = ctypes.CFUNCTYPE(None, ctypes.POINTER(Managed))
Managed._fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32),
                    ("manager_ctx", ctypes.c_void_p), ("deleter", Deleter),
                    ("flags", ctypes.c_uint64), ("dl_tensor", DLTensor)]
TYPES = {"f32": ("f", 2, 32), "i64": ("q", 0, 64)}


class Library:
    def __init__(self, path):
        self.c = ctypes.CDLL(str(path))
        self.c.tj_last_error.restype = self.c.tj_version.restype = ctypes.c_char_p
        self.c.tj_run.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_size_t,
                                  ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p,
                                  ctypes.c_size_t, ctypes.c_uint32]
        self.c.tj_release.argtypes = [ctypes.c_void_p]
        self.c.tj_describe.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t,
                                       ctypes.POINTER(ctypes.c_size_t)]

    def check(self, code):
        if code:
            sys.exit(f"code {code}: {self.c.tj_last_error().decode()}")

    def load(self, path):
        module = ctypes.c_void_p()
        self.check(self.c.tj_load(str(path).encode(), 2, None, ctypes.byref(module)))
        return module

    def describe(self, module):
        size = ctypes.c_size_t()
        self.check(self.c.tj_describe(module, None, 0, ctypes.byref(size)))
        text = ctypes.create_string_buffer(size.value)
        self.check(self.c.tj_describe(module, text, size.value, None))
        return json.loads(text.value)

    def call(self, module, buffers, numbers):
        """The bytes of each output."""
        facts = self.describe(module)["functions"][0]
        managed = [managed_of(buffer, wanted) for buffer, wanted in zip(buffers, facts["inputs"])]
        inputs = (ctypes.POINTER(Managed) * len(managed))(*map(ctypes.pointer, managed))
        outputs = (ctypes.POINTER(Managed) * len(facts["outputs"]))()
        self.check(self.c.tj_run(module, 0, inputs, len(inputs), numbers, len(numbers), outputs,
                                 len(outputs), 0))
        results = []
        for output in outputs:
            tensor = output.contents.dl_tensor
            count = 1
            for axis in range(tensor.ndim):
                count *= tensor.shape[axis]
            results.append(ctypes.string_at(tensor.data, count * tensor.bits // 8))
            self.c.tj_tensor_release(output)
        return results


def managed_of(buffer, wanted):
    _, code, bits = TYPES[wanted["dtype"]]
    shape = wanted["shape"]
    tensor = DLTensor(buffer.buffer_info()[0], 1, 0, len(shape), code, bits, 1,
                      (ctypes.c_int64 * len(shape))(*shape), None, 0)
    return Managed(1, 0, None, Deleter(), 0, tensor)


def ahead(folder, name, buffers, numbers, sizes):
    """The bytes of each output, by the function in a library that was compiled ahead."""
    library = ctypes.CDLL(str(folder / f"{name}.so"))
    workspace_of, run_of = library[f"{name}_workspace"], library[f"{name}_run"]
    workspace_of.restype = ctypes.c_size_t
    bytes_of = workspace_of(1)
    memory = ctypes.create_string_buffer(bytes_of + 64)
    start = (ctypes.addressof(memory) + 63) & ~63
    outputs = [ctypes.create_string_buffer(size) for size in sizes]
    inputs = (ctypes.c_void_p * len(buffers))(*(b.buffer_info()[0] for b in buffers))
    places = (ctypes.c_void_p * len(outputs))(*map(ctypes.addressof, outputs))
    code = run_of(inputs, places, numbers, ctypes.c_void_p(start), ctypes.c_size_t(bytes_of), None,
                  None, 1)
    if code:
        sys.exit(f"{name}: code {code}")
    return [output.raw for output in outputs]


def check_python(path, folder):
    library = Library(path)
    wave = [((i * 37) % 101 - 50) / 64 for i in range(64)]
    for name, buffers, numbers in (
            ("policy", [array.array("f", wave[:4]), array.array("f", wave), array.array("f", wave[:32])],
             [struct.pack("d", 0.3)]),
            ("several", [array.array("f", wave[:6]), array.array("q", [7, 0, -(2 ** 63)])],
             [struct.pack("q", -3), struct.pack("q", 1)])):
        numbers = (ctypes.c_uint64 * len(numbers))(*(struct.unpack("Q", n)[0] for n in numbers))
        module = library.load(folder / f"{name}.tjb")
        facts = library.describe(module)["functions"][0]
        if facts["name"] != name or facts["way"] != "code":
            sys.exit(f"{name} is described as {facts}")
        results = library.call(module, buffers, numbers)
        wanted = ahead(folder, name, buffers, numbers, map(len, results))
        if results != wanted:
            sys.exit(f"{name}: {results}, compiled ahead {wanted}")
        library.c.tj_release(module)
    print("Python", library.c.tj_version().decode())


def main(tracec, library):
    check_symbols(library)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "several.trace").write_text(SEVERAL, encoding="utf-8")
        for trace in (POLICY, folder / "several.trace"):
            for kind in ("package", "shared"):
                run([tracec, "compile", trace, "-o", folder / trace.stem, f"--emit={kind}"])
        program = folder / "program"
        for standard in ("c11", "c17"):
            run(["cc", f"-std={standard}", "-O1", "-Wall", "-Wextra", "-Werror", "-pedantic",
                 f"-I{ROOT / 'runtime/include'}", f"-I{folder}",
                 pathlib.Path(__file__).with_name("c_program.c"), folder / "policy.so",
                 folder / "several.so", library, "-o", program, f"-Wl,-rpath,{folder}",
                 f"-Wl,-rpath,{pathlib.Path(library).parent}"])
            print(run([program, folder / "policy.tjb", folder / "several.tjb"]), end="")
        check_python(library, folder)


main(*sys.argv[1:3])

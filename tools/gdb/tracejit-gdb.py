# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# gdb shows jit::Tensor and jit::Variable with dtype, shape and first elements, and backtraces go on
# through compiled kernels. It only reads memory and calls nothing, so core files will do. gdb loads
# it with libtracejit; else: source FILE.
import decimal
import math
import struct

import gdb
import gdb.printing
import gdb.unwinder

SHOWN = 12  # elements
# Name and format of struct, in the order of jit::DType.
DTYPES = [("bool", "?"), ("i8", "b"), ("u8", "B"), ("i16", "h"), ("u16", "H"), ("i32", "i"),
          ("u32", "I"), ("i64", "q"), ("f16", "e"), ("bf16", "H"), ("f32", "f"), ("f64", "d")]
# In the order of jit_debug_layout (runtime/eager/Debugger.cpp): where things lie, in bytes.
LAYOUT = ["version", "where", "meta", "dtype", "rank", "dims", "strides", "file", "line",
          "variable_value", "variable_name"]
VERSION, MAX_RANK = 1, 8
PENDING, FAILED = 1 << 63, 1 << 62


def read(address, form):
    """Values of a format of struct at an address."""
    form = "<" + form
    memory = gdb.selected_inferior().read_memory(address, struct.calcsize(form))
    return struct.unpack(form, memory.tobytes())


def pointer(address):
    return read(address, "Q")[0]


def text_at(address, length):
    return gdb.selected_inferior().read_memory(address, length).tobytes().decode(errors="replace")


def layout():
    """Where things lie in the library of this program."""
    found = read(int(gdb.parse_and_eval("(unsigned long)&jit_debug_layout")), f"{len(LAYOUT)}I")
    if found[0] != VERSION:
        raise gdb.error("tracejit-gdb.py is of another version than libtracejit")
    return dict(zip(LAYOUT, found))


def same_bits(text, value, form):
    try:
        return struct.pack(form, float(text)) == struct.pack(form, value)
    except OverflowError: # a rounded largest number
        return False


def element_text(value, form):
    """As the library prints it: the shortest text that reads back."""
    if form == "?":
        return "true" if value else "false"
    if form not in "fd":
        return str(value)
    if not math.isfinite(value):
        return str(value).replace("-nan", "nan")
    texts = (f"{value:.{digits}e}" for digits in range(17))
    shortest = next(text for text in texts if same_bits(text, value, form))
    return min(f"{decimal.Decimal(shortest):f}", shortest, key=len)


class Value:
    """What a tensor handle points to."""

    def __init__(self, address):
        at = layout()
        meta = pointer(address + at["meta"])
        dtype, rank = (read(meta + at[name], "B")[0] for name in ("dtype", "rank"))
        if dtype >= len(DTYPES) or rank > MAX_RANK:
            raise gdb.MemoryError("no tensor")
        self.dtype, self.form = DTYPES[dtype]
        self.dims = read(meta + at["dims"], f"{rank}q")
        self.strides = read(meta + at["strides"], f"{rank}q")
        self.where = pointer(address + at["where"])
        self.at = at

    def __str__(self):
        shape = ",".join(map(str, self.dims))
        return f"{self.dtype}[{shape}] {self.state()}"

    def state(self):
        if self.where & PENDING:
            return "pending"
        if self.where & FAILED:
            failure = self.where & ~FAILED
            line, = read(failure + self.at["line"], "I")
            file = gdb.Value(pointer(failure + self.at["file"]))
            name = file.cast(gdb.lookup_type("char").pointer()).string().rsplit("/", 1)[-1]
            return "failed: out of memory" + (f" ({name}:{line})" if line else "")
        if 0 in self.dims:
            return "[]"
        self.left = SHOWN
        try:
            return self.elements(0, self.where)
        except gdb.MemoryError:
            return "(its memory is not there)"

    def elements(self, axis, address):
        if axis == len(self.dims):
            self.left -= 1
            # Any byte but 0 is true.
            return element_text(read(address, self.form)[0], self.form)
        step = self.strides[axis] * struct.calcsize(self.form)
        shown = []
        for i in range(self.dims[axis]):
            if self.left <= 0:
                shown.append("...")
                break
            shown.append(self.elements(axis + 1, address + i * step))
        return "[" + ", ".join(shown) + "]"


def handle_text(address):
    """A tensor handle that holds this address."""
    try:
        return str(Value(address)) if address else "empty tensor"
    except gdb.MemoryError:
        return "(not a tensor, or not yet)"


class TensorPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return handle_text(int(self.value["value"]))


class VariablePrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        # A unique_ptr and nothing else; clang leaves the members out of its debug information.
        try:
            box = pointer(int(self.value.address))
            if not box:
                return "moved from"
            at = layout()
            name = text_at(*read(box + at["variable_name"], "2Q"))
            return (name + ": " if name else "") + handle_text(pointer(box + at["variable_value"]))
        except gdb.MemoryError:
            return "(not a Variable, or not yet)"


class Place:
    """What identifies a frame."""

    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class KernelUnwinder(gdb.unwinder.Unwinder):
    """Compiled kernels have no unwind tables, and each begins with these instructions."""

    BEGIN = bytes.fromhex("55 48 89 e5") # push %rbp; mov %rsp,%rbp
    PUSHES = {b"\x41\x57": "r15", b"\x41\x56": "r14", b"\x41\x55": "r13", b"\x41\x54": "r12",
              b"\x53": "rbx"}

    def __init__(self):
        super().__init__("tracejit-kernels")

    def __call__(self, frame):
        try:
            pc, rbp = int(frame.read_register("rip")), int(frame.read_register("rbp"))
            if gdb.solib_name(pc) or not self.is_kernel(pc, rbp & (1 << 64) - 1):
                return None
            return self.caller(frame, pc, rbp)
        except gdb.error:
            return None

    def is_kernel(self, pc, rbp):
        """Only libtracejit calls them, and they lie in no file."""
        caller = gdb.solib_name(pointer(rbp + 8)) or ""
        return ("libtracejit" in caller and
                gdb.execute(f"info symbol {pc:#x}", to_string=True).startswith("No symbol"))

    def caller(self, frame, pc, rbp):
        word = gdb.lookup_type("unsigned long")
        found = frame.create_unwind_info(Place(gdb.Value(rbp + 16).cast(word), gdb.Value(pc).cast(word)))

        def saved(register, value):
            found.add_saved_register(register, gdb.Value(value).cast(word))

        saved("rip", pointer(rbp + 8))
        saved("rsp", rbp + 16)
        saved("rbp", pointer(rbp))
        for depth, register in enumerate(self.pushed(pc), 1):
            saved(register, pointer(rbp - 8 * depth))
        return found

    def pushed(self, pc):
        """Registers that the kernel has pushed after %rbp, in order."""
        page = 4096
        code, at = b"", -1
        for start in range(pc // page * page, pc - (1 << 20), -page):
            code = gdb.selected_inferior().read_memory(start, min(page, pc - start)).tobytes() + code
            at = code.rfind(self.BEGIN)
            if at >= 0:
                break
        rest = code[at + len(self.BEGIN):] if at >= 0 else b""
        while push := next((p for p in self.PUSHES if rest.startswith(p)), None):
            yield self.PUSHES[push]
            rest = rest[len(push):]


def register(objfile):
    printers = gdb.printing.RegexpCollectionPrettyPrinter("tracejit")
    printers.add_printer("Tensor", "^jit::Tensor$", TensorPrinter)
    printers.add_printer("Variable", "^jit::Variable$", VariablePrinter)
    gdb.printing.register_pretty_printer(objfile, printers, replace=True)
    gdb.unwinder.register_unwinder(objfile, KernelUnwinder(), replace=True)


register(gdb.current_objfile())

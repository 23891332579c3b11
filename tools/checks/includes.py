# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Dependencies point one way: each part of the tree includes only what lies below it.
import re

from repository import read, report, tracked_files

# Lowest first; a part may include itself and everything before it.
RUNTIME = ["base", "ops", "scalar", "tensor", "kernels", "rt", "trace", "policy", "program", "cuda", "jit", "eager", "autograd", "c"]
TOP = ["runtime", "dialects", "passes", "compiler"]
# What dialects and passes may know of the runtime: facts and arithmetic, not execution.
FACTS = {"base", "ops", "scalar", "kernels"}
# First words of includes of LLVM.
LLVM = {"llvm", "mlir", "llvm-c", "mlir-c", "clang"}
# What public headers for C may include too.
C_HEADERS = {"stddef.h", "stdint.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def part_of(path):
    """runtime/base/X.h -> ("runtime", "base"); passes/X.cpp -> ("passes", "")."""
    words = path.split("/")
    if words[0] == "runtime" and len(words) > 2:
        return "runtime", words[1]
    return words[0], ""


def runtime_parts_allowed(top, part):
    if top == "runtime":
        # A part that is not in the order yet may not be used by those that are.
        return {*RUNTIME[: RUNTIME.index(part) + 1]} if part in RUNTIME else {*RUNTIME, part}
    if top in ("dialects", "passes"):
        return FACTS
    if top == "compiler":
        return set(RUNTIME) - {"eager", "autograd"}
    return None


def judge_public(spelling, quoted):
    """Installed headers see only each other and the standard library."""
    if not quoted and spelling.startswith("tracejit/"):
        return None
    if quoted or "/" in spelling or "." in spelling and spelling not in C_HEADERS:
        return "a public header includes only <tracejit/...> and the standard library"
    return None


def judge(path, spelling, quoted):
    """Why the file may not include this, or None."""
    if path.startswith("runtime/include/"):
        return judge_public(spelling, quoted)
    top, part = part_of(path)
    target, target_part = part_of(spelling)
    if top == "runtime" and target in LLVM:
        return "the runtime is free of LLVM"
    if top in TOP and target in ("tools", "test", "bench", "docs"):
        return f"{top} lies below {target}"
    if top in TOP and target in TOP and TOP.index(target) > TOP.index(top):
        return f"{top} lies below {target}"
    allowed = runtime_parts_allowed(top, part)
    if target == "runtime" and allowed is not None and target_part not in allowed:
        return f"{top}/{part}".rstrip("/") + f" may not use runtime/{target_part}"
    if quoted and spelling.startswith("."):
        return "includes are written from the root of the repository"
    return None


def problems_in(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        why = match and judge(path, match[2], match[1] == '"')
        if why:
            yield f"{path}:{number}: includes {match[2]}: {why}"


def main():
    names = tracked_files("*.h", "*.cpp", "*.inc", "*.def")
    report([p for name in names for p in problems_in(name, read(name))], len(names))


if __name__ == "__main__":
    main()

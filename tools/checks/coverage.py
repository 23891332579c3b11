# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# docs/coverage.md: every name of the Python array API standard 2024.12, main namespace, and what stands
# for it here. Written from the generated table of ops (coverage.py OPS_MD --write), and checked against it
# and against the tests: a name that no test calls is not claimed.
import pathlib
import re
import sys

from repository import ROOT, read, report, tracked_files

PAGE = "docs/coverage.md"
# The standard's sections.
NAMES = {
    "Constants": "e inf nan newaxis pi",
    "Creation": "arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like "
                "tril triu zeros zeros_like",
    "Data types": "astype broadcast_arrays can_cast finfo iinfo isdtype result_type bool int8 int16 int32 int64 "
                  "uint8 uint16 uint32 uint64 float32 float64 complex64 complex128",
    "Elementwise": "abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_invert "
                   "bitwise_or bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp "
                   "expm1 floor floor_divide greater greater_equal hypot imag isfinite isinf isnan less less_equal "
                   "log log1p log2 log10 logaddexp logical_and logical_not logical_or logical_xor maximum minimum "
                   "multiply negative nextafter not_equal positive pow real reciprocal remainder round sign signbit "
                   "sin sinh square sqrt subtract tan tanh trunc",
    "Indexing": "take take_along_axis",
    "Linear algebra": "matmul matrix_transpose tensordot vecdot",
    "Manipulation": "broadcast_to concat expand_dims flip moveaxis permute_dims repeat reshape roll "
                    "squeeze stack tile unstack",
    "Searching": "argmax argmin count_nonzero nonzero searchsorted where",
    "Sets": "unique_all unique_counts unique_inverse unique_values",
    "Sorting": "argsort sort",
    "Statistics": "cumulative_prod cumulative_sum max mean min prod std sum var",
    "Utilities": "all any diff",
}
# What is spelt otherwise in C++.
SPELT = {
    "e": "std::numbers::e", "inf": "std::numeric_limits", "nan": "std::numeric_limits", "pi": "std::numbers::pi",
    "newaxis": "newaxis", "asarray": "Tensor::copy_of", "bool": "DType::boolean", "int8": "DType::i8",
    "int16": "DType::i16", "int32": "DType::i32", "int64": "DType::i64", "uint8": "DType::u8",
    "uint16": "DType::u16", "uint32": "DType::u32", "float32": "DType::f32", "float64": "DType::f64",
    "bitwise_left_shift": "left_shift", "bitwise_right_shift": "right_shift",
}
# Functions of dtypes, which are no ops.
OF_DTYPES = {"can_cast", "finfo", "iinfo", "isdtype", "result_type"}
# Shapes that depend on values: what is there before is computed first, as for item().
BOUNDARIES = {"nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"}
COMPLEX = "there are no complex dtypes"
LATER = "there is no u64 yet"
OUT = {"uint64": LATER, "from_dlpack": "tensors come by Tensor::copy_of and Tensor::adopt", "complex64": COMPLEX, "complex128": COMPLEX, "conj": COMPLEX, "imag": COMPLEX, "real": COMPLEX}


def functions(table):
    """Names in the table of ops, by what makes them: records, or other ops."""
    records, others = table.split("## Written with other ops")
    named = re.compile(r"^\| `[\w:<>,& ]+? (\w+)\(", re.MULTILINE)
    return set(named.findall(records)), set(named.findall(others))


def called_by_tests(generated):
    """Every identifier of the unit tests, and of the calls that they include."""
    words = set(re.findall(r"\w+", generated))
    for name in tracked_files("test/unit/*.cpp", "test/errors/*.cpp"):
        words.update(re.findall(r"[\w:]+", read(name)))
    return words


def row(name, records, others, tested):
    """The cells `name | what | how` of one name, and what is wrong with it."""
    spelt = SPELT.get(name, name)
    if name in OUT:
        return f"| `{name}` | out | {OUT[name]} |", None
    known = spelt in records or spelt in others or name in {*SPELT, *OF_DTYPES, *BOUNDARIES}
    if not known or (spelt not in tested and not spelt.startswith("std::")):
        return f"| `{name}` | missing | |", f"{name}: missing"
    kind = ("boundary" if name in BOUNDARIES else "record" if spelt in records
            else "composite" if spelt in others else "C++")
    return f"| `{name}` | {kind} | {'' if spelt == name else f'`{spelt}`'} |", None


def page(table, generated):
    records, others = functions(table)
    tested = called_by_tests(generated)
    lines = ["# Array API", "",
             "The names of the Python array API standard 2024.12, main namespace. *record*: an op of the table;",
             "*composite*: a function written with ops, fused like any other code; *boundary*: its shape depends on",
             "values, so what is pending is computed first; *out*: not planned. Written by",
             "`tools/checks/coverage.py`; `tools/dev test` compares, and refuses what no test calls.", ""]
    missing = []
    for section, names in NAMES.items():
        lines += [f"## {section}", "| name | what | here |", "|---|---|---|"]
        for name in names.split():
            line, problem = row(name, records, others, tested)
            lines.append(line)
            missing += [problem] if problem else []
        lines.append("")
    return "\n".join(lines), missing


def main():
    ops = pathlib.Path(sys.argv[1])
    text, missing = page(ops.read_text(encoding="utf-8"),
                         ops.with_name("LineChecks.inc").read_text(encoding="utf-8"))
    if "--write" in sys.argv:
        (ROOT / PAGE).write_text(text, encoding="utf-8")
        print("\n".join(missing))
        return
    same = (ROOT / PAGE).exists() and read(PAGE) == text
    report([] if same else [f"{PAGE}: not what coverage.py writes: run it with --write"],
           sum(len(names.split()) for names in NAMES.values()))


if __name__ == "__main__":
    main()

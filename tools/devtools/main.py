# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The command line of tools/dev.
import argparse
import sys

import building
import nightly
import peer_setup
import programs
import style
import testing
from process import Failure

DESCRIPTION = """Builds, tests and shows tracejit. Every command installs what it misses first."""

EPILOG = """examples:
  tools/dev demo                   train a classifier while it is being compiled
  tools/dev test                   build everything, run every check and test
  tools/dev test --filter arena    only the tests whose name contains "arena"
  tools/dev COMMAND --help         the options of one command, with examples"""


def add_command(commands, name, run, summary, examples, passes_on=False):
    """One subcommand. With passes_on, unknown arguments go to the program behind it."""
    parser = commands.add_parser(
        name,
        help=summary,
        allow_abbrev=False,  # what looks like ours may belong to the program behind
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + "\n".join("  tools/dev " + line for line in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, passes_on=passes_on)
    return parser


def add_build_options(parser, preset):
    parser.add_argument("--preset", default=preset, choices=building.PRESETS,
                        help=f"how to build (default: {preset})")
    parser.add_argument("-j", "--jobs", type=int, help="compilers at a time (default: one a core)")


def make_parser():
    parser = argparse.ArgumentParser(prog="tools/dev", description=DESCRIPTION, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    p = add_command(commands, "setup", peer_setup.setup, "install the Debian packages that are missing",
                    ["setup", "setup --list    # what is needed, and why",
                     "setup --peers   # several GB: what bench --peers compares with"])
    p.add_argument("--peers", action="store_true",
                   help="also PyTorch, JAX, ONNX Runtime, OpenVINO, OpenBLAS and oneDNN, below build/peers")
    p.add_argument("--list", action="store_true", help="only print the packages and their purpose")

    p = add_command(commands, "build", building.build, "configure and build",
                    ["build", "build --preset asan", "build --target tracejit",
                     "build --clean   # from nothing and without ccache: the clean build time"])
    add_build_options(p, "dev")
    p.add_argument("--target", action="append", default=[], help="build only this (repeatable)")
    p.add_argument("--clean", action="store_true", help="start from nothing, without ccache")

    p = add_command(commands, "test", testing.test, "build everything, run every check and test",
                    ["test", "test --filter arena", "test --preset asan",
                     "test --preset tsan       # everything with a sanitizer; takes long",
                     "test --passes-off        # the same bits whatever passes are left out",
                     "test --no-gcc --no-sanitizers    # skip building the runtime thrice more"])
    add_build_options(p, "dev")
    p.add_argument("--filter", metavar="REGEX", help="only the tests whose name matches")
    p.add_argument("--passes-off", action="store_true",
                   help="instead: compiled tests with each pass of the compiler left out, and all")
    p.add_argument("--sanitizers", action=argparse.BooleanOptionalAction, default=None,
                   help="also run the tests that fit with sanitizers (default: when everything is "
                        "tested)")
    p.add_argument("--gcc", action=argparse.BooleanOptionalAction, default=None,
                   help="also build the runtime with GCC (default: when everything is tested)")

    p = add_command(commands, "demo", programs.demo, "build and run the demonstration",
                    ["demo", "demo --help-program    # the options of the program itself"], True)
    add_build_options(p, "release")

    p = add_command(commands, "bench", programs.bench, "build and run the benchmarks",
                    ["bench", "bench --json results.json",
                     "bench --peers             # beside what setup --peers has installed; an hour",
                     "bench --peers --help-program    # its own options: rows, threads, tiny sizes",
                     "bench --device=cuda       # eager ops of a GPU against compiled programs",
                     "bench --counts            # instructions against bench/counts/expected.txt",
                     "bench --counts --write    # these are what is expected from now on"], True)
    add_build_options(p, "release")
    p.add_argument("--peers", action="store_true",
                   help="time it beside what others would use instead; missing ones are named")
    p.add_argument("--counts", action="store_true",
                   help="count instructions with valgrind instead, of the preset dev")
    p.add_argument("--device", choices=["cuda"], help="time programs of a GPU instead")
    p.add_argument("--write", action="store_true", help="rewrite the file of expected counts")

    p = add_command(commands, "fuzz", programs.fuzz, "compare random programs in every way of running",
                    ["fuzz --minutes 10", "fuzz --exhaustive    # scalar functions on all 2^32 floats",
                     "fuzz --readers       # libFuzzer: a million inputs for everything that reads"],
                    True)
    add_build_options(p, "dev")
    p.add_argument("--exhaustive", action="store_true",
                   help="check the scalar functions on every float instead")
    p.add_argument("--readers", action="store_true",
                   help="give readers of files and options a million inputs each instead")

    p = add_command(commands, "nightly", nightly.nightly, "run what takes hours, a line of result each",
                    ["nightly", "nightly --list", "nightly --minutes 10 --only 'fuzz|stream'"])
    p.add_argument("-j", "--jobs", type=int, help="compilers at a time (default: one a core)")
    p.add_argument("--minutes", type=int, default=60,
                   help="of random programs; the others take as long in proportion (default: 60)")
    p.add_argument("--seed", type=int, help="instead of a new one")
    p.add_argument("--only", metavar="REGEX", default="", help="only the runs whose name matches")
    p.add_argument("--list", action="store_true", help="only print the runs and their commands")

    p = add_command(commands, "fmt", style.fmt, "format every C++ file", ["fmt", "fmt --check"])
    p.add_argument("--check", action="store_true", help="change nothing, fail if something would")

    p = add_command(commands, "tidy", style.tidy, "run clang-tidy",
                    ["tidy", "tidy runtime/base/DType.cpp"])
    add_build_options(p, "dev")
    p.add_argument("files", nargs="*", help="sources (default: all)")
    return parser


def main():
    parser = make_parser()
    options, rest = parser.parse_known_args()
    if rest and not options.passes_on:
        parser.error("unknown arguments: " + " ".join(rest))
    options.rest = ["--help" if word == "--help-program" else word for word in rest if word != "--"]
    try:
        return options.run(options)
    except Failure as failure:
        print(f"tools/dev: {failure}", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        return 130


sys.exit(main())

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# tools/dev bench --peers: ours beside what a user would take instead, in turns, on this machine.
import argparse
import collections
import datetime
import json
import os
import pathlib
import platform
import re
import sys

import peer_process
import peer_results as results_of
from peer_bench import Bench
from peer_chart import chart
from peer_process import ENVIRONMENT, PEERS, Place
from process import ROOT, Failure

sys.path.append(str(peer_process.FOLDER))
from rows import ROWS  # noqa: E402


def facts(options):
    """What the figures depend on."""
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"date": f"{datetime.date.today()}",
            "processor": processor[1] if processor else platform.processor(),
            "processors": len(os.sched_getaffinity(0)),
            "system": f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}",
            "instructions": "v3, as far as peers can be held to it" if options.isa else "what there is",
            "TRACEJIT": os.environ.get("TRACEJIT", "not set"),
            "sizes": "quick: the figures mean nothing" if options.quick else "as named"}


def print_result(result):
    """One line when a row is done."""
    best = result.best()
    beside = f"{best[0]} {results_of.time_text(best[1])}" if best else "no peer"
    print(f"{result.row.name:<42} {result.threads} ours {results_of.time_text(result.our_seconds()):<9} "
          f"{beside:<36} speed {results_of.number_text(result.speed())} "
          f"{result.problem or results_of.verdict(result)}", flush=True)
    for name, side in result.peers.items():
        if side.state == results_of.FAILED:
            print(f"    {name} failed: {side.note}")


def is_wrong(name, side, result):
    """Outputs differ, or ours has no time."""
    return side.state == results_of.DIFFERS or (name in result.ours and not side.seconds)


def wrong_sides(result):
    return [f"{result.row.name}, {result.threads}: {name}: {side.state}: {side.note}"
            for name, side in {**result.ours, **result.peers}.items() if is_wrong(name, side, result)]


def rows_of_groups():
    """How many rows there are by group and threads."""
    return collections.Counter((row.group, threads) for row in ROWS for threads in row.threads)


def write(results, options, missing, folder):
    known, whole = facts(options), rows_of_groups()
    (folder / "results.json").write_text(
        json.dumps(results_of.as_json(results, known, missing, whole), indent=1) + "\n")
    (folder / "results.md").write_text(results_of.markdown(results, known, missing, whole))
    (folder / "results.svg").write_text(chart(results))


def wanted(row, threads, options):
    return (re.search(options.only, row.name) and threads in row.threads
            and (row.quick or not options.quick))


def compare(place, folder, options):
    """All rows that are asked for; 1 if outputs differ."""
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    bench = Bench(place, folder, options)
    for name, package in bench.missing.items():
        print(f"{name} is missing ({package} is not installed): tools/dev setup --peers")
    results, wrong = [], []
    for row in ROWS:
        for threads in options.threads:
            if wanted(row, threads, options):
                results.append(bench.measure(row, threads))
                print_result(results[-1])
                wrong += wrong_sides(results[-1])
                # After each, for all of them take long.
                write(results, options, list(bench.missing), folder)
    if not results:
        raise Failure(f"no row's name matches {options.only}", 2)
    print(f"wrote results.json, results.md and results.svg in {folder}")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def parse(words):
    parser = argparse.ArgumentParser(
        prog="tools/dev bench --peers", allow_abbrev=False,
        description="Times ours beside its peers; results are written to build/peers.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that all works, not how fast")
    parser.add_argument("--only", metavar="REGEX", default="", help="only the rows whose name matches")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="default: 1 2")
    parser.add_argument("--isa", choices=["v3"], help="AVX2 only, for ours and peers that can be told")
    parser.add_argument("--environment", type=pathlib.Path, default=ENVIRONMENT,
                        help="where the peers in Python are")
    parser.add_argument("--ours", type=pathlib.Path, help="peer-tracejit, if it is not to be built")
    parser.add_argument("--programs", type=pathlib.Path, help="where the peers in C++ are")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build/peers",
                        help="where results and logs are written")
    return parser.parse_args(words)


def run(options, programs):
    """`programs` is the folder of those that were built."""
    ours = options.ours or programs / "peer-tracejit"
    place = Place(ours.resolve(), (options.programs or programs).resolve(), options.environment.resolve())
    return compare(place, options.results.resolve(), options)


def targets():
    """Programs of the build, of which some may not exist."""
    return sorted({peer.program for peer in PEERS if not peer.in_python()})


if __name__ == "__main__":
    try:
        given = parse(sys.argv[1:])
        sys.exit(run(given, (given.ours or pathlib.Path()).parent))
    except Failure as failure:
        print(f"peers: {failure}", file=sys.stderr)
        sys.exit(failure.code)

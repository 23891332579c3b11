# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# tools/dev nightly: the long runs that CI has no time for, one after the other, a line of result each.
import datetime
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass

import building
from process import ROOT

RESULTS = ROOT / "build/nightly"


@dataclass
class Run:
    name: str
    command: list
    seed: int = None


def program(name, *words):
    return [building.folder("dev") / "bin" / name, *words]


def tool(*words):
    return [sys.executable, ROOT / "tools/devtools/main.py", *words]


def offline_suite(seed):
    """Everything that the conformance suite and drawn programs compile, as files without libtracejit."""
    recorded = (program("conformance-compiled-test"),
                program("tracejit-fuzz", "--programs", 2000, "--seed", seed))
    return [sys.executable, ROOT / "test/offline/suite.py",
            "--writer", building.folder("dev") / "bin/write-offline-suite",
            "--rt", building.folder("dev") / "lib/libtracejit-rt.a",
            *[word for command in recorded
              for word in ("--record", " ".join(str(part) for part in command))]]


def all_runs(options):
    """In the order of how soon they say something. Seeds are new every time, unless one is given."""
    seed = options.seed or random.SystemRandom().randrange(1, 10**9)
    minutes, seconds = options.minutes, 60 * options.minutes
    runs = [
        Run("fuzz", program("tracejit-fuzz", "--minutes", minutes, "--seed", seed), seed),
        Run("seeded-bugs", program("find-seeded-bugs", "--seconds", 2 * seconds, "--seed", seed), seed),
    ]
    for way in ("", "-compiled"):
        runs += [
            Run("race" + way, program("faults-race" + way, "--cycles", 1700 * minutes)),
            Run("stream" + way, program("faults-stream" + way, "--seconds", 10 * minutes)),
            Run("allocation" + way, program(f"faults-allocation{way}-test")),
            Run("throw" + way, program(f"faults-throw{way}-test")),
        ]
    jobs = ["-j", options.jobs] if options.jobs else []
    runs += [
        Run("offline", offline_suite(seed), seed),
        Run("passes", tool("test", "--passes-off", *jobs)),
        Run("exhaustive", tool("fuzz", "--exhaustive", *jobs)),
        Run("readers", tool("fuzz", "--readers", *jobs)),
        Run("asan", tool("test", "--preset", "asan", *jobs)),
        Run("tsan", tool("test", "--preset", "tsan", *jobs)),
    ]
    return [run for run in runs if re.search(options.only, run.name)]


def last_line(log):
    """What the program said in the end: its last line with a number in it."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    telling = [line for line in lines if re.search(r"\d", line)]
    return telling[-1][:200] if telling else ""


def execute(command, log):
    """The exit code; a program that is not there fails too."""
    with open(log, "w") as output:
        try:
            return subprocess.run([str(word) for word in command], cwd=ROOT, stdout=output,
                                  stderr=subprocess.STDOUT).returncode
        except OSError as error:
            output.write(f"{error}\n")
            return 127


def finish(run, log, status, seconds):
    """One line of result, on the screen and in a file that keeps those of all nights."""
    seed = f" seed {run.seed}" if run.seed else ""
    verdict = "passed" if status == 0 else f"FAILED ({status}, {log.relative_to(ROOT)})"
    line = (f"{datetime.datetime.now():%Y-%m-%d %H:%M} {run.name}{seed}: {verdict} "
            f"in {seconds:.0f} s: {last_line(log)}")
    print(line, flush=True)
    with open(RESULTS / "results.txt", "a") as results:
        results.write(line + "\n")
    return status == 0


def nightly(options):
    runs = all_runs(options)
    if options.list:
        for run in runs:
            print(f"{run.name}: {' '.join(str(word) for word in run.command)}")
        return 0
    RESULTS.mkdir(parents=True, exist_ok=True)
    building.build_preset("dev", options)
    good = 0
    for run in runs:
        log = RESULTS / (run.name + ".log")
        start = time.monotonic()
        good += finish(run, log, execute(run.command, log), time.monotonic() - start)
    print(f"{good} passed, {len(runs) - good} failed")
    return 0 if good == len(runs) and runs else 1

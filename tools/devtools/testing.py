# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# tools/dev test: runs ctest and counts the cases behind its entries.
import os
import shutil
import subprocess
import xml.etree.ElementTree as xml
from dataclasses import dataclass

import building
from process import ROOT, Failure

# Runs of one test may not exceed this; a deadlock must not hold up everything.
TIMEOUT_S = 900


@dataclass
class Count:
    passed: int = 0
    failed: int = 0

    def add(self, ok, cases=1):
        self.passed += cases if ok else 0
        self.failed += 0 if ok else cases


def cases_of(report):
    """Passed and failed cases in an XML report of GoogleTest or lit, skipped ones left out."""
    count = Count()
    for case in xml.parse(report).iter("testcase"):
        if case.get("status") == "notrun" or case.find("skipped") is not None:
            continue
        count.add(case.find("failure") is None and case.find("error") is None)
    return count


def count_entry(case, results, total):
    """Adds one ctest entry: its cases if it wrote a report, else itself."""
    if case.get("status") in ("notrun", "disabled") and case.find("skipped") is not None:
        return
    ok = case.get("status") == "run"
    report = results / (case.get("name") + ".xml")
    try:
        inner = cases_of(report)
    except (OSError, xml.ParseError):
        inner = Count()
    total.passed += inner.passed
    total.failed += inner.failed
    # A program may fail with all its cases passed (a leak, a crash at exit), or before the first.
    if inner.passed + inner.failed == 0 or (not ok and inner.failed == 0):
        total.add(ok)


def run_ctest(preset, options, total):
    folder = building.folder(preset)
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    report = folder / "ctest.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", folder, "--output-on-failure", "--timeout", str(TIMEOUT_S),
               "-j", str(building.jobs(options)), "--output-junit", report]
    if options.filter:
        command += ["-R", options.filter]
    env = {"ASAN_OPTIONS": "allow_user_poisoning=0", "UBSAN_OPTIONS": "print_stacktrace=1",
           "PYTHONDONTWRITEBYTECODE": "1", **os.environ}
    status = subprocess.run([str(word) for word in command], cwd=ROOT, env=env).returncode
    if not report.exists():
        raise Failure("ctest wrote no report")
    entries = list(xml.parse(report).iter("testcase"))
    for case in entries:
        count_entry(case, results, total)
    if status != 0 and total.failed == 0:
        total.add(False)
    if not entries:
        print("tools/dev: no test matches")
        total.add(False)


def attempt(what, action, total):
    """Counts one action as a test of its own."""
    try:
        action()
        total.add(True)
        return True
    except Failure as failure:
        print(f"tools/dev: {what}: {failure}", flush=True)
        total.add(False)
        return False


def test(options):
    total = Count()
    everything = options.preset == "dev" and not options.filter
    built = attempt("build", lambda: building.build_preset(options.preset, options), total)
    if built:
        run_ctest(options.preset, options, total)
    if options.gcc or (options.gcc is None and everything):
        attempt("GCC", lambda: building.build_preset("gcc", options), total)
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# tools/dev test: runs ctest and counts the cases behind its entries.
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as xml
from dataclasses import dataclass

import building
import sanitizers
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


def run_ctest(preset, total, jobs, words, env):
    """One run of ctest; every test it is to run must be built."""
    folder = building.folder(preset)
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    report = folder / "ctest.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", folder, "--output-on-failure", "--timeout", str(TIMEOUT_S),
               "-j", str(jobs), "--output-junit", report, *words]
    env = {"PYTHONDONTWRITEBYTECODE": "1", **env}
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


def test_sanitized(preset, options, total, whole):
    """The subset, with all that sanitizers can see when LLVM is absent; then the others."""
    targets = [] if whole else sanitizers.SUBSET[preset]
    if not attempt(preset, lambda: building.build_preset(preset, options, targets), total):
        return
    jobs, filters = building.jobs(options), ["-R", options.filter] if options.filter else []
    subset = sanitizers.subset_regex(preset)
    if whole and filters:
        run_ctest(preset, total, jobs, filters, sanitizers.environment(llvm=True))
        return
    run_ctest(preset, total, jobs, ["-R", subset], sanitizers.environment(llvm=False))
    if whole:
        others = ["-E", f"{sanitizers.NOT_RUN}|{subset}"]
        run_ctest(preset, total, jobs, others, sanitizers.environment(llvm=True))


def test_without_passes(preset, options, total, passes, filters=()):
    """Tests whose results must not depend on passes, with these left out."""
    print("tools/dev: without " + ", ".join(passes), flush=True)
    env = {**os.environ, "TRACEJIT": "disable=" + "+".join(passes)}
    run_ctest(preset, total, building.jobs(options), ["-L", "^passes-off$", *filters], env)


def test_package(options, total):
    """What users install, used as strangers would."""
    build = lambda: building.build_preset("release", options, ["tracejit_installed"])
    if attempt("release", build, total):
        run_ctest("release", total, building.jobs(options), [], os.environ)


def pass_names():
    header = (ROOT / "runtime/base/PassNames.h").read_text()
    return re.findall(r'"([a-z-]+)"', re.search(r"pass_names = {(.*?)}", header, re.S)[1])


def test_preset(options, total, everything):
    """A preset without sanitizers."""
    if not attempt("build", lambda: building.build_preset(options.preset, options), total):
        return
    passes, filters = pass_names(), ["-R", options.filter] if options.filter else []
    if options.passes_off:
        for left_out in [*([name] for name in passes), passes]:
            test_without_passes(options.preset, options, total, left_out, filters)
        return
    # The package of `release` is the one that must work everywhere.
    left_out = ["-E", "^consumer$"] if everything else []
    run_ctest(options.preset, total, building.jobs(options), [*filters, *left_out], os.environ)
    if everything:
        test_without_passes(options.preset, options, total, passes, ["-R", "^conformance-"])


def test(options):
    total = Count()
    everything = options.preset == "dev" and not options.filter and not options.passes_off
    if options.preset in sanitizers.PRESETS:
        test_sanitized(options.preset, options, total, whole=True)
    else:
        test_preset(options, total, everything)
    if options.sanitizers or (options.sanitizers is None and everything):
        for preset in sanitizers.PRESETS:
            test_sanitized(preset, options, total, whole=False)
    if everything:
        test_package(options, total)
    if options.gcc or (options.gcc is None and everything):
        attempt("GCC", lambda: building.build_preset("gcc", options), total)
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0

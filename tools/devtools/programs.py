# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The commands that build one program and run it: demo, bench, fuzz.
import subprocess

import building
import counts
import readers
from process import ROOT, Failure


def build_and_run(target, options, extra=()):
    # The compiler library is opened at run time, so no link names it.
    targets = [target]
    building.configure(options.preset)
    try:
        building.require_targets(options.preset, ["tracejit-compiler"])
        targets.append("tracejit-compiler")
    except Failure:
        pass
    building.build_preset(options.preset, options, targets)
    program = building.folder(options.preset) / "bin" / target
    return subprocess.run([program, *extra, *options.rest], cwd=ROOT).returncode


def demo(options):
    return build_and_run("tracejit-demo", options)


def bench(options):
    if options.counts:
        building.build_preset("dev", options, ["tracejit-counts"])
        return counts.check(building.folder("dev") / "bin/tracejit-counts", options.write)
    if options.write:
        raise Failure("--write is for --counts", 2)
    return build_and_run("tracejit-bench", options)


def fuzz(options):
    if options.readers:
        return readers.fuzz(options)
    if options.exhaustive:
        return build_and_run("exhaustive-scalar", options)
    return build_and_run("tracejit-fuzz", options)

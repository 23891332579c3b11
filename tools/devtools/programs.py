# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The commands that build one program and run it: demo, bench, fuzz.
import subprocess

import building
import counts
import peers
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
    if options.peers:
        return bench_peers(options)
    if options.write:
        raise Failure("--write is for --counts", 2)
    if options.device:
        return build_and_run("gpu-bench", options)
    return build_and_run("tracejit-bench", options)


def bench_peers(options):
    """Builds our side and the peers that are there, then compares."""
    wishes = peers.parse(options.rest)
    building.configure(options.preset, again=True)
    known = building.known_targets(options.preset)
    built = [name for name in peers.targets() if name in known]
    building.build_preset(options.preset, options, ["peer-tracejit", *built])
    return peers.run(wishes, building.folder(options.preset) / "bin")


def fuzz(options):
    if options.readers:
        return readers.fuzz(options)
    if options.exhaustive:
        return build_and_run("exhaustive-scalar", options)
    return build_and_run("tracejit-fuzz", options)

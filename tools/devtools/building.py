# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Configuring and building by the presets of CMakePresets.json.
import os
import shutil
import subprocess
import time

import packages
from process import ROOT, Failure, output_of, run

PRESETS = ["dev", "release", "asan", "tsan", "fuzz", "gcc"]


def folder(preset):
    return ROOT / "build" / preset


def configure(preset, again=False):
    """Configures when that was never done, the preset changed, or libraries of others may have come;
    Ninja notices the rest."""
    packages.ensure()
    stamp = folder(preset) / "build.ninja"
    presets = ROOT / "CMakePresets.json"
    if not again and stamp.exists() and stamp.stat().st_mtime >= presets.stat().st_mtime:
        return
    result = subprocess.run(["cmake", "--preset", preset], cwd=ROOT, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise Failure("configuring failed:\n" + result.stdout[-6000:])


def environment():
    """Sanitizer options that LLVM needs: its own code is not instrumented, so the poisoning that its
    headers do would not match, and generators may leak."""
    return {"ASAN_OPTIONS": "allow_user_poisoning=0:detect_leaks=0", **os.environ}


def jobs(options):
    """One compiler a core, but no more than memory holds: an MLIR source takes up to 1.5 GB."""
    if getattr(options, "jobs", None):
        return options.jobs
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(len(os.sched_getaffinity(0)), memory // (3 << 29)))


def known_targets(preset):
    # Folders may have appeared since the last configuration.
    run(["ninja", "-C", folder(preset), "--quiet", "build.ninja"], f"configuring '{preset}'",
        stdout=subprocess.DEVNULL)
    listing = output_of(["ninja", "-C", folder(preset), "-t", "targets", "all"])
    return {line.rsplit(":", 1)[0] for line in listing.splitlines()}


def require_targets(preset, names):
    if not names:
        return
    known = known_targets(preset)
    for name in names:
        if name not in known:
            raise Failure(f"there is no target '{name}' in preset '{preset}'", 2)


def build_preset(preset, options, targets=(), env=None):
    """Builds and says how long it took."""
    fresh = not (folder(preset) / ".ninja_log").exists()
    start = time.monotonic()
    configure(preset)
    require_targets(preset, targets)
    run(["ninja", "-C", folder(preset), f"-j{jobs(options)}", *targets], f"building '{preset}'",
        env={**environment(), "NINJA_STATUS": f"[{preset} %f/%t] ", **(env or {})})
    kind = "clean build" if fresh else "build"
    print(f"tools/dev: {kind} of '{preset}' took {time.monotonic() - start:.1f} s", flush=True)


def build(options):
    env = None
    if options.clean:
        shutil.rmtree(folder(options.preset), ignore_errors=True)
        env = {"CCACHE_DISABLE": "1"}
    build_preset(options.preset, options, options.target, env)
    return 0

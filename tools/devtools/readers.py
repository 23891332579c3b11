# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# tools/dev fuzz --readers: libFuzzer on everything that reads untrusted bytes.
import concurrent.futures
import re
import subprocess
import time

import building
from process import ROOT

PRESET = "fuzz"
INPUTS = 1_000_000
# Longest inputs in bytes: what a reader can tell apart, and short enough to be many.
LONGEST = {"fuzz-plan": 4096, "fuzz-trace": 4096, "fuzz-replay": 2048, "fuzz-bundle": 16384}


def names():
    """Every fuzzer has a folder with its corpus."""
    return sorted(folder.name for folder in (ROOT / "test/fuzz/corpus").iterdir() if folder.is_dir())


def command(name, work):
    found = work / name
    found.mkdir(parents=True, exist_ok=True)
    return [building.folder(PRESET) / "bin" / name, f"-runs={INPUTS}",
            f"-max_len={LONGEST.get(name, 1024)}", "-timeout=10", "-rss_limit_mb=3000",
            f"-artifact_prefix={work}/finding-{name}-", found, ROOT / "test/fuzz/corpus" / name]


def run_one(name, work, extra):
    """Fuzzes one reader and says how it went; libFuzzer takes the last of two equal options."""
    words = [str(word) for word in command(name, work)]
    start = time.monotonic()
    result = subprocess.run([*words, *extra], cwd=work, text=True, errors="replace",
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    log = work / (name + ".log")
    log.write_text(result.stdout)
    coverage = re.findall(r"cov: (\d+) ft: (\d+)", result.stdout)
    done = re.findall(r"^#(\d+)\s+DONE", result.stdout, re.M)
    good = result.returncode == 0 and bool(done)
    edges, features = coverage[-1] if coverage else ("0", "0")
    print(f"{name}: {'no finding' if good else 'FAILED'}, {done[-1] if done else 0} inputs, "
          f"{edges} edges, {features} features, {time.monotonic() - start:.0f} s, log in {log}",
          flush=True)
    if not good:
        print(result.stdout[-6000:], flush=True)
    return good


def fuzz(options):
    building.build_preset(PRESET, options, names())
    work = building.folder(PRESET) / "fuzzing"
    work.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(building.jobs(options)) as pool:
        results = list(pool.map(lambda name: run_one(name, work, options.rest), names()))
    return 0 if all(results) else 1

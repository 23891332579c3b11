# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# tools/dev fmt and tidy.
import sys

import building
import packages
from process import ROOT, run

sys.path.append(str(ROOT / "tools" / "checks"))
from repository import tracked_files  # noqa: E402


def fmt(options):
    packages.ensure()
    mode = ["--dry-run", "-Werror"] if options.check else ["-i"]
    run(["clang-format-22", *mode, *tracked_files("*.h", "*.cpp")], "clang-format")
    return 0


def tidy(options):
    building.build_preset(options.preset, options)  # generated headers must exist
    files = options.files or tracked_files("*.cpp")
    # Only what the preset compiles has flags; the package ships its driver under this name.
    database = (building.folder(options.preset) / "compile_commands.json").read_text()
    known = [name for name in files if f"/{name}\"" in database]
    run(["run-clang-tidy-22", "-quiet", "-p", building.folder(options.preset),
         "-j", building.jobs(options), *known], "clang-tidy")
    return 0

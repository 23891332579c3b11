# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Makes a tarball of a build, unpacks it somewhere, moves it, and uses it as strangers would, on a
# machine where neither LLVM nor the build can be seen: a CMake project, a pkg-config project, a
# plug-in of a C program, Python, gdb, and the example of the README. Then without the compiler.
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent
ROOT = SOURCE.parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tools/checks"), str(ROOT / "test/debugger")]
import debugger  # noqa: E402
import snippets  # noqa: E402

# What any Linux machine with a C++ program on it has.
SYSTEM = re.compile(r"^(linux-vdso|ld-linux-x86-64|libc|libm|libdl|librt|libpthread|libgcc_s|"
                    r"libstdc\+\+|libz)\.so")
TIMEOUT_S = 300


class Wrong(Exception):
    pass


def run(command, **options):
    """Runs a command; its output. Wrong, with the output, if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT_S, **options)
    if done.returncode:
        raise Wrong(f"{' '.join(words)}\nended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def make_package(arguments, folder):
    """Unpacks a fresh tarball and moves it; where it is then."""
    run([arguments.cpack, "-G", "TZST", "--config", arguments.build / "CPackConfig.cmake",
         "-B", folder / "package"], cwd=folder)
    tarball, = (folder / "package").glob("tracejit-*-linux-x86_64.tar.zst")
    run(["cmake", "-E", "tar", "xf", tarball], cwd=folder)
    moved = folder / "moved"
    (folder / tarball.name.removesuffix(".tar.zst")).rename(moved)
    print(f"package: {tarball.stat().st_size / 1e6:.1f} MB")
    return moved


def foreign_libraries(ldd_output, inside):
    """Lines of ldd that name a library which is neither in the folder nor part of the system."""
    for line in ldd_output.splitlines():
        words = line.split()
        if not words or "statically" in line:
            continue
        name = words[0].rsplit("/", 1)[-1]
        place = words[2] if len(words) > 2 and words[1] == "=>" else words[0]
        if SYSTEM.match(name) and place != "not":
            continue
        if not place.startswith(str(inside)):
            yield line.strip()


def check_libraries(moved, linked):
    files = [file for file in [*(moved / "lib").glob("*.so*"), *(moved / "bin").iterdir()]
             if file.suffix != ".py"]
    expect(len(files) >= 4, f"files are missing: {files}")
    for file in files:
        if linked == "shared" and file.name == "libtracejit-compiler.so":
            continue # needs this machine's LLVM, as everything of such a build
        foreign = list(foreign_libraries(run(["ldd", file]), moved))
        expect(not foreign, f"{file.name} needs what others do not have: {foreign}")


def curtain(hidden):
    """Words that run a command where these folders are empty; none if that is not allowed."""
    script = "".join(f"mount -t tmpfs none '{folder}' && " for folder in hidden)
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    words = ["unshare", "--mount", *user, "sh", "-c", script + 'exec "$@"', "sh"]
    try:
        run([*words, "sh", "-c", " && ".join(f"! ls -A '{f}' | grep -q ." for f in hidden)])
        return words
    except (Wrong, OSError) as problem:
        print(f"SKIPPED: folders cannot be hidden here, so LLVM may help: {problem}")
        return []


def facts(output):
    return dict(re.findall(r"^(\w+): (.*)$", output, re.M))


def expect_compiled(what, output):
    found = facts(output)
    expect(found.get("compiler") == "ready" and found.get("compiled") == "yes",
           f"{what} did not run compiled:\n{output}")
    return found["bits"]


def build_consumers(arguments, moved, folder):
    """The programs of this folder, by CMake and by hand with another compiler, and the README's."""
    by_cmake, by_hand = folder / "cmake", folder / "by-hand"
    run(["cmake", "-S", SOURCE, "-B", by_cmake, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
         f"-DCMAKE_CXX_COMPILER={arguments.compiler}", f"-DCMAKE_PREFIX_PATH={moved}"])
    run(["cmake", "--build", by_cmake])
    environment = {**os.environ, "PKG_CONFIG_PATH": str(moved / "lib/pkgconfig")}
    flags = run(["pkg-config", "--cflags", "--libs", "tracejit"], env=environment).split()
    rpath = f"-Wl,-rpath,{moved / 'lib'}"
    run(["g++", "-std=c++20", "-O1", SOURCE / "main.cpp", SOURCE / "Work.cpp", "-o", by_hand,
         *flags, rpath])
    source, expected = next(snippets.programs_in((ROOT / "README.md").read_text()))
    (folder / "README.cpp").write_text(source)
    run(["g++", "-std=c++20", "-O2", "README.cpp", "-o", "README", *flags, rpath], cwd=folder)
    return by_cmake, by_hand, folder / "README", expected


def check_kernels(moved, by_cmake, folder):
    """A C program with kernels alone, by CMake and by hand."""
    flags = run(["pkg-config", "--cflags", "--libs", "tracejit-rt"],
                env={**os.environ, "PKG_CONFIG_PATH": str(moved / "lib/pkgconfig")}).split()
    by_hand = folder / "kernels"
    run(["gcc", "-std=c11", SOURCE / "kernels.c", "-o", by_hand, *flags])
    for program in (by_cmake / "kernels", by_hand):
        printed = run([program])
        expect(printed == "kernels: 19 22 43 50 30 10\n", f"{program} prints\n{printed}")
        expect(not re.search("tracejit|stdc", run(["ldd", program])), f"{program} needs libraries of C++")


DOUBLED = """tracejit-trace 1
name "doubled"
input %in0 : f32[3]
%0 = add(%in0, %in0) : f32[3]
output %0
end
"""


def check_bundle(moved, by_cmake, folder):
    """A C program that runs a bundle, by CMake and by hand."""
    (folder / "doubled.trace").write_text(DOUBLED)
    run([moved / "bin/tracec", "compile", "doubled.trace", "--emit=package"], cwd=folder)
    flags = run(["pkg-config", "--cflags", "--libs", "tracejit-c"],
                env={**os.environ, "PKG_CONFIG_PATH": str(moved / "lib/pkgconfig")}).split()
    by_hand = folder / "bundle"
    run(["gcc", "-std=c11", SOURCE / "bundle.c", "-o", by_hand, *flags,
         f"-Wl,-rpath,{moved / 'lib'}"])
    for program in (by_cmake / "bundle", by_hand):
        printed = run([program, folder / "doubled.tjb"])
        expect(printed == "bundle: 2 4 6\n", f"{program} prints\n{printed}")


def check_debugger(moved, folder):
    """gdb finds its script beside the moved library, which has no debug information."""
    if not debugger.is_there():
        return
    flags = run(["pkg-config", "--cflags", "--libs", "tracejit"],
                env={**os.environ, "PKG_CONFIG_PATH": str(moved / "lib/pkgconfig")}).split()
    program = folder / "debugged"
    run(["g++", "-std=c++20", "-O0", "-g", debugger.SOURCE, "-o", program, *flags,
         f"-Wl,-rpath,{moved / 'lib'}"])
    debugger.check_program(program)


PYTHON = """
import ctypes, sys
ctypes.CDLL(sys.argv[1])
sys.exit(ctypes.CDLL(sys.argv[2]).consumer_work())
"""


def check_runs(arguments, moved, folder, hide):
    by_cmake, by_hand, readme, expected = build_consumers(arguments, moved, folder)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TRACEJIT")}
    clean["TRACEJIT_CACHE"] = "off"

    def hidden_run(*command, **settings):
        return run([*hide, *command], env={**clean, **settings}, cwd=folder)

    plugin = by_cmake / "libplugin.so"
    check_kernels(moved, by_cmake, folder)
    check_bundle(moved, by_cmake, folder)
    bits = set()
    compiled = hidden_run(by_cmake / "consumer")
    bits.add(expect_compiled("the CMake project", compiled))
    bits.add(expect_compiled("the pkg-config project", hidden_run(by_hand)))
    bits.add(expect_compiled("the plug-in", hidden_run(by_cmake / "host", plugin)))
    python = hidden_run(sys.executable, "-c", PYTHON, moved / "lib/libtracejit.so", plugin)
    bits.add(expect_compiled("the plug-in in Python", python))

    printed = hidden_run(readme)
    expect(printed.splitlines()[:len(expected)] == expected, f"README prints\n{printed}")
    expect(re.search(r"^trace \d+ step .*: active", printed, re.M), f"README: no path is active\n{printed}")

    eager = hidden_run(by_cmake / "consumer", TRACEJIT="off")
    expect(facts(eager)["compiler"] == "off", f"mode off opened the compiler:\n{eager}")
    bits.add(facts(eager)["bits"])
    check_memory(arguments.linked, facts(compiled), facts(eager))

    if arguments.linked == "static":
        for microseconds in (0, 500, 1000, 2000, 4000, 8000, 16000): # while it is being opened
            hidden_run(by_cmake / "consumer", str(microseconds))

    (moved / "lib/libtracejit-compiler.so").rename(folder / "taken-away.so")
    alone = hidden_run(by_cmake / "consumer")
    found = facts(alone)
    expect(found["compiler"] == "failed" and found["compiled"] == "no" and
           found["message"].startswith("the compiler library cannot be opened: "),
           f"without the compiler:\n{alone}")
    bits.add(found["bits"])
    expect(len(bits) == 1, f"the bits differ: {bits}")


def check_memory(linked, compiled, eager):
    """Resident memory, as promised for what users get."""
    used = {name: int(found["resident_kb"]) / 1000 for name, found in
            (("compiled", compiled), ("off", eager))}
    print(f"resident: {used['compiled']:.1f} MB compiled, {used['off']:.1f} MB in mode off; "
          f"enable_compiler {compiled['enable_ms']} ms")
    if linked == "static":
        expect(used["compiled"] <= 60 and used["off"] <= 12, f"too much memory: {used}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--cpack", required=True)
    parser.add_argument("--llvm", required=True, help="LLVM's folder")
    parser.add_argument("--linked", required=True, choices=["static", "shared"])
    arguments = parser.parse_args()
    arguments.build = arguments.build.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            moved = make_package(arguments, folder)
            check_libraries(moved, arguments.linked)
            hidden = [arguments.build]
            if arguments.linked == "static":
                hidden.append(pathlib.Path(arguments.llvm))
            check_debugger(moved, folder)
            check_runs(arguments, moved, folder, curtain(hidden))
        except (Wrong, debugger.Wrong) as problem:
            print(problem)
            sys.exit(1)
    print("the package works")


if __name__ == "__main__":
    main()

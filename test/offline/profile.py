# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# A program that comes with a profile is compiled from its first call on, without a compiler; with a
# profile that is damaged, of another program or not there it runs as without one.
#   profile.py PROGRAM TRACEC
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def run(command, **settings):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TRACEJIT")}
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env={**clean, "TRACEJIT_CACHE": "off", **settings})
    if done.returncode:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def calls(output):
    """Bits, compiled and eager segments of each call; whether a compiler is open."""
    lines = re.findall(r"^(\S+) compiled (\d+) eager (\d+)$", output, re.M)
    return [(bits, int(c), int(e)) for bits, c, e in lines], "compiler open" in output


def expect(condition, what):
    if not condition:
        sys.exit(what)


def main(program, tracec):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        traces, profile = folder / "step.trace", folder / "step.tjp"
        plain, opened = calls(run([program])[0])
        expect(len(plain) == 3 and all(c == 0 for _, c, _ in plain) and not opened,
               f"without anything: {plain}")
        run([program, traces])
        made = run([tracec, "profile", traces, "-o", profile])[0]
        expect("paths" in made, made)
        again = folder / "again.tjp"
        run([tracec, "profile", traces, "-o", again])
        expect(again.read_bytes() == profile.read_bytes(), "two profiles of one file differ")

        output, errors = run([program], TRACEJIT_PROFILE=str(profile))
        found, opened = calls(output)
        expect(found == [(bits, c + e, 0) for bits, c, e in plain] and not opened,
               f"with the profile: {output}{errors}\nwithout: {plain}")

        expect(output.count("read from the profile in ") == len(re.findall(r"^trace \d+ step", output, re.M)) > 0
               and not errors, output + errors)
        other = folder / "other.trace"
        other.write_text(traces.read_text().replace('"step"', '"stop"'))
        run([tracec, "profile", other, "-o", folder / "other.tjp"])
        output, errors = run([program], TRACEJIT_PROFILE=str(folder / "other.tjp"))
        expect(calls(output)[0] == plain and errors.count("\n") == 1 and
               re.search(r"profile: (\d+) of \1 paths fit nothing that ran; they are of traces \"stop\" from", errors),
               f"with a profile of another program: {output}{errors}")
        run([tracec, "profile", traces, other, "-o", folder / "more.tjp"])
        output, errors = run([program], TRACEJIT_PROFILE=str(folder / "more.tjp"))
        expect(not errors, errors)
        output, errors = run([program], TRACEJIT_PROFILE=str(folder / "more.tjp"), TRACEJIT_LOG="info")
        expect("paths fit nothing that ran" in errors, errors)

        output, errors = run([program, "--hold"], TRACEJIT_PROFILE=str(profile))
        found, opened = calls(output)
        expect({bits for bits, _, _ in found} == {plain[0][0]} and len(found) == 40 and not opened and
               not errors, f"with other values held: {output}{errors}")

        whole = profile.read_bytes()
        damaged = folder / "damaged.tjp"
        for at in range(0, len(whole), max(1, len(whole) // 12)):
            damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            output, _ = run([program], TRACEJIT_PROFILE=str(damaged))
            expect([bits for bits, _, _ in calls(output)[0]] == [bits for bits, _, _ in plain],
                   f"damaged at byte {at}: {output}")
        output, errors = run([program], TRACEJIT_PROFILE=str(folder / "none.tjp"))
        expect(calls(output)[0] == plain and "cannot open" in errors, f"without a file: {errors}")
        output, _ = run([program], TRACEJIT_PROFILE=str(profile), TRACEJIT="off")
        expect(all(c == 0 for _, c, _ in calls(output)[0]), f"in mode off: {output}")


main(*sys.argv[1:3])

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The cache on disk: the second process loads no compiler, and nothing that happens to the folder shows.
# Usage: CachedProgram.py PROGRAM
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])


def environment(folder, options=""):
    return {**os.environ, "TRACEJIT": "trial=off,budget=off" + options,
            "TRACEJIT_CACHE": str(folder), "TRACEJIT_LOG": "error"}


def start(folder, options="", way=(), **more):
    return subprocess.Popen([PROGRAM, *way], env=environment(folder, options), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def end(process):
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0 and errors == "", f"exit code {process.returncode}: {errors}"
    words = dict(line.split() for line in out.splitlines())
    assert int(words["compiled"]) >= 3, out
    return words


def run(folder, options="", way=(), **more):
    return end(start(folder, options, way, **more))


def is_cached(words):
    return words["loaded"] == "0" and words["cached"] == words["compiled"]


def is_known(words):
    """All paths ran compiled from their first visit on."""
    return is_cached(words) and words["first_eager"] == "0"


def is_compiled(words):
    return words["loaded"] == "1" and words["cached"] == "0" and words["first_eager"] != "0"


def entries(folder):
    names = [path.name for path in folder.iterdir()]
    assert all(len(name) == 68 and name.endswith((".tjc", ".tjk")) or name == "lock" for name in names), names
    return sorted(path for path in folder.iterdir() if path.name != "lock")


def profiles(folder):
    return [path for path in entries(folder) if path.suffix == ".tjk"]


def check_second_process(folder):
    """Gives the digest that every run must have."""
    first = run(folder)
    assert is_compiled(first), first
    files = {path: path.read_bytes() for path in entries(folder)}
    assert len(files) >= 3
    second = run(folder)
    assert is_known(second), second
    assert {path: path.read_bytes() for path in entries(folder)} == files
    for words in (second, run("off"), run(folder, way=["fork"])):
        assert words["digest"] == first["digest"], words
    for way in ("fork", "late"):
        words = run(folder, way=[way])
        assert is_known(words) and words["digest"] == first["digest"], (way, words)
    assert is_compiled(run("off"))
    return first["digest"]


def check_profile(folder, digest):
    """Which paths have programs is kept apart from these, and either may be missing."""
    run(folder)
    (profile,) = profiles(folder)
    whole = profile.read_bytes()
    for damaged in (None, b"", whole[: len(whole) // 2], whole[:90] + b"?" + whole[91:], b"?" * 8000):
        if damaged is None:
            profile.unlink()
        else:
            profile.write_bytes(damaged)
        words = run(folder)
        assert is_cached(words) and words["first_eager"] != "0", words
        assert words["digest"] == digest and profile.read_bytes() == whole, words
    for program in set(entries(folder)) - {profile}:
        program.unlink()
    words = run(folder)
    assert is_compiled(words) and words["digest"] == digest, words
    assert is_known(run(folder))
    # It is written before a process ends, too.
    profile.unlink()
    with start(folder, way=["linger"]) as process:
        while not profile.exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    assert profile.read_bytes() == whole


def check_read_only(folder, digest):
    """Another user's folder that may only be read: what is there is used."""
    if os.geteuid() != 0:
        return
    run(folder)
    user = 12345
    for path in (folder, *folder.iterdir()):
        os.chown(path, user, user)
    folder.chmod(0o500)
    before = {path: path.read_bytes() for path in entries(folder)}

    def become():
        os.setgid(user)
        os.setuid(user)

    try:
        words = run(folder, preexec_fn=become)
    except PermissionError:
        return  # the program lies where that user may not look
    assert is_known(words) and words["digest"] == digest, words
    words = run(folder, ",memory=50%", preexec_fn=become)
    assert is_compiled(words) and words["digest"] == digest, words
    assert {path: path.read_bytes() for path in entries(folder)} == before


def check_keys(folder, digest):
    """What decides about the code makes another entry, which is found again."""
    for options in (",disable=fuse", ",memory=50%", ",schedule=lanes:4"):
        before = len(entries(folder))
        for expected in (is_compiled, is_cached):
            words = run(folder, options)
            assert expected(words) and words["digest"] == digest, (options, words)
        assert len(entries(folder)) > before, options
    assert is_cached(run(folder)), "other options have replaced entries"


def check_many_at_once(folder, digest):
    processes = [start(folder) for _ in range(10)]
    for words in map(end, processes):
        assert words["digest"] == digest, words
    assert is_cached(run(folder))


def check_killed(folder, digest):
    draw = random.Random(1)
    for _ in range(6):
        process = start(folder)
        time.sleep(draw.uniform(0.02, 0.4))
        process.kill()
        process.communicate()
    for path in folder.glob("*.tmp"):
        path.unlink()
    assert run(folder)["digest"] == digest
    words = run(folder)
    assert is_cached(words) and words["digest"] == digest, words


def check_damaged(folder, digest):
    files = {path: path.read_bytes() for path in entries(folder)}
    for profile in profiles(folder):
        del files[profile]
        profile.unlink()

    def check(damage):
        for path, content in files.items():
            path.write_bytes(damage(bytearray(content)))
        words = run(folder)
        assert is_compiled(words) and words["digest"] == digest, words
        assert files.items() <= {path: path.read_bytes() for path in entries(folder)}.items(), "not replaced"

    def flip(place):
        def damage(content):
            content[place(len(content))] ^= 4
            return content
        return damage

    for place in (lambda size: 20, lambda size: 130, lambda size: 400, lambda size: size - 1):
        check(flip(place))
    check(lambda content: content[: len(content) // 2])


def check_unusable(folder, digest):
    """No way that a folder can be wrong reaches the user."""
    (folder / "file").write_text("text")
    (folder / "open").mkdir()
    (folder / "open").chmod(0o755)
    (folder / "target").mkdir(mode=0o700)
    (folder / "link").symlink_to(folder / "target")
    wrong = ["file", "open", "link", "file/below"]
    if os.geteuid() == 0:
        (folder / "foreign").mkdir(mode=0o700)
        os.chown(folder / "foreign", 12345, 12345)
        wrong.append("foreign")
    for name in [*wrong, "/proc/1/nothing"]:
        words = run(folder / name)
        assert is_compiled(words) and words["digest"] == digest, (name, words)
    assert not any((folder / "target").iterdir()) and not any((folder / "open").iterdir())


def check_full(folder, digest):
    """A file may have at most 3,000 bytes; the signal that comes with that is not ignored here."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    words = run(folder, preexec_fn=limit)
    assert is_compiled(words) and words["digest"] == digest, words
    assert entries(folder) == []


def check_other_rights(folder, digest):
    """A setuid program uses neither its owner's folder nor what the environment names."""
    if os.geteuid() != 0:
        return
    run(folder)
    before = {path: path.read_bytes() for path in entries(folder)}
    program = folder.parent / "setuid-program"
    shutil.copy(PROGRAM, program)
    program.chmod(0o4755)

    def become():
        os.setgid(12345)
        os.setuid(12345)

    def run_as(user_folder):
        return subprocess.run([program], env=environment(user_folder), text=True, preexec_fn=become,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    if run_as(folder).returncode != 0 or os.statvfs(folder).f_flag & os.ST_NOSUID:
        return  # libraries that are not found so, or a file system without setuid
    words = dict(line.split() for line in run_as(folder).stdout.splitlines())
    assert is_compiled(words) and words["digest"] == digest, words
    assert {path: path.read_bytes() for path in entries(folder)} == before


def main():
    with tempfile.TemporaryDirectory() as name:
        base = pathlib.Path(name)

        def fresh(folder):
            (base / folder).mkdir(mode=0o700)
            return base / folder

        digest = check_second_process(base / "made" / "by" / "it")
        check_keys(base / "made" / "by" / "it", digest)
        check_many_at_once(fresh("many"), digest)
        check_damaged(base / "many", digest)
        check_killed(fresh("killed"), digest)
        check_unusable(fresh("wrong"), digest)
        check_full(fresh("full"), digest)
        check_profile(fresh("profile"), digest)
        base.chmod(0o711)
        check_read_only(fresh("reading"), digest)
        check_other_rights(fresh("secure"), digest)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Every source, record file and test is named by a CMakeLists.txt: what is not listed is never built.
import posixpath
import re

from repository import read, report, tracked_files

# A project of its own, files that lit finds by itself, and the module the checks share.
EXEMPT = re.compile(r"^(test/consumer/|test/lit/|tools/checks/repository\.py$)")


def is_listed(name, cmake_files):
    """Whether a CMakeLists.txt in the file's folder or above names it, relative to itself."""
    folder = posixpath.dirname(name)
    while True:
        text = cmake_files.get(posixpath.join(folder, "CMakeLists.txt"), "")
        spelled = re.escape(posixpath.relpath(name, folder or "."))
        if re.search(rf"(?<![\w./-]){spelled}(?![\w.-])", text):
            return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)


def included_records(names):
    """Record files that another one includes; they are built with it."""
    found = set()
    for name in names:
        found.update(re.findall(r'^\s*include\s+"([^"]+)"', read(name), re.MULTILINE))
    return found


def without_comments(text):
    return re.sub(r"#.*", "", text)


def main():
    cmake_files = {name: without_comments(read(name))
                   for name in tracked_files("CMakeLists.txt", "*/CMakeLists.txt")}
    records = tracked_files("*.td")
    included = included_records(records)
    names = [name for name in tracked_files("*.cpp", "tools/checks/*.py") + records
             if not EXEMPT.match(name)]
    wrong = [f"{name}: no CMakeLists.txt names it" for name in names
             if name not in included and not is_listed(name, cmake_files)]
    report(wrong, len(names))


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Builds and runs every whole program of the documents: a ```cpp block with a main function. If a
# ```text block follows, the program's output begins with that block's lines, up to the first report
# of a trace, whose times and counts differ from run to run.
# A page that says ONE_PROGRAM is one program: its ```cpp blocks in order are the body of main, its
# ```text blocks the output. In its tables with columns `tracejit` and `gives` each row is an
# expression and what it prints, without spaces; a row that gives nothing is a statement.
# Usage: snippets.py BUILD_FOLDER COMPILER [FLAG...]
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from repository import ROOT, read, report, tracked_files

PROGRAM = re.compile(r"^```cpp\n(.*?)^```\n(?:[^`]*?^```text\n(.*?)^```\n)?", re.M | re.S)
TIMEOUT_S = 120

ONE_PROGRAM = "<!-- one program -->"
PIECE = re.compile(r"^```cpp\n(?P<code>.*?)^```\n|^```text\n(?P<output>.*?)^```\n|"
                   r"^\|(?P<header>[^\n]*)\|\n\|[-| :]+\|\n(?P<rows>(?:\|[^\n]*\|\n)*)", re.M | re.S)
BEGIN = """#include <cctype>
#include <iostream>
#include <sstream>
template <class T> [[maybe_unused]] static void row(const T &value) {
  std::ostringstream text;
  text << std::boolalpha << value;
  for (char c : text.str())
    if (!std::isspace(static_cast<unsigned char>(c)))
      std::cout << c;
  std::cout << "\\n";
}
"""


def cells_of(line):
    return [cell.strip().strip("`").replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]


def rows_of(header, lines):
    """Statements and output lines of a table."""
    header = cells_of(header)
    if not {"tracejit", "gives"} <= set(header):
        return
    for line in lines.splitlines():
        row = dict(zip(header, cells_of(line[1:-1])))
        code, result = row["tracejit"], re.sub(r"\s", "", row["gives"])
        yield (f"row({code});", result) if result else (f"{code};", None)


def page_as_program(text):
    """Source and expected lines of a page that is one program. Lines count from each block's first."""
    heads, body, expected = [], [], []
    for piece in PIECE.finditer(text):
        if piece["code"]:
            lines = piece["code"].splitlines()
            is_head = [line.startswith(("#", "using ")) for line in lines]
            heads += [line for line, head in zip(lines, is_head) if head]
            body += ['#line 1 "page.cpp"', *("" if head else line for line, head in zip(lines, is_head))]
        elif piece["output"]:
            expected += piece["output"].splitlines()
        elif piece["rows"]:
            for statement, result in rows_of(piece["header"], piece["rows"]):
                body.append(statement)
                expected += [result] if result else []
    return "\n".join([*heads, BEGIN, "int main() {", *body, "}", ""]), expected


def programs_in(text):
    """Source and expected lines of every whole program."""
    if ONE_PROGRAM in text:
        yield page_as_program(text)
        return
    for source, output in PROGRAM.findall(text):
        if re.search(r"\bint main\(", source):
            expected = re.split(r"^trace \d", output, maxsplit=1, flags=re.M)[0]
            yield source, expected.splitlines()


def fail(text):
    return "\n    " + "\n    ".join(text.strip().splitlines()[-20:])


def problem_with(name, source, expected, command, folder):
    """Compiles and runs one program; what is wrong, or None."""
    program = folder / name
    program.with_suffix(".cpp").write_text(source, encoding="utf-8")
    # A relative name: traces hold the names of sources.
    built = subprocess.run([*command, name + ".cpp", "-o", program], text=True, cwd=folder,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if built.returncode:
        return "does not compile" + fail(built.stdout)
    env = {key: value for key, value in os.environ.items() if not key.startswith("TRACEJIT")}
    env["TRACEJIT_CACHE"] = "off"
    try:
        ran = subprocess.run([program], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             cwd=folder, env=env, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return f"runs longer than {TIMEOUT_S} s"
    if ran.returncode:
        return f"ends with status {ran.returncode}" + fail(ran.stdout + ran.stderr)
    printed = ran.stdout.splitlines()[:len(expected)]
    if printed != expected:
        wrong = next((line for line, want in zip(printed, expected) if line != want), "nothing more")
        return f"prints something else, first `{wrong}`:" + fail("\n".join(printed))
    return None


def main():
    build, compiler, *flags = sys.argv[1:]
    build = pathlib.Path(build).resolve()
    command = [compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", *flags,
               f"-I{ROOT}/runtime/include", f"-I{build}/runtime/include", f"-L{build}/lib",
               "-ltracejit", f"-Wl,-rpath,{build}/lib"]
    problems, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for document in tracked_files("README.md", "docs/*.md"):
            for number, (source, expected) in enumerate(programs_in(read(document)), 1):
                count += 1
                name = pathlib.Path(document).stem + (f"-{number}" if number > 1 else "")
                wrong = problem_with(name, source, expected, command, pathlib.Path(folder))
                if wrong:
                    problems.append(f"{document}: program {number} {wrong}")
    if count == 0:
        problems.append("README.md: no program found")
    report(problems, count)


if __name__ == "__main__":
    main()

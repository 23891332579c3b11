# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The manual page has every command and every option that the helps show, with its words.
import re
import shutil
import subprocess
import sys


def tracec(*words):
    return subprocess.run(["tracec", *words], check=True, text=True, stdout=subprocess.PIPE).stdout


page = tracec("--man")
sections = dict(re.findall(r"^\.SS tracec (\w+)\n(.*?)(?=^\.S[SH])", page, re.M | re.S))
commands = re.findall(r"^  (\w+) +\w", re.search(r"^Commands\n(.*?)\n\n", tracec("--help"), re.M | re.S)[1],
                      re.M)
assert sorted(sections) == sorted(commands) and len(commands) >= 6, (sorted(sections), commands)
options = 0
for command in commands:
    shown = re.findall(r"^  (-[^ ]*)", tracec(command, "--help"), re.M)
    written = re.findall(r"^\\fB(.*?)\\fR", sections[command], re.M)
    assert shown == [words.replace("\\-", "-") for words in written], (command, shown, written)
    options += len(shown)
assert options > 40, options
if shutil.which("groff"):
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z"], input=page, text=True,
                          stderr=subprocess.PIPE)
    assert done.returncode == 0 and not done.stderr, done.stderr
print(f"{options} options")

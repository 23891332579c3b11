# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# tools/dev bench --peers without a peer, and with peers that are wrong. The argument is
# peer-tracejit.
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest
import xml.dom.minidom

import peer_results as results_of
from peer_chart import chart
from peer_process import PEERS, ROOT
from peer_results import Result, Times, group_means, verdict

OURS = None  # peer-tracejit


def row(least=None, mean=None, peers=("a", "b")):
    bar = types.SimpleNamespace(peers=peers, least=least, mean=mean, threads=(1,)) if least else None
    return types.SimpleNamespace(name="x < y", ours="ours compiled", bar=bar, group="g")


def result(ours, peers, **bar):
    """Peers by name: seconds, or nothing for one that is not there."""
    made = Result(row(**bar), 1)
    made.ours["ours compiled"] = Times(results_of.MEASURED, seconds=[ours, 2 * ours])
    for name, seconds in peers.items():
        made.peers[name] = (Times(results_of.MEASURED, seconds=[seconds]) if seconds
                            else Times(results_of.MISSING))
    return made


class Verdicts(unittest.TestCase):
    def test_best_and_speed(self):
        made = result(2.0, {"a": 3.0, "b": 1.0})
        self.assertEqual(made.best(), ("b", 1.0))
        self.assertEqual(made.speed(), 0.5)
        self.assertEqual(made.speed(["a"]), 1.5)
        self.assertEqual(verdict(made), "")

    def test_a_bar_is_met_by_all_or_not_at_all(self):
        self.assertEqual(verdict(result(1.0, {"a": 1.0, "b": 2.0}, least=1.0)), "met")
        self.assertEqual(verdict(result(1.0, {"a": 0.9, "b": 2.0}, least=1.0)), "missed")

    def test_what_is_missing_is_never_met(self):
        self.assertEqual(verdict(result(1.0, {"a": None, "b": 2.0}, least=1.0)), "not measured (a)")
        self.assertEqual(verdict(result(1.0, {"b": 2.0}, least=1.0)), "not measured (a)")
        self.assertEqual(verdict(result(1.0, {}, least=1.0)), "not measured (a, b)")
        self.assertEqual(verdict(result(1.0, {"a": None, "b": 0.5}, least=1.0)), "missed")

    def test_bars_hold_for_their_threads_only(self):
        made = result(1.0, {"a": 0.1, "b": 0.1}, least=1.0, mean=1.0)
        made.threads = 2
        self.assertEqual(verdict(made), "")
        self.assertEqual(list(group_means([made], {})), [])

    def test_fresh_pages_count_for_the_peer(self):
        made = result(1.0, {"a": 2.0, "a, fresh pages": 0.5, "b": 3.0}, least=1.0)
        self.assertEqual(verdict(made), "missed")

    def test_means_need_every_row(self):
        good = [result(1.0, {"a": 4.0, "b": 9.0}, least=0.5, mean=1.0),
                result(1.0, {"a": 1.0, "b": 9.0}, least=0.5, mean=1.0)]
        self.assertEqual([(round(mean[2], 9), mean[4]) for mean in group_means(good, {("g", 1): 2})], [(2.0, "met")])
        self.assertEqual([mean[4] for mean in group_means(good, {("g", 1): 3})], ["not measured"])
        good.append(result(1.0, {"a": 1.0}, least=0.5, mean=1.0))
        self.assertEqual([mean[4] for mean in group_means(good, {("g", 1): 3})], ["not measured"])
        slow = [result(1.0, {"a": 0.9, "b": 9.0}, least=0.5, mean=1.0)]
        self.assertEqual([mean[4] for mean in group_means(slow, {("g", 1): 1})], ["missed"])

    def test_tables_show_losses_and_what_failed(self):
        lost = result(1.0, {"a": 0.5})
        lost.peers["b"] = Times(results_of.FAILED, "no such function")
        text = results_of.markdown([lost], {"date": "today"}, ["c"], {})
        for part in ("**0.50**", "| 500 ms |", "failed: no such function", "not installed: c", "date: today"):
            self.assertIn(part, text)

    def test_chart_escapes_names(self):
        self.assertIn("x &lt; y, 1 thread", chart([result(1.0, {"a": 2.0})]))
        self.assertIn("not measured", chart([result(1.0, {})]))
        xml.dom.minidom.parseString(chart([result(1.0, {"a": 2.0, "b": None})]))


# A peer that gives its first input back.
WRONG = """#!{python}
import glob, shutil, sys
print("ready 0 wrong", flush=True)
for line in sys.stdin:
    if line.startswith("output"):
        shutil.copy(sorted(glob.glob(sys.argv[4] + "/*.npy"))[0], line.split()[1] + "/0.npy")
        print(1, flush=True)
"""
FAILING = """#!{python}
print("failed for a reason", flush=True)
"""


class Driver(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)
        (self.folder / "bin").mkdir()

    def drive(self, *words):
        # Without trials, so that what is compared with eager code is compiled.
        command = [sys.executable, ROOT / "tools/devtools/peers.py", "--quick", "--ours", OURS,
                   "--programs", self.folder / "bin", "--environment", self.folder / "nothing",
                   "--results", self.folder / "results", *words]
        done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env={**os.environ, "TRACEJIT": "trial=off"})
        written = self.folder / "results/results.json"
        return done, json.loads(written.read_text()) if written.exists() else None

    def install(self, name, text):
        path = self.folder / "bin" / name
        path.write_text(text.format(python=sys.executable))
        path.chmod(0o755)

    def test_without_peers(self):
        done, results = self.drive("--threads", "1")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(results["missing"], [peer.name for peer in PEERS])
        for peer in PEERS:
            self.assertIn(f"{peer.name} is missing", done.stdout)
        for found in results["rows"]:
            compiled = found["ours"]["ours compiled"]
            self.assertEqual((compiled["note"], compiled["error"]), ("active", 0), found["row"])
            self.assertGreater(compiled["compile"], 0)
            if "training" in found["row"]:
                self.assertGreater(compiled["transient_bytes"], 0)
            self.assertTrue(compiled["min"] > 0 and found["limit"] is not None)
            self.assertIn(found["verdict"].split(" (")[0], ("", "not measured"))
        self.assertTrue((self.folder / "results/results.svg").read_text().startswith("<svg"))

    def test_wrong_and_failing_peers_have_no_time(self):
        self.install("peer-openblas", WRONG)
        self.install("peer-onednn", FAILING)
        done, results = self.drive("--threads", "1", "--only", "sgemm 512")
        self.assertEqual(done.returncode, 1, done.stdout)
        peers = results["rows"][0]["peers"]
        self.assertEqual((peers["OpenBLAS"]["state"], peers["OpenBLAS"]["min"]), ("outputs differ", None))
        self.assertEqual((peers["oneDNN"]["state"], peers["oneDNN"]["note"]), ("failed", "for a reason"))
        self.assertEqual(results["rows"][0]["verdict"], "not measured (OpenBLAS, oneDNN)")

    def test_unknown_row(self):
        done, _ = self.drive("--only", "nothing is called so")
        self.assertEqual(done.returncode, 2, done.stdout)


if __name__ == "__main__":
    OURS = sys.argv.pop(1)
    unittest.main()

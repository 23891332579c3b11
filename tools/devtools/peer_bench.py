# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Measuring the rows of `tools/dev bench --peers`: sides are started, compared, then timed in turns.
import contextlib
import pathlib
import re
import subprocess
import tempfile
import time

import peer_process
import peer_results as results_of
from peer_process import FRESH, KEPT_PAGES, OURS, OURS_EAGER, PEERS, RETURNED_PAGES, Side
from peer_results import Result, Times
from process import Failure

PATIENCE = 900            # seconds for a side to compile what it wants
TURN = 0.002              # seconds of a timing at least; shorter calls are repeated
ROUNDS, TIMINGS = 10, 3   # a turn a round for each side, so many timings in a turn
PAUSE = 0.01              # seconds after which a side's threads have stopped to spin
HEAT = 5                  # peers at a time, for they all hold their arrays; ours is in every heat


class Bench:
    """Measures rows one by one."""

    def __init__(self, place, folder, options):
        self.place, self.folder = place, folder
        self.quick, self.isa = options.quick, options.isa
        self.missing = {peer.name: package for peer in PEERS if (package := place.missing(peer))}

    def measure(self, row, threads):
        result = Result(row, threads)
        if not peer_process.processors(threads):
            result.problem = f"not measured: fewer than {threads} processors"
            return result
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch, contextlib.ExitStack() as stack:
            race = Race(self, result, pathlib.Path(scratch), stack)
            race.run()
        return result


class Race:
    """One row with a number of threads."""

    def __init__(self, bench, result, scratch, stack):
        self.bench, self.result, self.scratch = bench, result, scratch
        self.row, self.threads = result.row, result.threads
        self.sizes = self.row.quick if bench.quick else self.row.sizes
        # The computation with its sizes, as every side takes them.
        self.words = [self.row.computation, ",".join(f"{name}={number}" for name, number in self.sizes.items())]
        self.sides, self.times, self.rates = {}, {}, {}
        stack.callback(lambda: self.close(list(self.sides)))

    def run(self):
        self.write_inputs()
        self.start_limits()
        for peer in OURS:
            self.start(peer.name, peer, KEPT_PAGES)
            self.result.ours[peer.name] = self.times[peer.name]
        if OURS_EAGER not in self.sides:
            raise Failure(f"{self.row.name}: {self.times[OURS_EAGER].note}")
        self.expected = self.outputs(self.sides[OURS_EAGER])
        self.compare()
        contestants = list(self.contestants())
        for begin in range(0, max(len(contestants), 1), HEAT):  # one without peers if there are none
            heat = contestants[begin:begin + HEAT]
            for name, peer, pages in heat:
                self.start(name, peer, pages)
                self.result.peers[name] = self.times[name]
            self.compare()
            self.take_turns()
            self.close([name for name, _, _ in heat])
        if self.row.memory:
            self.weigh()
        work = self.row.work(self.sizes)
        self.result.limit = sum(amount / self.rates[name] for name, amount in work.items())

    def contestants(self):
        """(name, peer, tunables of glibc) of the peers that are there."""
        for peer in PEERS:
            if self.row.peers and peer.name not in self.row.peers:
                continue
            if package := self.bench.missing.get(peer.name):
                self.result.peers[peer.name] = Times(results_of.MISSING, package)
                continue
            yield peer.name, peer, KEPT_PAGES
            if self.row.large and not self.bench.quick:
                yield peer.name + FRESH, peer, ""

    def write_inputs(self):
        self.inputs = self.scratch / "inputs"
        self.inputs.mkdir()
        subprocess.run([self.bench.place.ours, "inputs", *self.words, self.inputs], check=True)

    def side(self, name, command, pages=KEPT_PAGES):
        log = self.bench.folder / "logs" / re.sub(r"\W+", "-", f"{self.row.name}-{self.threads}-{name}")
        env = peer_process.environment_of(self.threads, pages, self.scratch / "compiled", self.bench.isa)
        side = Side(name, command, self.threads, env, log)
        return side, *side.first_word(PATIENCE)

    def start_limits(self):
        """The process that measures the machine."""
        words = ["limits", self.threads, *(["quick"] if self.bench.quick else [])]
        self.sides["limits"], _, _ = self.side("limits", [self.bench.place.ours, *words])

    def start(self, name, peer, pages):
        """Adds a side that is ready, and its times, which say why if it is not."""
        seconds = 0
        for command in self.bench.place.commands(peer, [*self.words, self.threads, self.inputs]):
            self.close([name])  # what wrote the files that this one reads
            side, word, rest = self.side(name, command, pages)
            self.sides[name] = side
            if word != "ready":
                break
            number, _, rest = rest.partition(" ")
            seconds += float(number)
        if word == "ready":
            self.times[name] = Times(results_of.MEASURED, rest, compile_seconds=seconds)
            return
        self.close([name])
        state = results_of.UNSUPPORTED if word == "unsupported" else results_of.FAILED
        self.times[name] = Times(state, rest)

    def close(self, names):
        for name in names:
            if side := self.sides.pop(name, None):
                side.close()

    def fail(self, name, state, why):
        """The side leaves the race without a time."""
        self.times[name].state, self.times[name].note, self.times[name].seconds = state, why, []
        self.close([name])

    def racing(self):
        return [(name, side) for name, side in self.sides.items() if name != "limits"]

    def outputs(self, side):
        """Files of what the side computes."""
        folder = self.scratch / re.sub(r"\W+", "-", side.name)
        folder.mkdir()
        count = int(side.ask(f"output {folder}"))
        return [folder / f"{number}.npy" for number in range(count)]

    def error(self, found):
        """Of the worst output, as the norm of the difference relative to our eager ones."""
        if len(self.expected) != len(found):
            return float("inf")
        errors = []
        for pair in zip(self.expected, found):
            result = subprocess.run([self.bench.place.ours, "compare", *pair], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if result.returncode != 0:
                raise Failure(result.stderr.strip())
            errors.append(float(result.stdout))
        return max(errors, key=lambda error: (error != error, error))  # NaN is the worst

    def compare(self):
        """Sides whose outputs differ from our eager ones leave; ours must not differ at all."""
        for name, side in self.racing():
            times = self.times[name]
            if times.error is not None:
                continue
            try:
                times.error = self.error(self.expected if name == OURS_EAGER else self.outputs(side))
            except (Failure, ValueError) as problem:
                self.fail(name, results_of.FAILED, str(problem))
                continue
            tolerance = 0 if name in self.result.ours else self.row.tolerance
            if not times.error <= tolerance:
                self.fail(name, results_of.DIFFERS, f"error {times.error:.2g} above {tolerance:g}")

    def take_turns(self):
        """Rounds in which every side is timed, and the machine with them."""
        repeats = {name: max(1, min(int(TURN / side.times(1, 1)[0]), 100_000))
                   for name, side in self.racing()}
        for number in range(1 if self.bench.quick else ROUNDS):
            if number % 4 == 0:
                self.measure_machine()
            for name, side in self.racing():
                time.sleep(PAUSE)
                try:
                    self.times[name].seconds += side.times(repeats[name], TIMINGS)
                except Failure as problem:
                    self.fail(name, results_of.FAILED, str(problem))

    def weigh(self):
        """What a call of each side holds, in a process of its own that gives memory back at once."""
        for peer in [*OURS, *PEERS]:
            times = {**self.result.ours, **self.result.peers}.get(peer.name)
            if not times or not times.seconds:
                continue
            name = peer.name + ", weighed"
            self.start(name, peer, RETURNED_PAGES)
            try:
                side = self.sides[name]
                side.times(3, 1)
                times.transient_bytes = min(int(side.ask("memory")) for _ in range(3))
            except (KeyError, Failure) as problem:
                times.note += f"; memory not known: {problem}"
            self.close([name])

    def measure_machine(self):
        for word in self.sides["limits"].ask("measure").split():
            name, rate = word.split("=")
            self.rates[name] = max(self.rates.get(name, 0), float(rate))

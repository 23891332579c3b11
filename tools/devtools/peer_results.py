# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What came out of `tools/dev bench --peers`: ratios, verdicts, and the tables.
import math
import statistics
from dataclasses import dataclass, field

MEASURED, MISSING, UNSUPPORTED, FAILED, DIFFERS = (
    "measured", "not installed", "unsupported", "failed", "outputs differ")


@dataclass
class Times:
    """One side of a row."""
    state: str
    note: str = ""  # version and setting, or why there is no time
    error: float = None  # of its outputs, relative to ours
    compile_seconds: float = 0
    transient_bytes: int = None  # that a call holds beyond what was there before
    seconds: list = field(default_factory=list)

    def least(self):
        return min(self.seconds) if self.seconds else None

    def median(self):
        return statistics.median(self.seconds) if self.seconds else None


@dataclass
class Result:
    """A row with a number of threads."""
    row: object
    threads: int
    ours: dict = field(default_factory=dict)    # by name
    peers: dict = field(default_factory=dict)   # by name
    limit: float = None                         # seconds that the machine needs for it
    problem: str = ""                           # why nothing was measured

    def bar(self):
        """What is held against this number of threads, or nothing."""
        bar = self.row.bar
        return bar if bar and self.threads in bar.threads else None

    def our_seconds(self):
        side = self.ours.get(self.row.ours)
        return side.least() if side else None

    def best(self, names=None):
        """Name and least seconds of the fastest peer, or None. Its pages may be kept or fresh."""
        times = [(side.least(), name) for name, side in self.peers.items()
                 if side.least() and (names is None or name.split(", ")[0] in names)]
        return min(times)[::-1] if times else None

    def speed(self, names=None):
        """Time of the best peer by ours: above 1 we are faster."""
        best, ours = self.best(names), self.our_seconds()
        return best[1] / ours if best and ours else None

    def of_limit(self):
        ours = self.our_seconds()
        return self.limit / ours if ours and self.limit else None

    def unmeasured(self):
        """Peers of the bar that have no time."""
        return [name for name in self.bar().peers
                if name not in self.peers or not self.peers[name].seconds]


def verdict(result):
    """met, missed, not measured, or nothing where there is no bar. A peer without a time might be the
    fastest: then a bar can be missed, and never met."""
    bar = result.bar()
    if not bar:
        return ""
    speed = result.speed(bar.peers)
    if speed is not None and speed < bar.least:
        return "missed"
    absent = result.unmeasured()
    if absent or speed is None:
        return "not measured" + (f" ({', '.join(absent)})" if absent else "")
    return "met"


def group_means(results, whole):
    """(group, threads, geometric mean of speeds, least mean, verdict) where a bar has a mean. `whole` has
    how many rows there are by group and threads: a part of them has no mean."""
    groups = {}
    for result in results:
        if result.bar() and result.bar().mean:
            groups.setdefault((result.row.group, result.threads), []).append(result)
    for (group, threads), members in groups.items():
        speeds = [member.speed(member.bar().peers) for member in members]
        least = members[0].bar().mean
        if None in speeds or len(members) < whole[group, threads] or any(member.unmeasured() for member in members):
            yield group, threads, None, least, "not measured"
            continue
        mean = math.exp(statistics.fmean(math.log(speed) for speed in speeds))
        yield group, threads, mean, least, "met" if mean >= least else "missed"


def time_text(seconds):
    """With three digits and a unit."""
    if seconds is None:
        return "-"
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def bytes_text(count):
    return "-" if count is None else f"{count / 1e6:.3g} MB"


def number_text(value):
    return "-" if value is None else f"{value:.2f}"


def speed_text(value):
    """Losses are set in bold."""
    return f"**{value:.2f}**" if value is not None and value < 1 else number_text(value)


def bar_text(bar):
    return f">= {bar.least:.2f} of {', '.join(bar.peers)}" if bar else ""


def summary_table(results):
    yield "| row | threads | ours | of the limit | ours eager | best peer | its time | speed | bar | |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for result in results:
        best = result.best() or ("none measured", None)
        eager = result.ours.get("ours eager")
        yield (f"| {result.row.name} | {result.threads} | {time_text(result.our_seconds())} "
               f"| {number_text(result.of_limit())} | {time_text(eager.least() if eager else None)} "
               f"| {best[0]} | {time_text(best[1])} | {speed_text(result.speed())} "
               f"| {bar_text(result.bar())} | {result.problem or verdict(result)} |")


def means_table(results, whole):
    means = list(group_means(results, whole))
    if not means:
        return
    yield ""
    yield "| geometric mean of | threads | speed | bar | |"
    yield "|---|---|---|---|---|"
    for group, threads, mean, least, judged in means:
        yield f"| {group} | {threads} | {speed_text(mean)} | >= {least:.2f} | {judged} |"


def times_table(results):
    yield "| row | threads | side | min | median | of so many | compiled in | memory | error | |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for result in results:
        for name, side in {**result.ours, **result.peers}.items():
            if side.state in (MISSING, UNSUPPORTED):
                continue
            note = side.note if side.state == MEASURED else f"{side.state}: {side.note}"
            error = "-" if side.error is None else f"{side.error:.1e}"
            yield (f"| {result.row.name} | {result.threads} | {name} | {time_text(side.least())} "
                   f"| {time_text(side.median())} | {len(side.seconds)} "
                   f"| {time_text(side.compile_seconds or None)} | {bytes_text(side.transient_bytes)} | {error} | {note} |")


def markdown(results, facts, missing, whole):
    lines = ["# tracejit beside its peers", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    lines += [f"- not installed: {', '.join(missing) or 'nothing'}", "",
              "Speed is the time of the best peer by ours: above 1 ours is faster; losses are bold. Times "
              "are the least of all.", ""]
    lines += [*summary_table(results), *means_table(results, whole), "", "## All sides", ""]
    lines += times_table(results)
    return "\n".join(lines) + "\n"


def as_json(results, facts, missing, whole):
    """Everything, for json.dump."""
    def side_fields(side):
        return {"state": side.state, "note": side.note, "error": side.error,
                "compile": side.compile_seconds, "transient_bytes": side.transient_bytes, "min": side.least(),
                "median": side.median(), "seconds": side.seconds}

    def sides(group):
        return {name: side_fields(side) for name, side in group.items()}

    rows = [{"row": result.row.name, "threads": result.threads, "group": result.row.group,
             "ours": sides(result.ours), "peers": sides(result.peers), "limit": result.limit,
             "speed": result.speed(), "bar": bar_text(result.bar()), "verdict": verdict(result),
             "problem": result.problem} for result in results]
    means = [dict(zip(("group", "threads", "speed", "bar", "verdict"), mean))
             for mean in group_means(results, whole)]
    return {"facts": facts, "missing": missing, "rows": rows, "means": means}

"""Known durations, and the program that records them."""

import contextlib
import json
import math
import os
import random
import subprocess
import tempfile
import urllib.request

QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999]
#: What DESIGN and docs promise of every quantile.
ERROR = 0.02


def durations():
    """Nanoseconds by probe: names and shapes that readers may stumble over."""
    rng = random.Random(4)
    lognormal = lambda median, sigma, n: [max(1, round(median * math.exp(rng.gauss(0, sigma)))) for _ in range(n)]
    return {
        "index::insert": lognormal(350, 0.4, 50_000),
        "db::query": lognormal(2_000_000, 0.8, 20_000) + lognormal(90_000_000, 0.2, 1_000),
        "uniform": [rng.randrange(1_000_000, 9_000_000) for _ in range(30_000)],
        "slow": lognormal(3_000_000_000, 0.5, 5_000),
        "tiny": [rng.randrange(0, 4) for _ in range(1_000)],
        'parse<"T", \\>\nline 2 — ünïcode': lognormal(15_000, 1.5, 20_000),
    }


#: Nanoseconds are too coarse for their quantiles to be read from anything but exact counts.
COARSE = {"tiny"}


def exact(values, q):
    """The order statistic at rank ceil(q n), in seconds."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(q * len(ordered))) - 1] / 1e9


#: Every probe's budget: a share of the calls, and the seconds that they stay within.
BUDGET = (0.95, 0.005)


def verdict(times):
    """What all of these calls prove of the budget. All lists here are clear cases."""
    over = sum(time > BUDGET[1] * 1e9 for time in times)
    return "fail" if over > (1 - BUDGET[0]) * len(times) else "pass"


def slowest(times, calls=8):
    """The calls that are kept as exemplars."""
    return sorted(times)[-calls:]


def nanoseconds(trace):
    """The duration of a call, by the number of its trace."""
    return int(trace, 16)


def told(times, q):
    """Whether enough values lie beyond a quantile for a reader that interpolates between a bucket's edges. Of a few
    values it knows the bucket only, which is 2.2 % wide."""
    return len(times) * (1 - q) >= 20


class Checks:
    """Counts comparisons, and remembers the worst."""

    def __init__(self):
        self.made, self.worst, self.wrong = 0, 0.0, []

    def equal(self, what, found, right):
        self.made += 1
        if found != right:
            self.wrong.append(f"{what}: {found!r}, not {right!r}")

    def near(self, what, found, right, error):
        self.made += 1
        off = abs(found - right) / right if right else abs(found)
        self.worst = max(self.worst, off)
        if not off <= error:
            self.wrong.append(f"{what}: {found!r}, not {right!r} ({100 * off:.2f} %)")

    def exemplars(self, what, found, times, which):
        """Traces and seconds: of the slowest calls, each its own duration, within the clock's tick. `which` of them have
        to be there: all, the slowest (where a bucket has room for one), or some."""
        slow = slowest(times)
        for trace, seconds in found:
            nanos = nanoseconds(trace)
            self.equal(f"{what}: {nanos} is among the slowest", nanos in slow, True)
            self.equal(f"{what}: {seconds} s is {nanos} ns", abs(seconds * 1e9 - nanos) <= 2 + 1e-9 * nanos, True)
        traces = [nanoseconds(trace) for trace, _ in found]
        self.equal(f"{what}: some", bool(traces), True)
        if which in ("slowest", "all"):
            self.equal(f"{what}: the slowest", max(traces, default=None), slow[-1])
        if which == "all":
            self.equal(f"{what}: all of them", sorted(traces), slow)

    def sum(self, what, found, times):
        """A sum of durations: exact but for the clock's ticks, of which a nanosecond has two or three."""
        self.equal(f"{what}: {found}", abs(found - sum(times) / 1e9) <= 1e-4 * sum(times) / 1e9 + 0.25e-9 * len(times), True)

    def finish(self, what):
        for wrong in self.wrong[:20]:
            print("WRONG", wrong)
        print(f"{what}: {self.made} values compared, {len(self.wrong)} wrong, worst quantile {100 * self.worst:.2f} % off")
        assert self.made > 0
        return 1 if self.wrong else 0


@contextlib.contextmanager
def served(program, data, files=None, **environment):
    """The program with these durations recorded; its address. At its end it writes into the folder `files`."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "times.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(data, file)
        process = subprocess.Popen(
            [program, "--replay", path, *([files] if files else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PERF_SERVE": "127.0.0.1:0", **environment},
        )
        try:
            yield process.stdout.readline().strip().removesuffix("/report").removeprefix("http://")
            process.stdin.close()
            if process.wait(20) != 0:
                raise SystemExit(f"the program ended with {process.returncode}")
        finally:
            process.kill()


def fetch(address, path, accept="*/*"):
    request = urllib.request.Request(f"http://{address}{path}", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read()

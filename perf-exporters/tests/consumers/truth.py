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
def served(program, data, **environment):
    """The program with these durations recorded; its address."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "times.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(data, file)
        process = subprocess.Popen(
            [program, "--replay", path],
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

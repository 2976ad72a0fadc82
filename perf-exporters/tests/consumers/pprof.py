"""The pprof profile, read by `go tool pprof`."""

import os
import re
import subprocess
import sys
import tempfile

import truth


def read(profile):
    """What pprof understood: the kinds of values, and those of each function. It shows names without what it takes for
    template arguments, and the whole name behind them."""
    environment = {**os.environ, "HOME": tempfile.gettempdir()}
    command = ["go", "tool", "pprof", "-raw", profile]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    samples, places = printed.split("Samples:\n")[1].split("Locations\n")
    kinds, *rows = samples.splitlines()
    names = {}
    for number, short, whole in re.findall(r"^\s*(\d+): 0x0 M=1 (.*) \S+:\d+ s=\d+(?:\((.*)\))?$", places, re.MULTILINE):
        names[number] = whole or short
    values = {}
    for row in rows:
        numbers, stack = row.split(":")
        own = names[stack.split()[0]]
        values[own] = [int(number) for number in numbers.split()]
    return kinds.split(), values


def main(program):
    data, checks = truth.durations(), truth.Checks()
    with tempfile.TemporaryDirectory() as folder:
        with truth.served(program, data, files=folder):
            pass
        kinds, values = read(os.path.join(folder, "perf.pb.gz"))
    checks.equal("kinds", kinds, ["time/nanoseconds[dflt]", "allocs/count", "bytes/bytes"])
    names = {probe.replace("\n", "\\n"): probe for probe in data}
    # Self times are without what an empty probe would have measured, so a function that does less than that may have none.
    checks.equal("functions", set(values) | truth.COARSE, set(names))
    for name, (time, *allocations) in values.items():
        whole = sum(data[names[name]])
        least = whole - len(data[names[name]]) * 100
        checks.equal(f"time of {name!r}, {time} ns of {whole}", least <= time <= whole * (1 + 1e-6), True)
        checks.equal(f"allocations of {name!r}", allocations, [0, 0])
    return checks.finish("go tool pprof")


sys.exit(main(sys.argv[1]))

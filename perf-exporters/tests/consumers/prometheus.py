"""promtool, and two Prometheus servers: one that scrapes protobuf with native histograms, one that scrapes text."""

import contextlib
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import truth


def promtool(address):
    _, page = truth.fetch(address, "/metrics")
    checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, check=False)
    if checked.returncode != 0 or checked.stdout or checked.stderr:
        raise SystemExit(f"promtool: {checked.returncode} {checked.stdout.decode()} {checked.stderr.decode()}")
    print(f"promtool has nothing to say about {len(page.splitlines())} lines")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(target, *flags):
    """A Prometheus server that scrapes the target; a function that asks it."""
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "prometheus.yml")
        scrape = {"job_name": "perf", "scrape_interval": "1s", "static_configs": [{"targets": [target]}]}
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"scrape_configs": [scrape]}, file)  # JSON is YAML
        port = free_port()
        log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
        process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}", *flags],
            stdout=log, stderr=log,
        )

        def ask(query):
            query = urllib.parse.urlencode({"query": query})
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{query}", timeout=10) as answer:
                return json.load(answer)["data"]["result"]

        try:
            deadline = time.monotonic() + 40
            while True:
                with contextlib.suppress(OSError):
                    if any(float(up["value"][1]) == 1 for up in ask("up")) and ask("perf_threads"):
                        break
                if time.monotonic() > deadline or process.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"Prometheus did not scrape: {log.read()[-3000:]}")
                time.sleep(0.3)
            yield ask
        finally:
            process.terminate()
            process.wait(20)
            log.close()


def by_probe(result):
    return {series["metric"]["probe"]: float(series["value"][1]) for series in result}


def native(ask, data, checks):
    """Native histograms: no bucket series, and every quantile within the stated error."""
    checks.equal("series of buckets", ask("perf_probe_duration_seconds_bucket"), [])
    counts = by_probe(ask("histogram_count(perf_probe_duration_seconds)"))
    sums = by_probe(ask("histogram_sum(perf_probe_duration_seconds)"))
    checks.equal("probes", set(counts), set(data))
    for probe, times in data.items():
        checks.equal(f"count of {probe!r}", counts[probe], len(times))
        checks.sum(f"sum of {probe!r}", sums[probe], times)
    for q in truth.QUANTILES:
        found = by_probe(ask(f"histogram_quantile({q}, perf_probe_duration_seconds)"))
        for probe in data.keys() - truth.COARSE:
            if truth.told(data[probe], q):
                checks.near(f"quantile {q} of {probe!r}", found[probe], truth.exact(data[probe], q), truth.ERROR)


def text(ask, data, checks):
    """Classic histograms: exact counts; quantiles within their bucket's edges."""
    counts = by_probe(ask("perf_probe_duration_seconds_count"))
    for probe, times in data.items():
        checks.equal(f"count of {probe!r}", counts[probe], len(times))
    for q in truth.QUANTILES:
        found = by_probe(ask(f"histogram_quantile({q}, perf_probe_duration_seconds_bucket)"))
        for probe in data.keys() - truth.COARSE:
            right = truth.exact(data[probe], q)
            within = 1 / 2.6 <= found[probe] / right <= 2.6
            checks.equal(f"quantile {q} of {probe!r} is {found[probe]}, near {right}", within, True)


def common(ask, data, checks):
    calls = by_probe(ask("perf_probe_calls_total"))
    times = by_probe(ask("perf_probe_time_seconds_total"))
    for probe, recorded in data.items():
        checks.equal(f"calls of {probe!r}", calls[probe], len(recorded))
        checks.sum(f"time of {probe!r}", times[probe], recorded)
        worst = by_probe(ask("perf_probe_duration_max_seconds"))[probe]
        checks.equal(f"longest of {probe!r}", math.isclose(worst, max(recorded) / 1e9, abs_tol=2e-9), True)


def main(program):
    data, status = truth.durations(), 0
    with truth.served(program, data) as address:
        promtool(address)
        for what, check, flags in [
            ("protobuf, native histograms", native, ["--enable-feature=native-histograms"]),
            ("text", text, []),
        ]:
            checks = truth.Checks()
            with server(address, *flags) as ask:
                common(ask, data, checks)
                check(ask, data, checks)
            status |= checks.finish(what)
    return status


sys.exit(main(sys.argv[1]))

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

        def api(path, **parameters):
            parameters = urllib.parse.urlencode(parameters)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}?{parameters}", timeout=10) as answer:
                return json.load(answer)["data"]

        def ask(query):
            return api("query", query=query)["result"]

        ask.api = api

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


def exemplars(ask, data, checks, series, which):
    """What the server's exemplar storage has: traces and values."""
    hour = 3600
    stored = ask.api("query_exemplars", query=series, start=time.time() - hour, end=time.time() + hour)
    found = {}
    for one in stored:
        pairs = [(exemplar["labels"]["trace_id"], float(exemplar["value"])) for exemplar in one["exemplars"]]
        found.setdefault(one["seriesLabels"]["probe"], []).extend(pairs)
    for probe, times in data.items():
        checks.exemplars(f"exemplars of {probe!r}", found.get(probe, []), times, which)


def budgets(ask, data, checks):
    checks.equal("limits", set(by_probe(ask("perf_budget_limit")).values()), {truth.BUDGET[1]})
    actual = by_probe(ask('perf_budget_actual{metric="p95",unit="seconds"}'))
    for probe, times in data.items():
        checks.near(f"measured of {probe!r}", actual[probe], truth.exact(times, truth.BUDGET[0]), truth.ERROR)
    alerts = {probe for probe, times in data.items() if truth.verdict(times) == "fail"}
    checks.equal("alerts", set(by_probe(ask('perf_budget_verdict{verdict="fail"} == 1'))), alerts)
    used = by_probe(ask("perf_budget_actual / on(probe, metric, unit) perf_budget_limit"))
    checks.equal("the documented query", {probe for probe in used if used[probe] > 1}, alerts)


def native(ask, data, checks):
    """Native histograms: no bucket series, and every quantile within the stated error."""
    # A server of this age reads the exemplars of the classic buckets one by one, and drops those that are older than the
    # one before; later ones read those of the histogram, which are in the order of time.
    exemplars(ask, data, checks, "perf_probe_duration_seconds", "some")
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
    exemplars(ask, data, checks, "perf_probe_duration_seconds_bucket", "slowest")
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
        ("protobuf, native histograms", native, ["--enable-feature=native-histograms,exemplar-storage"]),
        ("text", text, ["--enable-feature=exemplar-storage"]),
    ]:
        checks = truth.Checks()
        # Budgets are judged by the last minute, so that each server has a program of its own.
        with truth.served(program, data) as address, server(address, *flags) as ask:
            budgets(ask, data, checks)
            common(ask, data, checks)
            check(ask, data, checks)
        status |= checks.finish(what)
    return status


sys.exit(main(sys.argv[1]))

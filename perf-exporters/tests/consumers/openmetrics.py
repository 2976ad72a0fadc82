"""The OpenMetrics form, read by the strict parser of prometheus_client."""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as classic_families

import truth


def main(program):
    data, checks = truth.durations(), truth.Checks()
    with truth.served(program, data) as address:
        kind, page = truth.fetch(address, "/metrics", "application/openmetrics-text; version=1.0.0")
        assert kind.startswith("application/openmetrics-text"), kind
        classic_kind, classic = truth.fetch(address, "/metrics")
        assert classic_kind.startswith("text/plain"), classic_kind
    families = {family.name: family for family in text_string_to_metric_families(page.decode())}
    values = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families.values()
        for sample in family.samples
    }
    checks.equal("unit", families["perf_probe_duration_seconds"].unit, "seconds")
    checks.equal("type", families["perf_probe_calls"].type, "counter")
    for probe, times in data.items():
        value = lambda name: values[name, ("probe", probe)]
        checks.equal(f"calls of {probe!r}", value("perf_probe_calls_total"), len(times))
        checks.equal(f"count of {probe!r}", value("perf_probe_duration_seconds_count"), len(times))
        checks.sum(f"sum of {probe!r}", value("perf_probe_duration_seconds_sum"), times)
        for (name, *labels), count in values.items():
            labels = dict(labels)
            if name == "perf_probe_duration_seconds_bucket" and labels["probe"] == probe and labels["le"] != "+Inf":
                edge = float(labels["le"]) * 1e9
                # Within one bucket of the source, 1/64 of the edge, the split is an estimate.
                low, high = (sum(time <= edge * near for time in times) for near in (1 - 1 / 60, 1 + 1 / 60))
                checks.equal(f"{probe!r} up to {edge:g} ns", low <= count <= high, True)
    buckets = [sample for sample in families["perf_probe_duration_seconds"].samples if sample.name.endswith("_bucket")]
    for probe, times in data.items():
        found = [sample for sample in buckets if sample.labels["probe"] == probe and sample.exemplar]
        traced = [(sample.exemplar.labels["trace_id"], sample.exemplar.value) for sample in found]
        checks.exemplars(f"exemplars of {probe!r}", traced, times, "slowest")
        edges = sorted(float(sample.labels["le"]) for sample in buckets if sample.labels["probe"] == probe)
        for sample in found:
            below = max((edge for edge in edges if edge < float(sample.labels["le"])), default=0)
            within = below < sample.exemplar.value <= float(sample.labels["le"])
            checks.equal(f"{sample.exemplar} of {probe!r} is on its bucket", within, True)
            checks.equal("it has a time", float(sample.exemplar.timestamp) > 1.7e9, True)
    for probe, times in data.items():
        budget = lambda name, *more: values[tuple([name, *sorted([("probe", probe), ("metric", "p95"), *more])])]
        checks.equal(f"limit of {probe!r}", budget("perf_budget_limit", ("unit", "seconds")), truth.BUDGET[1])
        for word in ("pass", "inconclusive", "warn", "fail"):
            holds = budget("perf_budget_verdict", ("verdict", word))
            checks.equal(f"{probe!r}: {word}", holds, float(truth.verdict(times) == word))
        actual = budget("perf_budget_actual", ("unit", "seconds"))
        checks.near(f"measured of {probe!r}", actual, truth.exact(times, truth.BUDGET[0]), truth.ERROR)
    classic_values = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in classic_families(classic.decode())
        for sample in family.samples
    }
    changing = {"perf_observer_time_seconds_total"}
    same = lambda found: {key: value for key, value in found.items() if key[0] not in changing}
    checks.equal("both texts say the same", same(classic_values), same(values))
    return checks.finish("prometheus_client")


sys.exit(main(sys.argv[1]))

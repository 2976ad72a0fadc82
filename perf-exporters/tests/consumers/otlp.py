"""A receiver of OTLP over HTTP on the official types of PyPI's opentelemetry-proto, and a collector before it.

What the receiver decodes with is what the collector's own clients encode with. It refuses the first request with 503 and
Retry-After, and is not there at all for a while. With a path to rotel's agent as second argument, a collector process
of its own takes the metrics, decodes them, and sends on what it understood.
"""

import contextlib
import gzip
import http.server
import math
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

import truth


class Receiver(http.server.ThreadingHTTPServer):
    def __init__(self, refusals):
        super().__init__(("127.0.0.1", 0), Handler)
        self.refusals, self.requests, self.attempts = list(refusals), [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1/metrics"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        self.server.attempts.append(time.monotonic())
        if self.server.refusals:
            status, after = self.server.refusals.pop(0)
            self.send_response(status)
            if after:
                self.send_header("Retry-After", after)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        assert self.path == "/v1/metrics", self.path
        assert self.headers["Content-Type"] == "application/x-protobuf"
        assert self.headers["X-Tenant"] == "tenant 1", self.headers["X-Tenant"]
        self.server.requests.append(ExportMetricsServiceRequest.FromString(body))
        answer = ExportMetricsServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def metrics(request):
    """Of several reports in one request, which a collector may put together, the last."""
    resource = request.resource_metrics[-1]
    return {metric.name: metric for scope in resource.scope_metrics for metric in scope.metrics}


def by_probe(points):
    return {point.attributes[0].value.string_value: point for point in points}


def quantile(point, q):
    """The geometric middle of the bucket that holds the order statistic."""
    base = 2.0 ** (2.0 ** -point.scale)
    rank, seen = max(1, math.ceil(q * point.count)), point.zero_count
    if seen >= rank:
        return 0.0
    for at, count in enumerate(point.positive.bucket_counts):
        seen += count
        if seen >= rank:
            return base ** (point.positive.offset + at + 0.5)
    raise AssertionError("fewer values in the buckets than counted")


def compare(request, data, checks, temporality):
    found = metrics(request)
    durations = found["perf.probe.duration"]
    checks.equal("unit", durations.unit, "s")
    checks.equal("temporality", durations.exponential_histogram.aggregation_temporality, temporality)
    points = by_probe(durations.exponential_histogram.data_points)
    calls = by_probe(found["perf.probe.calls"].sum.data_points)
    checks.equal("monotonic", found["perf.probe.calls"].sum.is_monotonic, True)
    checks.equal("probes", set(points), set(data))
    limits = by_probe(found["perf.budget.limit"].gauge.data_points)
    for probe, times in data.items():
        point = points[probe]
        traced = [(exemplar.trace_id.hex(), exemplar.as_double) for exemplar in point.exemplars]
        checks.exemplars(f"exemplars of {probe!r}", traced, times, "all")
        checks.equal(f"limit of {probe!r}", limits[probe].as_double, truth.BUDGET[1])
        checks.equal(f"scale of {probe!r}", point.scale, 5)
        checks.equal(f"count of {probe!r}", point.count, len(times))
        checks.equal(f"buckets of {probe!r}", point.zero_count + sum(point.positive.bucket_counts), len(times))
        checks.equal(f"calls of {probe!r}", calls[probe].as_int, len(times))
        checks.equal(f"times of {probe!r}", 0 < point.start_time_unix_nano < point.time_unix_nano, True)
        checks.sum(f"sum of {probe!r}", point.sum, times)
        for q in truth.QUANTILES if probe not in truth.COARSE else []:
            checks.near(f"quantile {q} of {probe!r}", quantile(point, q), truth.exact(times, q), truth.ERROR)


def wait(what, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"never: {what}")
        time.sleep(0.05)


def environment(url, **more):
    return {
        "PERF_OTLP": url,
        "OTEL_METRIC_EXPORT_INTERVAL": "300",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=tenant%201",
        "OTEL_SERVICE_NAME": "consumed",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
        **more,
    }


def cumulative(program, data, checks):
    receiver = Receiver([(503, "1"), (429, None)])
    with truth.served(program, data, **environment(receiver.url)):
        wait("three requests", lambda: len(receiver.requests) >= 3)
    compare(receiver.requests[-1], data, checks, AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE)
    checks.equal("Retry-After is kept", receiver.attempts[1] - receiver.attempts[0] >= 1.0, True)
    starts = {metrics(request)["perf.probe.calls"].sum.data_points[0].start_time_unix_nano for request in receiver.requests}
    checks.equal("one start", len(starts), 1)
    resource = receiver.requests[0].resource_metrics[0].resource
    attributes = {pair.key: pair.value.string_value for pair in resource.attributes}
    checks.equal("service", attributes["service.name"], "consumed")
    checks.equal("environment", attributes["deployment.environment.name"], "test")


def delta(program, data, checks):
    receiver = Receiver([(502, None), (504, None)])
    preference = {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"}
    with truth.served(program, data, **environment(receiver.url, **preference)):
        wait("three requests", lambda: len(receiver.requests) >= 3)
    total, ends = {}, []
    for request in receiver.requests:
        found = metrics(request)
        histogram = found.get("perf.probe.duration")
        for probe, point in by_probe(histogram.exponential_histogram.data_points if histogram else []).items():
            total[probe] = total.get(probe, 0) + point.count
        threads = found["perf.lost_calls"].sum.data_points[0]
        ends.append((threads.start_time_unix_nano, threads.time_unix_nano))
    checks.equal("all of it, once", total, {probe: len(times) for probe, times in data.items()})
    checks.equal("intervals follow one another", [end for _, end in ends[:-1]], [start for start, _ in ends[1:]])


def absent(program, data, checks):
    """Nobody listens: the program ends all the same, and in time."""
    began = time.monotonic()
    with truth.served(program, data, **environment("http://127.0.0.1:9/v1/metrics")) as address:
        truth.fetch(address, "/report.json")
        time.sleep(1)
        ending = time.monotonic()
    checks.equal("ends in time", time.monotonic() - ending < 6, True)
    print(f"without a collector: {ending - began:.1f} s of work, {time.monotonic() - ending:.1f} s to end")


@contextlib.contextmanager
def collecting(agent, receiver):
    """A collector that sends on to the receiver; the address for the program."""
    ports = [free_port(), free_port()]
    with tempfile.TemporaryDirectory() as folder:
        log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
        process = subprocess.Popen(
            [agent, "start", "--otlp-grpc-endpoint", f"127.0.0.1:{ports[0]}", "--otlp-http-endpoint", f"127.0.0.1:{ports[1]}",
             "--exporter", "otlp", "--otlp-exporter-protocol", "http",
             "--otlp-exporter-endpoint", receiver.url.removesuffix("/v1/metrics"), "--otlp-exporter-custom-headers", "x-tenant=tenant 1",
             "--pid-file", f"{folder}/pid", "--log-file", f"{folder}/agent.log"],
            stdout=log, stderr=log,
        )
        try:
            def listens():
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", ports[1]), 1):
                    return True
            wait("a collector that listens", listens)
            yield f"http://127.0.0.1:{ports[1]}/v1/metrics"
        except SystemExit:
            log.seek(0)
            print(log.read()[-3000:])
            raise
        finally:
            process.terminate()
            process.wait(20)
            log.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def collected(program, data, checks, agent):
    """Through a collector: what arrives behind it is what was recorded."""
    receiver = Receiver([])
    with collecting(agent, receiver) as url, truth.served(program, data, **environment(url)):
        # The collector sends on by itself, now and then.
        wait("metrics behind the collector", lambda: len(receiver.requests) >= 2)
    compare(receiver.requests[-1], data, checks, AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE)
    resource = receiver.requests[-1].resource_metrics[-1].resource
    service = {pair.key: pair.value.string_value for pair in resource.attributes}["service.name"]
    checks.equal("service", service, "consumed")


def main(program, agent=None):
    status, data = 0, truth.durations()
    through = [lambda *arguments: collected(*arguments, agent)] if agent else [cumulative, delta, absent]
    for check in through:
        checks = truth.Checks()
        check(program, data, checks)
        status |= checks.finish("OTLP, through a collector" if agent else f"OTLP, {check.__name__}")
    return status


sys.exit(main(*sys.argv[1:]))

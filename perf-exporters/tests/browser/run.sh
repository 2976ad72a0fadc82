#!/usr/bin/env bash
# Opens the pages in headless Chromium, those that stay and the live one, and the speedscope profile in speedscope. Says SKIPPED where there is no browser.
# What a page looked like is kept in target/browser.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work="${CARGO_TARGET_DIR:-$root/target}/browser"

skip() {
    printf 'SKIPPED: the pages were opened in no browser: %s\n' "$1"
    exit 0
}

command -v chromium >/dev/null || apt-get install -y -qq chromium >/dev/null 2>&1 || true
for tool in chromium node npm; do
    command -v "$tool" >/dev/null || skip "there is no $tool"
done

mkdir -p "$work"
cp "$here"/package.json "$here"/*.mjs "$work/"
npm install --prefix "$work" --no-audit --no-fund --silent >/dev/null 2>&1 || skip "npm could not install playwright-core"

cd "$root"
cargo run -q -p perf-exporters --features html --example page -- --samples "$work/pages"
cargo build -q -p perf-exporters --features enabled,full --example served
node "$work/pages.mjs" "$(command -v chromium)" "$work/pages" "$here/../golden/speedscope.json"
node "$work/live.mjs" "$(command -v chromium)" "$work/pages" "${CARGO_TARGET_DIR:-$root/target}/debug/examples/served"

#!/usr/bin/env bash
# Opens the pages in headless Chromium, those that stay and the live one, and the speedscope profile in speedscope. Ends with DRIVEN
# or SKIPPED, because …, or with an exit status that is not 0. What a page looked like is kept in target/browser.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work="${CARGO_TARGET_DIR:-$root/target}/browser"
. "$root/.ci/need.sh"
trap 'rm -f "$need_log"' EXIT
name="Chromium on the pages, and speedscope in it"

mkdir -p "$work"
cp "$here"/package.json "$here"/*.mjs "$work/"
if ! need_debian chromium chromium || ! need_npm "$work"; then
    unmet "$name"
    exit
fi

cd "$root"
cargo run -q -p perf-exporters --features enabled,full --example page -- --samples "$work/pages"
cargo build -q -p perf-exporters --features enabled,full --example served
node "$work/pages.mjs" "$(command -v chromium)" "$work/pages" "$here/../golden/speedscope.json"
node "$work/live.mjs" "$(command -v chromium)" "$work/pages" "${CARGO_TARGET_DIR:-$root/target}/debug/examples/served"
driven "$name"

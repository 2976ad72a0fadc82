#!/usr/bin/env bash
# Targets other than the one it is developed on. Off and on must compile; where node is, they also run: on
# wasm32-unknown-unknown, which has no clock, and on wasm32-wasip1, whose host has one. What cannot be had is SKIPPED.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/targets}
program=perf-core/tests/targets/program/Cargo.toml

skip() {
    echo "SKIPPED: $1"
}

have() {
    rustup target list --installed 2>/dev/null | grep -qx "$1" || rustup target add "$1" >/dev/null 2>&1
}

# What a program that depends on them compiles, without probes and with.
compiles() {
    local features
    echo "== $1 compiles"
    for features in "" "enabled"; do
        cargo check --quiet --lib -p perf-core --target "$1" --features "$features"
        cargo check --quiet --lib -p perf-exporters --target "$1" --features "$features"
    done
}

for target in wasm32-unknown-unknown wasm32-wasip1; do
    if ! have "$target"; then
        skip "$target cannot be installed"
        continue
    fi
    compiles "$target"
    if [ "$target" = wasm32-unknown-unknown ]; then
        cargo check --quiet --lib -p perf-exporters --target "$target" \
            --features html,markdown,csv,hdr,pprof,speedscope,trace,prometheus
    fi
    if ! command -v node >/dev/null; then
        skip "$target does not run: there is no node"
        continue
    fi
    echo "== $target runs"
    cargo build --quiet --manifest-path "$program" --target "$target"
    built=$CARGO_TARGET_DIR/$target/debug/program.wasm
    case $target in
    wasm32-unknown-unknown)
        node --input-type=module - "$built" <<'JS'
import { readFileSync } from "node:fs";
const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const asked = WebAssembly.Module.imports(module);
if (asked.length > 0) throw new Error(`it asks its host for ${JSON.stringify(asked)}`);
(await WebAssembly.instantiate(module, {})).exports.run();
console.log("checked");
JS
        ;;
    wasm32-wasip1)
        out=$(mktemp -d)
        said=$(node --no-warnings --input-type=module - "$built" "$out" 2>&1 <<'JS' || true
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";
const [built, out] = process.argv.slice(2);
const env = { PERF_REPORT: "table,json=/out/new/%p.json" };
const wasi = new WASI({ version: "preview1", args: ["program"], env, preopens: { "/out": out } });
const module = await WebAssembly.compile(readFileSync(built));
wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
JS
        )
        if ! grep -x checked <<<"$said" || ! grep -q "perf report · " <<<"$said" || [ ! -s "$out/new/0.json" ]; then
            echo "no report was written: $said"
            exit 1
        fi
        rm -r "$out"
        ;;
    esac
done

# Other systems have std in rustup, and no linker is needed to check.
for target in x86_64-pc-windows-gnu aarch64-unknown-linux-gnu aarch64-apple-darwin; do
    if have "$target"; then compiles "$target"; else skip "$target cannot be installed"; fi
done

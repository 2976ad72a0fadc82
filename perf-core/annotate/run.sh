#!/usr/bin/env bash
# Whole crates from the registry under the attribute: every function of their sources and tests gets `#[perf_probe]`, their own tests run
# with the probes off and on, and with them on the calls of every probe are compared with a count that is kept without this library.
#
#   perf-core/annotate/run.sh [CRATE@VERSION…]     default: a parser and a service
#
# Needs cargo and the registry. A crate is copied to target/annotate and built there, with the lock file that it ships.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work="${CARGO_TARGET_DIR:-$root/target}/annotate"
mkdir -p "$work"
[ $# -gt 0 ] || set -- sqlparser@0.64.0 mini-redis@0.4.1

export CARGO_TARGET_DIR="$work/target" CARGO_PROFILE_TEST_DEBUG=0 CARGO_PROFILE_DEV_DEBUG=0
cargo build --quiet --manifest-path "$here/Cargo.toml"
annotate="$CARGO_TARGET_DIR/debug/annotate"

run_tests() {
    cargo test --quiet --lib --bins --tests 2>&1 | tee "$work/tests.log" | grep -E '^test result: .* [1-9][0-9]* passed' ||
        { tail -n 40 "$work/tests.log"; return 1; }
    ! grep -qE '^test result: FAILED' "$work/tests.log"
}

fetch() { # crate, version, folder to copy it to
    local get="$work/get-$1"
    mkdir -p "$get/src"
    printf '[workspace]\n[package]\nname = "get"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n%s = "=%s"\n' "$1" "$2" >"$get/Cargo.toml"
    : >"$get/src/lib.rs"
    local manifest
    manifest=$(cargo metadata --quiet --format-version 1 --manifest-path "$get/Cargo.toml" |
        sed -E 's/.*"manifest_path":"([^"]*\/'"$1-$2"'\/Cargo.toml)".*/\1/')
    rm -rf "$3"
    cp -r "$(dirname "$manifest")" "$3"
    chmod -R u+w "$3"
}

for named in "$@"; do
    crate=${named%@*} version=${named#*@} copy="$work/$crate"
    printf '\n== %s %s\n' "$crate" "$version"
    fetch "$crate" "$version" "$copy"
    cd "$copy"
    # Paths of the crate's own development (examples, benchmarks) are not needed, and often not shipped.
    mapfile -t files < <(find src tests -name '*.rs' 2>/dev/null)
    "$annotate" rewrite "${files[@]}"
    grep -q '^\[workspace' Cargo.toml || printf '\n[workspace]\n' >>Cargo.toml
    cargo add --quiet --path "$root/perf-core" perf-core
    cargo add --quiet --path "$here/count" perf_count
    counts="$work/$crate-counts"

    echo "-- probes off"
    run_tests

    echo "-- probes on"
    rm -rf "$counts"
    mkdir "$counts"
    # A lock file from before May 2023 holds older versions than the macros can be built with.
    if [ -e Cargo.lock ] && grep -q '^name = "quote"' Cargo.lock; then cargo update --quiet proc-macro2 quote; fi
    cargo add --quiet --path "$root/perf-core" --features enabled perf-core
    COUNT_OUT="$counts" run_tests
    "$annotate" compare "$counts"
done

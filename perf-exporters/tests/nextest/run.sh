#!/bin/sh
# Budget tests under cargo-nextest, which gives every test a process of its own: exact counts beside tests that allocate
# as they can, and one perf.lock that all of the processes write. Exit status: 0 where all that could be checked is right.
#
#   perf-exporters/tests/nextest/run.sh
#
# Needs cargo-nextest. It says SKIPPED where that is not installed: to build it takes longer than all else here.
# PERF_NEXTEST_INSTALL=1 builds it all the same, into cargo's target folder, where the next run finds it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
PATH="$target/tools/bin:$PATH"
if ! command -v cargo-nextest >/dev/null; then
    if [ "${PERF_NEXTEST_INSTALL:-0}" = 0 ]; then
        echo "SKIPPED: cargo-nextest, because it is not installed; PERF_NEXTEST_INSTALL=1 builds it"
        exit 0
    fi
    cargo install --quiet --locked --root "$target/tools" cargo-nextest
fi

# One build for all runs; what the environment says of budgets is for these runs only.
unset PERF_UPDATE PERF_STRICT PERF_GATE_LOG PERF_GATE_MEASURE
nextest() { # test file, nextest's arguments…
    file=$1
    shift
    cargo nextest run --no-fail-fast --status-level none --final-status-level fail --failure-output final \
        --workspace --test "$file" "$@"
}

check() { # what, command…
    what=$1
    shift
    if "$@"; then
        echo "ok: $what"
    else
        echo "FAILED: $what"
        exit 1
    fi
}

update() { # 16 processes at a time write the file
    (export PERF_UPDATE=1 && nextest budget_counts --test-threads 16)
}

entries() { # how many entries of tests there are: those of probes inside them have a single colon
    [ "$(grep -c '^\[entry\."[^:]*\(::[^:]*\)*"\]$' "$PERF_LOCK")" = "$1" ]
}

export PERF_LOCK="$work/perf.lock"
check "64 exact tests beside 64 that allocate, a process each" nextest budget_counts
check "no test wrote a baseline that nobody asked for" test ! -e "$PERF_LOCK"
check "66 processes record their baselines in one file" update
check "every one of them is there" entries 66
cp "$PERF_LOCK" "$work/before"
check "they are held against it" nextest budget_counts --test-threads 16
check "another update changes nothing" update
check "to the byte" cmp "$PERF_LOCK" "$work/before"
check "attributes on all kinds of tests" nextest budget_attribute
echo "DRIVEN: cargo-nextest"

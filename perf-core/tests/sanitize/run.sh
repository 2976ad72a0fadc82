#!/bin/sh
# Undefined behaviour and data races: perf-core's tests of threads, sessions, futures, rings and snapshots under Miri, by both
# of its models of aliasing at once, and under ThreadSanitizer. Exit status: 0 where all that could be checked is clean.
#
#   perf-core/tests/sanitize/run.sh [miri|threads]
#
# PERF_MIRI_MORE=1 interprets the tests of the mock clock, of slow calls, rings, stretches and ends of threads as well, for some minutes more.
# PERF_MIRI_SEEDS=8 interprets everything with eight orders of the threads, which takes eight times as long.
#
# Needs a nightly toolchain with the components miri and rust-src, which it asks rustup for. It says SKIPPED where they
# cannot be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
what=${1:-all}

target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
host=$(rustc -vV | sed -n 's/^host: //p')

has() { # component of the nightly
    rustup component list --toolchain nightly --installed 2>/dev/null | grep -q "^$1" ||
        rustup component add "$1" --toolchain nightly >/dev/null 2>&1
}

check() { # what, command…
    name=$1
    shift
    if "$@"; then
        echo "ok: $name"
    else
        echo "FAILED: $name"
        exit 1
    fi
}

# The tests that an interpreter can bear. Left out: those that start processes, wait for real time, need a runtime's
# system calls, or count what only many calls show.
interpret() { # cargo's options…
    more=
    if [ "${PERF_MIRI_MORE:-0}" != 0 ]; then
        more="--test mock_clock --test outliving --test slow_calls --test split --test thread_ends --test timeline"
    fi
    # shellcheck disable=SC2086
    cargo +nightly miri test -q --target-dir "$target/miri" --features enabled --lib \
        --test interpreted --test call_context --test merges --test sessions --test shadow_stack \
        --test attr_exits --test attr_untimed $more "$@"
}

under_miri() { # flags; memory that the library keeps for good is no leak, and tests look at files and clocks
    seeds=${PERF_MIRI_SEEDS:+"-Zmiri-many-seeds=0..$PERF_MIRI_SEEDS"}
    # Of the library's own tests, those of its values are plain arithmetic.
    MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-ignore-leaks -Zmiri-permissive-provenance $seeds $1" \
        interpret -- --skip budget:: --skip buckets:: --skip name:: --skip stats:: --skip ticks::
}

miri() {
    if ! has miri || ! has rust-src; then
        echo "SKIPPED: Miri, since the nightly toolchain or its component miri is not installed"
        return
    fi
    check "built for Miri" interpret --no-run
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    under_miri "-Zmiri-tree-borrows" >"$work/tree" 2>&1 &
    tree=$!
    stacked=0
    under_miri "" || stacked=$?
    wait $tree || { cat "$work/tree"; check "Miri, Tree Borrows" false; }
    echo "ok: Miri, Tree Borrows"
    check "Miri, Stacked Borrows" test $stacked = 0
}

# Left out: a signal after every instruction, which the sanitizer's own code does not bear.
under_thread_sanitizer() {
    RUSTFLAGS="-Zsanitizer=thread" cargo +nightly test -q -Zbuild-std --target "$host" \
        --target-dir "$target/tsan" --features enabled \
        --lib --test interpreted --test sessions --test futures --test timeline --test outliving --test thread_ends \
        -- --skip no_signal_finds_slots_that_are_hidden
}

threads() {
    case $host in
    x86_64-unknown-linux-gnu | aarch64-unknown-linux-gnu | *-apple-darwin) ;;
    *)
        echo "SKIPPED: ThreadSanitizer, which does not know $host"
        return
        ;;
    esac
    if ! has rust-src; then
        echo "SKIPPED: ThreadSanitizer, since the nightly toolchain or its component rust-src is not installed"
        return
    fi
    check "ThreadSanitizer" under_thread_sanitizer
}

case $what in
miri) miri ;;
threads) threads ;;
all)
    miri
    threads
    ;;
*)
    echo "usage: run.sh [miri|threads]" >&2
    exit 2
    ;;
esac

#!/usr/bin/env bash
# perf-core on aarch64 Linux, under emulation: its tests of exact counts, the mock clock, sessions, threads, futures, allocations and
# signals, built for that processor and run by qemu's user mode. A program with perf-exporters runs and its report is read.
# Ends with DRIVEN, SKIPPED or FAILED.
#
#   perf-core/tests/targets/aarch64.sh
#
# Needs rustup's aarch64-unknown-linux-gnu and the Debian packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user.
#
# Left out, since an emulator is no processor: tests that start their own executable again (no system call runs foreign programs), tests
# of the memory of the process (it holds the emulator's translations), of waiting threads (by /proc) and of machine code.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. .ci/need.sh
name="aarch64 Linux under qemu"

target=aarch64-unknown-linux-gnu
if ! rustup target list --installed 2>/dev/null | grep -qx "$target" && ! rustup target add "$target" >/dev/null 2>&1; then
    echo "SKIPPED: $name, because rustup cannot install $target"
    exit 0
fi
need_debian gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc || { unmet "$name"; exit; }
need_debian libc6-dev-arm64-cross /usr/aarch64-linux-gnu/lib/crti.o || { unmet "$name"; exit; }
need_debian qemu-user qemu-aarch64 || { unmet "$name"; exit; }

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/targets} RUST_BACKTRACE=0
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"

run="allocations capped edges futures mock_clock outliving probe_in_allocator sampling sessions signals split sums thread_ends threads timeline"
tests=()
for test in $run; do
    tests+=(--test "$test")
done
echo "LEFT OUT under emulation: switching_off_and_on (starts itself), thousands_of_sessions_reuse_their_shards (memory of the process), a_hundred_thousand_short_lives (minutes);"
echo "  test files $(ls perf-core/tests | sed -n 's/\.rs$//p' | grep -vxE "${run// /|}" | tr '\n' ' ')"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
if cargo test --quiet --locked -p perf-core --features enabled --target "$target" --lib "${tests[@]}" -- \
    --skip switching_off_and_on --skip thousands_of_sessions_reuse_their_shards --skip a_hundred_thousand_short_lives &&
    PERF_REPORT=table,json="$report" cargo run --quiet --locked -p wordcount --features profiling --target "$target" -- perf-core/src &&
    grep -q '"arch": *"aarch64"' "$report"; then
    driven "$name"
else
    failed "$name" "what passes on this processor fails on that one"
    exit 1
fi

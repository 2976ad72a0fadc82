#!/usr/bin/env bash
# How often does unchanged code fail beside hogs? Several programs at once, whose verdicts go to one file: a verdict mostly takes the pauses
# between its epochs, in which another program can measure. Each program has hogs of its own, and is beside those of the others as well.
#
# usage: [PROGRAMS=3] [FILE=beside_hogs.tsv] experiments/beside_hogs.sh MINUTES [arguments of budget_machine after the first]
# (such as `time=500`; FILE keeps the verdicts, and runs of the same program add up; it ends with 1 where a verdict of the file is wrong)
set -euo pipefail
minutes=${1:?usage: experiments/beside_hogs.sh MINUTES [arguments of budget_machine after the first]}
shift
root=$(cd "$(dirname "$0")/.." && pwd)
file=${FILE:-beside_hogs.tsv}
(cd "$root" && cargo build -q --release -p experiments --features machine --bin budget_machine)
program=${CARGO_TARGET_DIR:-$root/target}/release/budget_machine
# What is usual is taken while nothing else runs.
"$program" 0 "$@" "saved=$file" > /dev/null 2>> "$file.log"
running=()
trap '[[ ${#running[@]} -eq 0 ]] || kill "${running[@]}" 2> /dev/null || true' EXIT
for ((at = 0; at < ${PROGRAMS:-3}; at++)); do
    "$program" "${minutes}m" "$@" "saved=$file" > /dev/null 2>> "$file.log" &
    running+=($!)
done
for one in "${running[@]}"; do
    code=0
    wait "$one" || code=$?
    # 0 and 1 are verdicts.
    ((code <= 1)) || { tail -n 3 "$file.log" >&2; exit "$code"; }
done
running=()
"$program" 0 "$@" "saved=$file"

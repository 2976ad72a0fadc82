#!/usr/bin/env bash
# What the attribute costs a program that has not called a function yet: compiler time, machine code, data and start-up of a
# generated crate whose functions are annotated, with perf-core on, off, and without annotations.
#
# usage: [ROUNDS=3] [PROFILE=debug] [FOLDER=…] experiments/annotated.sh [FUNCTIONS]
# (the crates stay in FOLDER; with valgrind there, the instructions of the start are counted)
set -euo pipefail
functions=${1:-1000}
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${FOLDER:-$(mktemp -d)}
[[ -n ${FOLDER:-} ]] || trap 'rm -rf "$folder"' EXIT
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$folder/target" TIMEFORMAT='%U %S'
profile=${PROFILE:-release}

# crate NAME FEATURES ATTRIBUTE: a library of functions, and a program that would call them all if it were told to.
crate() {
    mkdir -p "$folder/$1/src"
    cat > "$folder/$1/Cargo.toml" <<TOML
[package]
name = "$1"
version = "0.0.0"
edition = "2024"
[dependencies]
perf-core = { path = "$root/perf-core", features = [$2] }
[workspace]
TOML
    {
        [[ -z $3 ]] || echo 'use perf_core::perf_probe;'
        for ((i = 0; i < functions; i++)); do
            echo "$3 #[inline(never)] pub fn f$i(n: u64) -> u64 { let mut sum = $i; for x in 0..n { sum ^= x.wrapping_mul($i + sum); } sum }"
        done
        echo "pub fn all(n: u64) -> u64 { let mut sum = 0;"
        for ((i = 0; i < functions; i++)); do echo "sum ^= f$i(n);"; done
        echo "sum }"
    } > "$folder/$1/src/lib.rs"
    cat > "$folder/$1/src/main.rs" <<RUST
fn main() {
    if std::env::args().count() > 9 {
        println!("{}", $1::all(9));
    }
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    println!("{}", stat.split(' ').nth(9).unwrap_or("-"));
}
RUST
}

# The least processor time of so many compilations of the library alone, in milliseconds.
compile_ms() {
    local flag=() least=
    [[ $profile == debug ]] || flag=(--release)
    (cd "$folder/$1" && cargo build -q "${flag[@]}")
    for ((round = 0; round < ${ROUNDS:-3}; round++)); do
        touch "$folder/$1/src/lib.rs"
        local ms
        ms=$( { time (cd "$folder/$1" && cargo rustc -q --lib "${flag[@]}" > /dev/null 2>&1); } 2>&1 | awk '{ printf "%d", 1000 * ($1 + $2) }')
        [[ -n $least && $least -le $ms ]] || least=$ms
    done
    echo "$least"
}

# Bytes of the sections of the library whose names begin so.
bytes() {
    size -A "$folder/target/$profile/lib$1.rlib" | awk -v name="$2" 'index($1, name) == 1 { sum += $2 } END { print sum + 0 }'
}

# Instructions of a process that calls none of the functions, and its page faults.
start() {
    local program="$folder/target/$profile/$1" instructions=-
    if command -v valgrind > /dev/null; then
        instructions=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" 2>&1 | awk '/Collected/ { print $NF }')
    fi
    echo "$instructions | $(for _ in 1 2 3 4 5; do "$program"; done | sort -n | head -1)"
}

crate plain '' ''
crate off '' '#[perf_probe]'
crate on '"enabled"' '#[perf_probe]'
echo "| $functions functions, $profile | compiler, ms of processor time | bytes of code | of data | of unwind tables | instructions of the start | page faults |"
echo "|---|--:|--:|--:|--:|--:|--:|"
for name in plain off on; do
    ms=$(compile_ms $name)
    (cd "$folder/$name" && { [[ $profile == debug ]] && cargo build -q || cargo build -q --release; })
    echo "| $name | $ms | $(bytes $name .text) | $(bytes $name .data) | $(bytes $name .eh_frame) + $(bytes $name .gcc_except_table) | $(start $name) |"
done

#!/usr/bin/env bash
# How often does `cargo perf compare` call one of six probes slower, beside processes that compute without end? A generated program
# is compared with itself, and with one of its probes given more work, in turns. Calls of "long" take a few milliseconds, so that
# nearly each of them loses the processor.
#
# usage: [HOGS=2] [FOLDER=…] experiments/compare_beside_load.sh [TIMES [PER_CENT [PROBE [BLOCKS]]]]
# (PROBE is "long" or "hash"; the program and the results stay in FOLDER; needs jq)
set -euo pipefail
times=${1:-20} percent=${2:-20} slower=${3:-long} blocks=${4:-30}
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${FOLDER:-$(mktemp -d)}
hogs=()
finish() {
    [[ ${#hogs[@]} -eq 0 ]] || kill "${hogs[@]}" 2> /dev/null || true
    [[ -n ${FOLDER:-} ]] || rm -rf "$folder"
}
trap finish EXIT
export CARGO_INCREMENTAL=0
if [[ -z ${CARGO_PERF:-} ]]; then
    (cd "$root" && cargo build -q --release -p cargo-perf)
    CARGO_PERF=${CARGO_TARGET_DIR:-$root/target}/release/cargo-perf
fi
mkdir -p "$folder/src"
cd "$folder"
cat > Cargo.toml <<TOML
[package]
name = "six"
version = "0.0.0"
edition = "2024"
[features]
profiling = ["perf-core/enabled"]
[dependencies]
perf-core = { path = "$root/perf-core" }
perf-exporters = { path = "$root/perf-exporters", default-features = false }
[workspace]
TOML
cp "$root/Cargo.lock" .
printf '/target\n/*.json\n/*.log\n' > .gitignore
steps() { echo "pub const HASH: u64 = $1; pub const LONG: u64 = $2;" > src/steps.rs; }
cat > src/main.rs <<'RUST'
mod steps;
use perf_core::perf_probe;
use std::{collections::HashMap, hint::black_box};

fn work(steps: u64) -> u64 {
    (0..black_box(steps)).fold(1, |state: u64, step| (state ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17))
}
#[perf_probe]
fn long(at: u64) -> u64 {
    work(steps::LONG + at % 2)
}
#[perf_probe]
fn hash(at: u64) -> u64 {
    work(steps::HASH + at % 2)
}
#[perf_probe]
fn short(at: u64) -> u64 {
    work(200 + at % 50)
}
#[perf_probe]
fn format(at: u64) -> String {
    (0..40).map(|row| format!("{row},{at}")).collect::<Vec<_>>().join("\n")
}
#[perf_probe]
fn sort(at: u64) -> Vec<u64> {
    let mut values: Vec<u64> = (0..800).map(|step| work(2) ^ (step * at)).collect();
    values.sort_unstable();
    values
}
#[perf_probe]
fn count(text: &str) -> usize {
    let mut words: HashMap<&str, u32> = HashMap::new();
    text.split([',', '\n']).for_each(|word| *words.entry(word).or_default() += 1);
    words.len()
}

fn main() {
    let _reporter = perf_exporters::init();
    for at in 0..24 {
        black_box(long(at));
        for at in 4 * at..4 * at + 4 {
            black_box((hash(at), short(at), sort(at), count(&format(at))));
        }
    }
}
RUST
steps 20000 4000000
git init -q --initial-branch=main . 2> /dev/null || git init -q .
identity=(-c user.name=t -c user.email=t@example.org -c commit.gpgsign=false)
git add . && git "${identity[@]}" commit -q -m base
for ((hog = 0; hog < ${HOGS:-2}; hog++)); do
    (while :; do :; done) &
    hogs+=($!)
done
rm -f {unchanged,slower}-*.{json,log}
for ((round = 0; round < times; round++)); do
    for kind in unchanged slower; do
        case $kind-$slower in
            slower-long) steps 20000 $((4000000 * (100 + percent) / 100)) ;;
            slower-hash) steps $((20000 * (100 + percent) / 100)) 4000000 ;;
            *) steps 20000 4000000 ;;
        esac
        code=0
        "$CARGO_PERF" perf compare HEAD --features profiling --ratio 1.05 --blocks "$blocks" --format json \
            > "$kind-$round.json" 2> "$kind-$round.log" || code=$?
        # 0 and 1 are verdicts.
        ((code <= 1)) || { cat "$kind-$round.log" >&2; exit "$code"; }
    done
    echo "round $((round + 1)) of $times" >&2
done
echo "| program | comparisons | PASS | FAIL | INCONCLUSIVE | rows that failed | rows that scattered, so that cpu decided | said to be too busy |"
echo "|---|--:|--:|--:|--:|---|--:|--:|"
for kind in unchanged slower; do
    busy=$(cat "$kind"-*.log | grep -c "too busy" || true)
    jq -rs --arg kind "$kind" --arg busy "$busy" '
        def n(p): map(select(.verdict | test(p))) | length;
        (map(.probes[] | select(.gates and .verdict == "FAIL") | (.probe | sub(".*::"; "")) + " " + .estimator)
            | group_by(.) | map("\(.[0]) \(length)") | join(", ")) as $failed
        | (map(.probes[] | select(.scatters)) | length) as $scatters
        | "| \($kind) | \(length) | \(n("^PASS")) | \(n("^FAIL")) | \(n("^INCONCLUSIVE")) | \($failed) | \($scatters) | \($busy) |"' \
        "$kind"-*.json
done

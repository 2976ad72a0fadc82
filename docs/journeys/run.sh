#!/usr/bin/env bash
# Walks the five journeys of a new user and writes what it saw: docs/journeys/NAME.md. Fails where an output lacks what the
# journey is about.
#
#   docs/journeys/run.sh               all of them
#   docs/journeys/run.sh service ci    some
#
# `cargo perf` is taken from the path, or built. Every page says how much processor time its commands took, and when and at which revision
# they were seen; builds count as far as the target folder had to be filled.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export CARGO_TERM_COLOR=never COLUMNS=100 NO_COLOR=1 RUST_BACKTRACE=0 CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
output=$scratch/output
TIMEFORMAT='%U %S'

# say TEXT: a paragraph of the page.
say() { printf '%s\n\n' "$1"; }

# file PATH: a file as it is, which the reader is meant to have written.
file() { printf '`%s`:\n\n```%s\n%s\n```\n\n' "${1#"$scratch"/}" "$2" "$(cat "$1")"; }

# show LINES EXIT COMMAND: runs it, shows the last so many lines, and checks the exit code.
show() {
    local lines=$1 wanted=$2 code=0 spent
    spent=$({ time bash -c "$3" >"$output" 2>&1 || code=$?; echo "$code" >"$scratch/code"; } 2>&1)
    code=$(cat "$scratch/code")
    seconds=$(awk -v sum="$seconds" -v more="$spent" 'BEGIN { split(more, t, " "); print sum + t[1] + t[2] }')
    local seen
    seen=$(grep -vE '^ +(Compiling|Locking|Updating|Adding|Blocking|Running|Finished|Downloaded|Downloading|Fresh|Doc-tests|Building)|^warning: .*(path|target) ' "$output" | sed -e "s#$scratch/##g" -e "s#$root#PERF#g" | cat -s || true)
    printf '```console\n$ %s\n' "$(sed -e "s#$scratch/##g" -e "s#$root#PERF#g" <<<"$3")"
    if [ "$(wc -l <<<"$seen")" -gt "$lines" ]; then echo '…'; fi
    tail -n "$lines" <<<"$seen"
    printf '```\n\n'
    if [ "$code" != "$wanted" ]; then
        { echo "$3: exit code $code, not $wanted"; cat "$output"; } >&2
        exit 1
    fi
}

# expect TEXT [PATH]: what the last output, or a file, must say, line breaks aside.
expect() {
    if ! tr -s ' \n' '  ' <"${2:-$output}" | grep -qF -- "$1"; then
        { echo "not found: $1"; cat "$output"; } >&2
        exit 1
    fi
}

library() {
    say "# A library that promises what it costs"
    say "The author annotates; programs that use the library decide whether anything is measured."
    mkdir -p "$scratch/words/src"
    cat >"$scratch/words/Cargo.toml" <<EOF
[package]
name = "words"
version = "0.1.0"
edition = "2024"

[dependencies]
perf-core = { path = "$root/perf-core" }

[dev-dependencies]
perf-core = { path = "$root/perf-core", features = ["enabled"] }
perf-exporters = { path = "$root/perf-exporters" }

[workspace]
EOF
    cat >"$scratch/words/src/lib.rs" <<'EOF'
#[perf_core::perf_probe]
pub fn longest(text: &str) -> Option<&str> {
    text.split_whitespace().max_by_key(|word| word.len())
}

#[cfg(test)]
mod tests {
    #[global_allocator]
    static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

    #[perf_core::perf_budget(allocs = 0, calls("words::longest" = 1))]
    #[test]
    fn finding_the_longest_word_allocates_nothing() {
        assert_eq!(super::longest("so it goes"), Some("goes"));
    }
}
EOF
    cp Cargo.lock "$scratch/words/Cargo.lock"
    cd "$scratch/words"
    sed "s#$root#PERF#" Cargo.toml >"$scratch/Cargo.toml" && file "$scratch/Cargo.toml" toml
    file "$scratch/words/src/lib.rs" rust
    show 12 0 "cargo test --offline --lib"
    expect "1 passed"
    say "A change that collects the words first breaks the promise, and the test says by how much:"
    sed -i 's/text.split_whitespace().max_by_key(|word| word.len())/{ let words: Vec<_> = text.split_whitespace().collect(); words.into_iter().max_by_key(|word| word.len()) }/' src/lib.rs
    show 24 101 "cargo test --offline --lib"
    expect "FAIL"
    say "What a user of the library gets without the feature: two crates without dependencies, and the function as it was written."
    show 6 0 "cargo tree --offline -e normal --prefix depth"
}

service() {
    say "# A service with a slow page"
    say "[\`examples/shop-service\`](../../examples/shop-service) lists orders, and asks its store once for each. Handlers are \`async\`, the store blocks: one line, \`CallContext::current()\`, keeps the handler the caller. Here it asks itself 50 times; without a number it serves until Ctrl-C, with the live page at \`/perf/report\`."
    show 40 0 "PERF_REPORT=table,html=$scratch/shop.html cargo run --offline --release -p shop-service --features profiling -- 50"
    expect "repeated db::query is called 41 times per call of shop_service::list_orders"
    expect "is called 41 times per call of \`shop_service::list_orders\`" "$scratch/shop.html"
    say "The table names the slow query (\`db::query\`: nearly all of the self time) and why there are so many of them (\`repeated\`). The page \`shop.html\` says the same sentence at its top."
    say "The remedy is \`store::orders_joined\`: one query for a page. A budget keeps it so: \`#[perf_budget(calls(\"db::query\" = 1))]\`."
}

ci() {
    say "# A build that fails when the program became slower"
    say "Runs are saved; a baseline of them goes into git; later runs are judged by it. The exit code is the verdict."
    command -v cargo-perf >/dev/null || { cargo build --offline --release -p cargo-perf && PATH=$CARGO_TARGET_DIR/release:$PATH; }
    export PATH
    show 6 0 "cargo perf run -p wordcount --runs 5 --save $scratch/before/ -- docs 2>&1 | tail -3"
    show 4 0 "cargo perf gate --baseline $scratch/perf.lock --update $scratch/before/"
    show 4 0 "cargo perf gate --baseline $scratch/perf.lock $scratch/before/"
    say "The same program on more text makes more calls; counts are exact, so that fails on a busy machine as on a quiet one:"
    show 6 0 "cargo perf run -p wordcount --runs 5 --save $scratch/after/ -- . 2>&1 | tail -3"
    show 24 1 "cargo perf gate --baseline $scratch/perf.lock $scratch/after/"
    expect "FAIL"
    show 12 0 "cargo perf diff $scratch/before/ $scratch/after/ --format markdown"
}

profiling() {
    say "# A profiling session"
    say "A program that is already annotated, from nothing to a page."
    show 45 0 "PERF_REPORT=table,html=$scratch/words.html,json=$scratch/words.json cargo run --offline --release -p wordcount --features profiling -- ."
    expect "call tree"
    expect "wordcount::count_line" "$scratch/words.html"
    say "\`words.html\` opens in a browser. Without the feature nothing of it is in the program:"
    show 8 0 "PERF_REPORT=table cargo run --offline --release -p wordcount -- ."
    expect "was built without probes"
}

migration() {
    say "# Coming from something else"
    say "[migrating.md](../migrating.md) has criterion, hotpath, \`tracing::instrument\`, dhat and stopwatches side by side with what they become. Its code is compiled, and its tests run, what was there before as well as what it becomes:"
    show 30 0 "cargo test --offline --manifest-path perf-core/beside/Cargo.toml --test before --test after"
    expect "1 passed; 0 failed"
    expect "3 passed; 0 failed"
}

for journey in ${*:-library service ci profiling migration}; do
    seconds=0
    page=$(cd "$root"; "$journey"
        printf 'Processor time of all commands: %.0f s. Seen on %s at revision %s.\n' "$seconds" "$(date -u +%F)" "$(git -C "$root" rev-parse --short HEAD)")
    printf '%s\n\n<!-- written by docs/journeys/run.sh -->\n' "$page" >"$root/docs/journeys/$journey.md"
    echo "$journey: done"
done

#!/usr/bin/env bash
# `cargo perf load` beside wrk, hey and h2load on one local server, in turn: rates and service times, closed loops of as many
# connections, which is all that the four have in common. Its results are in docs/load/http.md.
#
#   cargo build --release -p cargo-perf --features load
#   cargo build --release -p perf-load --features http --example http_server
#   experiments/load_tools.sh [ROUNDS [SECONDS [CONNECTIONS]]]
#
# A line for each run: the tool, requests a second, and the milliseconds of p50, p90 and p99. hey and h2load time a request from
# its first byte, wrk from the moment that the connection is ready, as `cargo perf load` counts service time.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-5} seconds=${2:-5} connections=${3:-16}
for tool in wrk hey h2load; do
    command -v "$tool" > /dev/null || { echo "$tool is missing (Debian: wrk, hey, nghttp2-client)" >&2; exit 2; }
done
target=${CARGO_TARGET_DIR:-target}/release
folder=$(mktemp -d)
"$target/examples/http_server" 127.0.0.1:3100 > "$folder/server" &
server=$!
trap 'kill "$server"; rm -r "$folder"' EXIT
until [ -s "$folder/server" ]; do sleep 0.1; done

line() { printf '%-7s %-9s %9.0f %8.2f %8.2f %8.2f\n' "$@"; }

of_wrk() { # wrk prints 50, 75, 90 and 99 per cent, each with a unit
    wrk -t1 -c"$connections" -d"${seconds}s" --latency "$1" | awk '
        function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
        $1 == "50%" { p50 = ms($2) } $1 == "90%" { p90 = ms($2) } $1 == "99%" { p99 = ms($2) }
        $1 == "Requests/sec:" { print $2, p50, p90, p99 }'
}

of_hey() {
    hey -z "${seconds}s" -c "$connections" "$1" | awk '
        $1 == "Requests/sec:" { rate = $2 }
        $1 ~ /^50%+$/ { p50 = 1000 * $3 } $1 ~ /^90%+$/ { p90 = 1000 * $3 }
        $1 ~ /^99%+$/ { print rate, p50, p90, 1000 * $3 }'
}

of_h2load() { # it prints no quantiles, but writes every time, in microseconds, to a file
    rm -f "$folder/log"
    rate=$(h2load --h1 -t1 -c"$connections" -D"$seconds" --log-file="$folder/log" "$1" | awk '$1 == "finished" { print $4 }')
    cut -f3 "$folder/log" | sort -n | awk -v rate="$rate" '
        { times[NR] = $1 / 1000 }
        function at(q) { return times[int(q * NR) + (int(q * NR) < q * NR)] }
        END { print rate, at(0.5), at(0.9), at(0.99) }'
}

of_ours() {
    "$target/cargo-perf" perf load "$1" --workers "$connections" --duration "${seconds}s" --format json 2> /dev/null | awk '
        { gsub(/[",:]/, " ") }
        $1 == "name" { service = $2 $3 ~ /^httpservice$/ }
        service && ($1 == "p50" || $1 == "p90" || $1 == "p99") { q[$1] = $2 / 1e6 }
        $1 == "achieved_per_second" { print $2, q["p50"], q["p90"], q["p99"] }'
}

for path in /wait/5ms /; do
    printf '%-7s %-9s %9s %8s %8s %8s\n' tool path 'per s' p50 p90 p99
    for ((round = 1; round <= rounds; round++)); do
        for tool in wrk hey h2load ours; do
            line "$tool" "$path" $("of_$tool" "http://127.0.0.1:3100$path") | tee -a "$folder/lines"
        done
    done
done

# The median of each tool, and the least and the greatest of its runs.
echo
printf '%-7s %-9s %22s %22s %22s\n' tool path 'per s' 'p50 ms' 'p99 ms'
sort -s -k2,2 -k1,1 "$folder/lines" | awk '
    function sorted(text, values,   n, i, j, v) {
        n = split(text, values, " ")
        for (i = 2; i <= n; i++) { v = values[i] + 0; for (j = i - 1; j > 0 && values[j] + 0 > v; j--) values[j + 1] = values[j]; values[j + 1] = v }
        return n
    }
    function spread(text, form,   values, n) {
        n = sorted(text, values)
        return sprintf(form, values[int((n + 1) / 2)], values[1], values[n])
    }
    function show() {
        if (tool != "") printf "%-7s %-9s %22s %22s %22s\n", tool, path, spread(rate, "%.0f (%.0f–%.0f)"), spread(p50, "%.2f (%.2f–%.2f)"), spread(p99, "%.2f (%.2f–%.2f)")
    }
    $1 != tool || $2 != path { show(); tool = $1; path = $2; rate = p50 = p99 = "" }
    { rate = rate " " $3; p50 = p50 " " $4; p99 = p99 " " $6 }
    END { show() }'

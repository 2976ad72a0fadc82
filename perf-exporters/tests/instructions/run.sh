#!/usr/bin/env bash
# Budgets on instructions where valgrind is: callgrind counts the measured calls of this library's own tests. Ends with DRIVEN or
# SKIPPED, because …, or with an exit status that is not 0.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
. "$root/.ci/need.sh"
trap 'rm -f "$need_log"' EXIT
name="callgrind counting instructions"

if ! need_debian valgrind valgrind; then
    unmet "$name"
    exit
fi
cd "$root"
# Without probes no budget is enforced, and the tests would show nothing: MUST_COUNT has them say so.
MUST_COUNT=1 cargo test --quiet --locked --workspace --test budget_instructions
MUST_COUNT=1 cargo test --quiet --locked --workspace --test budget_instructions slow_ -- --ignored
driven "$name"

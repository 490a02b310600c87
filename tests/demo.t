#!/bin/sh
# The demo: what it checks holds, and its sentences are filled in.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

BUILD=$build DB=sqlite PATIENCE=120 tools/demo.sh >"$scratch/demo" 2>&1
is $? 0 "the demo succeeds"
is "$(grep -c '^  ok ' "$scratch/demo"),$(grep -c '^  BAD ' "$scratch/demo")" 14,0 "with all its checks"
is "$(grep -c '^From the kill to the re-run: [0-9]* ms at the earliest' "$scratch/demo")" 1 "and says how long it took"
[ "$tap_bad" -eq 0 ] || sed 's/^/# /' "$scratch/demo"
done_testing

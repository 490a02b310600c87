#!/bin/sh
# What statements read, on a server that nobody else uses (tests/postgres/plans.c).
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

if [ -z "${CAIRN_PG_URL:-}" ]; then
	pass "there is no Postgres"
elif tools/pg-temp.sh run "$build/tests/postgres/plans" >"$scratch/out" 2>&1; then
	pass "$(grep -c '^ok ' "$scratch/out") statements read what they are about"
else
	fail "statements read what they are about" "$scratch/out"
fi
done_testing

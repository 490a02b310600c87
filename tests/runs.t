#!/bin/sh
# The same random lives of graphs on the memory driver, SQLite and Postgres: every step has the same outcome, and
# leaves the same state. LIVES of them, from seed SEED, STEPS steps each.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

lives=${LIVES:-100}
seed=${SEED:-1}
steps=${STEPS:-60}

set -- "memory:runs" "sqlite:$scratch/runs.db"
if [ -n "${CAIRN_PG_URL:-}" ]; then
	case $CAIRN_PG_URL in *\?*) join='&' ;; *) join='?' ;; esac
	set -- "$@" "$CAIRN_PG_URL${join}schema=runs_$$"
fi
if "$build/bin/runs-differ" "$lives" "$seed" "$steps" "$@" >"$scratch/out" 2>&1; then
	pass "$lives lives of $steps steps are the same on $# databases"
	sed -n 's/^# /# /p' "$scratch/out"
else
	fail "$lives lives of $steps steps, from seed $seed" "$scratch/out"
fi
done_testing

#!/bin/sh
# Processes that are killed at random moments, and migrations killed at every statement.
# CRASH_KILLS and CRASH_RACES say how often. A killed worker's job is run again in time: KILLS=20.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

kills=${CRASH_KILLS:-200}
races=${CRASH_RACES:-50}
reruns=${KILLS:-20}

# program NAME ARGUMENTS: a program that prints TAP of its own is one test here.
program() {
	if "$build/tests/crash/$2" "$3" "$4" >"$scratch/out" 2>&1; then
		sed -n 's/^# /# /p' "$scratch/out"
		pass "$1"
	else
		fail "$1" "$scratch/out"
	fi
}

program "SQLite: $kills kills lose and double nothing" worker "sqlite:$scratch/w.db" "$kills"
program "SQLite: migrating twice at once, and killed anywhere" migration \
	"sqlite:$scratch/m%d.db" "$races"
program "SQLite: after $reruns kills the job is run again in time" rerun "sqlite:$scratch/r.db" "$reruns"
if [ -n "${CAIRN_PG_URL:-}" ]; then
	case $CAIRN_PG_URL in
	*\?*) and='&' ;;
	*) and='?' ;;
	esac
	program "Postgres: $kills kills lose and double nothing" worker \
		"$CAIRN_PG_URL${and}schema=crash_worker" "$kills"
	program "Postgres: migrating twice at once, and killed anywhere" migration \
		"$CAIRN_PG_URL${and}schema=crash_%d" "$races"
	program "Postgres: after $reruns kills the job is run again in time" rerun \
		"$CAIRN_PG_URL${and}schema=crash_rerun" "$reruns"
fi
done_testing

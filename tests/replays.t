#!/bin/sh
# Random lives of replay runs (tests/replays). On the memory driver, SQLite and Postgres every step has the same outcome
# and leaves the same state; and a step whose process is killed behind any of its statements leaves all of it or
# nothing, and every run comes to its end. DIFFER_LIVES and CRASH_LIVES of them, from seed SEED. Then eight
# processes with agents and holders of budgets, killed at random, for SECONDS_EACH seconds.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

lives=${DIFFER_LIVES:-60}
crashes=${CRASH_LIVES:-2}
seed=${SEED:-1}
length=${SECONDS_EACH:-5}

# program NAME ARGUMENTS: says what it counted.
program() {
	name=$1
	shift
	if "$build/bin/replays" "$@" >"$scratch/out" 2>&1; then
		pass "$name"
		sed -n 's/^# /# /p' "$scratch/out"
	else
		fail "$name (seed $seed)" "$scratch/out"
	fi
}

# schema NAME: the server's URL with a schema of its own.
schema() {
	case $CAIRN_PG_URL in *\?*) join='&' ;; *) join='?' ;; esac
	echo "$CAIRN_PG_URL${join}schema=replays_$1_$$"
}

set -- "memory:replays" "sqlite:$scratch/replays.db"
[ -z "${CAIRN_PG_URL:-}" ] || set -- "$@" "$(schema lives)"
program "$lives lives of 80 steps are the same on $# databases" differ "$lives" "$seed" 80 "$@"

program "SQLite: $crashes lives of 60 steps, killed behind every statement, then lived to their ends" \
	crash "$crashes" "$seed" 60 "sqlite:$scratch/crash.db"
[ -z "${CAIRN_PG_URL:-}" ] ||
	program "Postgres: $crashes lives of 60 steps, killed behind every statement, then lived to their ends" \
		crash "$crashes" "$seed" 60 "$(schema crash)"

program "SQLite: $length s of eight processes and kills" load "sqlite:$scratch/load.db" "$length" "$seed"
[ -z "${CAIRN_PG_URL:-}" ] ||
	program "Postgres: $length s of eight processes and kills" load "$(schema load)" "$length" "$seed"
done_testing

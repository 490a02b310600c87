#!/bin/sh
# Random lives of graphs (tests/runs). On the memory driver, SQLite and Postgres every step has the same outcome and
# leaves the same state; and a step whose process is killed behind any of its statements leaves all of it or
# nothing. DIFFER_LIVES and CRASH_LIVES of them, from seed SEED. Then eight processes on some hundred graphs at a
# time, killed at random, for SECONDS_EACH seconds: every run comes to what it had to.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

lives=${DIFFER_LIVES:-100}
crashes=${CRASH_LIVES:-3}
seed=${SEED:-1}
length=${SECONDS_EACH:-8}

# program NAME ARGUMENTS: says what it counted.
program() {
	name=$1
	shift
	if "$build/bin/runs" "$@" >"$scratch/out" 2>&1; then
		pass "$name"
		sed -n 's/^# /# /p' "$scratch/out"
	else
		fail "$name (seed $seed)" "$scratch/out"
	fi
}

# schema NAME: the server's URL with a schema of its own.
schema() {
	case $CAIRN_PG_URL in *\?*) join='&' ;; *) join='?' ;; esac
	echo "$CAIRN_PG_URL${join}schema=$1_$$"
}

set -- "memory:runs" "sqlite:$scratch/runs.db"
[ -z "${CAIRN_PG_URL:-}" ] || set -- "$@" "$(schema runs)"
program "$lives lives of 60 steps are the same on $# databases" differ "$lives" "$seed" 60 "$@"

program "SQLite: $crashes lives of 40 steps, killed behind every statement" \
	crash "$crashes" "$seed" 40 "sqlite:$scratch/crash.db"
[ -z "${CAIRN_PG_URL:-}" ] ||
	program "Postgres: $crashes lives of 40 steps, killed behind every statement" \
		crash "$crashes" "$seed" 40 "$(schema crash)"

program "SQLite: $length s of eight processes and kills" load "sqlite:$scratch/load.db" "$length" "$seed"
[ -z "${CAIRN_PG_URL:-}" ] ||
	program "Postgres: $length s of eight processes and kills" load "$(schema load)" "$length" "$seed"
done_testing

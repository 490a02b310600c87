#!/bin/sh
# Eight processes on four threads' checkpoints, logs, items and locks, killed at random, on each database
# (tests/threads). SECONDS_EACH seconds each, SEED makes it the same dice again.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

seed=${SEED:-$(date +%s)}
length=${SECONDS_EACH:-8}

life() {
	mkdir "$scratch/$1"
	if "$build/bin/threads-load" "$2" "$scratch/$1" "$length" "$seed" >"$scratch/out" 2>&1; then
		pass "$1: $length s of kills and rivals: nothing is lost, doubled or half there (seed $seed)"
		sed -n 's/^# //p' "$scratch/out" | sed 's/^/# /'
	else
		fail "$1: $length s of kills and rivals (seed $seed)" "$scratch/out"
	fi
}

life sqlite "sqlite:$scratch/load.db"
if [ -n "${CAIRN_PG_URL:-}" ]; then
	case $CAIRN_PG_URL in *\?*) join='&' ;; *) join='?' ;; esac
	life postgres "$CAIRN_PG_URL${join}schema=load_$$"
fi
done_testing

#!/bin/sh
# Eight processes on one store, killed and disturbed for SECONDS=10 on each database; what they were
# told agrees with what is there. SEED=… repeats a run. The checker itself finds what it is for.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

seconds=${SECONDS_EACH:-10}
seed=${SEED:-$(date +%s)}
proofs=${PROOFS:-yes}

# play NAME URL SECONDS [BROKEN]
play() {
	rm -rf "${scratch:?}/$1"
	mkdir "$scratch/$1"
	"$build/bin/invariant" "$2" "$scratch/$1" "$3" "$seed" ${4:+"$4"} >"$scratch/out" 2>&1
}

# keeps DATABASE URL: nothing is broken, and nothing is found.
keeps() {
	if play "$1" "$2" "$seconds" && tests/invariant/check.pl "$scratch/$1" >>"$scratch/out" 2>&1; then
		sed -n 's/^# /# /p' "$scratch/out"
		pass "$1: $seconds s of kills, cancels, clock jumps and schedulers"
	else
		echo "again: make check-invariants SEED=$seed" >>"$scratch/out"
		cut -c 1-300 "$scratch/out" >"$scratch/short"
		fail "$1: $seconds s of kills, cancels, clock jumps and schedulers (seed $seed)" "$scratch/short"
	fi
}

keeps sqlite "sqlite:$scratch/invariant.db"
if [ -n "${CAIRN_PG_URL:-}" ]; then
	case $CAIRN_PG_URL in
	*\?*) and='&' ;;
	*) and='?' ;;
	esac
	keeps postgres "$CAIRN_PG_URL${and}schema=invariant_$$"
fi

if [ "$proofs" = yes ]; then
	for what in claim finish stale enqueue event cursor; do
		fails_with VIOLATION "a history with a false $what is noticed" \
			tests/invariant/check.pl "$scratch/sqlite" "$what"
	done
	for what in lose early steal refire; do
		play "$what" "sqlite:$scratch/$what.db" 3 "$what" || sed 's/^/# /' "$scratch/out"
		fails_with VIOLATION "processes that get it wrong are noticed: $what" \
			tests/invariant/check.pl "$scratch/$what"
	done
fi
done_testing

#!/bin/sh
# Eight processes on one store, killed and disturbed for SECONDS_EACH=10 on each database; what they were
# told agrees with what is there. SEED=… repeats a run, DATABASES=sqlite|postgres does one. The checker itself finds what it is for.
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

case ${DATABASES:-both} in both | sqlite) keeps sqlite "sqlite:$scratch/invariant.db" ;; esac
if [ "${DATABASES:-both}" != sqlite ] && [ -n "${CAIRN_PG_URL:-}" ]; then
	case $CAIRN_PG_URL in
	*\?*) and='&' ;;
	*) and='?' ;;
	esac
	keeps postgres "$CAIRN_PG_URL${and}schema=invariant_$$"
fi

if [ "$proofs" = yes ]; then
	while read -r what text; do
		fails_with "$text" "a false history is noticed: $what" \
			tests/invariant/check.pl "$scratch/sqlite" "$what"
	done <<-'END'
		claim and p99.0
		finish SUCCEEDED was acknowledged, the row says RETRYABLE
		stale was acknowledged
		enqueue an acknowledged job of type work is lost
		event is missing: there is
		cursor a second job of schedule
	END
	while read -r what text; do
		play "$what" "sqlite:$scratch/$what.db" 3 "$what" || sed 's/^/# /' "$scratch/out"
		fails_with "$text" "processes that do wrong are noticed: $what" \
			tests/invariant/check.pl "$scratch/$what"
	done <<-'END'
		lose an acknowledged job of type
		early lies before the one before it
		steal and used by
		refire a second job of schedule
	END
fi
done_testing

#!/bin/sh
# Eight processes on one store, killed and disturbed for SECONDS_EACH=7 on each database; what they were
# told agrees with what is there. SEED=… repeats a run, DATABASES=sqlite|postgres does one. Each rule of
# the checker can fail, and processes that do wrong are found out.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

seconds=${SECONDS_EACH:-7}
seed=${SEED:-$(date +%s)}
proofs=${PROOFS:-yes}

# play NAME URL SECONDS [BROKEN]
play() {
	rm -rf "${scratch:?}/$1"
	mkdir "$scratch/$1"
	"$build/bin/invariant" "$2" "$scratch/$1" "$3" "$seed" ${4:+"$4"} >"$scratch/$1.out" 2>&1
}

# keeps DATABASE URL: nothing is broken, and nothing is found.
keeps() {
	if play "$1" "$2" "$seconds" && tests/invariant/check.pl "$scratch/$1" >>"$scratch/$1.out" 2>&1; then
		sed -n 's/^# /# /p' "$scratch/$1.out"
		pass "$1: $seconds s of kills, cancels, pauses and clock jumps"
	else
		echo "again: make check-invariants SEED=$seed" >>"$scratch/$1.out"
		cut -c 1-300 "$scratch/$1.out" >"$scratch/short"
		fail "$1: $seconds s of kills, cancels, pauses and clock jumps (seed $seed)" "$scratch/short"
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
	ok "each rule of the checker can fail" tests/invariant/faults.pl
	wrongs='lose early steal refire overbook wake'
	for what in $wrongs; do
		play "$what" "sqlite:$scratch/$what.db" 3 "$what" &
	done
	wait
	while read -r what rule; do
		fails_with "VIOLATION $rule:" "processes that do wrong are noticed: $what" \
			tests/invariant/check.pl "$scratch/$what"
	done <<-'END'
		lose lost
		early reaped-early
		steal user
		refire cursor-rows
		overbook capacity
		wake paused
	END
fi
done_testing

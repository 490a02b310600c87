#!/bin/sh
# Every fuzz target on its corpus and on mutations of it, the same ones each time.
# FUZZ_MUTATIONS says how many; `make fuzz` is the real thing.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

for corpus in tests/fuzz/corpus/*; do
	target=$build/tests/fuzz/${corpus##*/}
	ok "${corpus##*/} holds" "$target" -n "${FUZZ_MUTATIONS:-100000}" "$corpus"
	if [ "$tap_bad" -gt 0 ]; then
		# the same again, now keeping each input before it is tried
		REPLAY_INPUT=$scratch/input "$target" -n "${FUZZ_MUTATIONS:-100000}" "$corpus" >/dev/null 2>&1
		od -c "$scratch/input" | sed 's/^/# /' | head -n 40
		break
	fi
done
done_testing

#!/bin/sh
# No memory, at every moment of a job's life.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

for url in memory:oom "sqlite:$scratch/oom.db" sqlite::memory:; do
	if "$build/tests/oom/jobs" "$url" >"$scratch/out" 2>&1; then
		pass "${url%%"$scratch"*} survives the lack of memory"
	else
		fail "${url%%"$scratch"*} survives the lack of memory" "$scratch/out"
	fi
done
done_testing

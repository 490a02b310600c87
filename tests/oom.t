#!/bin/sh
# No memory, at every moment of a job's life, of a thread's and of a graph's.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

for life in jobs threads graphs replays; do
	for url in memory:oom "sqlite:$scratch/$life.db" sqlite::memory:; do
		if "$build/tests/oom/$life" "$url" >"$scratch/out" 2>&1; then
			pass "$life: ${url%%"$scratch"*} survives the lack of memory"
		else
			fail "$life: ${url%%"$scratch"*} survives the lack of memory" "$scratch/out"
		fi
	done
done
done_testing

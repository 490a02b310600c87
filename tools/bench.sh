#!/bin/sh
# bench.sh - `make bench`: both databases, row by row. Called under pg-temp.sh run,
# which says where Postgres is. REPEAT=5 repetitions; ROWS picks rows by a part of their name.
set -eu
dir=$(mktemp -d "${BENCH_DIR:-/var/tmp}/cairn-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
nproc=$(getconf _NPROCESSORS_ONLN)
echo "# $nproc processors, $(uname -srm); medians of ${REPEAT:-5} interleaved pairs"
if [ -n "${ROWS:-}" ]; then
	set -- "$ROWS"
fi
"$BUILD/bin/bench" "sqlite:$dir/bench.db" "${REPEAT:-5}" "$@"
if [ -n "${CAIRN_PG_URL:-}" ]; then
	echo
	"$BUILD/bin/bench" "$CAIRN_PG_URL" "${REPEAT:-5}" "$@"
fi

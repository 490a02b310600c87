#!/bin/sh
# bench-peers.sh - `make bench-peers`: cairn, its limit and peers on one private Postgres, one after
# the other, REPEAT=3 times, in changing order. Called under pg-temp.sh run. Packages go into
# $BUILD/peers (PEERS_DIR names a folder that has them already); nothing of them is kept. ABSURD_SQL names
# absurd.sql of Absurd's repository; without it Absurd is left out.
set -eu
: "${CAIRN_PG_URL:?there is no Postgres server here}"
dir=${PEERS_DIR:-$BUILD/peers}
mkdir -p "$dir"
cp bench/peers/package.json bench/peers/*.mjs "$dir"
if [ ! -x "$dir/node_modules/.bin/node" ]; then
	(cd "$dir" && npm install --silent --no-audit --no-fund --no-package-lock) >&2
fi
BENCH=$(realpath "$BUILD/bin/bench")
export BENCH
cd "$dir"
exec node_modules/.bin/node run.mjs "${REPEAT:-3}"

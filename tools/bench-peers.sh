#!/bin/sh
# bench-peers.sh - `make bench-peers`: cairn, its limit and peers on one private Postgres, one after
# the other, REPEAT=3 times, in changing order. Called under pg-temp.sh run. TABLES= names the tables
# by the first words of their units: jobs steps durable calls. Packages go into $BUILD/peers; nothing of
# them is kept. PEERS_DIR names a folder that has them already, at least those of the tables that are
# wanted. ABSURD_SQL names absurd.sql of Absurd's repository; without it Absurd is left out.
#
#	make bench-peers TABLES=durable ABSURD_SQL=$HOME/absurd/sql/absurd.sql REPEAT=5
set -eu
: "${CAIRN_PG_URL:?there is no Postgres server here}"
dir=${PEERS_DIR:-$BUILD/peers}
mkdir -p "$dir"
cp bench/peers/package.json bench/peers/*.mjs "$dir"
node=node_modules/.bin/node
if [ -z "${PEERS_DIR:-}" ] && [ ! -x "$dir/$node" ]; then
	(cd "$dir" && npm install --silent --no-audit --no-fund --no-package-lock) >&2
fi
BENCH=$(realpath "$BUILD/bin/bench")
export BENCH
if [ -n "${ABSURD_SQL:-}" ]; then
	ABSURD_SQL=$(realpath "$ABSURD_SQL")
	export ABSURD_SQL
fi
cd "$dir"
[ -x "$node" ] || node=node
exec "$node" run.mjs "${REPEAT:-3}"

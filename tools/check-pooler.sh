#!/bin/sh
# check-pooler.sh - `make check-pooler`: the kit through PgBouncer in transaction mode. Called under
# pg-temp.sh run; migrations, and what the kit does to the store by itself, go straight to the server.
set -eu
: "${CAIRN_PG_URL:?there is no Postgres server here}"
host=${CAIRN_PG_URL#*host=}
host=${host%%&*}
dir=$(mktemp -d /tmp/cairn-pooler.XXXXXX)
chmod 755 "$dir"
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cat >"$dir/pgbouncer.ini" <<INI
[databases]
cairn = host=$host dbname=cairn user=cairn
[pgbouncer]
pool_mode = transaction
auth_type = any
listen_addr =
listen_port = 6432
unix_socket_dir = $dir
max_client_conn = 400
default_pool_size = 80
server_lifetime = 60
INI
set -- pgbouncer -q "$dir/pgbouncer.ini"
if [ "$(id -u)" -eq 0 ]; then # it refuses root, too
	chown -R postgres "$dir"
	set -- setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
fi
"$@" >"$dir/log" 2>&1 &
pid=$!
url="postgresql:///cairn?host=$dir&port=6432&user=cairn"
tries=0
until psql -XAtqc 'SELECT 1' "$url" >/dev/null 2>&1; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || { cat "$dir/log" >&2; exit 1; }
	sleep 0.1
done
pgbouncer --version | head -n 1
CAIRN_POOLER_URL=$url "$BUILD/tests/kit/postgres_pooler" --summary

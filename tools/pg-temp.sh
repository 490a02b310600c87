#!/bin/sh
# pg-temp.sh - a private Postgres cluster on a unix socket, for tests and benches.
#
#   pg-temp.sh start DIR     makes a cluster in DIR, starts it, prints its URL
#   pg-temp.sh stop DIR      stops it and removes DIR
#   pg-temp.sh run CMD ...   starts one, exports CAIRN_PG_URL, runs CMD, stops it always
#
# The server is durable as shipped (fsync and synchronous_commit on). More settings come from
# CAIRN_PG_SETTINGS, words for its command line: "-c shared_buffers=512MB -c fsync=off".
# PG_BINDIR names the server's programs where they are not found. Postgres refuses to run as
# root, so root runs it as the user postgres.
set -eu

fail() {
	echo "pg-temp: $*" >&2
	exit 1
}

usage() {
	sed -n '4,6s/^# *//p' "$0" >&2
	exit 2
}

# The newest server that is installed.
find_bin() {
	if [ -n "${PG_BINDIR:-}" ]; then
		echo "$PG_BINDIR"
		return
	fi
	newest=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null |
		sort -t / -k 5 -n | tail -n 1)
	if [ -n "$newest" ]; then
		dirname "$newest"
	elif command -v initdb >/dev/null 2>&1; then
		dirname "$(command -v initdb)"
	elif command -v pg_config >/dev/null 2>&1; then
		pg_config --bindir
	fi
}

# Runs a command as a user that Postgres accepts, in a directory which that user may enter.
as_server() {
	if [ "$(id -u)" -eq 0 ]; then
		(cd / && runuser -u postgres -- "$@")
	else
		(cd / && "$@")
	fi
}

start() {
	dir=$1
	bin=$(find_bin)
	[ -x "$bin/initdb" ] || fail "no Postgres server found; set PG_BINDIR"
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	[ ${#dir} -le 80 ] || fail "$dir is too long for a socket's path"
	[ ! -e "$dir/data" ] || fail "$dir/data exists"
	if [ "$(id -u)" -eq 0 ]; then
		chown postgres "$dir"
	fi
	as_server "$bin/initdb" -D "$dir/data" -U cairn -A trust -E UTF8 --locale=C \
		>"$dir.log" 2>&1 || { cat "$dir.log" >&2; rm -f "$dir.log"; fail "initdb failed"; }
	rm -f "$dir.log"
	as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -s start -o \
		"-k '$dir' -c listen_addresses= -c max_connections=200 ${CAIRN_PG_SETTINGS:-}" \
		>/dev/null || { cat "$dir/log" >&2; fail "the server did not start"; }
	createdb=$bin/createdb # a server without clients takes those that are installed
	[ -x "$createdb" ] || createdb=$(command -v createdb) || fail "no createdb found"
	as_server "$createdb" -h "$dir" -U cairn cairn
	echo "postgresql:///cairn?host=$dir&user=cairn"
}

stop() {
	dir=$1
	[ -d "$dir" ] || return 0
	dir=$(cd "$dir" && pwd)
	bin=$(find_bin)
	if [ -e "$dir/data/postmaster.pid" ]; then
		as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 60 -s stop >/dev/null ||
			fail "the server in $dir did not stop"
	fi
	[ ! -d "$dir/data" ] || rm -rf "$dir"
}

run() {
	run_dir=$(mktemp -d /tmp/cairn-pg.XXXXXX)
	trap 'stop "$run_dir"; rm -rf "$run_dir"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	CAIRN_PG_URL=$(start "$run_dir")
	export CAIRN_PG_URL
	status=0
	"$@" || status=$?
	exit "$status"
}

[ $# -ge 2 ] || usage
verb=$1
shift
case $verb in
start) start "$1" ;;
stop) stop "$1" ;;
run) run "$@" ;;
*) usage ;;
esac

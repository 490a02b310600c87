# tap.sh - TAP for the shell tests; sourced, never run. See tap.h for the C side.
#
#	. "$(dirname "$0")/tap.sh"
#	ok "a file appears" test -f "$scratch/file"
#	fails_with 'no such thing' "what is refused" command arguments
#	done_testing
#
# Tests start in the top folder of the sources; $build is where things are built and
# $scratch a folder that is removed at the end.
# shellcheck shell=sh

set -u
cd "$(dirname "$0")" || exit 1
while [ ! -f include/cairn/version.h ]; do
	[ "$(pwd)" != / ] || exit 1
	cd .. || exit 1
done

# shellcheck disable=SC2034 # for the test that sources this
build=${BUILD:-build/plain}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
tap_n=0
tap_bad=0

pass() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1"
}

# fail NAME [FILE]: FILE's text tells why.
fail() {
	tap_n=$((tap_n + 1))
	tap_bad=$((tap_bad + 1))
	echo "not ok $tap_n - $1"
	if [ $# -gt 1 ] && [ -s "$2" ]; then
		sed 's/^/# /' "$2" | head -n 60
	fi
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - # SKIP $1"
}

# ok NAME COMMAND...: it succeeds.
ok() {
	tap_name=$1
	shift
	if "$@" >"$scratch/.out" 2>&1; then
		pass "$tap_name"
	else
		echo "exit $? of: $*" >>"$scratch/.out"
		fail "$tap_name" "$scratch/.out"
	fi
}

# fails_with TEXT NAME COMMAND...: it fails and says TEXT.
fails_with() {
	tap_text=$1
	tap_name=$2
	shift 2
	if "$@" >"$scratch/.out" 2>&1; then
		echo "succeeded: $*" >>"$scratch/.out"
		fail "$tap_name" "$scratch/.out"
	elif grep -qF -e "$tap_text" "$scratch/.out"; then
		pass "$tap_name"
	else
		echo "should say: $tap_text" >>"$scratch/.out"
		fail "$tap_name" "$scratch/.out"
	fi
}

# is GOT WANT NAME
is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		printf 'got  %s\nwant %s\n' "$1" "$2" >"$scratch/.out"
		fail "$3" "$scratch/.out"
	fi
}

# empty NAME FILE: nothing was found; what was is shown.
empty() {
	if [ -s "$2" ]; then
		fail "$1" "$2"
	else
		pass "$1"
	fi
}

done_testing() {
	echo "1..$tap_n"
	[ "$tap_bad" -eq 0 ]
	exit
}

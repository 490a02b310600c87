# lib.sh - TAP for shell: each *.t sources it, runs commands, ends with done_testing.
#
# BUILD says where bin/cairn is. Each script has a folder and a database of its own; with
# CAIRN_CLI_DB (a Postgres URL) it works there instead of in a SQLite file, after emptying it.
# shellcheck shell=sh disable=SC2034

set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-build/plain}
case $build in /*) ;; *) build=$root/$build ;; esac
cairn=$build/bin/cairn
tap_n=0
tap_bad=0

[ -x "$cairn" ] || {
	echo "Bail out! no $cairn"
	exit 1
}

dir=$(mktemp -d /tmp/cairn-cli.XXXXXX)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$dir" || exit 1

unset CAIRN_DB NO_COLOR
if [ -n "${CAIRN_CLI_DB:-}" ]; then
	CAIRN_DB=$CAIRN_CLI_DB
	export CAIRN_DB
	"$cairn" migrate down --target 0 >/dev/null 2>&1
fi

pass() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1"
}

fail() {
	tap_n=$((tap_n + 1))
	tap_bad=$((tap_bad + 1))
	echo "not ok $tap_n - $1"
}

# is GOT WANTED NAME
is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		printf '%s\n' "$1" | sed 's/^/# got    /'
		printf '%s\n' "$2" | sed 's/^/# wanted /'
	fi
}

# like TEXT PATTERN NAME: an extended regular expression in some line
like() {
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then
		pass "$3"
	else
		fail "$3"
		printf '%s\n' "$1" | sed 's/^/# got    /'
		printf '# wanted /%s/\n' "$2"
	fi
}

# exits CODE NAME ARG ...: runs cairn with the arguments; $out and $err are what it printed.
exits() {
	wanted=$1 name=$2
	shift 2
	"$cairn" "$@" >out 2>err
	code=$?
	out=$(cat out)
	err=$(cat err)
	if [ $code -ne "$wanted" ]; then
		sed 's/^/# err    /' err
	fi
	is $code "$wanted" "$name"
}

# json PATH: the value at a dotted path in each line of NDJSON on the standard input.
json() {
	perl -MJSON::PP -e '
		binmode STDOUT, ":utf8";
		my @path = split /\./, shift;
		while (my $line = <STDIN>) {
			my $at = decode_json($line);
			for (@path) { $at = ref $at eq "ARRAY" ? $at->[$_] : $at->{$_} }
			print ref $at ? JSON::PP->new->canonical->allow_nonref->encode($at)
				: defined $at ? $at : "null", "\n";
		}' "$1"
}

# status ID
status() {
	"$cairn" --json show "$1" | json status
}

# gone PID: nobody, or a zombie that its new parent has yet to reap
gone() {
	! kill -0 "$1" 2>/dev/null || ps -o stat= -p "$1" | grep -q '^Z'
}

# wait_for SECONDS COMMAND ...: until it succeeds
wait_for() {
	tries=$(($1 * 20))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

done_testing() {
	echo "1..$tap_n"
	[ $tap_bad -eq 0 ]
	exit
}

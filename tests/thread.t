#!/bin/sh
# examples/thread.c, killed wherever it can be, goes on where it stopped: each turn is there once, and
# was thought about once more only where it died before its transaction was there. (CAIRN_PG_URL: on Postgres, too.)
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

agent=$(pwd)/$build/examples/thread
cairn=$(pwd)/$build/bin/cairn

# run URL: once; its status and its words stay behind.
run() {
	"$agent" "$1" thread-1 6 >"$scratch/out" 2>"$scratch/err"
	status=$?
	cat "$scratch/out" >>"$scratch/all"
}

# killed DIE URL
killed() {
	DIE=$1
	export DIE
	run "$2"
	unset DIE
	[ "$status" -eq 137 ]
}

goes_on() {
	run "$1" && [ "$status" -eq 0 ] && [ "$(tail -n 1 "$scratch/out")" = "6 turns, total 91" ]
}

tour() {
	url=$1
	: >"$scratch/all"
	for die in 'thought 1' 'committed 1' 'wrote 3' 'thought 4' 'committed 6'; do
		ok "killed: $die" killed "$die" "$url"
	done
	ok "then it comes to its end" goes_on "$url"
	ok "and has nothing more to do" goes_on "$url"
	sort "$scratch/all" | uniq -c | sed -n 's/^ *\([0-9]*\) thinking about /\1 /p' >"$scratch/thoughts"
	printf '2 1\n1 2\n2 3\n2 4\n1 5\n1 6\n' >"$scratch/wanted"
	ok "only what was not written was thought about again" diff "$scratch/wanted" "$scratch/thoughts"
	"$cairn" --db "$url" checkpoints list thread-1 --json >"$scratch/list"
	ok "there are six checkpoints" test "$(grep -o '"write_seq"' "$scratch/list" | wc -l)" -eq 6
	"$cairn" --db "$url" log read thread-1 --json >"$scratch/events"
	ok "and twelve events" test "$(grep -o '"seq"' "$scratch/events" | wc -l)" -eq 12
}

tour "sqlite:$scratch/thread.db"
if [ -n "${CAIRN_PG_URL:-}" ]; then
	case $CAIRN_PG_URL in *\?*) join='&' ;; *) join='?' ;; esac
	tour "$CAIRN_PG_URL${join}schema=thread_$$"
fi
done_testing

#!/bin/sh
# examples/agent.c: a durable function that is killed at each of its expensive calls, before and behind it. It comes to the
# same end, each call was made once, and the budget counted each once. (CAIRN_PG_URL: on Postgres, too.)
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

agent=$(pwd)/$build/examples/agent
cairn=$(pwd)/$build/bin/cairn
end='[[[["what to do?"]]]]'

# killed PLACE URL NAME
killed() {
	DIE=$1 "$agent" "$2" "$3" "$scratch/ledger" >"$scratch/out" 2>&1
	[ $? -eq 137 ]
}

# says TEXT STATUS URL NAME: behind the text may stand an id.
says() {
	"$agent" "$3" "$4" "$scratch/ledger" >"$scratch/out" 2>"$scratch/err"
	status=$?
	cat "$scratch/out" "$scratch/err"
	id=$(grep -Eo '[0-9a-f]{8}(-[0-9a-f]+){4}' "$scratch/out")
	[ "$status,$(sed "s/${id:-none}//" "$scratch/out" | tr -d '\n')" = "$2,$1" ]
}

spent() {
	"$cairn" --db "$1" --json budget show "$id" | grep -o '"spent":[0-9]*'
}

# What the command says of it.
refusal() {
	"$cairn" --db "$1" --json enqueue agent -k taken 2>&1 | sed 's/.*"message":"\([^"]*\)".*/\1/'
}

# life PLACE URL
life() {
	name=killed-at-$1
	: >"$scratch/ledger"
	ok "killed at place $1" killed "$1" "$2" "$name"
	ok "it goes on to the approval" says "waiting for the approval of " 0 "$2" "$name"
	run=$id
	is "$(wc -l <"$scratch/ledger"),$(sort -u "$scratch/ledger" | wc -l)" "4,4" "each call was made once"
	is "$(spent "$2")" '"spent":72' "and charged once"
	ok "approved" "$cairn" --db "$2" signal send "$run" approved '"fine"'
	ok "it comes to its end" says "$end" 0 "$2" "$name"
	is "$(wc -l <"$scratch/ledger")" 4 "no call was made again"
}

tour() {
	# odd ones are before a call, even ones behind it, with its answer not recorded yet; the last call is the child's
	for place in 1 2 3 4 5 6 7 8; do
		life $place "$1"
	done
	ok "what is over has nothing more to do" says "$end" 0 "$1" killed-at-1
	"$cairn" --db "$1" enqueue agent -k taken --payload '"another one"' >/dev/null
	ok "a name that is taken is refused" says "" 1 "$1" taken
	is "$(cat "$scratch/err")" "$(refusal "$1")" "and says why"
}

tour "sqlite:$scratch/agent.db"
if [ -n "${CAIRN_PG_URL:-}" ]; then
	case $CAIRN_PG_URL in *\?*) join='&' ;; *) join='?' ;; esac
	tour "$CAIRN_PG_URL${join}schema=agent_$$"
fi
done_testing

#!/bin/sh
# upkeep.t - putting jobs in line in all queues, and tidying.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t >/dev/null

# ---- nothing to do
exits 0 "an empty store" --json upkeep --no-tidy
is "$(printf '%s\n' "$out" | json unparked),$(printf '%s\n' "$out" | json more),$(printf '%s\n' "$out" | json tidied)" \
	0,false,nothing "has nothing"
exits 0 "for people" upkeep
like "$out" '^0 put in line, ' "a line"

# ---- what is due
"$cairn" enqueue t --in 1s >/dev/null
"$cairn" enqueue t --in 1s --queue mails >/dev/null
"$cairn" enqueue t --in 1s --queue paused >/dev/null
"$cairn" enqueue t --in 1h --queue later >/dev/null
"$cairn" pause paused >/dev/null
sleep 1.1
exits 0 "two of them" --json upkeep --limit 2
is "$(printf '%s\n' "$out" | json unparked),$(printf '%s\n' "$out" | json more)" 2,true "others are left"
exits 0 "all" --json upkeep
is "$(printf '%s\n' "$out" | json unparked),$(printf '%s\n' "$out" | json more)" 1,false "a paused queue's as well"
exits 0 "a worker" work --type t --queue mails --exec true --until-empty
is "$("$cairn" --json queues --all | sed -n 3p | json succeeded)" 1 "runs them"

# ---- tidying
exits 0 "when asked to" --json upkeep --tidy
like "$(printf '%s\n' "$out" | json tidied)" '^(tidied|busy|nothing)$' "says what became of it"
if [ -n "${CAIRN_CLI_DB:-}" ]; then
	is "$(printf '%s\n' "$out" | json tidied)" tidied "the owner may vacuum"
fi

# ---- usage
exits 2 "no operands" upkeep x
exits 2 "a limit of nothing" upkeep --limit 0
exits 2 "both" upkeep --tidy --no-tidy
exits 2 "a tenant" --tenant a upkeep
exits 0 "a worker without it" work --type t --no-upkeep --exec true --until-empty
exits 0 "a worker with it" work --type t --upkeep-interval 1s --exec true --until-empty

done_testing

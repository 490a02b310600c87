#!/bin/sh
# budget.t - what trees of replay runs may spend: totals, charges, reservations, the ledger. (durable.c spends)
. "$(dirname "$0")/lib.sh"
export LC_ALL=C
"$cairn" migrate up >/dev/null
"$cairn" define order >/dev/null
"$cairn" define part >/dev/null
none=0190a000-0000-7000-8000-000000000000
db=${CAIRN_DB:-sqlite:cairn.db}

play() {
	"$build/tests/cli/durable" "$db" "$@"
}

# ---- set, show
run=$("$cairn" enqueue order --tenant acme)
exits 0 "none" --json budget show "$run"
is "$out" "" "an empty list"
exits 0 "set" budget set "$run" tokens 100
is "$out" "tokens: HARD 100" "tells what it is"
exits 0 "a soft one" --json budget set "$run" cost_micros 5 --soft
is "$out" "{\"run_id\":\"$run\",\"axis\":\"cost_micros\",\"kind\":\"SOFT\",\"total\":5}" "in JSON"
exits 0 "show" budget show "$run"
like "$out" '^AXIS +KIND +TOTAL +SPENT +RESERVED +LEFT$' "a head"
like "$out" '^tokens +HARD +100 +0 +0 +100$' "a row"
is "$("$cairn" --json budget show "$run" | json axis | tr '\n' ' ')" "cost_micros tokens " "by name"
is "$("$cairn" --json budget show "$run" | json root_id | sort -u)" "$run" "of the root"
exits 3 "no such run" budget show "$none"
exits 3 "nor to be set" budget set "$none" tokens 1
exits 3 "not in this scope" --tenant umbrella budget show "$run"
exits 3 "not in this either" --global budget set "$run" tokens 1
exits 0 "in this" --tenant acme budget show "$run"

# ---- charge
exits 0 "charge" budget charge "$run" tokens 30 --source bill:7
is "$out" "tokens: spent 30 of 100" "tells what is spent"
exits 0 "the same again" budget charge "$run" tokens 30 --source bill:7
is "$out" "tokens: spent 30 of 100" "charges nothing"
like "$err" 'charged already' "and says so"
exits 4 "another amount" budget charge "$run" tokens 31 --source bill:7
like "$err" 'budget.entry_conflict' "is a conflict"
exits 4 "too much" budget charge "$run" tokens 71 --source bill:8
like "$err" 'of 100 are spent 30 and reserved 0.*budget.exceeded' "is refused with the numbers"
exits 4 "in JSON" --json budget charge "$run" tokens 71 --source bill:8
is "$(printf '%s\n' "$err" | json error.code)" budget.exceeded "too"
exits 0 "what just fits" --json budget charge "$run" tokens 70 --source bill:8:b
is "$(printf '%s\n' "$out" | json source_id),$(printf '%s\n' "$out" | json spent),$(printf '%s\n' "$out" | json total),$(printf '%s\n' "$out" | json disposition)" \
	"8:b,100,100,INSERTED" "and is all of it"
is "$("$cairn" --json budget show "$run" | json remaining | tr '\n' ' ')" "5 0 " "nothing is left"
exits 0 "a soft one" budget charge "$run" cost_micros 9 --source bill:7
is "$out" "cost_micros: spent 9 of 5" "is only told"
exits 0 "one without a total" budget charge "$run" requests 1 --source bill:7
is "$out" "requests: spent 1" "is counted"
like "$("$cairn" budget show "$run")" '^requests +counted +- +1 +0 +-$' "and shown"
is "$("$cairn" --json budget show "$run" | grep requests | json total)" null "as no total"
exits 0 "another total" budget set "$run" tokens 50
like "$("$cairn" budget show "$run")" '^tokens +HARD +50 +100 +0 +0$' "lets nothing more through"
exits 4 "not one" budget charge "$run" tokens 1 --source bill:9
exits 0 "but nothing" budget charge "$run" tokens 0 --source bill:9
exits 2 "beyond all numbers" budget charge "$run" requests 9223372036854775807 --source bill:8
like "$err" 'budget.overflow' "is refused"
exits 3 "no such run" budget charge "$none" tokens 1 --source a:b

# ---- entries
exits 0 "the ledger" budget entries "$run"
like "$out" '^SEQ +AT +AXIS +AMOUNT +STATE +EXPIRES +RUN +SOURCE$' "a head"
like "$out" "^ *2 +20.* tokens +70 +CHARGED +- +$run +bill:8:b\$" "and rows"
is "$("$cairn" --json budget entries "$run" | json seq | tr '\n' ' ')" "1 2 3 4 5 " "by number"
is "$("$cairn" --json budget entries "$run" --axis cost_micros | json seq)" 3 "of an axis"
is "$("$cairn" --json budget entries "$run" --axis tokens --after 1 --limit 1 | json source_id)" 8:b "some"
exits 3 "no such run" budget entries "$none"

# ---- what steps spend: all runs of the tree, once
"$cairn" budget set "$run" tokens 150 >/dev/null
is "$(play order cost:tokens:20 child:part | tail -n 1)" suspended "a step and a child"
child=$("$cairn" --json run list --parent "$run" | json id)
is "$(play part cost:tokens:31)" "budget.exceeded" "the child can't spend more than is left"
is "$("$cairn" --json budget show "$child" | json root_id | sort -u)" "$run" "it has its root's budgets"
is "$("$cairn" --json budget entries "$run" --axis tokens | json source_id | tail -n 1)" "$run/1/1" "the source of a step"
like "$("$cairn" run show "$run")" '^tokens +HARD +150 +120 +0 +30$' "run show has them"

# ---- a reservation holds until it is over
held=$("$cairn" enqueue part)
"$cairn" budget set "$held" tokens 100 >/dev/null
play part hold:tokens:60 >/dev/null
like "$("$cairn" budget show "$held")" '^tokens +HARD +100 +0 +60 +40$' "counts as spent"
like "$("$cairn" budget entries "$held")" "tokens +60 +RESERVED +20.* +$held +step:$held/1/1\$" "is in the ledger"
exits 4 "what does not fit beside it" budget charge "$held" tokens 41 --source bill:1
like "$err" 'reserved 60' "is refused"
exits 0 "its own source" budget charge "$held" tokens 90 --source "step:$held/1/1"
is "$out" "tokens: spent 90 of 100" "charges it, by what it was"

# ---- wrong usage
exits 2 "no verb" budget
exits 2 "another verb" budget spend "$run"
exits 2 "which?" budget show
exits 2 "no id" budget show 17
exits 2 "how much?" budget set "$run" tokens
exits 2 "no amount" budget set "$run" tokens much
for word in -1 -0.5 1.5; do
	exits 2 "not $word" budget set "$run" tokens "$word"
	like "$err" "'$word' is no amount: a whole number from 0 on" "is told as an amount"
done
exits 2 "less than nothing" budget charge "$run" tokens -1 --source bill:1
like "$err" "'-1' is no amount" "is told so, too"
exits 2 "the same behind --" budget set "$run" tokens -- -1
exits 2 "for what?" budget charge "$run" tokens 1
exits 2 "no source" budget charge "$run" tokens 1 --source bill
exits 2 "half a source" budget charge "$run" tokens 1 --source bill:
exits 2 "a source of a total" budget set "$run" tokens 1 --source bill:1
exits 2 "a soft charge" budget charge "$run" tokens 1 --source bill:1 --soft
exits 2 "an axis of all" budget show "$run" --axis tokens
exits 2 "no axis" budget set "$run" "$(printf '%0300d' 7)" 1
done_testing

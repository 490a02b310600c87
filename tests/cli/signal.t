#!/bin/sh
# signal.t - signals to replay runs: sent to one, to all that wait, listed. (durable.c takes them)
. "$(dirname "$0")/lib.sh"
export LC_ALL=C
"$cairn" migrate up >/dev/null
"$cairn" define order >/dev/null
"$cairn" define other >/dev/null
none=0190a000-0000-7000-8000-000000000000
db=${CAIRN_DB:-sqlite:cairn.db}

play() {
	"$build/tests/cli/durable" "$db" "$@"
}

# ---- early: before the run has begun
run=$("$cairn" enqueue order --tenant acme)
exits 0 "none" --json signal list "$run"
is "$out" "" "an empty list"
exits 0 "send" signal send "$run" approve '{ "by": "me", "n": 1.00 }' --key k1
is "$out,$err" "1," "prints its number"
exits 0 "the same again" signal send "$run" approve '{"n":1.00,"by":"me"}' --key k1
is "$out" 1 "is the same"
like "$err" 'there already' "and says so"
exits 4 "another payload" signal send "$run" approve 2 --key k1
like "$err" 'signal.key_conflict' "is a conflict"
exits 4 "another name" signal send "$run" reject '{"n":1.00,"by":"me"}' --key k1
exits 0 "without a payload" --json signal send "$run" approve
is "$out" "{\"run_id\":\"$run\",\"name\":\"approve\",\"seq\":2,\"disposition\":\"INSERTED\",\"woken\":false}" "in JSON"
printf '"a\nb' | tr -d '\n' >half.json
exits 2 "no JSON" signal send "$run" approve @half.json
printf '[1,\n\t2]' >doc.json
exits 0 "from a file" signal send "$run" note @doc.json
exits 0 "from the standard input" signal send "$run" note - <doc.json
exits 3 "not in this scope" --tenant umbrella signal send "$run" approve
exits 3 "no such run" signal send "$none" approve
exits 0 "in this" --tenant acme signal send "$run" last '"z"'
exits 2 "which name?" signal send "$run"
exits 2 "no id" signal send 17 approve

# ---- list
is "$("$cairn" --json signal list "$run" | json seq | tr '\n' ' ')" "1 2 3 4 5 " "the list"
is "$("$cairn" --json signal list "$run" --name note --limit 1 | json name)" note "by name"
is "$("$cairn" --json signal list "$run" --after 4 | json payload)" z "and on"
is "$("$cairn" --json signal list "$run" --limit 1)" \
	"$("$cairn" --json signal list "$run" | sed -n 1p)" "a limit"
like "$("$cairn" --json signal list "$run")" '"payload":\{ "by": "me", "n": 1.00 \},' "as it was sent"
exits 0 "for people" signal list "$run"
like "$out" '^SEQ +NAME +KEY +SENT +TAKEN BY +PAYLOAD$' "a head"
like "$out" '^ *1 +approve +k1 +20.* +- +\{ "by": "me", "n": 1.00 \}$' "and rows"
like "$out" '^ *3 +note +- +20.* +- +\[1,  2\]$' "which are lines"
exits 3 "no such run" signal list "$none"
exits 3 "not in this scope" --global signal list "$run"

# ---- taken in their order, each once
is "$(play order signal:approve signal:approve signal:approve)" '1 RESULT { "by": "me", "n": 1.00 }
2 RESULT null
3 SUSPEND
suspended' "two were there"
is "$("$cairn" --json signal list "$run" | json taken_by | tr '\n' ' ')" "1 2 null null null " "who took which"
is "$("$cairn" --json signal list "$run" --untaken | json seq | tr '\n' ' ')" "3 4 5 " "the others"
exits 0 "another name" --json signal send "$run" reject
is "$(printf '%s\n' "$out" | json woken)" false "does not wake it"
exits 0 "the name that it waits for" signal send "$run" approve 3
is "$out" 7 "is number seven"
like "$err" 'is due now' "and wakes it"
is "$(play order signal:approve signal:approve signal:approve | tail -n 2)" '3 RESULT 3
succeeded' "it goes on"
exits 4 "it is over" signal send "$run" approve
like "$err" 'replay.run_over' "and says so"
exits 0 "a key that is there" signal send "$run" approve '{"n":1.00,"by":"me"}' --key k1
is "$out" 1 "is there still"

# ---- broadcast: those that wait
waits=$("$cairn" enqueue order)
play order signal:go >/dev/null
theirs=$("$cairn" enqueue other --tenant acme)
play other signal:go >/dev/null
early=$("$cairn" enqueue order)
exits 0 "to runs of a type" signal broadcast go --type other
is "$out" "sent 1" "one"
exits 0 "to all that wait" --json signal broadcast go '"now"' --key b1
is "$out" '{"sent":1,"more":false}' "the other one"
exits 0 "again" signal broadcast go
is "$out" "sent 0" "nobody waits for another one"
is "$("$cairn" --json signal list "$waits" | json payload)" now "it was sent"
is "$("$cairn" --json signal list "$theirs" | json payload)" null "so was the other"
is "$("$cairn" --json signal list "$early")" "" "who does not wait gets nothing"
play order signal:other >/dev/null # that was early
is "$(play order signal:go | head -n 1)" '1 RESULT "now"' "it is taken"
exits 0 "to a tenant's" --tenant acme signal broadcast go
is "$out" "sent 0" "none of them waits"

# ---- wrong usage
exits 2 "no verb" signal
exits 2 "another verb" signal whistle "$run"
exits 2 "which?" signal broadcast
exits 2 "too much" signal list "$run" approve
exits 2 "a key of a list" signal list "$run" --key k
exits 2 "a type of one" signal send "$run" approve --type order
exits 2 "untaken ones are listed" signal broadcast approve --untaken
exits 2 "a limit of one" signal send "$run" approve --limit 1
exits 2 "no name" signal send "$run" ''
done_testing

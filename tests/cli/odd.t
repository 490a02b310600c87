#!/bin/sh
# odd.t - odd words and texts: JSON stays JSON, and nothing that is stored can steer a terminal.
# shellcheck disable=SC1003 # backslashes at the ends of names are meant
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null

# ---- words that are no UTF-8, or are cut
bad=$(printf 'x\377\376')
exits 2 "an id that is no text" --json show "$bad"
is "$(printf '%s\n' "$err" | json error.message | od -An -tx1 | tr -d ' \n')" \
	"2778efbfbdefbfbd27206973206e6f2069640a" "is told in UTF-8"
exits 2 "a command that is none" --json "$bad"
is "$(printf '%s\n' "$err" | json error.status)" usage "is told in JSON"
exits 2 "a file" --json enqueue t --payload "@$bad"
is "$(printf '%s\n' "$err" | json error.status)" usage "is told in JSON"
long=é
while [ ${#long} -lt 600 ]; do
	long=$long$long
done
exits 2 "an id that would steer a terminal" run show "$(printf 'a\033[2J\302\233b\377c')"
like "$err" "'a \[2J b.{0,3}c' is no id" "does not"
for word in "$long" "x$long"; do
	exits 2 "a long word" --json show "$word"
	is "$(printf '%s\n' "$err" | json error.status)" usage "is cut between characters"
done
exits 2 "a definition's file" --json sync "$bad"
is "$(printf '%s\n' "$err" | json error.status)" usage "is told in JSON"
exits 2 "a config's file" --json config put t --file nowhere
is "$(printf '%s\n' "$err" | json error.message)" "nowhere: No such file or directory" "is told in JSON"

# ---- names with everything that JSON has to escape
type='ty"pe\é😀'
queue='qu"eue\{},:'
tenant='te"nant\'
exits 0 "a type" --json define "$type" --max-attempts 1
exits 0 "a config" --json config put "$type" '{"a":"\\\"\u0001"}'
exits 0 "a schedule" --json schedule put 'sched"ule\' --type "$type" --queue "$queue" --cron '* * * * *'
exits 0 "a job" --json --tenant "$tenant" enqueue "$type" -q "$queue" -k 'k"ey\' --resource 're"source\' \
	--payload '{"a":
	"\"\\\u0007/"}'
id=$(printf '%s\n' "$out" | json id)
exits 0 "a note" --json note "$id" 'say "\' --data '{"\"":1}'
exits 0 "an intent" --json intents record 'undefined"\' -k 'k"\'
exits 0 "an owner's job" --json enqueue "$type" --owner 'ow"ner\'
exits 0 "a pause" --json pause 'pau"sed\'
exits 1 "work" --json work --type "$type" -q "$queue" --name 'work"er\' \
	--exec 'printf "\001\"\\\\\377\n" >&2; exit 65' --max-jobs 1
is "$(printf '%s\n' "$out" | json event | grep -c finished)" 1 "every line of it is JSON"
lines() {
	name=$1
	shift
	"$cairn" --json "$@" >out 2>err
	json nothing <out >/dev/null 2>parse
	is "$?,$(wc -l <out | tr -d ' ')" "0,$name" "$*: $name lines of JSON"
}
lines 2 jobs --payloads
lines 1 show "$id"
lines 1 logs "$id"
lines 1 dead
lines 3 queues --all
lines 1 resources
lines 1 define --list
lines 1 config list
lines 1 schedule list
lines 1 schedule show 'sched"ule\'
lines 1 intents list --payloads
lines 1 intents metrics
lines 2 metrics
lines 1 top --once
lines 1 requeue "$id"
lines 1 edit "$id" --priority 3
lines 1 cancel "$id"
is "$("$cairn" --json show "$id" | json queue)" "$queue" "and names come back as they were"

# ---- what could steer a terminal: ESC, DEL, and CSI as UTF-8 has it
steers() {
	LC_ALL=C grep -c "$(printf '[\033\177]\\|\302\233')" "$1"
}
csi=$(printf '\302\233')
del=$(printf '\177')
"$cairn" define c --max-attempts 1 >/dev/null
exits 0 "a payload" enqueue c --payload "\"${csi}2J$del\""
id=$out
"$cairn" intents record later -k i --payload "\"${csi}2J$del\"" >intent
"$cairn" schedule put s --type c --cron '0 0 * * *' --payload "\"${csi}2J$del\"" >/dev/null
"$cairn" note "$id" "note${csi}2J$del" >/dev/null
"$cairn" work --type c --exec 'printf "\302\2332J\177\033[2Jend" >&2; exit 65' --max-jobs 1 >out
is "$(grep -c 'end$' out),$(steers out)" 1,0 "what work prints"
for command in "show $id" "logs $id" dead jobs "intents show $(cat intent)" "schedule show s" "top --once"; do
	# shellcheck disable=SC2086 # words
	"$cairn" $command >out
	is "$?,$(steers out)" 0,0 "$command"
done
is "$("$cairn" show "$id" --field payload)" "\"${csi}2J$del\"" "a field is what it is"
big=$(printf '%4094s' '' | tr ' ' x)
id=$("$cairn" enqueue c --payload "\"${big}é\"")
"$cairn" show "$id" >out
is "$(sed -n 's/^payload  *//p' out)" "\"$big…" "a long one is cut between characters"

# ---- replay runs: names, results, signals, ledgers
play() {
	CODE='v"1\' "$build/tests/cli/durable" "${CAIRN_DB:-sqlite:cairn.db}" "$type" "$@"
}
type='r"un\é'
kind='ki"nd\😀'
text="\"${csi}2J$del\""
"$cairn" define "$type" --max-attempts 1 >/dev/null
run=$("$cairn" enqueue "$type" --payload "$text")
exits 2 "a payload that is empty" signal send "$run" "$kind" ''
like "$err" '^cairn: JSON: an empty text' "is told by its name"
printf '"\377"' >bad.json
exits 2 "one that is no UTF-8" --json signal send "$run" "$kind" @bad.json
is "$(printf '%s\n' "$err" | json error.code)" json.invalid "is no JSON"
lines 1 signal send "$run" "$kind" "$text" -k 'k"\'
lines 1 budget set "$run" 'ax"is\' 5
lines 1 budget charge "$run" 'ax"is\' 3 --source 'ty"pe\:i"d\'
is "$(play "step:$kind:$text" "signal:$kind" "child:$type" | tail -n 1)" suspended "a run"
lines 1 run show "$run" --documents
lines 2 run list --type "$type" --documents
lines 3 run steps "$run" --documents
lines 8 run events "$run"
lines 8 run follow "$run" --timeout 1ms
lines 1 signal list "$run"
lines 1 budget show "$run"
lines 1 budget entries "$run"
is "$("$cairn" --json run show "$run" | json code),$("$cairn" --json run show "$run" | json steps.0.kind)" \
	"v\"1\\,$kind" "and names come back as they were"
for command in "run show $run" "run show $run --full" "run steps $run" "run events $run" "run list" \
	"signal list $run" "budget show $run" "budget entries $run"; do
	# shellcheck disable=SC2086 # words
	"$cairn" $command >out
	is "$?,$(steers out)" 0,0 "$command"
	# shellcheck disable=SC2086 # words
	"$cairn" $command >&- 2>err
	is "$?,$(cat err)" "8,cairn: the output could not be written" "where nothing can be written"
done
"$cairn" run follow "$run" --timeout 1m >&- 2>err
is "$?,$(cat err)" "8,cairn: the output could not be written" "nor is it followed there"
"$cairn" run follow "$run" --timeout 1ms >out 2>err
is "$?,$(steers out)" 6,0 "followed"
is "$("$cairn" run show "$run" --field payload)" "$text" "a payload is what it is"
lines 1 run fork "$run" --seq 1 --code 'v"2\'
lines 1 run cancel "$run" --reason 'why"\'
lines 1 run resume "$run" --canceled
lines 1 run cancel "$run"
lines 1 run wait "$run"
lines 1 run delete "$run"
done_testing

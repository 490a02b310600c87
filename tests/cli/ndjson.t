#!/bin/sh
# ndjson.t - many jobs from lines: what a line may say, and what becomes of bad ones.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t >/dev/null
"$cairn" define u >/dev/null

cat >lines <<'LINES'
{"type":"t","payload":{"n": 1.50 , "x":[1,{"}":"\""}]},"queue":"q1","tenant":"acme","priority":-7,"max_attempts":3,"timeout_us":1500000,"run_at":"2031-01-01T00:00:00Z","owner":"box","stage":"scheduled","idempotency_key":"k1"}

  { "type" : "\u0074" , "payload" : "text\n" }
{"payload":null,"type":"t","queue":null}
{"type":"t"}
LINES
exits 0 "lines from a file" --json enqueue --ndjson lines
is "$(printf '%s\n' "$out" | json line | tr '\n' ' ')" "1 3 4 5 " "blank lines count, and are skipped"
# shellcheck disable=SC2046 # ids
set -- $(printf '%s\n' "$out" | json id)
is "$("$cairn" show "$1" --field payload)" '{"n": 1.50 , "x":[1,{"}":"\""}]}' "payloads are slices of the line"
"$cairn" --json show "$1" >job
is "$(json queue <job),$(json tenant <job),$(json priority <job),$(json max_attempts <job),$(json timeout_us <job),$(json run_at <job),$(json owner <job),$(json stage <job),$(json idempotency_key <job)" \
	"q1,acme,-7,3,1500000,2031-01-01T00:00:00.000000Z,box,scheduled,k1" "all members"
is "$("$cairn" show "$2" --field payload)" '"text\n"' "a payload may be any value"
is "$("$cairn" show "$3" --field payload)" 'null' "null is a payload"
is "$("$cairn" show "$4" --field payload)" '{}' "no payload is {}"
is "$("$cairn" --json show "$3" | json queue)" default "null elsewhere is not said"

is "$("$cairn" --json enqueue --ndjson - <lines | json disposition | sed -n 1p)" EXISTING "a keyed line again"
exits 0 "defaults from TYPE and options" --json --tenant beta enqueue u lines --ndjson -q other --priority 5
is "$("$cairn" --json show "$(printf '%s\n' "$out" | json id | sed -n 4p)" | json queue)" other "a line that says nothing"
is "$("$cairn" --json show "$(printf '%s\n' "$out" | json id | sed -n 4p)" | json tenant)" beta "takes the tenant too"
is "$("$cairn" --json show "$(printf '%s\n' "$out" | json id | sed -n 4p)" | json type)" t "the line's type wins"
printf '{"payload":7}\n' >untyped
is "$("$cairn" --json show "$("$cairn" --json enqueue u untyped --ndjson | json id)" | json type)" u "else TYPE's"

# ---- broken lines: each is reported, the others are enqueued
{
	echo '{"type":"t","payload":1}'
	echo '{"type":"t","payload":{"a":}}'
	echo '{"type":"t"'
	echo 'hello'
	echo '[]'
	echo '{"type":"t","payload":01}'
	echo '{"type":"t","nonsense":1}'
	echo '{"type":"t","type":"u"}'
	echo '{"type":7}'
	echo '{"type":"t","priority":"high"}'
	echo '{"type":"t","priority":1.5}'
	echo '{"type":"t","max_attempts":0}'
	echo '{"type":"t","timeout_us":99999999999999999999}'
	echo '{"type":"t","run_at":"tomorrow"}'
	echo '{"type":"t","queue":"\ud800"}'
	echo '{"type":"t","queue":"a\u0000b"}'
	echo '{"type":"t","queue":"a\u0001b"}'
	echo '{"type":"t","queue":"a\qb"}'
	echo '{"type":"t"} {"type":"t"}'
	echo '{"type":"t",}'
	echo '{"payload":1}'
	echo '{"type":"unknown"}'
	echo '{"type":"t","tenant":"acme","idempotency_key":"k1"}'
	printf '{"type":"t","queue":"a\377b"}\n'
	printf '{"type":"t","queue":"a\000b"}\n'
	echo '{"type":"t","payload":"\ud83d\ude00","queue":"\ud83d\ude00"}'
	printf '{"type":"t","payload":2}'
} >broken
exits 1 "some lines are bad" enqueue --ndjson broken
is "$(printf '%s\n' "$err" | grep -c '^line ')" 24 "each is reported"
is "$(printf '%s\n' "$err" | sed -n 's/^line \([0-9]*\):.*/\1/p' | tr '\n' ' ')" \
	"2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 " "with its number, in order"
like "$err" '^line 22: .*job\.definition_not_found_or_disabled' "an unknown type"
like "$err" '^line 23: .*job\.idempotency_conflict' "a conflict"
like "$err" '^line 2: .*json\.invalid' "a payload that is no JSON"
like "$out" '^enqueued 3, already there 0, refused 24' "the others are there"
exits 1 "in JSON" --json enqueue --ndjson broken
is "$(printf '%s\n' "$out" | wc -l | tr -d ' ')" 27 "a line for each"
is "$(printf '%s\n' "$out" | sed -n 23p | json error.status)" conflict "with the error"
is "$(printf '%s\n' "$out" | sed -n 27p | json disposition)" INSERTED "or the job"
echo '{"type":"unknown"}' >bad1
exits 2 "all bad: the first one's exit code" enqueue --ndjson bad1

# ---- many, several batches
perl -e 'printf qq({"type":"t","queue":"bulk","payload":{"n":%d},"idempotency_key":"b%d"}\n), $_, $_ for 1 .. 5001' >many
exits 0 "5001 lines" enqueue --ndjson many
like "$out" '^enqueued 5,001, already there 0, refused 0' "are enqueued"
exits 0 "again" enqueue --ndjson many
like "$out" '^enqueued 0, already there 5,001, refused 0' "are there"
is "$("$cairn" --json queues | grep '"bulk"' | json due)" 5001 "once"
: >empty
exits 0 "an empty file" enqueue --ndjson empty
exits 2 "no such file" enqueue --ndjson nowhere
exits 2 "a key for all lines" enqueue --ndjson -k x empty
done_testing

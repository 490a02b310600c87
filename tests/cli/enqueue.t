#!/bin/sh
# enqueue.t - one job: where its payload comes from, keys, times, refusals.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t >/dev/null

# ---- payloads survive byte for byte
bytes='{"n": 1.0e5 ,"big":12345678901234567890123, "s":"\u00e9é\/" , "a":[ 1,2 ]}'
exits 0 "a payload" enqueue t --payload "$bytes"
like "$out" '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$' "prints the id alone"
is "$("$cairn" show "$out" --field payload)" "$bytes" "the same bytes come back"
printf ' {\n\t"a":\r\n1}\n\n' >payload.json
exits 0 "a payload from a file" enqueue t -p @payload.json
"$cairn" show "$out" --field payload >back
is "$(cmp payload.json back 2>&1)" "" "white space and all"
"$cairn" --json show "$out" >line
is "$(wc -l <line | tr -d ' ')" 1 "a payload of several lines is one line in JSON"
id=$("$cairn" enqueue t -p - <payload.json)
"$cairn" show "$id" --field payload >back
is "$(cmp payload.json back 2>&1)" "" "from the standard input"
id=$("$cairn" enqueue t)
is "$("$cairn" show "$id" --field payload)" "{}" "no payload is {}"

for bad in '{' '{"a":1,"a":2}' 'nul' '"\ud800"' '"\u0000"' '01' '[1,]' "$(printf '"a\001"')" \
	"$(printf '"\377"')" ''; do
	exits 2 "no JSON: $bad" enqueue t --payload "$bad"
done
exits 2 "no such file" enqueue t -p @nowhere
perl -e 'print "[", "1," x 600000, "1]"' >large
exits 2 "more than 1 MiB" enqueue t -p @large
like "$err" 'json\.too_large' "and its code"

# ---- keys
exits 0 "a key" --json enqueue t -k order-1 -p '{"a":1,"b":2}'
is "$(printf '%s\n' "$out" | json disposition)" INSERTED "inserts"
id=$(printf '%s\n' "$out" | json id)
exits 0 "again, spelled otherwise" --json enqueue t -k order-1 -p '{ "b":2.0, "a":1e0 }'
is "$(printf '%s\n' "$out" | json disposition) $(printf '%s\n' "$out" | json id)" "EXISTING $id" "is the same job"
exits 4 "another request" enqueue t -k order-1 -p '{"a":1,"b":3}'
like "$err" 'job\.idempotency_conflict' "is a conflict"
exits 0 "the same key of a tenant" --json --tenant acme enqueue t -k order-1 -p '{"a":1,"b":3}'
is "$(printf '%s\n' "$out" | json disposition)" INSERTED "is another key"

# ---- the other fields
exits 0 "all fields" enqueue t -q mails --tenant acme --priority -3 --max-attempts 2 --timeout 90s \
	--run-at 2031-02-03T04:05:06.789+01:00 --owner box1 --stage scheduled
"$cairn" --json show "$out" >job
is "$(json queue <job),$(json tenant <job),$(json priority <job),$(json max_attempts <job),$(json timeout_us <job),$(json owner <job),$(json stage <job)" \
	"mails,acme,-3,2,90000000,box1,scheduled" "are kept"
is "$(json run_at <job)" 2031-02-03T03:05:06.789000Z "the time too, in UTC"
exits 0 "in an hour" enqueue t --in 1h
like "$("$cairn" jobs -n 1)" 'due in (59m|1h)' "is due in an hour"
exits 2 "both times" enqueue t --in 1h --run-at 2031-02-03T04:05:06Z

# ---- refusals
exits 2 "an unknown type" enqueue nothing
like "$err" 'cairn define' "says how to define it"
exits 2 "no type" enqueue
exits 2 "two types" enqueue t t
exits 2 "a bad stage" enqueue t --stage "done"
like "$err" 'job\.invalid_stage' "has a code"
exits 2 "a queue with a control character" enqueue t -q "$(printf 'a\tb')"
exits 2 "a tenant that is no UTF-8" --tenant "$(printf 'a\377')" enqueue t
exits 2 "attempts below one" enqueue t --max-attempts -1
exits 2 "an error in JSON" --json enqueue nothing
is "$(printf '%s\n' "$err" | json error.code)" job.definition_not_found_or_disabled "is a document"
done_testing

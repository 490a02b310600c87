#!/bin/sh
# log.t - session logs: appending, reading, following, archiving into a file.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null

exits 0 "no logs" log
is "$out" "" "prints nothing"
exits 0 "an empty one" --json log read 'thread 7'
is "$out" "" "has no events"

# ---- append, read
exits 0 "append" log append 'thread 7' '{"a": 1.0}' --kind note
is "$out" 1 "prints the number"
printf '[1,\n 2]' >doc
exits 0 "several" --json log append 'thread 7' '"two"' @doc --expect 1
is "$(printf '%s\n' "$out" | json thread),$(printf '%s\n' "$out" | json tenant),$(printf '%s\n' "$out" | json head)" \
	"thread 7,default,3" "as one batch"
exits 4 "a head that has moved" log append 'thread 7' 4 --expect 2
exits 2 "no JSON" log append 'thread 7' 4 '{'
exits 0 "read" --json log read 'thread 7'
is "$(printf '%s\n' "$out" | json seq | tr '\n' ' ')" "1 2 3 " "in order"
is "$(printf '%s\n' "$out" | sed -n 1p | json kind),$(printf '%s\n' "$out" | sed -n 1p | json payload_version)" note,1 "with kinds"
like "$out" '"data":\{"a": 1.0\}' "documents as they were given"
exits 0 "a page" --json log read 'thread 7' --after 1 --limit 1
is "$(printf '%s\n' "$out" | json data)" two "of it"
exits 0 "the table" log read 'thread 7'
like "$out" '^SEQ +AT +KIND +DATA' "has a head"
like "$out" '^ *1 +20.* note +\{"a": 1.0\}' "and events"
exits 0 "another tenant's" --tenant acme log append 'thread 7' null
is "$out" 1 "is another log"

# ---- list
exits 0 "the list" --json log
is "$(printf '%s\n' "$out" | json thread),$(printf '%s\n' "$out" | json head),$(printf '%s\n' "$out" | json watermark)" "thread 7,3,0" "tells the head"
exits 0 "by prefix" --json log --prefix 'thread 8'
is "$out" "" "byte for byte"
exits 0 "the table" log
like "$out" '^THREAD +HEAD +ARCHIVED +CREATED AT +UPDATED AT' "has a head"

# ---- follow
"$cairn" --json log read 'thread 7' --follow --after 2 --limit 4 >followed 2>follow.err &
follower=$!
began() {
	[ -s followed ]
}
wait_for 10 began
"$cairn" log append 'thread 7' 4 >/dev/null
"$cairn" log append 'thread 7' 5 6 >/dev/null
ended() {
	gone "$follower"
}
if wait_for 10 ended; then pass "follow ends with its limit"; else
	fail "follow ends with its limit"
	kill "$follower"
fi
is "$(json seq <followed | tr '\n' ' ')" "3 4 5 6 " "after it has seen what came meanwhile"

# ---- archive, delete
exits 0 "archive" log archive 'thread 7' 2 --export out.ndjson
is "$out" "archived 2" "tells how many"
exits 0 "again" --json log archive 'thread 7' 4 --export out.ndjson
is "$(printf '%s\n' "$out" | json archived)" 2 "goes on"
is "$(json seq <out.ndjson | tr '\n' ' ')" "1 2 3 4 " "into the same file"
is "$("$cairn" --json log read 'thread 7' | json seq | tr '\n' ' ')" "5 6 " "what is left"
exits 2 "a file that can't be" log archive 'thread 7' 6 --export /no/such/file
if [ -w /dev/full ]; then
	exits 8 "a full disk" log archive 'thread 7' 6 --export /dev/full
	like "$err" '/dev/full' "says which"
	is "$("$cairn" --json log | json watermark)" 4 "and removes nothing"
else
	pass "a full disk"
	pass "says which"
	pass "and removes nothing"
fi
exits 0 "to the standard output" log archive 'thread 7' 5 --export -
is "$(printf '%s\n' "$out" | json seq)" 5 "prints them"
is "$err" "archived 1" "and the rest elsewhere"
exits 0 "without a file" log archive 'thread 7' 1000
is "$out" "archived 1" "to the head"
exits 0 "append" log append 'thread 7' 7
is "$out" 7 "no number twice"
exits 0 "delete" log delete 'thread 7'
is "$out" "thread 7: deleted" "says so"
exits 0 "again" --json log delete 'thread 7'
is "$(printf '%s\n' "$out" | json existed)" false "it was not there"
is "$("$cairn" --json --tenant acme log | json head)" 1 "the other tenant's stays"

# ---- numbers end at 2^53
schema=${CAIRN_CLI_DB:-}
schema=${schema##*schema=}
if [ -n "$schema" ] && command -v psql >/dev/null; then
	"$cairn" log append last null >/dev/null
	psql "$CAIRN_PG_URL" -XAtqc "UPDATE $schema.cairn_log SET head = 9007199254740991 WHERE thread = 'last'"
	exits 2 "two at once" log append last 1 2
	like "$err" 'no numbers left' "do not fit"
	exits 0 "one" log append last 1 --expect 9007199254740991
	is "$out" 9007199254740992 "is the last"
	exits 2 "the next, behind any head" log append last 2
	like "$err" 'no numbers left' "does not fit"
	exits 2 "behind the right one" log append last 2 --expect 9007199254740992
	like "$err" 'no numbers left' "neither"
	exits 4 "behind a wrong one" log append last 2 --expect 3
	like "$err" 'head' "for that reason"
	"$cairn" log delete last >/dev/null
fi

# ---- usage
exits 2 "no thread" log read
exits 2 "no document" log append a
exits 2 "no number" log archive a
exits 2 "a bad number" log archive a b
exits 2 "an unknown verb" log write a
exits 2 "a global log" --global log
exits 2 "an option of another verb" log --follow
exits 2 "likewise" log read a --export b
exits 2 "likewise" log read a --kind b
exits 2 "likewise" log read a --prefix b
exits 2 "a bad name" log read ' '
done_testing

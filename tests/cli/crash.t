#!/bin/sh
# crash.t - workers that die: what they held is taken back, once, and old fences are void.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t --max-attempts 5 >/dev/null
"$cairn" define once --max-attempts 1 >/dev/null

leased() {
	[ "$("$cairn" --json jobs --status LEASED | wc -l)" -ge "$1" ]
}

# ---- kill -9 of one of two, again and again
perl -e 'printf qq({"type":"t","payload":%d}\n), $_ for 1 .. 200' | "$cairn" enqueue --ndjson >/dev/null
worker() {
	# shellcheck disable=SC2016 # for the worker's shell
	"$cairn" work --type t -n "$2" --lease 500ms --reap-interval 100ms --poll 50ms --name "$1" \
		--exec 'read -r n; echo "$n" >>ran; sleep 0.05' >>"$1.log" 2>&1 &
}
worker steady 1
steady=$!
kills=0
holds() {
	"$cairn" --json jobs --status LEASED | grep -q "\"worker\":\"$1\""
}
while [ $kills -lt 5 ]; do
	worker "doomed-$kills" 4
	doomed=$!
	wait_for 20 holds "doomed-$kills" || fail "doomed-$kills never got a job"
	kill -9 $doomed
	wait $doomed 2>/dev/null
	kills=$((kills + 1))
done
idle() {
	[ "$("$cairn" --json jobs --status PENDING,LEASED | wc -l)" -eq 0 ]
}
wait_for 30 idle || fail "it does not end"
kill $steady
wait $steady
is $? 0 "the survivor stops gracefully"
"$cairn" --json jobs --limit 1000 >all
is "$(json status <all | sort | uniq -c | tr -s ' ')" " 200 SUCCEEDED" "every job succeeded"
is "$(sort -n ran | uniq | wc -l | tr -d ' ')" 200 "every job ran"
json id <all | while read -r id; do
	"$cairn" --json show "$id" | json attempts
done >tries
is "$(tr '{' '\n' <tries | grep -c '"ending":"SUCCEEDED"')" 200 "under one fence each"
is "$(grep -c '"ending":"SUCCEEDED".*"ending":"SUCCEEDED"' tries)" 0 "none under two"
is "$(tr '{' '\n' <tries | grep '"ending":"LEASE_EXPIRED"' | grep -o '"worker":"doomed-[0-9]' | sort -u | wc -l | tr -d ' ')" 5 \
	"every killed worker's leases were taken back"

# ---- the last attempt
id=$("$cairn" enqueue once)
"$cairn" work --type once --exec 'sleep 60' --lease 300ms >/dev/null 2>&1 &
doomed=$!
wait_for 10 leased 1 || fail "it never ran"
kill -9 $doomed
wait $doomed 2>/dev/null
sleep 0.4
exits 0 "reap" --json reap
is "$(json id <out),$(json status <out)" "$id,DEAD_LETTERED" "the last attempt is dead-lettered"
is "$("$cairn" --json dead --type once | json error_code)" job.lease_expired "with the reason"
exits 0 "reap again" reap
is "$out" "0 taken back" "nothing is left"

# ---- a worker that stood still longer than its lease
id=$("$cairn" enqueue t)
"$cairn" --json work --type t --max-jobs 1 --lease 300ms --no-reap --exec 'echo old; sleep 5' >old.log 2>&1 &
frozen=$!
wait_for 10 leased 1 || fail "it never ran"
# not while it holds SQLite's write lock: then nobody could go on
while :; do
	kill -STOP $frozen
	"$cairn" enqueue t -q other >/dev/null 2>&1 && break
	kill -CONT $frozen
	sleep 0.05
done
sleep 0.5
exits 0 "another worker" work --type t --exec 'echo new' --until-empty
like "$out" 'reaped .*lost by ' "tells what it took back"
kill -CONT $frozen
wait $frozen
"$cairn" --json show "$id" >job
is "$(json status <job),$(json output.stdout <job)" "SUCCEEDED,new" "the other's result stands"
is "$(json attempts.0.ending <job),$(json attempts.1.ending <job)" LEASE_EXPIRED,SUCCEEDED "the attempts tell"
is "$(grep -c '"event":"finished"' old.log)" 0 "the old fence recorded nothing"
is "$(grep -c '"event":"told_to_end".*"cause":"lease lost"' old.log)" 1 "its command was told to end"
done_testing

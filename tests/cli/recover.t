#!/bin/sh
# recover.t - jobs again: requeue, retry, replay; adopt, edit; logs and notes; by filter; prune.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t --max-attempts 1 >/dev/null
"$cairn" define u >/dev/null
nobody=01890a5d-ac96-774b-bcce-b302099a8057

fine=$("$cairn" enqueue t -p '{"a":1}' --priority 7 --owner me)
"$cairn" work --type t --owner me --exec 'cat >/dev/null' --once >/dev/null
dead=$("$cairn" enqueue t -q mails)
"$cairn" work --type t -q mails --exec 'exit 65' --once >/dev/null
later=$("$cairn" --tenant acme enqueue u --in 1h)
keyed=$("$cairn" enqueue u --key once --in 1h)

# ---- requeue
exits 0 "requeue a dead letter" --json requeue "$dead" --reason mended
is "$(printf '%s\n' "$out" | json requeued),$(printf '%s\n' "$out" | json status),$(printf '%s\n' "$out" | json run_number)" \
	true,PENDING,2 "says what it is now"
is "$("$cairn" --json show "$dead" | json status_reason)" mended "the reason is kept"
is "$("$cairn" --json show "$dead" | json events | grep -c '"state_policy":"preserve_progress_and_checkpoint"')" 1 \
	"progress stays"
is "$("$cairn" --json dead | json id)" "$dead" "the dead letter stays"
exits 4 "a pending job" requeue "$dead"
like "$err" 'job\.invalid_state_transition, it is PENDING' "says what it is"
exits 4 "a job that succeeded" requeue "$fine"
exits 3 "an unknown job" requeue "$nobody"
exits 3 "in the wrong scope" --tenant beta requeue "$dead"
exits 2 "nothing named" requeue
exits 2 "ids and a filter" requeue "$dead" --queue mails
exits 2 "a filter of jobs that can't be requeued" requeue -s SUCCEEDED
"$cairn" cancel "$dead" >/dev/null
exits 0 "by filter" --json requeue --queue mails --reset
is "$(printf '%s\n' "$out" | json id),$(printf '%s\n' "$out" | json was),$(printf '%s\n' "$out" | json run_number)" \
	"$dead,CANCELED,3" "each job is told"
is "$("$cairn" --json show "$dead" | json events | grep -c '"state_policy":"reset_progress_and_checkpoint"')" 1 \
	"--reset"
exits 0 "by a filter that fits nothing" requeue --queue nowhere
is "$out" "" "prints nothing"

# ---- retry
exits 0 "retry what waits" --json retry "$later"
is "$(printf '%s\n' "$out" | json retried),$("$cairn" --json show "$later" | json parked)" true,false "it is due now"
"$cairn" work --type t -q mails --exec 'exit 65' --once >/dev/null
exits 0 "retry a dead letter" retry "$dead"
like "$out" "^$dead  retried, run 4$" "as a new run"
exits 4 "retry what succeeded" retry "$fine"
exits 1 "one of two" retry "$dead" "$nobody"
exits 2 "nothing named" retry

# ---- replay
exits 0 "replay" replay "$fine" --key again --reason "lost downstream"
again=$out
is "$(status "$again"),$(status "$fine")" PENDING,SUCCEEDED "a new job; the source is not touched"
is "$("$cairn" --json show "$again" | json payload),$("$cairn" --json show "$again" | json priority),$("$cairn" --json show "$again" | json owner)" \
	'{"a":1},7,me' "with what the source had"
like "$("$cairn" --json show "$again" | json events)" "\"replayed_from_job_id\":\"$fine\"" "it knows where it comes from"
exits 0 "the same key" --json replay "$fine" --key again --reason "lost downstream"
is "$(printf '%s\n' "$out" | json id),$(printf '%s\n' "$out" | json disposition)" "$again,EXISTING" "is the same job"
exits 4 "with another reason" replay "$fine" --key again
like "$err" 'job\.replay_idempotency_conflict' "is a conflict"
exits 0 "without a key" replay "$fine"
is "$([ "$out" != "$again" ] && echo other)" other "is another job"
exits 4 "a job that did not succeed" --json replay "$later"
is "$(printf '%s\n' "$out" | json code),$(printf '%s\n' "$out" | json status)" job.expectation_mismatch,PENDING "with what it is"
exits 3 "an unknown job" replay "$nobody"

# ---- adopt
exits 0 "adopt" adopt "$later" --owner me
is "$("$cairn" --json show "$later" | json owner)" me "has an owner"
exits 0 "for anybody" --json adopt "$later" --anybody
is "$("$cairn" --json show "$later" | json owner)" null "has none"
exits 4 "what ended" adopt "$fine" --owner you
exits 2 "without saying whose" adopt "$later"
exits 2 "saying both" adopt "$later" --owner x --anybody

# ---- edit
exits 0 "edit" --json edit "$later" --payload '[1, 2]' --priority -4 --in 2h
is "$("$cairn" --json show "$later" | json priority),$("$cairn" show "$later" --field payload)" "-4,[1, 2]" "is changed"
is "$("$cairn" --json show "$later" | json parked)" true "and due later"
printf '{"from":"a file"}' >document
exits 0 "a payload from a file" edit "$later" --payload @document
is "$("$cairn" show "$later" --field payload)" '{"from":"a file"}' "is taken whole"
seen=$("$cairn" --json show "$later" | json updated_at)
exits 0 "unchanged since" edit "$later" --priority 1 --unchanged-since "$seen"
exits 4 "changed since" edit "$later" --priority 2 --unchanged-since "$seen"
like "$err" 'job\.changed' "is stale"
exits 2 "the payload of a keyed job" edit "$keyed" --payload '{}'
like "$err" 'job\.payload_of_keyed_job' "is a promise"
exits 0 "its time is not" edit "$keyed" --now
exits 4 "what ended" edit "$fine" --priority 1
like "$err" 'job\.not_pending' "is over"
exits 2 "nothing to edit" edit "$later"
exits 2 "two times" edit "$later" --now --in 1h
exits 2 "no JSON" edit "$later" --payload '{'

# ---- logs and notes
exits 0 "note" note "$fine" "looked at it" --data '{"ticket":7}'
exits 0 "a worse one" note "$fine" "not good" --level ERROR
exits 0 "logs" --json logs "$fine"
is "$(printf '%s\n' "$out" | json seq | tr '\n' ' ')$(printf '%s\n' "$out" | json level | tr '\n' ' ')" "1 2 INFO ERROR " "in order"
is "$(printf '%s\n' "$out" | sed -n 1p | json data),$(printf '%s\n' "$out" | sed -n 1p | json attempt)" '{"ticket":7},0' "with its data"
exits 0 "the table" logs "$fine"
like "$out" '^ +2 .* ERROR +1\.0 +not good' "has rows"
is "$("$cairn" --json logs "$fine" --level WARNING | json seq)" 2 "--level"
is "$("$cairn" --json logs "$fine" --after 1 | json seq)" 2 "--after"
is "$("$cairn" --json logs "$fine" --limit 1 | json seq)" 1 "--limit"
exits 3 "logs of nobody" logs "$nobody"
exits 3 "a note for nobody" note "$nobody" hello
exits 2 "a blank note" note "$fine" " "
exits 2 "a bad level" note "$fine" x --level BAD
exits 2 "a note without a message" note "$fine"

# ---- cancel by filter
exits 0 "cancel by filter" --json cancel --type u --reason "not needed"
is "$(printf '%s\n' "$out" | json id | sort)" "$(printf '%s\n%s\n' "$later" "$keyed" | sort)" "all that fit"
is "$(status "$later"),$(status "$keyed")" CANCELED,CANCELED "are canceled"
is "$("$cairn" --json show "$keyed" | json status_reason)" "not needed" "with the reason"
exits 4 "those that ended are reported" cancel --type t -s SUCCEEDED
like "$err" 'job\.invalid_state_transition, it was SUCCEEDED' "not forced"
exits 0 "of a tenant" --tenant nobody cancel --type t
is "$(status "$dead")" PENDING "others are left alone"

# ---- prune
exits 0 "prune" prune
is "$out" "0 pruned" "keeps successes for a week"
exits 2 "canceled ones need an age" prune -s CANCELED
exits 2 "pending ones are never pruned" prune -s PENDING --age 1d
exits 0 "of an age" --json prune -s CANCELED,SUCCEEDED --age 0 --type u
is "$(printf '%s\n' "$out" | json pruned)" 2 "counts them"
exits 3 "a pruned job" show "$later"
is "$("$cairn" enqueue u --key once --in 1h | grep -c "$keyed")" 0 "its key is forgotten"
exits 0 "the rest" --json prune --age 0
is "$(printf '%s\n' "$out" | json pruned)" 1 "at once"
exits 0 "its replay stays" show "$again"
done_testing

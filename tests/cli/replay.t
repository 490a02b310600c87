#!/bin/sh
# replay.t - replay runs: list, show, steps, events, follow, wait, cancel, resume, fork, delete. (durable.c plays them)
. "$(dirname "$0")/lib.sh"
export LC_ALL=C
"$cairn" migrate up >/dev/null
for type in order part other; do
	"$cairn" define "$type" --max-attempts 1 >/dev/null
done
none=0190a000-0000-7000-8000-000000000000
db=${CAIRN_DB:-sqlite:cairn.db}

# play TYPE WORD ...: an attempt of the next job of a type
play() {
	"$build/tests/cli/durable" "$db" "$@"
}

# column PATH ARG ...: a member of each line
column() {
	path=$1
	shift
	"$cairn" --json "$@" | json "$path" | tr '\n' ' '
}

# ---- nothing yet
exits 0 "no runs" --json run list
is "$out" "" "an empty list"
exits 0 "the same" --json runs --replay
is "$out" "" "is empty, too"
for verb in follow resume fork delete; do
	exits 2 "$verb: no id" run "$verb" 17
	exits 2 "$verb: which?" run "$verb"
done
exits 3 "follow: no such run" run follow "$none"
exits 3 "resume: no such run" run resume "$none"
exits 3 "fork: no such run" run fork "$none"
exits 0 "delete: no such run" --json run delete "$none"
is "$(printf '%s\n' "$out" | json roots)" 0 "is none"

# ---- a run, step by step
run=$("$cairn" enqueue order --payload '{ "n": 1.00, "big": 123456789012345678901234567890 }' --tenant acme)
is "$(column id run list),$(column id jobs --type order --status pending)" ",$run " "it is a job until it has begun"
for verb in show steps events; do
	exits 3 "$verb: which is none yet" run "$verb" "$run"
	like "$err" "a job, PENDING, .* see cairn show $run\. \(replay.run_not_found\)" "and told as what it is"
done
exits 6 "but may be waited for" run wait "$run" --timeout 0
exits 6 "and followed" run follow "$run" --timeout 50ms
like "$out" ' ENQUEUED ' "from its first event on"
never=$("$cairn" enqueue other)
"$cairn" cancel "$never" >/dev/null
exits 3 "one that ended without having begun is none" run wait "$never"
exits 3 "nor to be shown" run show "$never"
like "$err" 'a job, CANCELED,' "as what it is"
never=$("$cairn" enqueue other)
exits 0 "one that has not begun" run cancel "$never" --reason 'not needed'
is "$out,$(status "$never")" "$never  CANCELED, 0 descendants canceled,CANCELED" "is canceled"
like "$("$cairn" show "$never")" 'not needed' "with the reason"
"$cairn" run wait "$run" --timeout 1m >waited 2>&1 &
waiter=$!
long=$(printf '%0200d' 7 | tr 0 x)
set -- 'value:clock:17' "step:card.charge:\"$long\"" child:part sleep:50 signal:approve:3600000
is "$(CODE=v1 play order "$@" | tail -n 2 | cut -d' ' -f1,2)" "3 SUSPEND
suspended" "it is suspended"
is "$("$cairn" --json show "$run" | json replay)" true "its job knows what it is"
like "$("$cairn" show "$run")" '^replay +its steps are in cairn run show$' "and says so"
exits 0 "show it" run show "$run"
child=$("$cairn" --json run list --parent "$run" | json id)
like "$out" '^status       SUSPENDED$' "its status"
like "$out" "^suspended    waiting for child $child\$" "what it waits for"
like "$out" '^code         v1$' "its code"
like "$out" '^attempt      1, run 2 of its job, fence ' "its attempt"
like "$out" '^steps        3, 2 completed, 0 failed, 1 waiting$' "counts"
like "$out" '^payload      \{ "n": 1.00, "big": 123456789012345678901234567890 \}$' "its payload as it was"
like "$out" '^ *SEQ +NAME +KIND +VERB +STATUS +TRIES +BEGUN +TOOK +RESULT' "a head of steps"
like "$out" '^ *1 +step:sig_[0-9a-f]{24} +clock +VALUE +COMPLETED +1 +20.* 0us +17$' "a value"
like "$out" '^ *2 +step:sig_.* card.charge +STEP +COMPLETED +1 +20.* "x{78}…$' "a long result is cut"
like "$("$cairn" run show "$run" --full)" "card.charge .* \"$long\"\$" "unless all of it is wanted"
like "$out" "^ *3 +step:sig_.* child +CHILD +WAITING +1 .* - +waiting for child $child" "a child"
like "$out" "^$child +part +acme +ENQUEUED +0 " "the children"
exits 3 "not in this scope" --tenant umbrella run show "$run"
exits 3 "not in this either" --global run show "$run"
exits 0 "in this" --tenant acme run show "$run"
exits 6 "it is not over" run wait "$run" --timeout 0
exits 6 "nor soon" run follow "$run" --timeout 50ms
"$cairn" --json run show "$run" >shown
is "$(json status <shown),$(json code <shown),$(json tenant <shown),$(json wake_at <shown),$(json steps.1.kind <shown)" \
	SUSPENDED,v1,acme,null,card.charge "in JSON"
is "$(json awaits.0.child_id <shown),$(json children.0.id <shown)" "$child,$child" "with what it waits for"
is "$(json counts <shown)" '{"children":1,"completed":2,"failed":0,"steps":3,"waiting":1}' "and counts"
is "$(wc -l <shown | tr -d ' ')" 1 "in a line"
is "$("$cairn" --json run show "$run" --documents | json steps.0.signature)" \
	'{"input":null,"kind":"clock","scope":"root"}' "signatures, if they are asked for"
is "$("$cairn" run show "$run" --field payload)" '{ "n": 1.00, "big": 123456789012345678901234567890 }' "a field"
exits 2 "no such field" run show "$run" --field request

# ---- the child ends, a sleep, a signal
is "$(play part 'step:x:[1, 2.0]')" '1 RESULT [1, 2.0]
succeeded' "the child succeeds"
is "$("$cairn" --json run show "$run" | json status)" ENQUEUED "its parent is due"
is "$(CODE=v1 play order "$@" | tail -n 3)" '3 RESULT {"n": 1.0}
4 SUSPEND
suspended' "it sleeps"
like "$("$cairn" run show "$run")" '^suspended    sleeping until 20[0-9-]* [0-9:]*$' "until a time"
like "$("$cairn" run list)" "^$run +order +acme +SUSPENDED +1 .* until 20" "which the list tells"
sleep 0.1
"$cairn" upkeep >/dev/null
is "$(CODE=v1 play order "$@" | tail -n 3)" '4 RESULT null
5 SUSPEND
suspended' "it waits for a signal"
like "$("$cairn" run show "$run")" '^suspended    waiting for signal approve until 20' "for a time"
is "$("$cairn" --json run show "$run" | json awaits.0.signal)" approve "in JSON, too"
"$cairn" --json run follow "$run" >followed 2>&1 &
follower=$!
"$cairn" signal send "$run" approve '{"by": "me"}' >/dev/null 2>&1
is "$(CODE=v1 play order "$@" | tail -n 2)" '5 RESULT {"by": "me"}
succeeded' "it succeeds"
wait $follower
is $? 0 "who followed it knows"
is "$(json kind <followed | tail -n 1),$(json seq <followed | head -n 1)" SUCCEEDED,1 "and saw everything"
is "$(json seq <followed | sort -n | uniq | wc -l | tr -d ' ')" "$(wc -l <followed | tr -d ' ')" "once"
is "$(grep -c '"STEP_COMPLETED"' followed)" 5 "each step"
exits 0 "follow what is over" run follow "$run" --after 3
like "$(printf '%s\n' "$out" | head -n 1)" '^ +4  20[0-9-]* [0-9:]*  STEP_STARTED ' "from an event on"
like "$out" ' SUCCEEDED ' "to the end"
exits 0 "events" run events "$run"
like "$out" '^ *SEQ +AT +SINCE +EVENT +RUN +DETAILS' "a head"
like "$out" ' SIGNALED +3.0|4.0 +\{"name":"approve","signal":1\}' "a signal"
wait $waiter
is "$?,$(cat waited)" 0,SUCCEEDED "who waited before it began knows, too"
exits 0 "wait" run wait "$run"
is "$out" SUCCEEDED "tells so"
is "$("$cairn" run wait "$run" --result)" '{"n": 1.0}' "or the output"
is "$("$cairn" --json run wait "$run" | json status)" SUCCEEDED "in JSON"

# ---- steps
is "$(column verb run steps "$run")" "VALUE STEP CHILD SLEEP SIGNAL " "steps"
is "$(column kind run steps "$run" --after 2 --limit 2)" "child sleep " "some"
is "$(column kind run steps "$run" --status completed --limit 1)" "clock " "by status"
step=$("$cairn" --json run steps "$run" --limit 1 --after 1 | json name)
is "$("$cairn" run steps "$run" --step "$step" --field result)" "\"$long\"" "a result, byte for byte"
is "$("$cairn" run steps "$run" --step "$step" --field signature)" '{"input":null,"kind":"card.charge","scope":"root"}' "a signature"
is "$(column timed_out run steps "$run")" "false false false false false " "none timed out"
exits 3 "no such step" run steps "$run" --step nobody
exits 2 "a field of which?" run steps "$run" --field result
exits 2 "no such field" run steps "$run" --step "$step" --field output
exits 2 "no such status" run steps "$run" --status BLOCKED
exits 2 "steps have numbers" run steps "$run" --after "$run"

# ---- failures: tries of a step, attempts of the run
bad=$("$cairn" enqueue order)
play order fail2:mail.send:smtp.busy >/dev/null
exits 0 "a step to be tried again" run show "$bad"
like "$out" '^suspended    waiting for the next attempt of step step:sig_[0-9a-f]* at 20' "is waited for"
is "$("$cairn" --json run steps "$bad" | json failures)" 1 "it failed once"
exits 4 "it is not over" run resume "$bad"
exits 0 "given to another owner" run resume "$bad" --owner ada
is "$("$cairn" --json run show "$bad" | json owner)" ada "is adopted"
exits 0 "and to anybody" --json run resume "$bad" --anybody
is "$(printf '%s\n' "$out" | json resumed)" true "again"
exits 2 "both" run resume "$bad" --anybody --owner ada
broken=$("$cairn" enqueue order)
is "$(play order value:x:1 fail:mail.send:smtp.busy | tail -n 1)" failed "a step fails for good"
exits 1 "the run failed" run wait "$broken"
is "$out" FAILED "tells so"
exits 1 "the same" run follow "$broken"
exits 0 "show it" run show "$broken"
like "$out" '^error        smtp.busy$' "the error"
like "$out" '^message      no luck \[31m$' "a harmless message"
like "$out" '^ *2 .* mail.send +STEP +FAILED +1 .* smtp.busy: no luck \[31m$' "of its step"
like "$("$cairn" run list --status fail)" "^$broken +order +- +FAILED +1 .* smtp.busy: no luck \[31m\$" "in the list"
like "$("$cairn" --json run show "$broken")" '"error_message":"no\\tluck\\u001b\[31m"' "in JSON"
exits 4 "another attempt than was seen" run resume "$broken" --run-number 7
exits 0 "resume" run resume "$broken" --reason 'try again'
is "$out" "$broken  resumed" "tells so"
is "$(play order value:x:2 fail:mail.send:smtp.busy)" '1 RESULT 1 again
2 FAILED smtp.busy
failed' "what it remembers stays, what failed is tried again"
is "$("$cairn" --json run show "$broken" | json attempt),$("$cairn" --json run steps "$broken" --after 1 | json attempts)" 2,2 \
	"in a second attempt"
like "$("$cairn" run events "$broken")" 'REQUEUED .*"reason":"try again"' "with the reason"

# ---- list
is "$(column status runs --replay --type order)" "FAILED SUSPENDED SUCCEEDED " "newest first"
is "$(column id run list --limit 1 --after "$bad")" "$child " "and on"
is "$(column id run list --root "$run")" "$child $run " "a tree"
is "$(column id runs --replay --parent "$run" --status SUCCEEDED)" "$child " "its children"
is "$(column type run list --tenant acme)" "part order " "a tenant's"
is "$(column status run list --since 1h --until 0s --status run,susp)" "SUSPENDED " "by time and status"
is "$(column type run list --until 1h)" "" "nothing is so old"
is "$(column payload run list --type part)" "null " "without documents"
is "$(column payload run list --type part --documents)" "{} " "with them"
exits 2 "a tree of runs" runs --root "$run"
exits 2 "a key" runs --replay --type order --key k
exits 2 "no such status" run list --status LEASED
exits 2 "no operands" run list "$run"

# ---- what is awaited: what this attempt asked for, and not all of a crowd
moved=$("$cairn" enqueue other)
play other signal:first >/dev/null
"$cairn" retry "$moved" >/dev/null
is "$(play other signal:second | tail -n 1)" suspended "a program that changed its mind"
is "$("$cairn" --json run show "$moved" | json awaits.1),$("$cairn" --json run show "$moved" | json awaits.0.signal)" null,second \
	"waits for what it asked for last"
is "$("$cairn" run show "$moved" | grep -c 'waiting for signal first')" 1 "the other one stands among the steps"
crowd=$("$cairn" enqueue other)
play other child:part:23 >/dev/null
exits 0 "many children" run show "$crowd"
is "$(printf '%s\n' "$out" | sed -n '3,25p' | grep -c '^[a-z ]* waiting for child')" 20 "of a crowd some are named"
like "$out" '^ +and 3 more$' "and the others counted"
is "$("$cairn" --json run show "$crowd" | json counts.children)" 23 "all are there"
exits 0 "cancel them" --json run cancel "$crowd" "$moved"
is "$(printf '%s\n' "$out" | json descendants | tr '\n' ' ')" "23 0 " "with all of them"

# ---- cancel: with all children, and DAG runs among them
tree=$("$cairn" enqueue other)
play other child:part child:part >/dev/null
echo '{"type":"g","steps":[{"key":"a","type":"part"}]}' >g.json
graph=$("$cairn" run submit g.json)
exits 2 "a code of DAG runs only" run cancel "$graph" "$tree" --code x
exits 1 "cancel" run cancel "$tree" "$graph" "$none" --reason enough
like "$out" "^$tree  CANCELED, 1 descendants canceled\$" "the tree"
like "$out" "^$graph  CANCELED, 1 steps canceled\$" "the graph"
like "$err" "$none: The run was not found" "the one that is not there"
exits 0 "again" --json run cancel "$tree"
is "$(printf '%s\n' "$out" | json canceled),$(printf '%s\n' "$out" | json descendants)" "true,0" "it is canceled"
exits 0 "what is over" --json run cancel "$run"
is "$(printf '%s\n' "$out" | json canceled),$(printf '%s\n' "$out" | json status)" "false,SUCCEEDED" "stays so"
exits 1 "the tree did not succeed" run wait "$tree"
exits 4 "canceled is over" run resume "$tree"
exits 0 "but not for all" run resume "$tree" --canceled

# ---- DAG runs, by the same verbs
exits 1 "follow a DAG run" run follow "$graph"
like "$out" ' CANCELED ' "has its events"
like "$("$cairn" run show "$graph")" '^on_failure ' "show"
exits 1 "wait" run wait "$graph"
exits 3 "resume is none of theirs" run resume "$graph"
exits 3 "nor fork" run fork "$graph"

# ---- fork
exits 0 "fork" run fork "$run" --seq 2 --code v2
fork=$out
exits 3 "behind a step that is not there" run fork "$run" --after nobody
exits 3 "or has another number" run fork "$run" --seq 77
exits 2 "one of both" run fork "$run" --seq 2 --after x
like "$("$cairn" run show "$fork")" "^forked from  $run\$" "is known"
is "$(column kind run steps "$fork")" "clock card.charge " "it remembers the first steps"
is "$("$cairn" --json run show "$fork" | json source_id),$("$cairn" --json run show "$fork" | json shared),$("$cairn" --json run show "$fork" | json code)" \
	"$run,2,v2" "where it came from"
is "$(CODE=v2 play order value:clock:99 | head -n 1)" "1 RESULT 17 again" "and goes on from there"
exits 0 "by name" --json run fork "$run" --after "$step"
is "$(printf '%s\n' "$out" | json source_id)" "$run" "another one"
second=$(printf '%s\n' "$out" | json id)
exits 0 "from the top" run fork "$run"
is "$(column kind run steps "$out")" "" "remembers nothing"
"$cairn" run cancel "$out" "$second" >/dev/null

# ---- delete
exits 2 "what?" run delete
exits 2 "only what is over" run delete --status RUNNING
exits 2 "one or the others" run delete "$run" "$fork"
exits 0 "a rehearsal" --json run delete --status SUCCEEDED --tenant acme --dry-run
is "$(printf '%s\n' "$out" | tr -d ' ')" \
	'{"dry_run":true,"roots":2,"descendants":1,"steps":8,"signals":1,"entries":0,"live":0}' "counts"
exits 0 "too young" run delete --status SUCCEEDED --older-than 1d
is "$out" "deleted 0 runs with 0 descendants, 0 steps, 0 signals, 0 entries" "nothing"
exits 0 "one tree" run delete "$run"
is "$out" "deleted 1 runs with 1 descendants, 6 steps, 1 signals, 0 entries" "all of it"
exits 3 "it is gone" run show "$run"
exits 3 "with its job" show "$run"
exits 3 "and its child" run show "$child"
exits 0 "by type" run delete --status FAILED,CANCELED --type order --limit 1
like "$out" '^deleted 1 runs' "one"
exits 0 "the rest" --json run delete --status SUCCEEDED --status FAILED --status CANCELED
is "$("$cairn" --json run list | json status | sort -u | tr '\n' ' ')" "CANCELED ENQUEUED SUSPENDED " "trees that live stay"
done_testing

#!/bin/sh
# runs.t - DAG runs: submit, list, show, steps, events, graph, gates, append, cancel, recover, wait, prune.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C
"$cairn" migrate up >/dev/null
for type in get check publish; do
	"$cairn" define "$type" --max-attempts 2 --retry-base 1ms --retry-jitter 0 >/dev/null
done
none=0190a000-0000-7000-8000-000000000000

# work TYPE COMMAND: everything of a type that is due
work() {
	"$cairn" work --type "$1" --exec "$2" --until-empty --quiet --no-prune >/dev/null 2>&1
}

# column PATH ARG ...: a member of each line
column() {
	path=$1
	shift
	"$cairn" --json "$@" | json "$path" | tr '\n' ' '
}

# ---- help: each verb, and a man page that knows its options
exits 0 "help" help run
sed -n '/^\.It Cm run submit/,/^\.It Cm runs/p' "$root/docs/man/cairn.1" >page
for verb in $(printf '%s\n' "$out" | sed -n 's/^\([a-z-]*\) .*  .*/\1/p' | grep -v usage); do
	exits 0 "help run $verb" help run "$verb"
	like "$out" "^usage: cairn run $verb " "is that verb's"
	missing=
	for option in $(printf '%s\n' "$out" | sed '/^Global/,$d' | sed -n 's/^ *\(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p'); do
		sed -n "/^\.It Cm run $verb\b/,/^\.It Cm run/p" page | grep -q "Fl Fl ${option#--}\b" ||
			missing="$missing $option"
	done
	is "$missing" "" "the man page has its options"
	grep -q "^\.It Cm run $verb\b" page
	is $? 0 "the man page has it"
done
exits 2 "no verb" run
exits 2 "another verb" run dance
exits 2 "help for another verb" help run dance

# ---- nothing yet
exits 0 "no runs" --json runs
is "$out" "" "an empty list"
for verb in show steps events graph wait; do
	exits 3 "$verb: no such run" run "$verb" "$none"
	exits 2 "$verb: no id" run "$verb" 17
	exits 2 "$verb: which?" run "$verb"
done

# ---- submit
cat >release.json <<'END'
{ "type": "release", "metadata": { "by": "ci" }, "result_step": "publish", "steps": [
	{ "key": "fetch", "type": "get", "payload": { "n": 1.00,
		"big": 123456789012345678901234567890 }, "priority": 7, "timeout": "90s" },
	{ "key": "lint", "type": "check", "after": [ "fetch" ] },
	{ "key": "test", "type": "check", "after": [ { "step": "fetch", "mode": "ON_SUCCESS" } ] },
	{ "key": "approval", "kind": "EXTERNAL", "deadline": "2d" },
	{ "key": "publish", "type": "publish", "after": [ "lint",
		{ "step": "test", "mode": "ON_SUCCESS" }, { "step": "approval", "mode": "ON_SUCCESS" } ] }
] }
END
exits 0 "submit" run submit release.json --key r1
id=$out
exits 0 "the same again" --json run submit - --key r1 <release.json
is "$(printf '%s\n' "$out" | json id),$(printf '%s\n' "$out" | json disposition)" "$id,EXISTING" "is the same run"
exits 4 "another request" run submit release.json --key r1 --metadata '{"by":"me"}'
sed 's/"publish", "after"/"unheard", "after"/' release.json >unheard.json
exits 2 "a type that is not defined" run submit unheard.json
like "$err" 'The type unheard of step 4 is not defined' "has its name"
exits 2 "no graph" run submit - <<'END'
{ "type": "release", "steps": [ { "key": "a", "type": "get", "retries": 1 } ] }
END
like "$err" 'step 0: retries is no member' "is told"
exits 2 "two files" run submit a b
exits 2 "metadata that are none" run submit release.json --metadata '{'
exits 0 "an active key" run submit release.json --active-key one
active=$out
exits 0 "again" --json run submit release.json --active-key one
is "$(printf '%s\n' "$out" | json id),$(printf '%s\n' "$out" | json disposition)" "$active,EXISTING_ACTIVE" \
	"is the run that has it"
exits 0 "cancel it" run cancel "$active" --reason enough
is "$out" "$active  CANCELED, 5 steps canceled" "tells how many"
sed 's/"type": "release"/"type": "release", "tenant": "acme"/' release.json >acme.json
exits 2 "another tenant" --tenant umbrella run submit acme.json
exits 2 "a global run of a tenant" --global run submit acme.json
exits 0 "a tenant's run" run submit acme.json
acme=$out
exits 0 "a tenant by option" --tenant acme run submit release.json

# ---- list
is "$(column id runs --limit 1 --after "$acme")" "$active " "newest first, and on"
is "$(column status runs --type release --status cancel)" "CANCELED " "by status, as much as tells it"
is "$(column id runs --type release --key r1)" "$id " "by key"
is "$("$cairn" --json runs --tenant acme | wc -l | tr -d ' ')" 2 "a tenant's"
is "$("$cairn" --json runs --global | wc -l | tr -d ' ')" 2 "global ones"
is "$(column counts runs --key r1 --type release)" \
	'{"blocked":3,"canceled":0,"enqueued":1,"failed":0,"succeeded":0,"total":5,"waiting":1} ' "with counters"
is "$(column metadata runs --key r1 --type release --documents)" '{"by":"ci"} ' "and documents"
exits 0 "for people" runs
like "$out" '^ID +TYPE +TENANT +STATUS +DONE +AGE +NOTE' "a head"
like "$out" "^$active +release +- +CANCELED +5/5, 5 canceled .* enough\$" "and rows"
exits 2 "a key alone" runs --key r1
exits 2 "no such status" runs --status DEAD
exits 2 "no operands" runs "$id"

# ---- show
exits 3 "not in this scope" --tenant acme run show "$id"
exits 0 "show" run show "$id"
like "$out" '^status       RUNNING$' "its status"
like "$out" '^done         0/5$' "its counters"
like "$out" '^fetch +get +ENQUEUED +0/2 +20' "what is due"
like "$out" '^\|- lint +check +BLOCKED +- +- +- +waits for 1 of 1' "stands over what waits for it"
like "$out" '^`- test +check +BLOCKED' "all of it"
like "$out" '^   `- publish \+2 +publish +BLOCKED .* waits for 3 of 3' "what waits for more has a mark"
like "$out" '^approval +\(gate\) +WAITING_FOR_EXTERNAL +- +20.* for 1d23h more' "a gate has its time"
like "$out" '^\+N: it waits for N more' "the mark is explained"
"$cairn" run show "$id" --json >shown
is "$(json steps.4.prerequisites <shown),$(json steps.0.payload <shown),$(wc -l <shown | tr -d ' ')" 3,null,1 "in JSON"
is "$(json edges.1 <shown)" '{"dependent":"test","mode":"ON_SUCCESS","prerequisite":"fetch"}' "with its edges"
is "$(json steps.0.priority <shown),$(json steps.0.timeout_us <shown),$(json steps.3.deadline_us <shown)" \
	7,90000000,172800000000 "and the numbers of the file"
is "$(json steps.0.max_attempts <shown)" 2 "and of the definition"
is "$("$cairn" --json run show "$id" --documents | json steps.1.payload)" "{}" "payloads, if they are asked for"
is "$("$cairn" run steps "$id" --step fetch --field payload)" '{ "n": 1.00,
		"big": 123456789012345678901234567890 }' "a payload as it was in the file"
is "$("$cairn" run show "$id" --field metadata)" '{ "by": "ci" }' "metadata, too"
exits 2 "no such field" run show "$id" --field colour
exits 2 "no such field of a step" run steps "$id" --step fetch --field colour
exits 2 "a field of which step?" run steps "$id" --field payload
exits 3 "no such step" run steps "$id" --step nobody

fetch=$(json steps.0.id <shown)
is "$("$cairn" --json show "$fetch" | json run_id)" "$id" "a step's job knows its run"
like "$("$cairn" show "$fetch")" "^of run +$id\$" "and shows it"
is "$("$cairn" --json jobs --type get | json run_id | sort -u | grep -c "$id")" 1 "so do lists"

# ---- steps, events, graph
is "$(column key run steps "$id")" "fetch lint test approval publish " "steps, as they were given"
is "$(column key run steps "$id" --status blocked --limit 2)" "lint test " "by status"
second=$("$cairn" --json run steps "$id" --step lint | json id)
is "$(column key run steps "$id" --after "$second")" "test approval publish " "and on"
exits 0 "for people" run steps "$id"
like "$out" '^ID +STEP +TYPE +STATUS +TRIES +WAITED +RELEASED +STARTED +FINISHED +NOTE' "a head"
is "$(column status run events "$id")" "RUNNING ENQUEUED WAITING_FOR_EXTERNAL " "events"
is "$(column step_key run events "$id")" "null fetch approval " "of its steps"
is "$(column kind run events "$id" --jobs)" "RUN STEP STEP JOB " "and of their jobs"
exits 0 "for people" run events "$id" --jobs
like "$out" '^ *1 +20.* JOB +fetch +ENQUEUED +\{"job_type":"get"\}' "the job's own"
exits 0 "a graph" run graph "$id"
like "$out" 's0 \[label="fetch.nget.nENQUEUED", fillcolor="#dde8ff"' "has colours"
exits 0 "another" run graph "$id" --format mermaid
like "$out" 's3[{]{2}"approval".*:::WAITING_FOR_EXTERNAL$' "has classes"
like "$out" 'classDef BLOCKED fill:' "which are defined"
is "$("$cairn" --json run graph "$id" | json steps.0.status)" ENQUEUED "in JSON"

# ---- wait, gates
exits 6 "it is not over" run wait "$id" --timeout 0
exits 6 "nor a little later" run wait "$id" --timeout 50ms --result
exits 3 "no such gate" run complete-gate "$none" approval SUCCEEDED
exits 2 "a job is no gate" run complete-gate "$id" fetch SUCCEEDED
exits 2 "it ends otherwise" run complete-gate "$id" approval BLOCKED
exits 2 "no output of a failure" run complete-gate "$id" approval FAILED --output 1
exits 2 "an output that is none" run complete-gate "$id" approval SUCCEEDED --output '{'
work get 'cat'
work check 'echo checked'
is "$(column status run steps "$id")" "SUCCEEDED SUCCEEDED SUCCEEDED WAITING_FOR_EXTERNAL BLOCKED " "only the gate is left"
is "$(column status runs --key r1 --type release)" "RUNNING " "and what waits for it"
printf '{"by": "me"}' >yes.json
exits 0 "complete it" run complete-gate "$id" approval succeeded --output @yes.json --reason fine
is "$out" "SUCCEEDED, the run is RUNNING" "tells what it came to"
exits 0 "again" --json run complete-gate "$id" approval SUCCEEDED --output '{ "by":"me" }' --reason fine
is "$(printf '%s\n' "$out" | json repeated),$(printf '%s\n' "$out" | json step_status)" "true,SUCCEEDED" "is the same"
exits 4 "otherwise" run complete-gate "$id" approval FAILED
exits 4 "another output" run complete-gate "$id" approval SUCCEEDED --output 7 --reason fine
work publish 'printf out'
exits 0 "it succeeded" run wait "$id"
is "$out" SUCCEEDED "tells so"
exits 0 "its result" run wait "$id" --result
is "$(printf '%s\n' "$out" | json stdout)" out "is the output of its step"
is "$("$cairn" --json run wait "$id" | json result.stdout)" out "in JSON"
is "$("$cairn" run show "$id" --field result)" "$out" "is shown, too"
is "$("$cairn" run steps "$id" --step approval --field output)" '{"by": "me"}' "the gate's is as it was given"
is "$(column step_key run events "$id" | tr -d '\n')" \
	"null fetch approval fetch lint test lint test approval publish publish null " "the whole timeline"

# ---- failures, recovery
cat >fails.json <<'END'
{ "type": "fails", "steps": [
	{ "key": "a", "type": "get" },
	{ "key": "b", "type": "check", "after": [ { "step": "a", "mode": "ON_SUCCESS" } ] },
	{ "key": "c", "type": "publish", "after": [ "b" ] } ] }
END
bad=$("$cairn" run submit fails.json)
exits 4 "only what is over is recovered" run recover "$bad" --key k --reason r
work get 'echo sorry >&2; exit 65'
exits 6 "it goes on behind a failure" run wait "$bad" --timeout 0
work publish ':'
exits 1 "it had errors" run wait "$bad"
is "$out" COMPLETED_WITH_ERRORS "tells so"
exits 2 "it has no result" run wait "$bad" --result
exits 0 "show it" run show "$bad"
like "$out" '^a +get +FAILED +1/2 +20.* exec.exit_65: .*sorry' "what failed"
like "$out" '^`- b +check +CANCELED .* workflow.dependency_unsatisfied: ' "what was canceled"
like "$out" '^   `- c +publish +SUCCEEDED +1/2' "what was done nevertheless"
exits 1 "without success there is no result" run wait "$active" --result
like "$err" 'workflow.result_unsuccessful_terminal' "that is why"
exits 2 "a recovery needs a reason" run recover "$bad" --key k
exits 3 "no such run" run recover "$none" --key k --reason r
exits 3 "no such step" run recover "$bad" --key k --reason r --step nobody
exits 0 "recover" run recover "$bad" --key k --reason 'once more' --step a
again=$out
exits 0 "the same again" --json run recover "$bad" --key k --reason 'once more' --step a
is "$(printf '%s\n' "$out" | json id),$(printf '%s\n' "$out" | json disposition)" "$again,EXISTING" "is the same run"
exits 4 "another reason" run recover "$bad" --key k --reason 'for fun' --step a
is "$(column id runs --source "$bad")" "$again " "the recoveries of a run"
like "$("$cairn" run show "$again")" "^recovers     $bad" "and what a run recovers"
exits 0 "a tenant's run" run cancel "$acme"
exits 0 "its scope need not be said" run recover "$acme" --key k --reason r
is "$("$cairn" --json --tenant acme runs --source "$acme" | json tenant)" acme "it is the run's own"

# ---- append
window=$("$cairn" run submit release.json)
cat >more.json <<'END'
{ "metadata": 1, "steps": [
	{ "key": "retest", "type": "check", "after": [ "fetch" ] },
	{ "key": "notify", "type": "publish", "after": [ "retest", "publish" ] } ] }
END
exits 0 "append" run append "$window" more.json --window approval --key a1
is "$out" "appended 2, the run is RUNNING" "tells how many"
exits 0 "again" --json run append "$window" more.json --window approval --key a1
is "$(printf '%s\n' "$out" | json disposition),$(printf '%s\n' "$out" | json steps.1.key)" "EXISTING,notify" "adds nothing"
exits 4 "another append" run append "$window" - --window approval --key a1 <<'END'
{ "steps": [ { "key": "other", "type": "check" } ] }
END
exits 2 "no window" run append "$window" more.json --window fetch --key a2
exits 2 "a step that is there" run append "$window" more.json --window approval --key a2
exits 2 "no graph of a run" run append "$window" release.json --window approval --key a2
like "$err" 'type is no member that is known here' "is told"
exits 2 "which window?" run append "$window" more.json --key a2
is "$(column key run steps "$window" --status BLOCKED)" "lint test publish retest notify " "they are there"
is "$("$cairn" --json run events "$window" | grep APPENDED | json reason)" a1 "and an event tells of it"

# ---- cancel
exits 1 "one of two" run cancel "$window" "$none"
like "$out" "^$window  CANCELED, 7 steps canceled" "the other is canceled"
like "$err" "^cairn: $none: " "this one is not there"
exits 0 "what is over stays as it is" --json run cancel "$id"
is "$(printf '%s\n' "$out" | json canceled),$(printf '%s\n' "$out" | json status)" "false,SUCCEEDED" "tells so"
exits 3 "nothing there" run cancel "$none"
exits 2 "no id" run cancel it
exits 2 "which?" run cancel
later=$("$cairn" run submit - <<'END'
{ "type": "later", "steps": [ { "key": "a", "type": "get" }, { "key": "gate", "kind": "EXTERNAL", "after": [ "a" ] } ] }
END
)
exits 4 "a gate that is not open yet" run complete-gate "$later" gate SUCCEEDED
exits 4 "is no window either" run append "$later" more.json --window gate --key a1
exits 0 "cancel it" run cancel "$later" --code x.y --message because
like "$("$cairn" run show "$later")" '^`- gate +\(gate\) +CANCELED .* x.y: because$' "with code and message"

# ---- many steps: wide, and deep
perl -e 'print qq({"type":"wide","steps":[{"key":"split","type":"get"});
	print qq(,{"key":"part-$_","type":"check","after":["split"]}) for 1 .. 1500;
	print qq(,{"key":"join","type":"get","after":[), join(",", map { qq("part-$_") } 1 .. 1500), "]}]}"' >wide.json
wide=$("$cairn" run submit wide.json)
exits 0 "a wide one" run show "$wide"
like "$out" '^\|- part-3 .* BLOCKED' "is folded"
like "$out" '^\|- … 1496 more +check +BLOCKED' "into a line"
like "$out" '^   `- join \+1499 ' "but for what stands over others"
is "$("$cairn" run show "$wide" --all | grep -c 'part-')" 1500 "unless all are asked for"
is "$("$cairn" --json run steps "$wide" | head -n 5000 | json key | sort -u | wc -l | tr -d ' ')" 1502 "pages: each step once"
is "$("$cairn" run graph "$wide" | grep -c -e '->')" 3000 "and each edge"
perl -e 'print qq({"type":"deep","steps":[{"key":"s0","type":"get"});
	print qq(,{"key":"s$_","type":"get","after":["s), $_ - 1, qq("]}) for 1 .. 2000; print "]}"' >deep.json
deep=$("$cairn" run submit deep.json)
exits 0 "a deep one" run show "$deep"
like "$out" '^2000 {34}`- s2000 ' "has numbers where it is too deep"
exits 0 "cancel them" run cancel "$wide" "$deep"
is "$("$cairn" --json run events "$deep" | head -n 5000 | wc -l | tr -d ' ')" 2004 "pages: each event"
is "$("$cairn" --json run events "$deep" --jobs | head -n 5000 | wc -l | tr -d ' ')" 2006 "with those of jobs, too"

# ---- inputs
cat >small.json <<'EOF'
{"type":"small","steps":[{"key":"a","kind":"EXTERNAL"},{"key":"b","kind":"EXTERNAL","after":["a"]}]}
EOF
small=$("$cairn" run submit small.json)
exits 0 "a gate" run complete-gate "$small" a SUCCEEDED --output '{"x": 1}'
b=$("$cairn" --json run steps "$small" --step b | json id)
exits 0 "inputs" run inputs "$b"
like "$out" '^a +SUCCEEDED +{"x": 1}' "are what was waited for"
is "$("$cairn" run inputs "$b" --step a --field output)" '{"x": 1}' "byte for byte"
is "$("$cairn" run inputs "$b" --step a --field status)" SUCCEEDED "or its status"
exits 3 "no such input" run inputs "$b" --step c
exits 2 "a field of which?" run inputs "$b" --field output
exits 0 "cancel it" run cancel "$small"

# ---- prune
exits 2 "how old?" run prune
exits 2 "running ones are not pruned" run prune --older 0 --status RUNNING
exits 0 "nothing is so old" run prune --older 1d
is "$out" "pruned 0" "so there is nothing"
exits 0 "by type" --json run prune --older 0 --type wide
is "$(printf '%s\n' "$out" | json pruned)" 1 "in JSON"
exits 0 "by status" run prune --older 0 --status COMPLETED_WITH_ERRORS
is "$out" "pruned 1" "one"
exits 3 "it is gone" run show "$bad"
exits 0 "some" run prune --older 0 --limit 1
is "$out" "pruned 1" "so many"
exits 0 "all of them" run prune --older 0
is "$("$cairn" --json runs | json status | sort -u | tr '\n' ' ')" "RUNNING " "what goes on stays"
done_testing

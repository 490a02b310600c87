#!/bin/sh
# exec.t - what `work --exec` makes of a command: input, environment, ends, outputs.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t --max-attempts 2 --retry-base 1h >/dev/null

# run NAME WANTED-STATUS COMMAND [PAYLOAD]: one job through the command; $id is its id, ./job its JSON
run() {
	id=$("$cairn" enqueue t --payload "${4:-{\}}" ${timeout:+--timeout "$timeout"})
	"$cairn" work --type t --exec "$3" --once --kill-after 300ms >log 2>&1
	code=$?
	"$cairn" --json show "$id" >job
	is "$(json status <job)" "$2" "$1: $2"
}

# ---- success, and what the command is told
payload='{"n": 1.50, "s":"é"}'
run "exit 0" SUCCEEDED 'cat; echo problem >&2' "$payload"
is $code 0 "the worker exits 0"
is "$(json output.stdout <job)" "$payload" "the payload is on the standard input, byte for byte"
is "$(json output.stderr <job)" "problem" "stderr is kept"
is "$(json output.exit <job)" 0 "the exit code too"
is "$(json output.stdout_truncated <job)$(json output.stderr_truncated <job)" falsefalse "nothing was cut"
CAIRN_JOB_TENANT=stale CAIRN_JOB_OTHER=stale
export CAIRN_JOB_TENANT CAIRN_JOB_OTHER
run "environment" SUCCEEDED 'env | grep ^CAIRN_JOB_ | sort'
unset CAIRN_JOB_TENANT CAIRN_JOB_OTHER
is "$(json output.stdout <job)" "CAIRN_JOB_ATTEMPT=1
CAIRN_JOB_FENCE=1
CAIRN_JOB_ID=$id
CAIRN_JOB_QUEUE=default
CAIRN_JOB_TYPE=t" "of a global job: no tenant, nothing inherited"
id=$("$cairn" --tenant acme enqueue t -q other)
"$cairn" work --type t -q other --exec "env | grep ^CAIRN_JOB_ | sort" --once >/dev/null
"$cairn" --json show "$id" >job
like "$(json output.stdout <job)" "^CAIRN_JOB_TENANT=acme" "of a tenant's job"
run "input that is not read" SUCCEEDED 'exit 0' "$(perl -e 'print "\"", "x" x 100000, "\""')"
run "large input" SUCCEEDED 'wc -c | tr -d " "' "$(perl -e 'print "\"", "x" x 100000, "\""')"
is "$(json output.stdout <job)" 100002 "arrives whole"
id=$("$cairn" enqueue t --payload '"a b"')
# shellcheck disable=SC2016
"$cairn" work --type t --once -- sh -c 'printf "%s|" "$@"; cat' sh 'x  y' '$HOME' >/dev/null
# shellcheck disable=SC2016
is "$("$cairn" --json show "$id" | json output.stdout)" 'x  y|$HOME|"a b"' "a program with arguments, without a shell"

# ---- outputs of any kind
printf 'a\377\000b\303(\355\240\200\033[1m\177"\134' >bytes
run "bytes that are no text" SUCCEEDED 'cat bytes'
r='\357\277\275'
# shellcheck disable=SC2059 # octal escapes
printf "a$r${r}b$r($r$r$r"'\\u001b[1m\177\\"\134\134' >clean
"$cairn" show "$id" --field output | sed 's/.*"stdout":"\(.*\)","stderr":.*/\1/' | tr -d '\n' >got
is "$(cmp clean got 2>&1)" "" "become valid JSON"
run "much output" SUCCEEDED 'perl -e "print q(x) x 300000; print STDERR q(y) x 200000, q(end)"'
is "$(json output.stdout <job | tr -d '\n' | wc -c | tr -d ' ')" 65536 "64 KiB of stdout are kept"
is "$(json output.stderr <job | tail -c 4)" "end" "and the end of stderr"
is "$(json output.stdout_truncated <job)$(json output.stderr_truncated <job)" truetrue "and both marked"
run "much that must be escaped" SUCCEEDED 'perl -e "print qq(\001) x 100000; print STDERR qq(\001) x 100000"'
run "characters at the cut" SUCCEEDED 'perl -e "print q(a), qq(\303\251) x 50000; print STDERR qq(\303\251) x 50000, q(z)"'
is "$("$cairn" show "$id" --field output | grep -c "$(printf '\357\277\275')")" 0 "are not torn"

# ---- failures
run "exit 1" PENDING 'echo reason >&2; exit 1'
is $code 1 "the worker exits 1"
is "$(json error_code <job)" exec.exit_1 "the code"
is "$(json error_message <job)" "The command exited with status 1: reason" "the message ends with stderr"
is "$(json attempts.0.ending <job)" RETRYABLE "the ending"
run "exit 75" PENDING 'exit 75'
is "$(json error_code <job)" exec.exit_75 "the code"
run "exit 65" DEAD_LETTERED 'exit 65'
is "$(json attempts.0.ending <job)" TERMINAL "the ending"
is "$("$cairn" --json dead -n 1 | json error_code)" exec.exit_65 "the dead letter"
run "a signal" PENDING 'kill -9 $$'
is "$(json error_code <job)" exec.signaled "the code"
like "$(json error_message <job)" 'signal 9' "the message"
run "no such command" PENDING '/nowhere/at/all'
is "$(json error_code <job)" exec.exit_127 "the shell says so"
id=$("$cairn" enqueue t)
"$cairn" work --type t --once -- /nowhere/at/all >/dev/null
is "$("$cairn" --json show "$id" | json error_code)" exec.not_started "without a shell the worker does"
run "stderr of all kinds" PENDING 'printf "a\\000\\377\\n\\n" >&2; exit 1'
"$cairn" define last --max-attempts 1 >/dev/null
id=$("$cairn" enqueue last)
exits 1 "the last attempt" work --type last --exec false --once
is "$(status "$id")" DEAD_LETTERED "dead-letters"

# ---- timeouts
timeout=300ms
run "a timeout" PENDING 'echo begun >&2; sleep 30'
is "$(json error_code <job)" exec.timeout "the code"
is "$(json attempts.0.ending <job)" TIMEOUT "the ending"
like "$(json error_message <job)" 'begun$' "with the end of stderr"
run "a timeout that is ignored" PENDING 'trap "" TERM; sleep 30 & wait; sleep 30'
is "$(json error_code <job)" exec.timeout "is killed"
run "a timeout with pipes closed" PENDING 'exec >&- 2>&-; sleep 30'
is "$(json error_code <job)" exec.timeout "is seen"
run "exit 0 after the timeout" PENDING 'trap "exit 0" TERM; sleep 30 & wait'
is "$(json attempts.0.ending <job)" TIMEOUT "is too late"
timeout=

# ---- what a command leaves behind
run "a child that holds the pipes" SUCCEEDED 'sleep 60 & echo $!'
left=$(json output.stdout <job)
wait_for 2 gone "$left"
is $? 0 "is killed with its group"
begin=$(date +%s)
run "closed pipes" SUCCEEDED 'exec >&- 2>&- <&-; sleep 0.3'
is $(($(date +%s) - begin < 5)) 1 "are no reason to wait"
done_testing

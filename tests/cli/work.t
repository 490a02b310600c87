#!/bin/sh
# work.t - the worker: how many at a time, when it ends, leases, signals, cancels.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t --max-attempts 3 --retry-base 100ms --retry-jitter 0 >/dev/null
"$cairn" define u >/dev/null

enqueue() {
	perl -e 'printf qq({"type":"t","queue":"%s","payload":%d}\n), $ARGV[0], $_ for 1 .. $ARGV[1]' "$1" "$2" |
		"$cairn" enqueue --ndjson >/dev/null
}

count() {
	"$cairn" --json jobs --queue "$1" --status "$2" --limit 100000 | wc -l | tr -d ' '
}

has() {
	[ "$(count "$1" "$2")" -eq "$3" ]
}

# ---- concurrency
enqueue many 200
cat >handler <<'SCRIPT'
#!/bin/sh
echo + >>trace
read -r n
sleep 0.02
echo - >>trace
SCRIPT
chmod +x handler
exits 0 "200 jobs, 8 at a time" work --type t -q many --exec ./handler -n 8 --until-empty
is "$(count many SUCCEEDED)" 200 "all are done"
is "$(grep -c + trace)" 200 "each ran once"
is "$(awk '/\+/ { n++ } /-/ { n-- } n > most { most = n } END { print (most > 4 && most <= 8) }' trace)" 1 \
	"several at a time, never more than 8"
like "$out" 'stopped: 200 succeeded, 0 attempts failed' "the summary"
exits 0 "nothing to do" work --type t -q many --exec false --until-empty

enqueue once 3
exits 0 "--once" work --type t -q once --exec true --once
is "$(count once SUCCEEDED)" 1 "does one"
exits 0 "--once with nothing due" work --type u -q once --exec true --once
exits 0 "--max-jobs" work --type t -q once --exec true --max-jobs 2 -n 8
is "$(count once SUCCEEDED)" 3 "does so many"

# ---- which jobs
"$cairn" enqueue u -q types >/dev/null
enqueue types 1
exits 0 "a type" work --type u -q types --exec true --until-empty
is "$("$cairn" --json jobs -q types -s SUCCEEDED | json type)" u "takes only its jobs"
exits 0 "two types" work --type u --type t -q types --exec true --until-empty
is "$(count types SUCCEEDED)" 2 "take both"
"$cairn" enqueue u -q pinned --owner box1 >/dev/null
exits 0 "without owner" work --type u -q pinned --exec true --until-empty
is "$(count pinned PENDING)" 1 "a pinned job stays"
exits 0 "another owner" work --type u -q pinned --owner box2 --exec true --until-empty
is "$(count pinned PENDING)" 1 "here too"
exits 0 "its owner" work --type u -q pinned --owner box1 --exec true --until-empty
is "$(count pinned SUCCEEDED)" 1 "takes it"

# ---- retries until it works
id=$("$cairn" enqueue t -q retry)
# shellcheck disable=SC2016 # for the worker's shell
"$cairn" work --type t -q retry --poll 50ms \
	--exec 'test "$CAIRN_JOB_ATTEMPT" = 3 || exit 7; echo "$CAIRN_JOB_FENCE"' --max-jobs 3 >log
"$cairn" --json show "$id" >job
is "$(json status <job)" SUCCEEDED "the third attempt succeeds"
is "$(json attempts.0.ending <job),$(json attempts.1.ending <job),$(json attempts.2.ending <job)" \
	RETRYABLE,RETRYABLE,SUCCEEDED "after two failures"
is "$(json output.stdout <job)" 3 "under fence 3"
is "$(grep -c 'RETRYABLE' log)" 2 "the log tells"

# ---- a job longer than its lease
id=$("$cairn" enqueue t -q long)
exits 0 "beats" work --type t -q long --exec 'sleep 1.5' --lease 300ms --reap-interval 50ms --once
"$cairn" --json show "$id" >job
is "$(json status <job)" SUCCEEDED "a job five leases long"
is "$(json fence <job)" 1 "is claimed once"

# ---- cancel while it runs
id=$("$cairn" enqueue t -q cancel)
"$cairn" --json work --type t -q cancel --exec 'echo $$ >pid; exec sleep 60' --lease 300ms --max-jobs 1 >log 2>&1 &
worker=$!
wait_for 10 has cancel LEASED 1 || fail "it never ran"
exits 0 "cancel" cancel "$id" --reason "no longer wanted"
like "$out" 'its worker will be told' "says that it runs"
wait $worker
is $? 0 "the worker ends"
is "$(grep -c '"event":"told_to_end".*"cause":"job canceled"' log)" 1 "the command was told to end"
gone "$(cat pid)"
is $? 0 "and is gone"
"$cairn" --json show "$id" >job
is "$(json status <job),$(json status_reason <job)" "CANCELED,no longer wanted" "the job is canceled"

# ---- cancel, and the end comes before the worker is told
id=$("$cairn" enqueue t -q dropped)
"$cairn" --json work --type t -q dropped --exec 'touch here; while [ ! -e on ]; do sleep 0.05; done' --max-jobs 1 >log 2>&1 &
pid=$!
wait_for 10 test -e here
"$cairn" cancel "$id" >/dev/null
touch on
wait $pid
is $? 0 "an end that nobody wants any more is no failure"
is "$(grep -c '"event":"refused".*"code":"job.canceled"' log)" 1 "though it is told"

# ---- signals
enqueue soft 6
"$cairn" work --type t -q soft -n 2 --exec 'sleep 1' >log 2>&1 &
worker=$!
wait_for 10 has soft LEASED 2 || fail "it never ran"
kill -TERM $worker
wait $worker
is $? 0 "SIGTERM: exit 0"
is "$(count soft SUCCEEDED),$(count soft PENDING)" 2,4 "running commands finish, nothing new is claimed"
like "$(cat log)" 'stopping' "it says so"

enqueue hard 3
"$cairn" --json work --type t -q hard -n 2 --exec 'echo $$ >>pids; exec sleep 60' >log 2>&1 &
worker=$!
wait_for 10 has hard LEASED 2 || fail "it never ran"
sleep 0.2
kill -INT $worker
sleep 0.2
is "$(kill -0 $worker 2>&1)" "" "SIGINT: it waits for its commands"
kill -INT $worker
begin=$(date +%s)
wait $worker
is $? 0 "the second: exit 0, everything was recorded"
is $(($(date +%s) - begin < 4)) 1 "soon"
is "$(count hard LEASED),$(count hard PENDING)" 0,3 "the jobs are given back"
is "$("$cairn" --json jobs -q hard -s PENDING | json error_code | sort -u | tr '\n' ' ')" \
	"null worker.stopped " "with the reason"
is "$(while read -r pid; do gone "$pid" && echo gone; done <pids | grep -c gone)" 2 "the commands are gone"

enqueue stubborn 1
"$cairn" work --type t -q stubborn --kill-after 200ms --exec 'trap "" TERM INT; sleep 60 & wait; sleep 60' >log 2>&1 &
worker=$!
wait_for 10 has stubborn LEASED 1 || fail "it never ran"
sleep 0.2
kill -INT $worker
kill -TERM $worker
wait $worker
is $? 0 "a command that ignores SIGTERM is killed"
is "$(count stubborn PENDING)" 1 "its job given back"

enqueue drain 1
"$cairn" work --type t -q drain --drain 200ms --exec 'exec sleep 60' >log 2>&1 &
worker=$!
wait_for 10 has drain LEASED 1 || fail "it never ran"
kill -TERM $worker
wait $worker
is $? 0 "--drain turns a soft stop hard"

# ---- usage
exits 2 "no type" work --exec true
exits 2 "no command" work --type t
exits 2 "two commands" work --type t --exec true -- false
exits 2 "a short lease" work --type t --exec true --lease 10ms
exits 2 "too many at a time" work --type t --exec true -n 1001
exits 2 "a tenant" --tenant a work --type t --exec true
exits 2 "a queue that is no name" work --type t --exec true --once -q "$(printf '\001')"
done_testing

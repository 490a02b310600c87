#!/bin/sh
# demo.sh - cairn at work: a job per file, several workers, one of them killed in the middle.
#
# `make demo` runs it with BUILD and DB=sqlite|postgres. It enqueues a job for each
# file of /usr/share/common-licenses and of the repository's own sources, starts three worker
# processes that digest them, ends one with SIGKILL, waits for the others to recover what
# it held, and checks each recorded result against sha256sum. Exit 1: a check failed.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-build/plain}
case $build in /*) ;; *) build=$here/$build ;; esac
db=${DB:-sqlite}
cairn=$build/bin/cairn

workers=3
slots=4
lease=2s
patience=${PATIENCE:-20} # seconds, until everything has to be done

tmp=$(mktemp -d /tmp/cairn-demo.XXXXXX)
pids=
bad=0

clean_up() {
	trap - EXIT
	for pid in $pids; do kill -9 "$pid" 2>/dev/null || :; done
	[ "$db" != postgres ] || "$here/tools/pg-temp.sh" stop "$tmp/pg" >/dev/null 2>&1 || :
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

bold=
dim=
green=
red=
plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	esc=$(printf '\033')
	bold="${esc}[1m" dim="${esc}[2m" green="${esc}[32m" red="${esc}[31m" plain="${esc}[0m"
fi

step() {
	printf '%s%s%s\n' "$bold" "$*" "$plain"
}

# check GOT WANTED WHAT
check() {
	if [ "$1" = "$2" ]; then
		printf '  %sok%s   %-58s %s\n' "$green" "$plain" "$3" "$1"
	else
		printf '  %sBAD%s  %-58s %s, not %s\n' "$red" "$plain" "$3" "$1" "$2"
		bad=1
	fi
}

count() {
	wc -l <"$1" | tr -d ' '
}

# field NAME: the number or word of a member in each line of NDJSON.
field() {
	sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# ---- the database ----------------------------------------------------------------------

case $db in
sqlite) CAIRN_DB=sqlite:$tmp/demo.db ;;
postgres)
	# the server has a user of its own
	chmod 755 "$tmp"
	CAIRN_DB=$("$here/tools/pg-temp.sh" start "$tmp/pg")
	;;
*)
	echo "demo: DB must be sqlite or postgres" >&2
	exit 2
	;;
esac
export CAIRN_DB
cd "$tmp"
"$cairn" migrate up >/dev/null
"$cairn" define digest --max-attempts 5 --timeout 30s >/dev/null

# ---- the jobs --------------------------------------------------------------------------------

# A copy, so that an editor that saves a source meanwhile does not look like a fault.
mkdir tree
for folder in include core drivers runtime conformance tools tests examples bench migrations docs; do
	[ ! -d "$here/$folder" ] || cp -R "$here/$folder" tree/
done
{
	find tree -type f
	find /usr/share/common-licenses -type f 2>/dev/null || :
} | LC_ALL=C sort >files

# In JSON's spelling; the names stay so in every list from here on.
sed 's/[\\"]/\\&/g' files >names
while IFS= read -r file; do sha256sum <"$file" | cut -d ' ' -f 1; done <files | paste names - >expected
sed 's|.*|{"type":"digest","idempotency_key":"digest:&","payload":{"path":"&"}}|' names >jobs.ndjson
jobs=$(count files)

step "cairn on $db: $jobs files, $workers worker processes, $slots jobs at a time each"
"$cairn" enqueue --ndjson jobs.ndjson | sed 's/^/  /'
"$cairn" enqueue --ndjson jobs.ndjson | sed 's/^/  the same again: /'

# The handler: reads {"path":…} and prints the digest. It takes its time, to be killed in.
cat >digest <<'SCRIPT'
#!/bin/sh
path=$(sed 's/^{"path":"\(.*\)"}$/\1/; s/\\\([\\"]\)/\1/g')
echo "$CAIRN_JOB_ID $CAIRN_JOB_FENCE" >>runs
sleep 0.1
sha256sum <"$path" | cut -d ' ' -f 1
SCRIPT
chmod +x digest

# ---- the workers ---------------------------------------------------------------------------------

i=1
while [ $i -le $workers ]; do
	"$cairn" --json work --type digest --exec ./digest -n $slots --name worker-$i \
		--lease $lease --reap-interval 300ms --poll 200ms >worker-$i.log 2>worker-$i.err &
	eval "pid_$i=$!"
	pids="$pids $!"
	i=$((i + 1))
done

open_jobs() {
	"$cairn" --json queues | awk -F '[:,]' '{ for (i = 1; i < NF; i++)
		if ($i ~ /"(pending|leased)"/) n += $(i + 1) } END { print n + 0 }'
}

# Later than half-way: what is taken back queues up behind the jobs that were there before.
deadline=$(($(now_ms) + patience * 1000))
while [ "$(open_jobs)" -gt $((jobs * 2 / 5)) ]; do
	[ "$(now_ms)" -lt $deadline ] || break
	sleep 0.05
done

# shellcheck disable=SC2154 # set by eval above
victim=$pid_2
kill -9 "$victim"
killed_at=$(now_ms)
wait "$victim" 2>/dev/null || :
"$cairn" --json jobs --status LEASED --limit 1000 | grep '"worker":"worker-2"' | field id >held || :
held=$(count held)
step "worker-2 (pid $victim) was killed with SIGKILL; it held $held jobs"

while [ "$(open_jobs)" -gt 0 ]; do
	[ "$(now_ms)" -lt $deadline ] || break
	sleep 0.1
done
left=$(open_jobs)

stopped=0
for i in 1 3; do
	eval "pid=\$pid_$i"
	kill -TERM "$pid"
	wait "$pid" && stopped=$((stopped + 1))
done
pids=

# ---- what became of it ------------------------------------------------------------------------

"$cairn" --json jobs --payloads --limit 1000000 >all
grep '"status":"SUCCEEDED"' all |
	sed 's/.*"payload":{"path":"\(.*\)"},"checkpoint".*"stdout":"\([0-9a-f]*\).*/\1	\2/' |
	LC_ALL=C sort >recorded || :
LC_ALL=C sort expected >wanted
attempts=$(field fence <all | awk '{ n += $1 } END { print n + 0 }')

# When each held job was claimed anew, in milliseconds after the kill.
while IFS= read -r id; do
	"$cairn" --json show "$id" | sed 's/.*"attempts"://; s/"events".*//' | tr '{' '\n' |
		grep '"fence":2,' | field leased_at
done <held | while IFS= read -r at; do
	echo $(($(date -d "$at" +%s%N) / 1000000 - killed_at))
done | sort -n >waits
expired=$(while IFS= read -r id; do
	"$cairn" --json show "$id" | tr '{' '\n' | grep '"fence":1,' | grep -c '"ending":"LEASE_EXPIRED"' || :
done <held | awk '{ n += $1 } END { print n + 0 }')

echo
printf '%s%-10s %8s %8s %10s  %s%s\n' "$bold" WORKER PID STARTED COMPLETED '' "$plain"
i=1
while [ $i -le $workers ]; do
	eval "pid=\$pid_$i"
	note=
	[ $i -ne 2 ] || note="killed, $held jobs in hand"
	printf '%-10s %8s %8s %10s  %s%s%s\n' worker-$i "$pid" \
		"$(grep -c '"event":"started"' worker-$i.log)" \
		"$(grep -c '"event":"finished"' worker-$i.log)" "$red" "$note" "$plain"
	i=$((i + 1))
done
printf '%sleases taken back: %s; lease %s; runs of the command: %s%s\n\n' "$dim" \
	"$(cat worker-*.log | grep -c '"event":"reaped"')" "$lease" "$(count runs)" "$plain"

check "$left" 0 "jobs left behind"
check "$(grep -c '"status":"SUCCEEDED"' all)" "$jobs" "jobs that succeeded, one per file"
check "$(cut -f 1 recorded | uniq -d | wc -l | tr -d ' ')" 0 "files with more than one recorded result"
check "$(comm -12 wanted recorded | wc -l | tr -d ' ')" "$jobs" "digests that equal sha256sum's"
check "$attempts" $((jobs + held)) "attempts: one per job, one more for each in hand"
check "$expired" "$held" "attempts of the killed worker that ended LEASE_EXPIRED"
check "$(count waits)" "$held" "jobs in hand that ran again"
check "$([ "$held" -gt 0 ] && echo yes)" yes "the killed worker held jobs"
check "$stopped" $((workers - 1)) "workers that stopped gracefully on SIGTERM"
if [ -s waits ]; then
	printf '\n%sFrom the kill to the re-run: %s ms at the earliest, %s ms at the latest.%s\n' "$bold" \
		"$(head -n 1 waits)" "$(tail -n 1 waits)" "$plain"
fi
echo
# shellcheck source-path=SCRIPTDIR source=demo-graph.sh
. "$here/tools/demo-graph.sh"
[ $bad -eq 0 ] || cat ./*.err >&2
exit $bad

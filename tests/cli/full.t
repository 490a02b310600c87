#!/bin/sh
# full.t - a disk without room (SQLite, by a limit of pages): a documented refusal, nothing lost,
# nothing half-written, and work goes on when there is room again.
. "$(dirname "$0")/lib.sh"

file=$dir/full.db
small="sqlite:$file?max_pages=120"
large="sqlite:$file"
payload=$(printf '"%020000d"' 7)
"$cairn" --db "$small" migrate up >/dev/null
"$cairn" --db "$small" define t >/dev/null

n=0
while [ $n -lt 100 ] && "$cairn" --db "$small" enqueue t --payload "$payload" >/dev/null 2>&1; do
	n=$((n + 1))
done
[ $n -gt 0 ] && [ $n -lt 100 ]
is $? 0 "the disk is full after some jobs"

exits 6 "then an enqueue is refused as unavailable" --db "$small" --json enqueue t --payload "$payload"
like "$out$err" '"code":"db.full"' "with its code"
line="{\"type\":\"t\",\"payload\":$payload}"
printf '%s\n' "$line" "$line" "$line" >many
exits 6 "so is a batch" --db "$small" enqueue --ndjson many
exits 0 "reading goes on" --db "$small" --json queues
is "$(printf '%s\n' "$out" | json due)" "$n" "what was acknowledged is there, and nothing else"

exits 0 "with room again" --db "$large" enqueue t --payload "$payload"
exits 0 "everything runs" --db "$large" work --type t --exec 'cat >/dev/null' --until-empty
exits 0 "and is counted" --db "$large" --json queues --all
is "$(printf '%s\n' "$out" | json succeeded)" $((n + 1)) "to the last job"

done_testing

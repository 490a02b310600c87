#!/bin/sh
# queues.t - queues and pausing them, resources, owners.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t >/dev/null

# ---- queues
exits 0 "no queues" queues
like "$out" '^no jobs$' "says so"
"$cairn" enqueue t >/dev/null
"$cairn" enqueue t --in 1h >/dev/null
"$cairn" enqueue t --queue mails >/dev/null
exits 0 "queues" --json queues
is "$(printf '%s\n' "$out" | json queue | tr '\n' ' ')" "default mails " "by name"
first=$(printf '%s\n' "$out" | sed -n 1p)
is "$(printf '%s\n' "$first" | json pending),$(printf '%s\n' "$first" | json due),$(printf '%s\n' "$first" | json parked)" 2,1,1 "depth"
is "$(printf '%s\n' "$first" | json paused)" false "not paused"
exits 2 "no operands" queues x

# ---- pause, resume
exits 0 "pause" pause mails later
is "$out" "mails: paused
later: paused" "says so"
exits 0 "again" --json pause mails
is "$(printf '%s\n' "$out" | json changed)" false "changes nothing"
exits 0 "it is listed" --json queues
is "$(printf '%s\n' "$out" | json queue | tr '\n' ' ')" "default later mails " "even without jobs"
is "$(printf '%s\n' "$out" | sed -n 3p | json paused)" true "as paused"
exits 0 "a worker" work --type t --queue mails --exec true --until-empty
is "$("$cairn" --json queues | sed -n 3p | json due)" 1 "gets nothing from it"
exits 0 "resume" resume mails default
is "$out" "mails: resumed
default: was not paused" "says so"
exits 0 "a worker" work --type t --queue mails --exec true --until-empty
is "$("$cairn" --json queues --all | sed -n 3p | json succeeded)" 1 "has done it"
exits 0 "the table" queues --all
like "$out" '^QUEUE +DUE +OLDEST +PARKED +LEASED +EXPIRED +PAUSED +SUCCEEDED +DEAD +CANCELED' "has a head"
exits 2 "a queue is needed" pause
exits 2 "a bad name" pause ' '
exits 2 "a tenant has no queues" --tenant a pause q

# ---- resources
exits 0 "a job with a resource" enqueue t --queue r --resource account:7
id=$out
exits 0 "another" enqueue t --queue r --resource account:7
is "$("$cairn" --json show "$id" | json resource_key)" account:7 "it is shown"
exits 0 "resources" --json resources
is "$(printf '%s\n' "$out" | json resource_key),$(printf '%s\n' "$out" | json capacity),$(printf '%s\n' "$out" | json in_use),$(printf '%s\n' "$out" | json waiting)" \
	account:7,1,0,2 "with their permits"
exits 0 "set" --json resources set account:7 0
is "$(printf '%s\n' "$out" | json capacity)" 0 "a capacity"
exits 0 "a worker" work --type t --queue r --exec true --until-empty
is "$("$cairn" --json resources | json waiting)" 2 "starts nothing"
exits 0 "set again" resources set account:7 2
exits 0 "a worker" work --type t --queue r --exec true --until-empty
is "$("$cairn" --json resources | json waiting)" 0 "does both"
exits 0 "a tenant's own" --json --tenant acme resources set account:7 5
is "$(printf '%s\n' "$out" | json tenant)" acme "belongs to it"
is "$("$cairn" --json --global resources | wc -l | tr -d ' ')" 1 "in scope"
exits 0 "the table" resources
like "$out" '^KEY +TENANT +CAPACITY +IN USE +WAITING' "has a head"
exits 2 "too much" resources set r 10001
exits 2 "no number" resources set r many
exits 2 "too little" resources set r
printf '{"type":"t","queue":"n","resource_key":"line"}\n' >lines
exits 0 "a line" enqueue --ndjson lines
is "$("$cairn" --json --global resources | sed -n 2p | json waiting)" 1 "may name one"

# ---- owners
exits 0 "owners" --json owners
is "$out" "" "none: who is gone at once leaves no row"
"$cairn" work --type t --queue idle --name idler --exec true >work.log 2>&1 &
idler=$!
"$cairn" work --type t --queue other --name hidden --unlisted --exec true >work.log 2>&1 &
hidden=$!
listed() {
	[ -n "$("$cairn" --json owners)" ]
}
wait_for 10 listed
exits 0 "a worker" --json owners --state LIVE
is "$(printf '%s\n' "$out" | json name)" idler "registers itself, unless it is told not to"
is "$(printf '%s\n' "$out" | json pid),$(printf '%s\n' "$out" | json queues)" "$idler,[\"idle\"]" "with process and queue"
is "$(printf '%s\n' "$out" | json version)" "$("$cairn" version | cut -d ' ' -f 2)" "and version"
exits 0 "top" --json top --once
is "$(printf '%s\n' "$out" | json workers.0.worker),$(printf '%s\n' "$out" | json workers.0.jobs),$(printf '%s\n' "$out" | json workers.0.pid)" \
	"idler,0,$idler" "shows it without a job"
exits 0 "top of its queue" top --once --queue idle
like "$out" '^idler +0 ' "shows it"
is "$("$cairn" --json top --once --queue other | json workers)" "[]" "of another does not"
is "$("$cairn" --json top --once --tenant acme | json workers)" "[]" "nor for a tenant"
kill $idler $hidden
wait $idler $hidden
exits 0 "at its end" --json owners
is "$(printf '%s\n' "$out" | json state)" CLOSED "it is closed"
exits 0 "of a state" owners --state LIVE --state STALE --stale-after 5m
exits 2 "an unknown one" owners --state DEAD
exits 0 "prune" owners --prune --age 1h
is "$out" "pruned 0" "nothing"
exits 2 "age alone" owners --age 1h
exits 2 "too young" owners --prune --age 1s
done_testing

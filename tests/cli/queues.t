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

# ---- owners (nobody registers here)
exits 0 "owners" --json owners
is "$out" "" "none"
exits 0 "of a state" owners --state LIVE --state STALE --stale-after 5m
exits 2 "an unknown one" owners --state DEAD
exits 0 "prune" owners --prune --age 1h
is "$out" "pruned 0" "nothing"
exits 2 "age alone" owners --age 1h
exits 2 "too young" owners --prune --age 1s
done_testing

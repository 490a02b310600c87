#!/bin/sh
# memory.t - memory items: putting, getting, lists, namespaces, conditions, eviction.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null

exits 0 "no items" memory
exits 0 "none" --json memory
is "$out" "" "an empty list"
exits 3 "nothing there" memory get a k

# ---- put, get, delete
exits 0 "put" memory put agent-1:conv k '{ "n": 1.0 }' --metadata '{"kind": "x"}'
first=$out
like "$first" '^[1-9][0-9]*$' "prints the revision"
exits 0 "get" memory get agent-1:conv k
is "$out" '{ "n": 1.0 }' "as it was put"
exits 0 "get" --json memory get agent-1:conv k
is "$(printf '%s\n' "$out" | json namespace),$(printf '%s\n' "$out" | json key),$(printf '%s\n' "$out" | json metadata.kind),$(printf '%s\n' "$out" | json value.n)" \
	"agent-1:conv,k,x,1" "with everything"
exits 3 "another tenant's" --tenant acme memory get agent-1:conv k
exits 0 "the tenant's own namespace" memory put '' k 0
exits 0 "a segment with a colon" memory put 'k8s\:pod' k 1
exits 3 "is one segment" memory get k8s:pod k
printf 'a\0b' >file
exits 0 "bytes" memory put agent-1 file @file --bytes
"$cairn" memory get agent-1 file >got
cmp -s file got
is $? 0 "come back"
is "$("$cairn" --json memory get agent-1 file | json bytes)" 610062 "are shown as digits"
exits 0 "delete" memory delete 'k8s\:pod' k
is "$out" deleted "says so"
exits 0 "again" --json memory delete 'k8s\:pod' k
is "$(printf '%s\n' "$out" | json existed)" false "it was not there"

# ---- conditions
exits 4 "there is one" memory put agent-1:conv k 2 --expect 0
exits 4 "not that one" memory put agent-1:conv k 2 --expect 5
exits 0 "that one" --json memory put agent-1:conv k 2 --expect "$first"
is "$(printf '%s\n' "$out" | json existed)" true "is replaced"
second=$(printf '%s\n' "$out" | json revision)
is "$([ "$second" -gt "$first" ] && echo greater)" greater "the revision is greater"
exits 4 "moved on" memory delete agent-1:conv k --expect "$first"
exits 0 "as it is" memory delete agent-1:conv k --expect "$second"

# ---- lists, namespaces
for key in user.b user.a other_1; do
	"$cairn" memory put agent-1:conv $key '"v"' --metadata "{\"key\": \"$key\"}" >/dev/null
done
exits 0 "a list" --json memory list agent-1:conv
is "$(printf '%s\n' "$out" | json key | tr '\n' ' ')" "other_1 user.a user.b " "by key"
exits 0 "a prefix" --json memory list agent-1:conv --prefix user.
is "$(printf '%s\n' "$out" | json key | tr '\n' ' ')" "user.a user.b " "is literal"
is "$("$cairn" --json memory list agent-1:conv --prefix other% | wc -l | tr -d ' ')" 0 "no wildcards"
exits 0 "by metadata" --json memory list --below --metadata '{"key":"user.a"}'
is "$(printf '%s\n' "$out" | json key)" user.a "finds one"
exits 0 "below" --json memory list agent-1 --below
is "$(printf '%s\n' "$out" | json key | tr '\n' ' ')" "file other_1 user.a user.b " "everything"
is "$("$cairn" --json memory list agent-1:conv --values | json value | tr '\n' ' ')" "v v v " "with values"
exits 0 "the table" memory list agent-1:conv --values
like "$out" '^NAMESPACE +KEY +SIZE +REVISION +UPDATED +EXPIRES +VALUE' "has a head"
like "$out" '^agent-1:conv +user.a +3 .* "v"' "and rows"
exits 0 "namespaces" --json memory namespaces
is "$(printf '%s\n' "$out" | json namespace | tr '\n' ,)" ",agent-1,agent-1:conv," "in order"
exits 0 "of one" memory namespaces agent-1
is "$out" "agent-1
agent-1:conv" "itself and below"

# ---- time
exits 0 "a short one" --json memory put t k 1 --ttl 100ms
like "$(printf '%s\n' "$out" | json expires_at)" '^20' "has an end"
sleep 0.2
exits 3 "which comes" memory get t k
exits 0 "evict" --json --tenant default memory evict
is "$(printf '%s\n' "$out" | json evicted)" 1 "it is gone"
exits 0 "again" memory evict
is "$out" "evicted 0" "nothing is over"

# ---- wrong usage
exits 2 "an unknown word" memory steal
exits 2 "no key" memory get a
exits 2 "no value" memory put a k
exits 2 "no JSON" memory put a k '{'
exits 2 "no namespace" memory get "a\\" k
exits 2 "an empty segment" memory get a::b k
exits 2 "no file" memory put a k @nowhere
exits 2 "no time" memory put a k 1 --ttl 0s
exits 2 "values are listed" memory get a k --values
exits 2 "a ttl goes with put" memory list --ttl 1s
exits 2 "nothing is expected of a list" memory list --expect 1
exits 2 "nobody deletes what is not there" memory delete a k --expect 0
exits 2 "every item has a tenant" --global memory
done_testing

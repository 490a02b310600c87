#!/bin/sh
# locks.t - named locks: taking them in one command and giving them back in another, repair.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null

exits 0 "no locks" locks
exits 0 "none" --json locks
is "$out" "" "an empty list"

# ---- take, extend, release
exits 0 "take" locks take 'thread 7' --holder me --ttl 1h
fence=$out
like "$fence" '^[1-9][0-9]*$' "prints the fence"
exits 4 "again" locks take 'thread 7'
exits 6 "by waiting" locks take 'thread 7' --wait 50ms
exits 4 "by waiting for no time" locks take 'thread 7' --wait 0s
exits 0 "another tenant's" --json --tenant acme locks take 'thread 7'
is "$(printf '%s\n' "$out" | json tenant),$(printf '%s\n' "$out" | json name)" "acme,thread 7" "is another lock"
exits 0 "the list" --json locks
is "$(printf '%s\n' "$out" | json name),$(printf '%s\n' "$out" | json holder),$(printf '%s\n' "$out" | json fence),$(printf '%s\n' "$out" | json expired)" \
	"thread 7,me,$fence,false" "tells who has it"
exits 0 "the table" locks
like "$out" '^NAME +HOLDER +FENCE +HELD +LEFT' "has a head"
like "$out" "^thread 7 +me +$fence .* 59m" "and what is left"
exits 0 "extend" --json locks extend 'thread 7' "$fence" --ttl 2h
is "$(printf '%s\n' "$out" | json fence)" "$fence" "keeps the fence"
exits 0 "release by somebody else" locks release 'thread 7' $((fence - 1))
is "$out" "thread 7: was not held" "frees nothing"
exits 0 "release" locks release 'thread 7' "$fence"
is "$out" "thread 7: released" "frees it"
exits 4 "it is lost" locks extend 'thread 7' "$fence"
exits 0 "taken again" locks take 'thread 7' --wait 1s
is "$([ "$out" -gt "$fence" ] && echo greater)" greater "the fence is greater"
exits 0 "a short one" locks take short --ttl 100ms
sleep 0.2
is "$("$cairn" --json locks --prefix sh | json expired)" true "is over"
exits 0 "and taken by the next one" locks take short

# ---- break, prefix, prune
exits 0 "break" locks break 'thread 7'
is "$out" "thread 7: broken" "says so"
exits 0 "again" --json locks break 'thread 7'
is "$(printf '%s\n' "$out" | json held)" false "it was not held"
exits 0 "a prefix" --json locks --prefix th
is "$out" "" "nothing begins so now"
is "$("$cairn" --json locks | json name)" short "the other one is held"
exits 0 "prune" locks prune
is "$out" "pruned 0" "nothing is old enough"
exits 0 "of a tenant" --json --tenant acme locks prune --age 1d
is "$(printf '%s\n' "$out" | json pruned)" 0 "either"

# ---- wrong usage
exits 2 "an unknown word" locks steal x
exits 2 "which?" locks break
exits 2 "no fence" locks release x
exits 2 "a fence that is none" locks release x 0
exits 2 "age goes with prune" locks --age 2d
exits 2 "too young" locks prune --age 1h
exits 2 "prefix goes with the list" locks prune --prefix x
exits 2 "a wait goes with take" locks break x --wait 1s
exits 2 "every lock has a tenant" --global locks
exits 2 "too long" locks release "$(printf '%0300d' 7)" 5
exits 2 "too short" locks take x --ttl 1ms
exits 2 "no time" locks take x --ttl 0s
exits 2 "no time" locks extend x 5 --ttl 0s
done_testing

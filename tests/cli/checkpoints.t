#!/bin/sh
# checkpoints.t - threads and checkpoints: what there is, copying, deleting and pruning. (an application puts
# them: fill.c)
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null

exits 0 "no threads" threads
exits 0 "none" --json threads
is "$out" "" "an empty list"
exits 0 "no checkpoints" --json checkpoints list t
is "$out" "" "of a thread that is not there"
exits 3 "nothing to show" checkpoints show t
exits 3 "nothing to copy" threads copy t u
exits 0 "nothing to delete" threads delete t
is "$out" "deleted 0" "says so"
exits 0 "nothing to prune" --json checkpoints prune --keep 2 --older-than 1d
is "$(printf '%s\n' "$out" | json pruned)" 0 "in JSON, too"

# ---- what an application left
fill=$build/tests/cli/fill
db=${CAIRN_DB:-sqlite:cairn.db}
"$fill" "$db" put || {
	echo "Bail out! no $fill"
	exit 1
}

# column PATH ARG ...: a member of each line
column() {
	path=$1
	shift
	"$cairn" --json "$@" | json "$path" | tr '\n' ' '
}

exits 0 "the threads" threads
like "$out" '^THREAD +SEQ +CREATED +UPDATED' "have a head"
like "$out" '^conv 1 +4 +20.* 20' "with their numbers and times"
is "$(column thread threads)|$(column write_seq threads)" "conv 1 conv 2 |4 1 " "in JSON"
is "$(column thread threads --prefix 'conv 2')" "conv 2 " "by prefix"
is "$(column tenant --tenant acme threads)" "acme " "another tenant's"

exits 0 "a history" checkpoints list 'conv 1'
like "$out" '^SEQ +ID +NAMESPACE +STEP +NEXT +STATE +CREATED' "has a head"
like "$out" '^ *3 +[0-9a-f-]{36} +sub +5 .* 3 +20' "and rows"
is "$(column write_seq checkpoints list 'conv 1')" "4 3 2 1 " "the newest first"
is "$(column step checkpoints list 'conv 1')" "1 5 1 0 " "whatever their steps"
is "$(column format checkpoints list 'conv 1')" "json bytes json json " "documents and bytes"
like "$("$cairn" --json checkpoints list 'conv 1' --limit 1)" '"state_size":12' "with sizes"
is "$("$cairn" --json checkpoints list 'conv 1' | grep -c '"state":')" 0 "and no states"
is "$(column write_seq checkpoints list 'conv 1' --ns sub)" "3 " "of a namespace"
is "$(column write_seq checkpoints list 'conv 1' --run r1)" "2 1 " "of a run"
is "$(column write_seq checkpoints list 'conv 1' --metadata '{"source":"loop"}')" "2 " "by metadata"
is "$(column write_seq checkpoints list 'conv 1' --limit 2)" "4 3 " "so many"
first=$("$cairn" --json checkpoints list 'conv 1' --metadata '{"source":"input"}' | json id)
second=$("$cairn" --json checkpoints list 'conv 1' --metadata '{"source":"loop"}' | json id)
is "$(column parent checkpoints list 'conv 1' --limit 1)" "$first " "a branch has its parent"
is "$(column next_node checkpoints list 'conv 1' --limit 1)" "tools " "and goes on as that did"

exits 0 "the latest" checkpoints show 'conv 1'
is "$out" '{ "n": 2.0 }' "as it was put"
exits 0 "one by its id" --json checkpoints show 'conv 1' "$first"
is "$(printf '%s\n' "$out" | json state.n),$(printf '%s\n' "$out" | json metadata.source),$(printf '%s\n' "$out" | json run)" \
	"0,input,r1" "with everything"
"$cairn" checkpoints show 'conv 1' --ns sub >got
printf 'a\0b' >wanted
cmp -s got wanted
is $? 0 "bytes are bytes"
exits 3 "an unknown id" checkpoints show 'conv 2' "$first"

# ---- copying, pruning, deleting
exits 0 "copy" threads copy 'conv 1' 'conv 3'
is "$out" "copied 4" "tells how many"
exits 4 "it is there" threads copy 'conv 1' 'conv 3'
is "$("$fill" "$db" writes 'conv 3' "$second")" 2 "pending writes, too"
exits 0 "prune what is old" checkpoints prune 'conv 1' --older-than 1d
is "$out" "pruned 0" "there is nothing"
exits 0 "prune" checkpoints prune 'conv 1' --keep 2
is "$out" "pruned 1" "tells how many"
exits 0 "further" --json checkpoints prune 'conv 1'
is "$(printf '%s\n' "$out" | json pruned)" 1 "in JSON"
is "$(column write_seq checkpoints list 'conv 1')" "4 3 " "the newest of each namespace stay"
is "$("$fill" "$db" writes 'conv 1' "$second")" 0 "and no pending writes of those that went"
is "$("$fill" "$db" writes 'conv 3' "$second")" 2 "others' do"
is "$("$cairn" checkpoints prune)" "pruned 2" "of all threads"
exits 0 "delete" threads delete 'conv 1'
is "$out" "deleted 2" "tells how many checkpoints"
is "$(column deleted threads delete 'conv 3')" "2 " "in JSON"
is "$(column thread threads)" "conv 2 " "what is left"
is "$(column write_seq --tenant acme checkpoints list 'conv 1')" "1 " "another tenant's stays"

# ---- wrong usage
exits 2 "which?" checkpoints
exits 2 "no such action" threads steal x
exits 2 "copy to where?" threads copy t
exits 2 "no id" checkpoints show t 17
exits 2 "prefix goes with the list" threads delete t --prefix x
exits 2 "keep goes with prune" checkpoints list t --keep 2
exits 2 "limit goes with the list" checkpoints prune --limit 2
exits 2 "every thread has a tenant" --global threads
exits 2 "every checkpoint has one" --global checkpoints list t
exits 2 "no document" checkpoints list t --metadata '['
done_testing

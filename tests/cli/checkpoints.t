#!/bin/sh
# checkpoints.t - threads and checkpoints: what there is, copying, deleting and pruning. (an application puts them)
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

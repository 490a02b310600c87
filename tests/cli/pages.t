#!/bin/sh
# pages.t - lists longer than a page, and a state that is no JSON: rows that no command makes, or not so
# many, are written into the SQLite file.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null

# 2500 of each: three pages.
sqlite3 cairn.db <<'END'
CREATE TEMP TABLE many AS WITH RECURSIVE numbers(n) AS
	(SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2500)
	SELECT n, printf('%04d', n) AS name FROM numbers;
INSERT INTO cairn_lock SELECT 'default', name, 1, NULL, 1, 9000000000000000, NULL FROM many;
INSERT INTO cairn_owner SELECT name, randomblob(16), NULL, NULL, '[]', '{}', 1, 1, 1, 1, NULL FROM many;
INSERT INTO cairn_thread SELECT 'default', name, 1, 1, 1 FROM many;
INSERT INTO cairn_log SELECT 'default', name, 1, 0, 1, 1 FROM many;
INSERT INTO cairn_log_event SELECT 'default', '0001', n, n, NULL, 1, '"' || name || '"' FROM many;
UPDATE cairn_log SET head = 2500 WHERE thread = '0001';
INSERT INTO cairn_memory_item SELECT 'default', ':' || substr(name, 1, 2) || ':' || name, name, n, 1, 1,
	NULL, 1, '{}', '', '1' FROM many;
END

# pages NAME MEMBER COMMAND ...: all of them, each once, in order; a list without end is cut.
pages() {
	name=$1 member=$2
	shift 2
	"$cairn" --json "$@" | head -n 5000 | json "$member" >listed
	is "$(wc -l <listed | tr -d ' '),$(sort -u listed | wc -l | tr -d ' ')" 2500,2500 "$name: each once"
	sort -c listed 2>/dev/null
	is $? 0 "$name: in order"
}

pages locks name locks
pages owners name owners
pages threads thread threads
pages logs thread log
pages events data log read 0001
pages items key memory list --below
"$cairn" memory namespaces | head -n 5000 >listed
is "$(wc -l <listed | tr -d ' '),$(sort -u listed | wc -l | tr -d ' ')" 2500,2500 "namespaces: each once"
is "$("$cairn" --json log read 0001 --after 700 --limit 1500 | json seq | sed -n '1p;$p' | tr '\n' ' ')" "701 2200 " \
	"a limit over a page"

# ---- many to delete
sqlite3 cairn.db "UPDATE cairn_lock SET expires_at = NULL, released_at = 1 WHERE name > '0100';
	UPDATE cairn_memory_item SET expires_at = 2 WHERE item_key > '0100'"
exits 0 "free locks" locks prune
is "$out" "pruned 2400" "all of them"
exits 0 "owners that were silent" owners --prune
is "$out" "pruned 2500" "all of them"
exits 0 "items whose time is over" memory evict
is "$out" "evicted 2400" "all of them"

# ---- a checkpoint whose state is no JSON
sqlite3 cairn.db "INSERT INTO cairn_checkpoint VALUES (1, 'default', '0001', 1, randomblob(16), '', NULL, 0, 1, 1, 1, 3,
	NULL, NULL, '{}', '', x'61000a')"
"$cairn" checkpoints show 0001 >state
printf 'a\0\n' | cmp -s - state
is $? 0 "bytes come back as they were put"
exits 0 "in JSON" --json checkpoints show 0001
is "$(printf '%s\n' "$out" | json format),$(printf '%s\n' "$out" | json bytes)" bytes,61000a "they are shown as digits"
done_testing

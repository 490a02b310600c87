#!/bin/sh
# migrate.t - the schema: made, checked, planned, taken away; and what is said without it.
. "$(dirname "$0")/lib.sh"

if [ -z "${CAIRN_CLI_DB:-}" ]; then
	for words in 'enqueue x' 'define x' 'define --list' 'jobs' 'queues' 'dead' 'reap' \
		'work --type x --exec true' 'cancel 01890a5d-ac96-774b-bcce-b302099a8057' \
		'show 01890a5d-ac96-774b-bcce-b302099a8057' 'migrate status' 'migrate check' \
		'migrate plan' 'migrate drift' 'migrate down --target 0'; do
		# shellcheck disable=SC2086
		exits 5 "$words without a file" $words
		like "$err" 'cairn migrate up' "$words says what to run"
	done
	is "$(find . -name '*.db*')" "" "no command has made the file"
fi

exits 0 "up" migrate up
like "$out" '1 +jobs +applied' "up lists what it applied"
exits 0 "up again" migrate up
is "$out" "0 applied" "up again applies nothing"
exits 0 "check" migrate check
is "$out" ok "check says ok"
exits 0 "status" --json migrate status
is "$(printf '%s\n' "$out" | sed -n 1p | json state)" applied "status in JSON"
like "$(printf '%s\n' "$out" | sed -n 1p | json checksum)" '^[0-9a-f]{64}$' "the checksum is whole in JSON"
exits 0 "drift" migrate drift
is "$out" "no drift" "a fresh schema has not drifted"
exits 0 "plan with nothing to do" migrate plan
is "$out" "nothing to do" "plan says so"

exits 2 "down needs a target" migrate down
exits 2 "a target that is no number" migrate down --target x
exits 2 "an unknown target" migrate up --target 999
like "$err" 'migration\.target_unknown' "and its code"
exits 0 "plan of the way down" migrate plan --down --target 0 --sql
like "$out" 'DROP (TABLE|VIEW)' "shows the scripts"
exits 0 "down to nothing" migrate down --target 0
exits 5 "check without schema" migrate check
exits 5 "a command without schema" jobs
like "$err" 'cairn migrate up' "says what to run"
exits 0 "plan before up" --json migrate plan --sql
like "$(printf '%s\n' "$out" | sed -n 1p | json sql)" 'CREATE TABLE' "plan in JSON has the script"
exits 0 "up after down" migrate up --limit 1
exits 2 "an unknown verb" migrate sideways
exits 2 "no verb" migrate

done_testing

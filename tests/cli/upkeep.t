#!/bin/sh
# upkeep.t - putting jobs in line in all queues, and tidying.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t >/dev/null

# ---- nothing to do
exits 0 "an empty store" --json upkeep --no-tidy
is "$(printf '%s\n' "$out" | json unparked),$(printf '%s\n' "$out" | json more),$(printf '%s\n' "$out" | json tidied)" \
	0,false,nothing "has nothing"
exits 0 "for people" upkeep
like "$out" '^0 put in line, ' "a line"

# ---- what is due
"$cairn" enqueue t --in 1s >/dev/null
"$cairn" enqueue t --in 1s --queue mails >/dev/null
"$cairn" enqueue t --in 1s --queue paused >/dev/null
"$cairn" enqueue t --in 1h --queue later >/dev/null
"$cairn" pause paused >/dev/null
sleep 1.1
exits 0 "two of them" --json upkeep --limit 2
is "$(printf '%s\n' "$out" | json unparked),$(printf '%s\n' "$out" | json more)" 2,true "others are left"
exits 0 "all" --json upkeep
is "$(printf '%s\n' "$out" | json unparked),$(printf '%s\n' "$out" | json more)" 1,false "a paused queue's as well"
exits 0 "a worker" work --type t --queue mails --exec true --until-empty
is "$("$cairn" --json queues --all | sed -n 3p | json succeeded)" 1 "runs them"

# ---- tidying
sql() {
	psql "$CAIRN_PG_URL" -XAtqc "$1" 2>/dev/null
}
schema=${CAIRN_CLI_DB:-}
schema=${schema##*schema=}
if [ -n "$schema" ] && command -v psql >/dev/null && [ -n "${CAIRN_PG_URL:-}" ]; then
	yes '{"type":"t","queue":"bulk"}' | head -n 1200 | "$cairn" enqueue --ndjson >/dev/null
	"$cairn" cancel --queue bulk >/dev/null
	vacuums="SELECT vacuum_count + autovacuum_count FROM pg_stat_all_tables WHERE schemaname = '$schema' AND relname = 'cairn_job_live'"
	tries=0
	while [ "$(sql "$vacuums")" = 0 ] && [ $tries -lt 50 ]; do
		"$cairn" upkeep >/dev/null
		tries=$((tries + 1))
		sleep 0.1
	done
	is "$(sql "$vacuums")" 1 "dead rows are worth it"
	"$cairn" upkeep >/dev/null
	is "$(sql "$vacuums")" 1 "and then not again"
fi

exits 0 "when asked to" --json upkeep --tidy
like "$(printf '%s\n' "$out" | json tidied)" '^(tidied|busy|nothing)$' "says what became of it"
if [ -n "${CAIRN_CLI_DB:-}" ]; then
	is "$(printf '%s\n' "$out" | json tidied)" tidied "the owner may vacuum"
	exits 0 "behind a pooler" --json --db "$CAIRN_CLI_DB&pooler=transaction" upkeep --tidy
	is "$(printf '%s\n' "$out" | json tidied)" tidied "it works as well"
fi

# ---- rights: a role that may do all that a worker does, and does not own the tables
role=cairn_upkeep_$$
if [ -n "$schema" ] && command -v psql >/dev/null && [ -n "${CAIRN_PG_URL:-}" ] && sql "CREATE ROLE $role"; then
	sql "GRANT USAGE ON SCHEMA $schema TO $role; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA $schema TO $role"
	as="$CAIRN_CLI_DB&options=-c%20role%3D$role"
	"$cairn" enqueue t --in 1s --queue mails >/dev/null
	sleep 1.1
	exits 1 "tidying without rights" --json --db "$as" upkeep --tidy
	is "$(printf '%s\n' "$out" | json unparked),$(printf '%s\n' "$out" | json tidied)" 1,denied "puts in line all the same"
	exits 0 "where it is not worth it" --json --db "$as" upkeep
	is "$(printf '%s\n' "$out" | json tidied)" nothing "nothing is missing"
	vacuums="SELECT sum(vacuum_count) FROM pg_stat_all_tables WHERE schemaname = '$schema'"
	before=$(sql "$vacuums")
	exits 1 "again" --db "$as" upkeep --tidy
	is "$(sql "$vacuums")" "$before" "nothing was vacuumed"
	if [ "$(sql "SHOW server_version_num")" -ge 170000 ]; then
		sql "GRANT MAINTAIN ON $schema.cairn_job_live, $schema.cairn_job_waiter TO $role"
		exits 0 "with MAINTAIN" --json --db "$as" upkeep --tidy
		is "$(printf '%s\n' "$out" | json tidied)" tidied "it may"
	fi
	# somebody else vacuums, or changes the table
	(echo "BEGIN; LOCK TABLE $schema.cairn_job_live IN SHARE UPDATE EXCLUSIVE MODE;" && sleep 2) | psql "$CAIRN_PG_URL" -Xq &
	sleep 0.5
	exits 0 "a table that is locked" --json upkeep --tidy
	is "$(printf '%s\n' "$out" | json tidied)" busy "is left out"
	wait
	sql "DROP OWNED BY $role; DROP ROLE $role"
fi

# ---- usage
exits 2 "no operands" upkeep x
exits 2 "a limit of nothing" upkeep --limit 0
exits 2 "both" upkeep --tidy --no-tidy
exits 2 "a tenant" --tenant a upkeep
exits 0 "a worker without it" work --type t --no-upkeep --exec true --until-empty
exits 0 "a worker with it" work --type t --upkeep-interval 1s --exec true --until-empty

done_testing

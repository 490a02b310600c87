#!/bin/sh
# schedule.t - schedules: put, list, show, switches, cursors, previews, one pass of a scheduler.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define report >/dev/null
"$cairn" define mail >/dev/null

# ---- previews need no database
exits 0 "next" --db sqlite:/nowhere/at/all.db schedule next '30 2 * * *' --zone America/New_York \
	--from 2026-03-07T00:00:00Z -n 3
is "$out" "2026-03-07T07:30:00Z
2026-03-08T07:00:00Z
2026-03-09T06:30:00Z" "follows the clocks"
exits 0 "next in JSON" --json schedule next @hourly --from 2026-01-01T00:30:00Z -n 1
is "$(printf '%s\n' "$out" | json at)" 2026-01-01T01:00:00.000000Z "is a line a time"
is "$("$cairn" schedule next '@daily' | wc -l | tr -d ' ')" 5 "five by default"
exits 2 "next of nonsense" schedule next '61 * * * *'
like "$err" 'job_schedule\.invalid_cron' "says so"
exits 2 "next in no zone" schedule next @daily --zone Nowhere
like "$err" 'job_schedule\.invalid_zone' "says so"

# ---- put and show
exits 0 "put" schedule put nightly --type report --cron '0 2 * * *' --zone Europe/Berlin \
	--payload '{"kind": "full"}' --jitter 10m --misfire catch-up --overlap skip \
	--queue slow --owner me --at 2026-01-01T00:00:00Z
is "$out" "scheduled nightly, next at 2026-01-01 00:00:00" "says when"
exits 0 "show in JSON" --json schedule show nightly
is "$(printf '%s\n' "$out" | json cron),$(printf '%s\n' "$out" | json zone),$(printf '%s\n' "$out" | json jitter_us),$(printf '%s\n' "$out" | json misfire),$(printf '%s\n' "$out" | json catch_up),$(printf '%s\n' "$out" | json overlap)" \
	"0 2 * * *,Europe/Berlin,600000000,CATCH_UP,10,SKIP" "has it all"
is "$(printf '%s\n' "$out" | json queue),$(printf '%s\n' "$out" | json owner),$(printf '%s\n' "$out" | json active),$(printf '%s\n' "$out" | json payload.kind)" \
	slow,me,true,full "and the rest"
exits 0 "put again" --json schedule put nightly --overlap allow --jitter 0s
is "$(printf '%s\n' "$out" | json overlap),$(printf '%s\n' "$out" | json jitter_us),$(printf '%s\n' "$out" | json cron),$(printf '%s\n' "$out" | json next_fire_at)" \
	"ALLOW,0,0 2 * * *,2026-01-01T00:00:00.000000Z" "changes what is given"
exits 0 "show" schedule show nightly
like "$out" '^zone +Europe/Berlin' "has lines"
exits 0 "a tenant's, switched off" --tenant acme schedule put weekly --type mail --cron @weekly --inactive
exits 3 "show of nothing" schedule show nothing
like "$err" 'job_schedule\.not_found' "says so"
exits 3 "another tenant's" --tenant other schedule show weekly

# ---- list
exits 0 "list" schedule list
like "$out" '^NAME +TYPE +ACTIVE +CRON' "has a head"
like "$out" '^weekly +mail +no +@weekly +UTC' "and rows"
is "$("$cairn" --json schedule list | json name | tr '\n' ' ')" "nightly weekly " "by name"
is "$("$cairn" --json schedule list --inactive | json name)" weekly "inactive ones"
is "$("$cairn" --json schedule list --active | json name)" nightly "active ones"
is "$("$cairn" --json schedule list --contains IGHT | json name)" nightly "with a text"
is "$("$cairn" --json schedule list --type mail | json name)" weekly "of a type"
is "$("$cairn" --json --tenant acme schedule list | json name)" weekly "of a tenant"
is "$("$cairn" --json schedule list --due | json name)" nightly "due ones"

# ---- switches and cursors
exits 1 "deactivate" schedule deactivate nightly nothing
is "$out" "nightly  deactivated" "tells of each"
like "$err" 'nothing: .*job_schedule\.not_found' "and of those that are not there"
is "$("$cairn" --json schedule show nightly | json active)" false "it is off"
exits 0 "nothing fires" schedule fire
is "$out" "" "that is off"
exits 0 "activate" schedule activate nightly
exits 0 "retime" schedule retime nightly --at 2025-12-31T00:00:00Z
is "$("$cairn" --json schedule show nightly | json next_fire_at)" 2025-12-31T00:00:00.000000Z "moves the cursor"
exits 0 "retime to the next time" schedule retime nightly
is "$("$cairn" --json schedule list --due | wc -l | tr -d ' ')" 0 "which is to come"

# ---- definitions
exits 2 "disabling a type in use" define report --disable
like "$err" 'job_definition\.active_schedule_exists' "is refused"
"$cairn" -v define report --disable 2>err
like "$(cat err)" 'nightly' "and the schedule is named to operators"
exits 2 "a schedule of no type" schedule put other --type nothing --cron @daily
like "$err" 'job_schedule\.definition_not_found_or_disabled' "is refused"

# ---- fire
exits 0 "put of what is due" schedule put often --type mail --cron '* * * * *' --at 2026-01-01T00:00:00Z
exits 0 "fire" --json schedule fire
is "$(printf '%s\n' "$out" | json name),$(printf '%s\n' "$out" | json what),$(printf '%s\n' "$out" | json scheduled_for)" \
	often,FIRED,2026-01-01T00:00:00.000000Z "makes one job"
id=$(printf '%s\n' "$out" | json job)
is "$(status "$id")" PENDING "which is there"
is "$("$cairn" show "$id" --field payload | json _schedule.schedule_name)" often "and knows its schedule"
is "$("$cairn" --json schedule show often | json last_job)" "$id" "as the schedule knows it"
"$cairn" schedule retime often --at 2026-01-01T00:00:00Z >/dev/null
exits 0 "fire as a table" schedule fire --limit 10
like "$out" '^often +FIRED +2026-01-01 00:00:00' "has rows"
"$cairn" schedule put abroad --type mail --cron @daily --zone Asia/Tokyo --at 2026-01-01T00:00:00Z >/dev/null
TZDIR=/nowhere "$cairn" schedule fire >out 2>err
is $? 1 "a schedule that can't be fired"
like "$(cat out)" '^abroad +FAILED .*job_schedule\.invalid_zone' "is told"
like "$("$cairn" schedule list)" 'job_schedule\.invalid_zone' "and stays told"

# ---- usage
exits 0 "no action" --json schedule
is "$out" "$("$cairn" --json schedule list)" "lists"
is "$("$cairn" --json schedules)" "$out" "so does the plural"
exits 2 "an unknown action" schedule dance
exits 2 "put without a name" schedule put
exits 2 "put of too little" schedule put new
exits 2 "put with a bad policy" schedule put new --type mail --cron @daily --misfire never
exits 2 "put with another bad policy" schedule put new --type mail --cron @daily --overlap never
exits 2 "catch-up without its policy" schedule put new --type mail --cron @daily --misfire skip --catch-up 3
exits 2 "put with a bad template" schedule put new --type mail --cron @daily --payload '{'
exits 2 "put with a padded name" schedule put ' new' --type mail --cron @daily
exits 2 "fire without bounds" schedule fire --limit 2000
exits 2 "list with a name" schedule list nightly
done_testing

#!/bin/sh
# catalog.t - definitions' policies, sync of a file, runtime configs, metrics.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null

# ---- define

exits 0 "define with a policy and retention" --json define mail \
	--retry-overrides '{"smtp.busy": {"base_us": 1e6}}' --retention 12h
is "$(printf '%s\n' "$out" | json retention_us)" 43200000000 "retention"
like "$out" '"retry_overrides":\{"smtp.busy":\{"base_us":1000000\}\}' "overrides, canonical"
exits 0 "other fields" --json define mail --retention forever
is "$(printf '%s\n' "$out" | json retention_us)" null "for ever"
like "$out" 'smtp.busy' "the overrides stay"
exits 0 "no overrides" --json define mail --retry-overrides '{}' --retention none
is "$(printf '%s\n' "$out" | json retention_us),$(printf '%s\n' "$out" | json retry_overrides)" 0,null "none"
exits 0 "the list" define --list
like "$out" 'UPDATED' "has a head"
like "$out" '10s x2 up to 5m +none' "and tells what is kept"
exits 2 "bad overrides" define mail --retry-overrides '{"x":{"base_us":0}}'
like "$err" 'job\.invalid_retry_overrides' "say so"
exits 2 "bad retention" define mail --retention 5
exits 2 "a key needs retention" enqueue mail --key k
like "$err" 'job\.key_needs_retention' "and says so"

# ---- sync

cat >types.json <<'JSON'
[ {"type": "mail", "priority": 7, "retention_us": null},
  {"type": "report", "max_attempts": 3, "timeout_us": 5000000, "enabled": false,
   "retry_jitter_us": 0, "retry_overrides": {"x": {"factor": 1500}}},
  {"type": "t\u00e9st"} ]
JSON
exits 0 "sync an array" sync types.json
is "$out" "disabled report
synced 3" "tells what it disabled"
exits 0 "list" --json define --list
is "$(printf '%s\n' "$out" | json type | tr '\n' ' ')" "mail report tést " "the types"
is "$(printf '%s\n' "$out" | json priority | tr '\n' ' ')" "7 100 100 " "their priorities"
printf '%s\n' "$out" >listed.ndjson
exits 0 "what was listed can be synced" --json sync listed.ndjson --mode restore
is "$out" "" "nothing was disabled"
exits 0 "list" --json define --list
is "$out" "$(cat listed.ndjson)" "and nothing changed"
exits 0 "an operator's pause" define mail --disable
exits 0 "survives" sync - <listed.ndjson
exits 0 "preserve" --json define --list --contains mail
is "$(printf '%s\n' "$out" | json enabled)" false "and is there"
exits 0 "restore lifts it" sync types.json --mode restore
exits 0 "list" --json define --list --contains mail
is "$(printf '%s\n' "$out" | json enabled)" true "lifted"
echo '{"type":"mail"}' >one.json
exits 0 "exact" --json sync one.json --mode exact --scope mail --scope "tést" --scope nobody
is "$out" '{"type":"tést","absent":true}' "disables what is absent"
exits 2 "exact without scope" sync one.json --mode exact
like "$err" 'job_definition\.empty_job_type_list' "is refused"
exits 2 "a scope without exact" sync one.json --scope mail
exits 2 "a mode that is none" sync one.json --mode all
exits 2 "no file" sync
exits 2 "a file that is not there" --json sync none.json
is "$(printf '%s\n' "$err" | json error.message)" "none.json: No such file or directory" "which is said in JSON, too"
echo '{"type":"a"} {"type":"b","maxattempts":1}' >bad.json
exits 2 "an unknown member" sync bad.json
like "$err" 'definition 2: an unknown member' "is named"
for bad in '{"type":"a"' '[{"type":"a"}' '[{"type":"a"},]' '{"type":1}' '{"version":1}' '7' \
	'[{"type":"a"}] x' '{"type":"a","version":0}' '{"type":"a","enabled":1}' \
	'{"type":"a","type":"b"}' '{"type":"a","retention_us":-1}'; do
	printf '%s\n' "$bad" >bad.json
	exits 2 "malformed: $bad" sync bad.json
done
exits 0 "nothing of that was written" --json define --list --contains a
is "$(printf '%s\n' "$out" | json type)" mail "nothing"

# ---- config

exits 3 "no config yet" config get mail
like "$err" 'job\.runtime_config_not_found' "says so"
exits 0 "put" config put mail '{"rate": 1.0}' --version 2 --by ann
is "$out" "added mail" "says so"
exits 0 "get" config get mail
is "$out" '{"rate": 1.0}' "byte for byte"
exits 0 "put if missing" config put mail '{}' --if-missing
is "$out" "kept mail" "keeps it"
printf '{"rate":\n2}' >config.json
exits 0 "put a file" config put mail --file config.json
is "$out" "replaced mail" "replaces"
exits 0 "get in JSON" --json config get mail
is "$(printf '%s\n' "$out" | json version),$(printf '%s\n' "$out" | json updated_by)" 1,null "with all there is"
exits 0 "from the standard input" --json config put report --file - <config.json
is "$(printf '%s\n' "$out" | json type)" report "in JSON"
exits 0 "list" config list
like "$out" '^TYPE +VERSION +BY' "has a head"
exits 0 "list in JSON" --json config list
is "$(printf '%s\n' "$out" | json type | tr '\n' ' ')" "mail report " "by type"
exits 0 "list one" --json config list --type report
is "$(printf '%s\n' "$out" | json type)" report "exactly"
exits 3 "an unknown type" config put nobody '{}'
like "$err" 'job\.definition_not_found' "says so"
exits 2 "no object" config put mail '[]'
exits 2 "no version" config put mail '{}' --version 0
exits 2 "no verb" config
exits 2 "another verb" config take mail
exits 2 "both" config put mail '{}' --file config.json
exits 2 "options of another verb" config get mail --by ann

# ---- metrics

exits 0 "enable" define mail --retention 1d
"$cairn" enqueue mail >/dev/null
"$cairn" enqueue mail --tenant a >/dev/null
exits 0 "metrics" metrics
like "$out" '^pending +2 \(2 ready, 0 parked\), 0 leased' "sum up"
like "$out" '^TYPE +PENDING' "and have a table"
like "$out" '^mail +2 ' "by type"
exits 0 "metrics of a tenant" --json --tenant a metrics --type mail
is "$(printf '%s\n' "$out" | wc -l | tr -d ' ')" 2 "a summary and a row"
is "$(printf '%s\n' "$out" | tail -1 | json pending)" 1 "of the tenant"
is "$(printf '%s\n' "$out" | tail -1 | json p50_us)" null "nothing ended"
exits 0 "a window" --json metrics --window 1h
exits 0 "for scrapers" metrics --openmetrics
is "$(printf '%s\n' "$out" | tail -1)" "# EOF" "to its end"
like "$out" '^cairn_jobs\{status="PENDING"\} 2$' "with jobs"
like "$out" '^cairn_type_pending\{type="mail"\} 2$' "and types"
is "$(printf '%s\n' "$out" | grep -c '^# TYPE')" "$(printf '%s\n' "$out" | grep -c '^# HELP')" "a HELP for each TYPE"
exits 2 "two formats" --json metrics --openmetrics
exits 2 "operands" metrics mail
done_testing

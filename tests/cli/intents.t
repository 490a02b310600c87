#!/bin/sh
# intents.t - requests that wait for their type: recorded, listed, promoted, counted, deleted.
. "$(dirname "$0")/lib.sh"

if [ -z "${CAIRN_CLI_DB:-}" ]; then
	for words in list metrics promote 'record t -k k' 'prune --before 1d'; do
		# shellcheck disable=SC2086
		exits 5 "$words without a file" intents $words
	done
fi
"$cairn" migrate up >/dev/null

# ---- record
exits 0 "record of an unknown type" intents record mail.send -k welcome-7 -p '{"to":7}' -q mails
id=$out
like "$id" '^[0-9a-f-]{36}$' "prints its id"
exits 0 "again" intents record mail.send -k welcome-7 -p '{ "to": 7.0 }' -q mails
is "$out" "$id" "prints the same id"
like "$err" 'there already, PENDING' "and says so"
exits 0 "again in JSON" --json intents record mail.send -k welcome-7 -p '{"to":7}' -q mails
is "$(printf '%s\n' "$out" | json disposition),$(printf '%s\n' "$out" | json status)" \
	EXISTING,PENDING "says what it found"
exits 4 "another request" intents record mail.send -k welcome-7 -p '{"to":8}' -q mails
like "$err" 'job\.intent_idempotency_conflict' "conflicts"
exits 0 "in JSON" --json --tenant acme intents record mail.send -k welcome-7 --priority 0 \
	--timeout 10s --max-attempts 2 --owner me --stage scheduled
is "$(printf '%s\n' "$out" | json disposition)" RECORDED "recorded"
acme=$(printf '%s\n' "$out" | json id)
is "$("$cairn" --json jobs | wc -l | tr -d ' ')" 0 "no jobs yet"
exits 2 "no key" intents record mail.send
exits 2 "a blank key" intents record mail.send -k ' '
exits 2 "no type" intents record -k k
exits 2 "two types" intents record a b -k k
exits 2 "no JSON" intents record a -k k -p '{'
exits 2 "two times" intents record a -k k --in 1h --run-at 2030-01-01

# ---- list and show
exits 0 "list" --json intents list
is "$(printf '%s\n' "$out" | json id)" "$acme
$id" "newest first"
is "$(printf '%s\n' "$out" | grep -c payload)" 0 "without payloads"
is "$("$cairn" --json intents list --payloads | sed -n 2p | json payload.to)" 7 "unless asked"
is "$("$cairn" --json intents list --limit 1 | json id)" "$acme" "--limit"
is "$("$cairn" --json intents list --after "$acme" | json id)" "$id" "--after"
is "$("$cairn" --json intents list --type other | wc -l | tr -d ' ')" 0 "--type"
is "$("$cairn" --json intents list -s PROMOTED,CONFLICTED | wc -l | tr -d ' ')" 0 "--status"
is "$("$cairn" --json --tenant acme intents list | json id)" "$acme" "--tenant"
is "$("$cairn" --json --global intents list | json id)" "$id" "--global"
exits 0 "the table" intents list
like "$out" '^ID +TYPE +TENANT +KEY +STATUS +TRIES +RECORDED +NOTE' "has a head"
like "$out" "^$acme +mail.send +acme +welcome-7 +PENDING +0 " "and rows"
exits 0 "show" intents show "$acme"
like "$out" '^status +PENDING' "its status"
exits 0 "show in JSON" --json intents show "$acme"
is "$(printf '%s\n' "$out" | json priority),$(printf '%s\n' "$out" | json timeout_us),$(printf '%s\n' "$out" | json max_attempts),$(printf '%s\n' "$out" | json owner),$(printf '%s\n' "$out" | json stage)" \
	0,10000000,2,me,scheduled "the request"
is "$("$cairn" --json intents show "$id" | json priority)" null "what is open is null"
is "$("$cairn" intents show "$id" --field payload)" '{"to":7}' "--field payload"
like "$("$cairn" intents show "$id" --field request)" '"queue":"mails"' "--field request"
exits 2 "an unknown field" intents show "$id" --field key
exits 3 "an unknown one" intents show 01890a5d-ac96-774b-bcce-b302099a8057
like "$err" 'job\.intent_not_found' "and its code"
exits 3 "another tenant's" --tenant beta intents show "$acme"
exits 2 "no id" intents show
exits 2 "a bad id" intents show 7
exits 2 "a bad status" intents list -s DONE

# ---- metrics and promote
exits 0 "metrics" --json intents metrics
is "$(printf '%s\n' "$out" | json type),$(printf '%s\n' "$out" | json pending)" mail.send,2 "what is pending"
exits 0 "promote without a definition" intents promote
is "$out" "nothing to promote" "does nothing"
"$cairn" define mail.send >/dev/null
"$cairn" enqueue mail.send -k taken -p 1 >/dev/null
"$cairn" intents record mail.send -k taken -p 2 >/dev/null
exits 0 "promote of another type" intents promote --type other
exits 0 "one pass of one" --json intents promote --limit 1
is "$(printf '%s\n' "$out" | json id),$(printf '%s\n' "$out" | json promotion)" "$id,INSERTED" "the first"
job=$(printf '%s\n' "$out" | json promoted_job_id)
is "$("$cairn" --json show "$job" | json queue),$("$cairn" --json show "$job" | json idempotency_key)" \
	mails,welcome-7 "is that job"
exits 1 "all" intents promote --limit 1 --all
like "$out" "^$acme +mail.send +acme +INSERTED " "the second"
like "$out" ' CONFLICTED +- +job\.idempotency_conflict' "one has conflicted"
exits 0 "nothing left" intents promote --all
is "$out" "nothing to promote" "is said"
is "$("$cairn" --json intents list -s CONFLICTED | json last_error_code)" job.idempotency_conflict "why"
exits 0 "metrics" --json intents metrics
is "$(printf '%s\n' "$out" | json pending),$(printf '%s\n' "$out" | json promoted_24h),$(printf '%s\n' "$out" | json conflicted_24h)" \
	0,2,1 "what became of them"
exits 0 "metrics as a table" intents metrics
like "$out" '^TYPE +PENDING +OLDEST +RETRYING +MOST TRIES +PROMOTED +CONFLICTED' "has a head"
is "$("$cairn" --tenant nobody intents metrics)" "no intents" "and none says so"
exits 0 "a job that runs" work --type mail.send --owner me --exec true --until-empty --quiet

# ---- prune
exits 2 "prune without a time" intents prune
exits 0 "prune of old ones" intents prune --before 1d
is "$out" "deleted 0" "there are none"
exits 0 "in scope" --json --tenant acme intents prune --before 2100-01-01
is "$(printf '%s\n' "$out" | json deleted)" 1 "one"
exits 0 "prune" intents prune --before 2100-01-01 --limit 5
is "$out" "deleted 1" "the other"
is "$("$cairn" --json intents list | json status)" CONFLICTED "what conflicted stays"
is "$("$cairn" --json jobs | wc -l | tr -d ' ')" 3 "and so do the jobs"

exits 0 "no verb" --json intents
is "$out" "$("$cairn" --json intents list)" "lists"
exits 2 "another verb" intents forget
done_testing

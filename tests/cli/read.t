#!/bin/sh
# read.t - lists, one job, queues; scopes; what a terminal and a script get to see.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null
"$cairn" define t --max-attempts 1 >/dev/null
"$cairn" define u >/dev/null
exits 0 "queues of nothing" queues
is "$out" "no jobs" "says so"
exits 0 "jobs of nothing" jobs
is "$out" "" "prints nothing"

global=$("$cairn" enqueue t -p '{"a":1}')
acme=$("$cairn" --tenant acme enqueue t -q mails)
beta=$("$cairn" --tenant beta enqueue u -q mails --in 1h)
done=$("$cairn" enqueue u -q finished)
"$cairn" work --type u -q finished --exec 'echo fine' --once >/dev/null
dead=$("$cairn" enqueue t -q finished)
"$cairn" work --type t -q finished --exec 'printf "\\033[31mred\\nline" >&2; exit 3' --once >/dev/null

# ---- lists
exits 0 "jobs" --json jobs
is "$(printf '%s\n' "$out" | json id)" "$dead
$done
$beta
$acme
$global" "newest first"
is "$(printf '%s\n' "$out" | grep -c payload)" 0 "without payloads"
is "$("$cairn" --json jobs --payloads | json payload | tail -n 1)" '{"a":1}' "unless asked"
is "$("$cairn" --json jobs --limit 2 | json id)" "$dead
$done" "--limit"
is "$("$cairn" --json jobs --limit 2 --after "$done" | json id)" "$beta
$acme" "--after"
is "$("$cairn" --json jobs -q mails | wc -l | tr -d ' ')" 2 "--queue"
is "$("$cairn" --json jobs --type u | wc -l | tr -d ' ')" 2 "--type"
is "$("$cairn" --json jobs -s SUCCEEDED,DEAD_LETTERED | wc -l | tr -d ' ')" 2 "--status with a list"
is "$("$cairn" --json jobs -s SUCCEEDED -s PENDING | wc -l | tr -d ' ')" 4 "--status twice"
is "$("$cairn" --json jobs -s dead,Succ | wc -l | tr -d ' ')" 2 "in any case, and the beginning of a word"
exits 2 "an empty word" jobs -s PENDING,,LEASED
exits 2 "more than a word" jobs -s DEADLY
is "$("$cairn" --json jobs --from 1h | wc -l | tr -d ' ')" 5 "--from an hour ago"
is "$("$cairn" --json jobs --to 2020-01-01 | wc -l | tr -d ' ')" 0 "--to a day"
is "$("$cairn" --json --tenant acme jobs | json id)" "$acme" "--tenant"
is "$("$cairn" --json --global jobs | wc -l | tr -d ' ')" 3 "--global"
is "$("$cairn" --json jobs --tenant nobody | wc -l | tr -d ' ')" 0 "an unknown tenant has nothing"
exits 2 "both scopes" --tenant a --global jobs
exits 2 "a bad status" jobs -s DONE
exits 2 "a bad cursor" jobs --after 1
exits 2 "a bad limit" jobs --limit 0
exits 0 "the table" jobs
like "$out" "^ID +TYPE +QUEUE +TENANT +STATUS +TRIES +AGE +NOTE" "has a head"
like "$out" "^$acme +t +mails +acme +PENDING +0/1 " "and rows"
like "$out" "^$dead .* exec\.exit_3: The command exited with status 3: .*red line" "notes are one line, without escapes"
is "$(printf '%s' "$out" | grep -c "$(printf '\033')")" 0 "no escape sequence reaches the output"

# ---- one
exits 0 "show" show "$done"
like "$out" '^status +SUCCEEDED' "the job"
like "$out" '^ +1 +1\.1 .*SUCCEEDED' "its attempt"
like "$out" '^ +2 .* LEASED +1\.1 ' "its timeline"
exits 0 "show a field" show "$done" --field output
is "$out" '{"exit":0,"stdout":"fine\n","stderr":"","stdout_truncated":false,"stderr_truncated":false}' "alone"
exits 2 "an unknown field" show "$done" --field status
exits 3 "an unknown job" show 01890a5d-ac96-774b-bcce-b302099a8057
like "$err" 'job\.not_found' "and its code"
exits 3 "another tenant's job" --tenant beta show "$acme"
exits 3 "a tenant's job, globally" --global show "$acme"
exits 0 "its tenant's" --tenant acme show "$acme"
exits 2 "no id" show
exits 2 "a bad id" show 123
exits 3 "an error in JSON" --json show 01890a5d-ac96-774b-bcce-b302099a8057
is "$(printf '%s\n' "$err" | json error.code)" job.not_found "is a document"

# ---- queues
exits 0 "queues" --json queues --all
is "$(printf '%s\n' "$out" | json queue | tr '\n' ' ')" "default finished mails " "by queue"
is "$(printf '%s\n' "$out" | sed -n 3p | json due),$(printf '%s\n' "$out" | sed -n 3p | json parked)" 1,1 "due and parked"
is "$(printf '%s\n' "$out" | sed -n 2p | json succeeded),$(printf '%s\n' "$out" | sed -n 2p | json dead_lettered)" 1,1 "finished ones"
exits 0 "the table" queues --all
like "$out" '^QUEUE +DUE +OLDEST +PARKED +LEASED +EXPIRED +PAUSED +SUCCEEDED +DEAD +CANCELED' "has a head"
is "$("$cairn" --json --tenant beta queues | json parked)" 1 "of a tenant"

# ---- dead letters
exits 0 "dead" --json dead
is "$(printf '%s\n' "$out" | json id),$(printf '%s\n' "$out" | json error_code)" "$dead,exec.exit_3" "dead letters"
is "$("$cairn" --json dead -q finished | json id)" "$dead" "of a queue"
is "$("$cairn" --json dead -q mails -n 1 | wc -l | tr -d ' ')" 0 "of another"
is "$("$cairn" --json dead --type u | wc -l | tr -d ' ')" 0 "of a type"
is "$("$cairn" --json --tenant acme dead | wc -l | tr -d ' ')" 0 "of a tenant"
exits 0 "the table" dead
like "$out" "^$dead +t +finished +1 " "has rows"

# ---- cancel
exits 3 "cancel in the wrong scope" --tenant beta cancel "$acme"
exits 0 "cancel" --json cancel "$acme"
is "$(printf '%s\n' "$out" | json status)" CANCELED "says the status"
exits 4 "cancel again" cancel "$acme"
exits 1 "one of two" cancel "$acme" "$beta" --reason "not needed"
is "$("$cairn" --json show "$beta" | json status_reason)" "not needed" "the reason is kept"
exits 2 "no id" cancel
exits 2 "a bad id" cancel "$beta" x
done_testing

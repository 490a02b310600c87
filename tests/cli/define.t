#!/bin/sh
# define.t - job types: defaults, changes of single fields, lists.
. "$(dirname "$0")/lib.sh"
"$cairn" migrate up >/dev/null

exits 0 "define" define mail.send
is "$out" "defined mail.send" "says so"
exits 0 "in JSON" --json define mail.send
is "$(printf '%s\n' "$out" | json max_attempts)" 8 "default attempts"
is "$(printf '%s\n' "$out" | json timeout_us)" 900000000 "default timeout"
is "$(printf '%s\n' "$out" | json priority)" 100 "default priority"
is "$(printf '%s\n' "$out" | json retry_base_us)" 10000000 "default retry base"
is "$(printf '%s\n' "$out" | json enabled)" true "enabled"

exits 0 "all options" --json define report --max-attempts 3 --timeout 2m --priority -5 \
	--retry-base 250ms --retry-factor 1500 --retry-cap 1m --retry-jitter 0 --disable
is "$(printf '%s\n' "$out" | json max_attempts),$(printf '%s\n' "$out" | json timeout_us),$(printf '%s\n' "$out" | json priority)" \
	3,120000000,-5 "numbers"
is "$(printf '%s\n' "$out" | json retry_base_us),$(printf '%s\n' "$out" | json retry_factor),$(printf '%s\n' "$out" | json retry_cap_us),$(printf '%s\n' "$out" | json retry_jitter_us)" \
	250000,1500,60000000,0 "retry policy"
is "$(printf '%s\n' "$out" | json enabled)" false "disabled"

exits 0 "changing one field" --json define report --timeout 10s
is "$(printf '%s\n' "$out" | json timeout_us),$(printf '%s\n' "$out" | json max_attempts),$(printf '%s\n' "$out" | json priority),$(printf '%s\n' "$out" | json retry_base_us),$(printf '%s\n' "$out" | json enabled)" \
	10000000,3,-5,250000,false "leaves the others"
exits 0 "changing one part of the retry policy" --json define report --retry-cap 2m
is "$(printf '%s\n' "$out" | json retry_cap_us),$(printf '%s\n' "$out" | json retry_base_us),$(printf '%s\n' "$out" | json retry_factor)" \
	120000000,250000,1500 "leaves the others"
exits 0 "priority 0 is a priority" --json define zero --priority 0
is "$(printf '%s\n' "$out" | json priority)" 0 "and is kept"

exits 2 "a disabled type takes nothing" enqueue report
like "$err" 'job\.definition_not_found_or_disabled' "and says so"
exits 0 "enable" define report --enable
exits 0 "then it does" enqueue report

exits 0 "list" define --list
like "$out" '^TYPE +ENABLED +ATTEMPTS' "has a head"
like "$out" '^mail\.send +yes +8 +15m +100 +10s x2 up to 5m' "and rows"
exits 0 "list in JSON" --json define --list
is "$(printf '%s\n' "$out" | json type | tr '\n' ' ')" "mail.send report zero " "by type"
exits 0 "list with a filter" --json define --list --contains EPOR
is "$(printf '%s\n' "$out" | json type)" report "which ignores case"

exits 2 "no type" define
exits 2 "two types" define a b
exits 2 "both ways" define a --enable --disable
exits 2 "a bad duration" define a --timeout 10
exits 2 "a bad number" define a --max-attempts ten
exits 2 "a name with a control character" define "$(printf 'a\001b')"
exits 2 "numbers out of range" define a --max-attempts -1
exits 2 "a blank name" define "   "
done_testing

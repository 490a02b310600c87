#!/bin/sh
# usage.t - options, help, exit codes, URLs, and a man page that knows every option.
. "$(dirname "$0")/lib.sh"
man=$root/docs/man/cairn.1

exits 0 "help" help
like "$out" '^  enqueue +' "lists the commands"
like "$out" '^  5 +the schema is missing' "and the exit codes"
like "$out" '^  runs .* DAG runs; replay runs: cairn run list$' "and tells runs apart"
exits 0 "--help" --help
exits 2 "no command" --json
exits 2 "an unknown command" dance
like "$err" 'see cairn help' "has a hint"
exits 2 "nearly a command" metric
like "$err" 'is it cairn metrics\?' "has the command"
exits 2 "an unknown global option" --dance
exits 2 "help for an unknown command" help dance
exits 0 "version" version
like "$out" '^cairn [0-9]+\.[0-9]+\.[0-9]+ \(sqlite' "names the drivers"
is "$("$cairn" --json version | json version)" "$("$cairn" version | cut -d ' ' -f 2)" "in JSON"

commands=$("$cairn" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
for command in $commands; do
	exits 0 "help $command" help "$command"
	missing=
	for option in $(printf '%s\n' "$out" | sed -n 's/^  .*\(--[a-z-]*\).*/\1/p' | sort -u); do
		grep -q "Fl Fl ${option#--}\b" "$man" || missing="$missing $option"
	done
	is "$missing" "" "the man page has its options"
	grep -q "^\.It Cm $command\b" "$man"
	is $? 0 "the man page has $command"
done
for code in 0 1 2 3 4 5 6 7 8; do
	grep -q "^\.It Li $code$" "$man"
	is $? 0 "the man page has exit code $code"
done

# ---- options
"$cairn" migrate up >/dev/null
"$cairn" define t >/dev/null
exits 0 "global options behind the command" jobs --json --limit=3
exits 0 "a letter with its value" jobs -n3
exits 0 "a letter and its value" jobs -n 3
exits 2 "an option without its value" jobs --limit
exits 2 "a flag with a value" jobs --json=1
exits 2 "an unknown option" jobs --dance
exits 2 "an operand too many" jobs x
id=$("$cairn" enqueue t)
for option in --queue --type --status --tenant; do
	exits 2 "an empty $option" cancel "$option" ''
	exits 2 "an empty $option" prune --age 0 "$option="
done
is "$(status "$id")" PENDING "selects nothing, and not everything"
exits 2 "a negative number is an operand" resources set k -1
like "$err" "'-1'" "so it is told what is wrong with it"
exits 2 "a letter is an option" resources set k -x
like "$err" 'unknown option -x' "known or not"
exits 0 "-- ends the options" define -- -odd
is "$("$cairn" --json define --list | json type | head -n 1)" -odd "so a type may begin with a dash"

# ---- URLs
if [ -z "${CAIRN_CLI_DB:-}" ]; then
	exits 2 "an unknown scheme" --db mysql://x jobs
	like "$err" 'linked: sqlite.*' "names the linked ones"
	exits 2 "no scheme" --db jobs.db jobs
	exits 2 "an unknown option" --db 'sqlite:cairn.db?colour=red' jobs
	exits 5 "another file" --db sqlite:other.db jobs
	like "$err" "cairn --db 'sqlite:other.db' migrate up" "names it"
	exits 0 "an escaped name" --db 'sqlite:odd%20name.db' migrate up
	is "$(ls odd*.db)" "odd name.db" "is decoded"
	CAIRN_DB=sqlite:third.db "$cairn" migrate up >/dev/null
	is "$(ls third.db)" third.db "\$CAIRN_DB"
	CAIRN_DB=sqlite:third.db exits 5 "--db goes before it" --db sqlite:fourth.db jobs
	mkdir folder
	"$cairn" --db sqlite:folder jobs >/dev/null 2>err
	code=$?
	is "$([ $code -ge 5 ] && echo failed)" failed "a folder is no database"
	head -c 8192 /dev/urandom >garbage.db
	"$cairn" --db sqlite:garbage.db jobs >/dev/null 2>err
	is $? 8 "a file that is no database"
	exits 6 "no directory to make it in" --db sqlite:no/such/folder/x.db migrate up
fi
if "$cairn" version | grep -q postgres; then
	exits 6 "a server that is not there" --db 'postgresql://u:secret@127.0.0.1:1/x?connect_timeout=2' jobs
	is "$(cat out err | grep -c secret)" 0 "the password is not shown"
	exits 6 "not with details either" -v --db 'postgresql://u:secret@127.0.0.1:1/x?connect_timeout=2' jobs
	is "$(cat out err | grep -c secret)" 0 "the password is not shown"
fi

# ---- outputs
if [ -c /dev/full ]; then
	"$cairn" version >/dev/full 2>err
	is $? 8 "a full disk is no success"
fi
is "$("$cairn" jobs | od -c | grep -c '033')" 0 "no colours outside of a terminal"
done_testing

#!/bin/sh
# mutants.sh - which broken rule of a driver is noticed by which case of the kit.
#
#   mutants.sh MUTANTS       runs the program tests/kit/mutants and prints docs/MUTANTS.md
#
# Fails when a mutant survives.
set -eu

[ $# -eq 1 ] || {
	echo "usage: mutants.sh MUTANTS" >&2
	exit 2
}

# The seed is fixed so that the same tree gives the same page.
"$1" --seed 1 | awk '
function row()
{
	if (name != "")
		printf "| %s | %s | %s |\n", name, rule, killers
	name = ""
}

/^not ok/ {
	print "mutants: " $0 | "cat >&2"
	bad = 1
}

/^ok [0-9]+ - the unbroken wrapper/ {
	print "# Mutants\n"
	print "Printed by `tools/mutants.sh`. A mutant is the memory driver with one rule broken"
	print "(`conformance/mutants.c`); the kit must fail on it. The cases named are the first, up to three,"
	print "that did.\n"
	print "| mutant | what it does | killed by |\n|---|---|---|"
	next
}

/^ok / {
	row()
	line = $0
	sub(/^ok [0-9]+ - /, "", line)
	name = line
	sub(/: killed by .*/, "", name)
	killers = line
	sub(/^.*: killed by /, "", killers)
	gsub(/, /, "`<br>`", killers)
	killers = "`" killers "`"
	fresh = 1
	next
}

/^#   it / && fresh {
	rule = substr($0, 8)
	fresh = 0
	next
}

/^# not applicable: / {
	row()
	skipped = skipped (skipped == "" ? "" : ", ") substr($0, 19)
	next
}

END {
	row()
	if (skipped != "")
		print "\nNot applicable to the memory driver, and tried on Postgres (`tests/kit/mutants_postgres.c`): " skipped "."
	exit bad
}
'

#!/bin/sh
# scenarios.sh - which scenario of the reference is tested by which case of the kit.
#
#   scenarios.sh KIT         prints docs/COVERAGE.md; KIT is any program of the kit
#
# Scenarios are listed in conformance/scenarios.tsv; cases name those they cover
# (`covers`); the rest is accounted for in conformance/coverage.tsv. Fails, naming it, when a
# scenario is in neither, when somebody names one that does not exist, and when two lines disagree.
set -eu

[ $# -eq 1 ] || {
	echo "usage: scenarios.sh KIT" >&2
	exit 2
}
kit=$1

"$kit" --coverage | awk -F '\t' '
function fail(text)
{
	print "scenarios: " text | "cat >&2"
	bad = 1
}

function cell(text)
{
	gsub(/\|/, "\\|", text)
	return text
}

FILENAME == "conformance/scenarios.tsv" {
	if ($1 in words)
		fail("scenarios.tsv: " $1 " stands there twice")
	order[++count] = $1
	words[$1] = $2
	next
}

FILENAME == "conformance/coverage.tsv" {
	if (!($1 in words))
		fail("coverage.tsv: there is no scenario " $1)
	if ($2 !~ /^(overridden|not applicable|next|elsewhere)$/)
		fail("coverage.tsv: " $1 ": no such disposition: " $2)
	if ($1 in how)
		fail("coverage.tsv: " $1 " stands there twice")
	how[$1] = $2
	why[$1] = $3
	next
}

{
	cases++
	kinds[$2]++
	stores[$3]++
	named = $4
	gsub(/,/, " ", named)
	n = split(named, ids, " ")
	for (i = 1; i <= n; i++) {
		if (ids[i] == "runledger")
			continue
		if (!(ids[i] in words)) {
			fail($1 ": there is no scenario " ids[i])
			continue
		}
		if (ids[i] in by)
			by[ids[i]] = by[ids[i]] "<br>`" $1 "`"
		else
			by[ids[i]] = "`" $1 "`"
	}
}

END {
	for (i = 1; i <= count; i++) {
		id = order[i]
		if ((id in by) && (id in how) && how[id] == "next")
			fail(id " is covered, and yet built next")
		if (id in by)
			covered++
		else if (id in how)
			accounted[how[id]]++
		else
			fail(id " is neither covered nor accounted for: " words[id])
	}
	if (bad)
		exit 1
	print "# Coverage of the reference scenarios\n"
	print "Printed by `tools/scenarios.sh` from the cases of the conformance kit. A scenario is covered"
	print "by cases, overridden by our contract, built next, tested elsewhere, or not applicable; anything"
	print "else fails the check. Scenario ids are those of runledger; smol-n is number n of smol; seed1-n are"
	print "of equal appends; wake-n are of waiting for work, of which both know nothing.\n"
	printf "%d cases; %d scenarios: %d covered", cases, count, covered
	for (h in accounted)
		list[++hows] = h
	for (i = 1; i <= hows; i++)
		for (j = i + 1; j <= hows; j++)
			if (list[j] < list[i]) {
				t = list[i]; list[i] = list[j]; list[j] = t
			}
	for (i = 1; i <= hows; i++)
		printf ", %d %s", accounted[list[i]], list[i]
	print ".\n"
	print "| scenario | in a few words | covered by |\n|---|---|---|"
	for (i = 1; i <= count; i++) {
		id = order[i]
		text = (id in by) ? by[id] : ""
		if (id in how)
			text = text (text == "" ? "" : "<br>") "*" how[id] "*: " cell(why[id])
		printf "| %s | %s | %s |\n", id, cell(words[id]), text
	}
}
' conformance/scenarios.tsv conformance/coverage.tsv -

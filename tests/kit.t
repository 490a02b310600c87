#!/bin/sh
# The kit tells the truth: about failures, known ones, missing databases, and about itself.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

memory="$build/tests/kit/memory"

# Answers like the program but for its exit code, which goes to the output.
told() {
	code=0
	"$@" >"$scratch/told" 2>&1 || code=$?
	echo "exit $code" >>"$scratch/told"
	cat "$scratch/told"
}

# A subject that is not what it should be: $1 in the initialiser.
subject() {
	cat >"$scratch/subject.c" <<END
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cairn/conformance.h>
#include <cairn/memory_driver.h>
static int never(const char *url) { (void)url; return -1; }
static int told(const char *url) { fprintf(stderr, "%s\n", url); return 0; }
static int told_never(const char *url) { fprintf(stderr, "clear %s\n", url); return -1; }
static int forever(const char *url) { (void)url; for (;;) pause(); }
static int crash(const char *url) { (void)url; abort(); }
static const char *const known[] = { "conn.now.*", NULL };
int main(int argc, char **argv)
{
	const cairn_subject subject = { .size = sizeof(subject), .driver = &cairn_memory, $1 };
	(void)never; (void)told; (void)told_never; (void)forever; (void)crash; (void)known;
	return cairn_conformance_main(argc, argv, &subject);
}
END
	# shellcheck disable=SC2046 # lists of flags
	"${CC:-cc}" -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -o "$scratch/subject" "$scratch/subject.c" \
		"$build/lib/libcairn_conformance.a" "$build/lib/libcairn_memory.a" "$build/lib/libcairn.a" \
		$(pkg-config --libs libcjson 2>/dev/null || echo -lcjson) -lmd -pthread
}

told "$memory" --only conn.now.an_installed_clock_is_the_time --seed 7 >"$scratch/out"
ok "a case that passes" grep -q '^ok 1 - conn.now.an_installed_clock_is_the_time$' "$scratch/out"
ok "its plan" grep -q '^1\.\.1$' "$scratch/out"
ok "its seed" grep -q 'seed 7$' "$scratch/out"
ok "its exit code" grep -q '^exit 0$' "$scratch/out"

told "$memory" --only no.such.case >"$scratch/out"
ok "a pattern that fits nothing is an error" grep -q '^exit 2$' "$scratch/out"
told "$memory" --nonsense >"$scratch/out"
ok "an unknown option is an error" grep -q '^exit 2$' "$scratch/out"

"$memory" --list >"$scratch/list"
is "$(cut -d' ' -f1 "$scratch/list" | sort | uniq -d)" "" "each case has a name of its own"
is "$(awk 'NF < 5' "$scratch/list")" "" "each case has its rule in words"
ok "there are at least 220 cases" test "$(wc -l <"$scratch/list")" -ge 220

if subject '.url = NULL'; then
	CAIRN_REQUIRE=0 told "$scratch/subject" >"$scratch/out"
	ok "without a database all is skipped" grep -q '^1\.\.0 # SKIP' "$scratch/out"
	ok "which is no failure" grep -q '^exit 0$' "$scratch/out"
	CAIRN_REQUIRE=1 told "$scratch/subject" >"$scratch/out"
	ok "unless it has to be there" grep -q '^exit 1$' "$scratch/out"
else
	fail "the kit links"
fi

subject '.url = "memory:{case}", .known_failures = known'
told "$scratch/subject" --only 'conn.now.an_*' >"$scratch/out"
ok "a known failure that passes is an error" grep -q '^exit 1$' "$scratch/out"
ok "and says so" grep -q '^not ok 1 - .*known_failures' "$scratch/out"

subject '.url = "memory:{case}", .reset = never'
told "$scratch/subject" --only 'conn.now.an_*' >"$scratch/out"
ok "a reset that fails is a failure" grep -q "reset failed" "$scratch/out"
ok "and is counted" grep -q '^exit 1$' "$scratch/out"

subject '.url = "memory:{case}", .reset = crash'
told "$scratch/subject" --only 'conn.now.an_*' >"$scratch/out"
ok "a crash is a failure" grep -q 'ended by signal 6' "$scratch/out"
ok "of that case alone" grep -q '^exit 1$' "$scratch/out"

subject '.url = "memory:{case}", .reset = forever'
told "$scratch/subject" --only 'conn.now.an_*' --timeout 1 --keep >"$scratch/out"
ok "a case that hangs is ended" grep -q 'took too long' "$scratch/out"

# Cases of migrations have stores of their own, which are not cleared.
three="--jobs 1 --only jobs.cancel.* --only migrations.up.*"
subject '.url = "memory:{case}", .clear = told'
# shellcheck disable=SC2086 # options
told "$scratch/subject" $three >"$scratch/out"
ok "cases pass on a store that is cleared" test "$(grep -c '^memory:' "$scratch/out")" -gt 1
is "$(grep '^memory:' "$scratch/out" | sort -u | wc -l)" 1 "which is one for all of them"
subject '.url = "memory:{case}", .clear = told_never, .reset = told'
# shellcheck disable=SC2086
told "$scratch/subject" $three >"$scratch/out"
clears=$(grep -c '^clear memory:' "$scratch/out")
ok "one that can't be cleared is reset" test "$(grep -c '^memory:' "$scratch/out")" -gt "$clears"
subject '.url = "memory:{case}", .clear = never, .reset = never'
told "$scratch/subject" --only 'jobs.cancel.*' >"$scratch/out"
ok "one that can't be either is a failure" grep -q "reset failed after the case" "$scratch/out"

for how in --no-fork '--jobs 3'; do
	# shellcheck disable=SC2086 # an option and its value
	told "$memory" $how --only 'conn.now.*' >"$scratch/out"
	ok "the kit runs with $how" grep -q '^exit 0$' "$scratch/out"
done

tools/scenarios.sh "$memory" >"$scratch/COVERAGE.md" 2>"$scratch/out"
empty "every scenario of the reference is accounted for" "$scratch/out"
ok "docs/COVERAGE.md is as the kit prints it" diff -u docs/COVERAGE.md "$scratch/COVERAGE.md"
done_testing

/* migration_script.c - directives in scripts. */
#include "../../core/migration_plan.h"
#include "../tap.h"

static void is_str(cairn_str got, const char *want, const char *name)
{
	ok(cairn_str_is(got, want), "%s", name);
}

static void directives_are_found_in_order(void)
{
	cairn_str script =
		CAIRN_STR("-- since: 0.1.0\n"
			  "CREATE TABLE x (a integer); -- gate: not.at.the.start SELECT 1\n"
			  "--gate: one SELECT count(*) FROM x\n"
			  "--   gate:   two   SELECT 2  \r\n"
			  "-- gates: no SELECT 3\n"
			  "-- gate: last SELECT 4");
	size_t at = 0;
	is_str(cairn__directive_next(script, "since", &at), "0.1.0", "a value");
	at = 0;
	is_str(cairn__directive_next(script, "gate", &at), "one SELECT count(*) FROM x", "first");
	is_str(cairn__directive_next(script, "gate", &at), "two   SELECT 2", "trimmed");
	is_str(cairn__directive_next(script, "gate", &at), "last SELECT 4", "without a newline");
	ok(cairn__directive_next(script, "gate", &at).ptr == NULL, "no more");
}

static void an_empty_value_is_present(void)
{
	size_t at = 0;
	cairn_str value = cairn__directive_next(CAIRN_STR("-- additive:\n"), "additive", &at);
	ok(value.ptr != NULL && value.len == 0, "present and empty");
}

static void a_gate_splits_into_name_and_query(void)
{
	cairn_str rest;
	cairn_str word = cairn__first_word(CAIRN_STR("job.rows   SELECT 1"), &rest);
	is_str(word, "job.rows", "name");
	is_str(rest, "SELECT 1", "query");
	word = cairn__first_word(CAIRN_STR("alone"), &rest);
	is_str(word, "alone", "a name without a query");
	is_int(rest.len, 0, "has no rest");
}

static void the_checksum_is_computed_when_it_is_absent(void)
{
	char hex[65];
	cairn_migration one = { .version = 1, .name = "x", .up = CAIRN_STR("abc") };
	cairn__migration_hex(&one, hex);
	is_text(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"SHA-256 of abc");
	one.sha256[0] = 0xff;
	cairn__migration_hex(&one, hex);
	ok(memcmp(hex, "ff00", 4) == 0, "a given one is taken");
}

int main(void)
{
	directives_are_found_in_order();
	an_empty_value_is_present();
	a_gate_splits_into_name_and_query();
	the_checksum_is_computed_when_it_is_absent();
	return tap_done();
}

/*
 * definition_list.c - finding job types: by name, by a part of it, page by page.
 */
#include "ct.h"

static void get_of_an_unknown_type(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_str similar[] = { CAIRN_STR("T"), CAIRN_STR("t "), CAIRN_STR("tt"), CAIRN_STR("%") };
	cairn_definitions *found = NULL;
	for (size_t i = 0; i < 4; i++)
		ct_status(cairn_job_definition_get(conn, similar[i], &found, ct_err()),
			  CAIRN_NOT_FOUND, "job.definition_not_found");
	ct_later(found);
}

static void filter_is_a_plain_text(void)
{
	cairn_conn *conn = ct_open();
	const char *types[] = {
		"Mail.Send", "mail.read", "a%b", "a_b", "a\\b", "axb", "\xc3\x84x"
	};
	for (size_t i = 0; i < 7; i++)
		ct_define(conn, types[i]);
	ct_text(ct_types(conn, "MAIL", NULL, 0), "Mail.Send mail.read");
	ct_text(ct_types(conn, "l.s", NULL, 0), "Mail.Send");
	ct_text(ct_types(conn, "%", NULL, 0), "a%b");
	ct_text(ct_types(conn, "_", NULL, 0), "a_b");
	ct_text(ct_types(conn, "\\", NULL, 0), "a\\b");
	ct_text(ct_types(conn, "a.b", NULL, 0), "");
	/* only ASCII letters have a case */
	ct_text(ct_types(conn, "\xc3\x84X", NULL, 0), "\xc3\x84x");
	ct_text(ct_types(conn, "\xc3\xa4", NULL, 0), "");
	ct_text(ct_types(conn, "", "axb", 0), "mail.read \xc3\x84x");
}

static void pages_follow_the_bytes(void)
{
	cairn_conn *conn = ct_open();
	const char *types[] = { "b", "a", "B", "_", "a1", "\xc3\xa9", "Z" };
	for (size_t i = 0; i < 7; i++)
		ct_define(conn, types[i]);
	ct_text(ct_types(conn, NULL, NULL, 0), "B Z _ a a1 b \xc3\xa9");
	ct_text(ct_types(conn, NULL, NULL, 3), "B Z _");
	ct_text(ct_types(conn, NULL, "_", 3), "a a1 b");
	ct_text(ct_types(conn, NULL, "b", 3), "\xc3\xa9");
	ct_text(ct_types(conn, NULL, "\xc3\xa9", 3), "");
	ct_text(ct_types(conn, NULL, "a0", 2), "a1 b");
	cairn_definition_filter filter = { .size = sizeof(filter), .limit = 1001 };
	cairn_definitions *found = NULL;
	ct_status(cairn_job_definition_list(conn, &filter, &found, ct_err()), CAIRN_INVALID,
		  "job.invalid_pagination");
	ct_ok(cairn_job_definition_list(conn, NULL, &found, ct_err()));
	ct_int(found->count, 7);
	ct_later(found);
}

static const ct_case cases[] = {
	{ .name = "jobs.definition.get_finds_exactly_the_type",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A similar type is not the type: NOT_FOUND job.definition_not_found.",
	  .run = get_of_an_unknown_type },
	{ .name = "jobs.definition.the_filter_is_plain_text_without_ascii_case",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The filter finds its text anywhere in the type, ignoring ASCII case; %, _ and "
		  "\\ "
		  "stand for themselves.",
	  .covers = "runledger D05",
	  .run = filter_is_a_plain_text },
	{ .name = "jobs.definition.pages_go_by_bytes",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Definitions are listed by the bytes of their type, page by page behind a type.",
	  .covers = "runledger D05",
	  .run = pages_follow_the_bytes },
};

CT_GROUP(definition_list, cases);

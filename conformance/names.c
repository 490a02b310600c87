/*
 * names.c - names, keys, tenants and free texts at every place where a caller can
 * put one: the same rule, tested before any I/O. (enqueue's own fields: enqueue.c)
 */
#include "ct.h"

struct text {
	const char *what;
	const char *bytes;
	size_t len;
};

#define TEXT(what, literal) \
	{ \
		what, literal, sizeof(literal) - 1 \
	}

/* No name, no key: not UTF-8, with control characters, or blank. */
static const struct text malformed[] = {
	TEXT("a blank", " "),
	TEXT("blanks and tabs", " \t "),
	TEXT("a no-break space", "\xc2\xa0"),
	TEXT("an ideographic space", "\xe3\x80\x80"),
	TEXT("an em space and a line separator", "\xe2\x80\x83\xe2\x80\xa8"),
	TEXT("a NUL inside", "a\0b"),
	TEXT("a line feed at the end", "a\n"),
	TEXT("an escape character", "\x1b[31m"),
	TEXT("DEL", "a\x7f"),
	TEXT("a C1 control character", "a\xc2\x85"),
	TEXT("a stray continuation byte", "a\x80"),
	TEXT("a byte that is never UTF-8", "\xff"),
	TEXT("an overlong slash", "\xc0\xaf"),
	TEXT("an overlong NUL", "\xc0\x80"),
	TEXT("a surrogate", "\xed\xa0\x80"),
	TEXT("beyond U+10FFFF", "\xf4\x90\x80\x80"),
	TEXT("cut off in the middle", "\xe2\x82"),
};

/* Names that must pass everywhere, as they are. */
static const struct text fine[] = {
	TEXT("padded", "  padded name "),
	TEXT("punctuation", "a.b/c:d%e_f\\g'h\"i;--"),
	TEXT("umlauts", "gr\xc3\xbc\xc3\x9f"
			"e"),
	TEXT("a combining accent", "e\xcc\x81"),
	TEXT("an emoji", "\xf0\x9f\x90\xb1"),
	TEXT("beyond the BMP", "\xf4\x8f\xbf\xbf"),
	TEXT("a word for SQL", "select"),
	TEXT("NULL", "NULL"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static cairn_str str(const struct text *text)
{
	ct_note("--- %s", text->what);
	return (cairn_str){ text->bytes, text->len };
}

/* Calls try() with every malformed text and with one that is a byte too long. */
static void each_malformed(cairn_conn *conn, void (*try)(cairn_conn *conn, cairn_str name))
{
	for (size_t i = 0; i < COUNT(malformed); i++)
		try(conn, str(&malformed[i]));
	ct_note("--- 256 bytes");
	try(conn, cairn_str_of(ct_repeat('n', 256)));
}

/* Calls try() with every good text and with the longest there can be. */
static void each_fine(cairn_conn *conn, void (*try)(cairn_conn *conn, cairn_str name))
{
	for (size_t i = 0; i < COUNT(fine); i++)
		try(conn, str(&fine[i]));
	ct_note("--- 254 and 255 bytes");
	try(conn, cairn_str_of(ct_repeat('n', 254)));
	try(conn, cairn_str_of(ct_repeat('n', 255)));
}

/* ---- claims -------------------------------------------------------------------------- */

static void refused_in_claims(cairn_conn *conn, cairn_str name)
{
	cairn_jobs *jobs = NULL;
	cairn_str types[2] = { CAIRN_STR("t"), name };
	const char *code = "arg.invalid_name";
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.worker = name;
	ct_status(cairn_job_claim(conn, &opts, &jobs, ct_err()), CAIRN_INVALID, code);
	opts = ct_claim_opts("w", 1);
	opts.queue = name;
	ct_status(cairn_job_claim(conn, &opts, &jobs, ct_err()), CAIRN_INVALID, code);
	opts = ct_claim_opts("w", 1);
	opts.owner = name;
	ct_status(cairn_job_claim(conn, &opts, &jobs, ct_err()), CAIRN_INVALID, code);
	opts = ct_claim_opts("w", 1);
	opts.types = types;
	opts.type_count = 2;
	ct_status(cairn_job_claim(conn, &opts, &jobs, ct_err()), CAIRN_INVALID, code);
	cairn_free(jobs);
}

static void malformed_in_claims(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	each_malformed(conn, refused_in_claims);
	cairn_claim_opts opts = { .size = sizeof(opts) };
	cairn_jobs *jobs = NULL;
	ct_status(cairn_job_claim(conn, &opts, &jobs, ct_err()), CAIRN_INVALID, "arg.invalid_name");
	cairn_free(jobs);
	ct_int(ct_job(conn, id)->status, CAIRN_JOB_PENDING);
}

/* One name at once as type, queue, tenant, key, owner and worker; error code at its end. */
static void goes_through(cairn_conn *conn, cairn_str name)
{
	cairn_definition definition = { .type = name };
	cairn_job_new job = {
		.type = name, .queue = name, .tenant = name, .key = name, .owner = name
	};
	cairn_claim_opts opts = { .size = sizeof(opts),
				  .worker = name,
				  .queue = name,
				  .owner = name,
				  .types = &name,
				  .type_count = 1 };
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_define(conn, &definition, 1, ct_err()));
	cairn_id id = ct_add(conn, &job);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_same(jobs->at[0].type, name);
	ct_same(jobs->at[0].queue, name);
	ct_same(jobs->at[0].tenant, name);
	ct_same(jobs->at[0].key, name);
	ct_same(jobs->at[0].owner, name);
	ct_same(jobs->at[0].worker, name);
	cairn_finish failure = ct_failure(cairn_job_lease(&jobs->at[0]), CAIRN_FINISH_TERMINAL, "");
	failure.error_code = name;
	failure.error_message = name;
	ct_finish(conn, failure);
	const cairn_job *row = ct_job(conn, id);
	ct_same(row->error_code, name);
	ct_same(row->error_message, name);
	ct_same(ct_dead_letter(conn, id)->error_code, name);
	ct_same(ct_attempts(conn, id)->at[0].worker, name);
	cairn_job_filter filter = {
		.size = sizeof(filter), .scope = cairn_tenant(name), .queue = name, .type = name
	};
	cairn_jobs *found = NULL;
	ct_ok(cairn_job_list(conn, &filter, &found, ct_err()));
	ct_later(found);
	ct_int(found->count, 1);
	ct_id(found->at[0].id, id);
}

static void fine_everywhere(void)
{
	cairn_conn *conn = ct_open();
	each_fine(conn, goes_through);
}

/* ---- other calls ------------------------------------------------------------------------ */

static void refused_elsewhere(cairn_conn *conn, cairn_str name)
{
	const char *code = "arg.invalid_name";
	cairn_definition definition = { .type = name };
	cairn_definition_patch patch = { .size = sizeof(patch), .type = name };
	cairn_job_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_dead_filter dead = { .size = sizeof(dead), .scope = cairn_any(), .type = name };
	cairn_definitions *definitions = NULL;
	cairn_jobs *jobs = NULL;
	cairn_dead_letters *letters = NULL;
	ct_status(cairn_job_define(conn, &definition, 1, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_define_if_missing(conn, &definition, 1, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_definition_get(conn, name, &definitions, ct_err()), CAIRN_INVALID,
		  code);
	filter.queue = name;
	ct_status(cairn_job_list(conn, &filter, &jobs, ct_err()), CAIRN_INVALID, code);
	filter.queue = (cairn_str){ NULL, 0 };
	filter.type = name;
	ct_status(cairn_job_list(conn, &filter, &jobs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_dead_letters(conn, &dead, &letters, ct_err()), CAIRN_INVALID, code);
	cairn_free(definitions);
	cairn_free(jobs);
	cairn_free(letters);
}

static void malformed_elsewhere(void)
{
	cairn_conn *conn = ct_open();
	each_malformed(conn, refused_elsewhere);
	cairn_definitions *definitions = NULL;
	ct_ok(cairn_job_definition_list(conn, NULL, &definitions, ct_err()));
	ct_int(definitions->count, 0);
	cairn_free(definitions);
}

static cairn_lease the_lease;

static void refused_as_error_code(cairn_conn *conn, cairn_str name)
{
	cairn_finish failure = ct_failure(the_lease, CAIRN_FINISH_RETRYABLE, "");
	failure.error_code = name;
	ct_status(cairn_job_finish(conn, &failure, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
}

static void malformed_error_codes(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	the_lease = ct_claim(conn, "w");
	const char *before = ct_snapshot(conn, id);
	each_malformed(conn, refused_as_error_code);
	ct_note("--- none at all");
	refused_as_error_code(conn, (cairn_str){ NULL, 0 });
	ct_unchanged(conn, id, before);
}

/* ---- tenants --------------------------------------------------------------------------------- */

static void refused_as_tenant(cairn_conn *conn, cairn_str tenant)
{
	cairn_id id = cairn_id_new();
	cairn_jobs *jobs = NULL;
	cairn_job_new job = ct_new("t");
	job.tenant = tenant;
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_tenant");
	ct_status(cairn_job_get(conn, cairn_tenant(tenant), id, &jobs, ct_err()), CAIRN_INVALID,
		  "arg.invalid_tenant");
	cairn_free(jobs);
}

/* A tenant may be blank: it is no name that a person types. */
static bool is_blank(const struct text *text)
{
	return text->bytes[0] == ' ' || text->bytes[0] == '\xc2' || text->bytes[0] == '\xe3' ||
	       (text->bytes[0] == '\xe2' && text->len > 2);
}

static void tenants(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	for (size_t i = 0; i < COUNT(malformed); i++) {
		if (!is_blank(&malformed[i]))
			refused_as_tenant(conn, str(&malformed[i]));
	}
	refused_as_tenant(conn, cairn_str_of(ct_repeat('n', 256)));
	refused_as_tenant(conn, CAIRN_STR(" \t "));
	ct_int(ct_count_jobs(conn, 0), 0);
	for (size_t n = 254; n <= 255; n++) {
		job.tenant = cairn_str_of(ct_repeat('n', n));
		cairn_id id = ct_add(conn, &job);
		ct_same(ct_job(conn, id)->tenant, job.tenant);
	}
	job.tenant = CAIRN_STR(" ");
	ct_str(ct_job(conn, ct_add(conn, &job))->tenant, " ");
}

static void tenants_by_bytes(void)
{
	static const char *const names[] = { "Acme",  "acme",	  "acme ",
					     " acme", "\xc3\xa9", "e\xcc\x81" };
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	for (size_t i = 0; i < COUNT(names); i++) {
		job.tenant = cairn_str_of(names[i]);
		ct_add(conn, &job);
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		cairn_job_filter filter = { .size = sizeof(filter),
					    .scope = cairn_tenant(cairn_str_of(names[i])) };
		cairn_jobs *jobs = NULL;
		ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
		ct_later(jobs);
		ct_int(jobs->count, 1);
		ct_str(jobs->at[0].tenant, names[i]);
	}
}

/* ---- texts ------------------------------------------------------------------------------------- */

static void messages(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_finish failure = ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_TERMINAL, "a.code");
	const char *before = ct_snapshot(conn, id);
	failure.error_message = cairn_str_of(ct_repeat('m', 8193));
	ct_status(cairn_job_finish(conn, &failure, 1, NULL, ct_err()), CAIRN_TOO_LARGE,
		  "limit.exceeded");
	failure.error_message = CAIRN_STR("a\xff");
	ct_status(cairn_job_finish(conn, &failure, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_text");
	failure.error_message = CAIRN_STR("a\0b");
	ct_status(cairn_job_finish(conn, &failure, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_text");
	ct_unchanged(conn, id, before);
	char *longest = ct_repeat('m', 8192);
	memcpy(longest, "line\n\ttab \x1b ", 12);
	failure.error_message = cairn_str_of(longest);
	ct_finish(conn, failure);
	ct_str(ct_job(conn, id)->error_message, longest);
	ct_str(ct_dead_letter(conn, id)->error_message, longest);
	ct_str(ct_attempts(conn, id)->at[0].error_message, longest);
}

static void reasons(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	const char *before = ct_snapshot(conn, id);
	ct_status(cairn_job_cancel(conn, cairn_any(), &id, 1, CAIRN_STR("a\xff"), NULL, ct_err()),
		  CAIRN_INVALID, NULL);
	ct_status(cairn_job_cancel(conn, cairn_any(), &id, 1, CAIRN_STR("a\0b"), NULL, ct_err()),
		  CAIRN_INVALID, NULL);
	ct_unchanged(conn, id, before);
	cairn_str reason = CAIRN_STR("stopped by \"ops\" \\ \xf0\x9f\x90\xb1");
	ct_ok(cairn_job_cancel(conn, cairn_any(), &id, 1, reason, NULL, ct_err()));
	ct_same(ct_job(conn, id)->status_reason, reason);
}

#define NAMES .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "names.claim.malformed_ones_are_refused",
	  NAMES,
	  .rule = "Worker, queue, owner and types of a claim are names: 1 to 255 bytes of UTF-8, "
		  "not blank, no control characters.",
	  .run = malformed_in_claims },
	{ .name = "names.read.malformed_ones_are_refused",
	  NAMES,
	  .rule = "Types and queues in definitions and filters are names, tested before any I/O.",
	  .covers = "runledger D04",
	  .run = malformed_elsewhere },
	{ .name = "names.finish.malformed_error_codes_are_refused",
	  NAMES,
	  .rule = "A failure needs an error code that is a name; else nothing is written.",
	  .run = malformed_error_codes },
	{ .name = "names.everywhere.good_ones_come_back_as_they_are",
	  NAMES,
	  .rule = "A good name is kept byte for byte as type, queue, tenant, key, owner, worker "
		  "and error code, and finds its row again; the longest too.",
	  .run = fine_everywhere },
	{ .name = "names.tenant.is_any_line_of_text",
	  NAMES,
	  .rule = "A tenant is 1 to 255 bytes of UTF-8 without control characters.",
	  .run = tenants },
	{ .name = "names.tenant.is_compared_by_bytes",
	  NAMES,
	  .rule = "Tenants that differ in case, blanks or normal form are different tenants.",
	  .covers = "runledger X03",
	  .run = tenants_by_bytes },
	{ .name = "names.message.is_any_text_up_to_8_kib",
	  NAMES,
	  .rule = "An error message is UTF-8 without NUL up to 8192 bytes, kept as it is; a byte "
		  "more is TOO_LARGE.",
	  .run = messages },
	{ .name = "names.reason.is_any_text",
	  NAMES,
	  .rule = "A reason for canceling is UTF-8 without NUL, kept as it is.",
	  .run = reasons },
};

CT_GROUP(names, cases);

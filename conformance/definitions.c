/*
 * definitions.c - job types: defining and changing them. Finding them is in
 * definition_list.c; what a definition does to a job in enqueue.c.
 */
#include "ct.h"

static const cairn_definition *get(cairn_conn *conn, const char *type)
{
	cairn_definitions *found = NULL;
	ct_ok(cairn_job_definition_get(conn, cairn_str_of(type), &found, ct_err()));
	ct_later(found);
	ct_int(found->count, 1);
	return &found->at[0];
}

static void define(cairn_conn *conn, const cairn_definition *definition)
{
	ct_ok(cairn_job_define(conn, definition, 1, ct_err()));
}

static void same_retry(const cairn_retry *got, const cairn_retry *want)
{
	ct_int(got->base, want->base);
	ct_int(got->cap, want->cap);
	ct_int(got->jitter, want->jitter);
	ct_int(got->factor, want->factor);
}

/* Everything but the times. */
static void same(const cairn_definition *got, const cairn_definition *want)
{
	ct_same(got->type, want->type);
	ct_int(got->version, want->version);
	ct_int(got->max_attempts, want->max_attempts);
	ct_int(got->timeout, want->timeout);
	ct_int(got->priority, want->priority);
	ct_int(got->disabled, want->disabled);
	same_retry(&got->retry, &want->retry);
}

/* A definition without a single default. */
static cairn_definition special(const char *type)
{
	return (cairn_definition){ .type = cairn_str_of(type),
				   .version = 4,
				   .max_attempts = 3,
				   .timeout = 7 * CAIRN_SECOND,
				   .priority = -5,
				   .set = CAIRN_DEFINITION_PRIORITY,
				   .retry = { .base = 2 * CAIRN_SECOND,
					      .cap = CAIRN_MINUTE,
					      .jitter = -1,
					      .factor = 1500 } };
}

/* ---- define -------------------------------------------------------------------- */

static void fills_in_defaults(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition bare = { .type = CAIRN_STR("t") };
	define(conn, &bare);
	const cairn_definition *got = get(conn, "t");
	ct_str(got->type, "t");
	ct_int(got->version, 1);
	ct_int(got->max_attempts, 8);
	ct_int(got->timeout, 15 * CAIRN_MINUTE);
	ct_int(got->priority, 100);
	ct_int(got->disabled, 0);
	ct_int(got->created_at, ct_now());
	ct_int(got->updated_at, ct_now());
	cairn_retry usual = { .base = 10 * CAIRN_SECOND,
			      .cap = 300 * CAIRN_SECOND,
			      .jitter = 500 * CAIRN_MILLISECOND,
			      .factor = 2000 };
	same_retry(&got->retry, &usual);
}

static void keeps_explicit_values(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition wanted = special("t");
	define(conn, &wanted);
	same(get(conn, "t"), &wanted);
	wanted.priority = 0;
	wanted.disabled = 1;
	define(conn, &wanted);
	same(get(conn, "t"), &wanted);
}

static void equal_is_not_rewritten(void)
{
	cairn_conn *conn = ct_open();
	cairn_time then = ct_now();
	cairn_definition wanted = special("t");
	define(conn, &wanted);
	ct_define(conn, "plain");
	ct_advance(CAIRN_HOUR);
	define(conn, &wanted);
	ct_int(get(conn, "t")->updated_at, then);
	/* a default that is spelled out is no change either */
	cairn_definition plain = { .type = CAIRN_STR("plain"),
				   .version = 1,
				   .max_attempts = 8,
				   .timeout = 15 * CAIRN_MINUTE,
				   .priority = 100,
				   .set = CAIRN_DEFINITION_PRIORITY };
	define(conn, &plain);
	ct_int(get(conn, "plain")->updated_at, then);
}

static void each_change_is_written(void)
{
	cairn_conn *conn = ct_open();
	cairn_time then = ct_now();
	cairn_definition wanted[10];
	for (size_t i = 0; i < 10; i++)
		wanted[i] = special("t");
	wanted[1].version = 5;
	wanted[2].max_attempts = 4;
	wanted[3].timeout++;
	wanted[4].priority = -4;
	wanted[5].disabled = 1;
	wanted[6].retry.base++;
	wanted[7].retry.cap++;
	wanted[8].retry.jitter = CAIRN_SECOND;
	wanted[9].retry.factor = 1501;
	for (size_t i = 0; i < 10; i++) {
		define(conn, &wanted[0]);
		ct_advance(CAIRN_SECOND);
		define(conn, &wanted[i]);
		const cairn_definition *got = get(conn, "t");
		same(got, &wanted[i]);
		ct_int(got->created_at, then);
		ct_int(got->updated_at, i ? ct_now() : then);
	}
}

static void one_call_defines_many(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition many[] = { special("c"), special("a"), { .type = CAIRN_STR("b") } };
	ct_ok(cairn_job_define(conn, many, 3, ct_err()));
	ct_text(ct_types(conn, NULL, NULL, 0), "a b c");
	same(get(conn, "a"), &many[1]);
	ct_int(get(conn, "b")->priority, 100);
	ct_int(get(conn, "a")->created_at, get(conn, "b")->created_at);
	ct_ok(cairn_job_define(conn, NULL, 0, ct_err()));
}

static void last_of_a_type_wins(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition twice[] = { special("t"), special("u"), special("t") };
	twice[2].version = 9;
	ct_ok(cairn_job_define(conn, twice, 3, ct_err()));
	ct_int(get(conn, "t")->version, 9);
	twice[0].type = twice[2].type = CAIRN_STR("new");
	ct_ok(cairn_job_define_if_missing(conn, twice, 3, ct_err()));
	ct_int(get(conn, "new")->version, 4);
}

static void if_missing_never_overwrites(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition first = special("old");
	define(conn, &first);
	cairn_time then = ct_now();
	ct_advance(CAIRN_HOUR);
	cairn_definition both[] = { { .type = CAIRN_STR("old"), .version = 9 }, special("new") };
	ct_ok(cairn_job_define_if_missing(conn, both, 2, ct_err()));
	same(get(conn, "old"), &first);
	ct_int(get(conn, "old")->updated_at, then);
	same(get(conn, "new"), &both[1]);
	ct_int(get(conn, "new")->created_at, ct_now());
}

static void refuses_malformed(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition bad[12];
	for (size_t i = 0; i < 12; i++)
		bad[i] = special("t");
	bad[0].version = -1;
	bad[1].max_attempts = -1;
	bad[2].timeout = -1;
	bad[3].retry.base = -1;
	bad[4].retry.cap = -1;
	bad[5].retry.jitter = -2;
	bad[6].retry.factor = 999;
	bad[7].type = CAIRN_STR("");
	bad[8].type = CAIRN_STR(" \xe3\x80\x80");
	bad[9].type = CAIRN_STR("a\nb");
	bad[10].type = CAIRN_STR("\xff");
	bad[11].type = cairn_str_of(ct_repeat('x', 256));
	for (size_t i = 0; i < 12; i++) {
		const char *code = i < 7 ? "job.invalid_definition" : "arg.invalid_name";
		cairn_definition batch[] = { special("good"), bad[i] };
		ct_status(cairn_job_define(conn, batch, 2, ct_err()), CAIRN_INVALID, code);
		ct_int(ct_last()->index, 1);
		ct_status(cairn_job_define_if_missing(conn, batch, 2, ct_err()), CAIRN_INVALID,
			  code);
		ct_text(ct_types(conn, NULL, NULL, 0), "");
	}
}

static void types_are_bytes(void)
{
	cairn_conn *conn = ct_open();
	const char *longest = ct_repeat('x', 255);
	cairn_definition each[] = { special("t"),    special("T"),	  special(" t"),
				    special("t "),   special("\xc3\xa9"), special("e\xcc\x81"),
				    special(longest) };
	ct_ok(cairn_job_define(conn, each, 7, ct_err()));
	ct_text(ct_types(conn, NULL, NULL, 0),
		ct_format(" t T e\xcc\x81 t t  %s \xc3\xa9", longest));
}

static void rolls_back_with_the_caller(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition before = special("kept");
	define(conn, &before);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_definition both[] = { { .type = CAIRN_STR("kept") }, special("new") };
	ct_ok(cairn_job_define(conn, both, 2, ct_err()));
	ct_text(ct_types(conn, NULL, NULL, 0), "kept new");
	cairn_rollback(&tx);
	ct_text(ct_types(conn, NULL, NULL, 0), "kept");
	same(get(conn, "kept"), &before);
}

/* ---- update -------------------------------------------------------------------- */

static cairn_definition_patch patch_of(const char *type, uint32_t set)
{
	return (cairn_definition_patch){ .size = sizeof(cairn_definition_patch),
					 .type = cairn_str_of(type),
					 .set = set,
					 .max_attempts = 17,
					 .timeout = 19 * CAIRN_SECOND,
					 .priority = 23,
					 .disabled = 1,
					 .retry = { .base = 29 * CAIRN_SECOND,
						    .cap = 31 * CAIRN_SECOND,
						    .jitter = 37 * CAIRN_MILLISECOND,
						    .factor = 4100 } };
}

static void update_writes_what_it_names(void)
{
	cairn_conn *conn = ct_open();
	for (uint32_t set = 0; set < 32; set++) {
		cairn_definition wanted = special("t");
		define(conn, &wanted);
		cairn_definition_patch patch = patch_of("t", set);
		ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
		if (set & CAIRN_PATCH_MAX_ATTEMPTS)
			wanted.max_attempts = 17;
		if (set & CAIRN_PATCH_TIMEOUT)
			wanted.timeout = 19 * CAIRN_SECOND;
		if (set & CAIRN_PATCH_PRIORITY)
			wanted.priority = 23;
		if (set & CAIRN_PATCH_DISABLED)
			wanted.disabled = 1;
		if (set & CAIRN_PATCH_RETRY)
			wanted.retry = patch.retry;
		same(get(conn, "t"), &wanted);
	}
}

static void update_stamps_the_change(void)
{
	cairn_conn *conn = ct_open();
	cairn_time then = ct_now();
	ct_define(conn, "t");
	ct_define(conn, "other");
	ct_advance(CAIRN_MINUTE);
	cairn_definition_patch patch = patch_of("t", CAIRN_PATCH_TIMEOUT);
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
	ct_int(get(conn, "t")->created_at, then);
	ct_int(get(conn, "t")->updated_at, ct_now());
	ct_int(get(conn, "other")->updated_at, then);
	ct_int(get(conn, "other")->timeout, 15 * CAIRN_MINUTE);
}

static void update_needs_the_row(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition_patch patch = patch_of("nope", CAIRN_PATCH_DISABLED);
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_NOT_FOUND,
		  "job.definition_not_found");
	patch.set = 0;
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_NOT_FOUND,
		  "job.definition_not_found");
	ct_text(ct_types(conn, NULL, NULL, 0), "");
}

static void update_refuses_malformed(void)
{
	cairn_conn *conn = ct_open();
	cairn_definition before = special("t");
	define(conn, &before);
	cairn_definition_patch patch = patch_of("t", CAIRN_PATCH_MAX_ATTEMPTS);
	patch.max_attempts = 0;
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_INVALID,
		  "job.invalid_definition");
	patch = patch_of("t", CAIRN_PATCH_TIMEOUT);
	patch.timeout = 0;
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_INVALID,
		  "job.invalid_definition");
	patch = patch_of("t", CAIRN_PATCH_RETRY);
	patch.retry.factor = 1;
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_INVALID,
		  "job.invalid_definition");
	patch = patch_of("t", 1u << 20);
	ct_status(cairn_job_definition_update(conn, &patch, ct_err()), CAIRN_INVALID,
		  "arg.reserved");
	same(get(conn, "t"), &before);
}

/* ---- enqueue and disable at once ----------------------------------------------- */

struct in_flight {
	cairn_tx tx;
	cairn_job_added each[4];
};

/* Alone, with a key, and among others: whatever way a driver has for each. */
static void enqueue_and_wait(cairn_conn *conn, void *arg)
{
	struct in_flight *mine = arg;
	cairn_job_new jobs[] = { ct_new("t"), ct_new("t"), ct_new("t"), ct_new("t") };
	jobs[1].key = CAIRN_STR("k");
	jobs[3].queue = CAIRN_STR("q");
	ct_ok(cairn_begin(conn, &mine->tx, ct_err()));
	ct_ok(cairn_job_enqueue(conn, jobs, 1, mine->each, ct_err()));
	ct_ok(cairn_job_enqueue(conn, jobs + 1, 1, mine->each + 1, ct_err()));
	ct_ok(cairn_job_enqueue(conn, jobs + 2, 2, mine->each + 2, ct_err()));
}

static void disable(cairn_conn *conn, void *arg)
{
	(void)arg;
	cairn_definition_patch patch = patch_of("t", CAIRN_PATCH_DISABLED);
	ct_ok(cairn_job_definition_update(conn, &patch, ct_err()));
}

static void disable_waits_for_nobody(void)
{
	cairn_conn *conn = ct_open();
	struct in_flight mine = { .tx = CAIRN_TX_INIT };
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	ct_define(conn, "t");
	ct_step(a, enqueue_and_wait, &mine);
	ct_step(b, disable, NULL);
	ct_step(a, ct_commit, &mine.tx);
	for (size_t i = 0; i < 4; i++)
		ct_int(ct_job(conn, mine.each[i].id)->status, CAIRN_JOB_PENDING);
	cairn_job_new job = ct_new("t");
	cairn_job_added added;
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_each(added, CAIRN_INVALID, "job.definition_not_found_or_disabled");
}

static const ct_case cases[] = {
	{ .name = "jobs.define.a_bare_type_gets_the_documented_defaults",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Zero fields of a definition are its documented defaults; reading shows them.",
	  .run = fills_in_defaults },
	{ .name = "jobs.define.explicit_values_are_kept",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A definition reads back as it was written; priority may be zero or negative.",
	  .covers = "runledger D04",
	  .run = keeps_explicit_values },
	{ .name = "jobs.define.an_equal_definition_is_not_written_again",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Defining a type as it is leaves its updated_at alone.",
	  .covers = "runledger D01",
	  .run = equal_is_not_rewritten },
	{ .name = "jobs.define.each_changed_field_is_written",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A definition that differs in any one field replaces the row, not its "
		  "created_at.",
	  .covers = "runledger D01",
	  .run = each_change_is_written },
	{ .name = "jobs.define.one_call_defines_many",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "n definitions are one call with one time; none is fine too.",
	  .run = one_call_defines_many },
	{ .name = "jobs.define.a_type_named_twice_is_written_in_order",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A batch that names a type twice acts as two calls: the last defines it, and "
		  "if-missing keeps the first.",
	  .run = last_of_a_type_wins },
	{ .name = "jobs.define.if_missing_never_overwrites",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Define-if-missing writes the missing ones of a batch and leaves the others.",
	  .covers = "runledger D02",
	  .run = if_missing_never_overwrites },
	{ .name = "jobs.define.a_malformed_item_writes_nothing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A malformed definition fails the whole call, names its index, writes nothing.",
	  .covers = "runledger D04",
	  .run = refuses_malformed },
	{ .name = "jobs.define.types_are_compared_by_bytes",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Types that differ in case, padding or Unicode form are different types.",
	  .run = types_are_bytes },
	{ .name = "jobs.define.rolls_back_with_the_callers_transaction",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Definitions written in a caller's transaction vanish with it.",
	  .run = rolls_back_with_the_caller },
	{ .name = "jobs.define.update_writes_exactly_what_it_names",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "An update changes the fields in its set and no other, never the version.",
	  .covers = "runledger D03",
	  .run = update_writes_what_it_names },
	{ .name = "jobs.define.update_stamps_only_its_type",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "An update moves updated_at of its own type only.",
	  .run = update_stamps_the_change },
	{ .name = "jobs.define.update_of_an_unknown_type_is_not_found",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "An update makes no rows; an unknown type is NOT_FOUND.",
	  .covers = "runledger D03",
	  .run = update_needs_the_row },
	{ .name = "jobs.define.a_malformed_update_changes_nothing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Zero attempts, a zero timeout, a bad policy or an unknown bit is INVALID.",
	  .covers = "runledger D04",
	  .run = update_refuses_malformed },
	{ .name = "jobs.define.disabling_does_not_wait_for_an_open_enqueue",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "An enqueue locks no definition: a disable passes it, the job stays, new ones "
		  "are "
		  "refused.",
	  .covers = "runledger D12",
	  .run = disable_waits_for_nobody },
};

CT_GROUP(definitions, cases);

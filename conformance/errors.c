/*
 * errors.c - what an error carries and what it never shows, the offending item of a
 * batch, a missing schema. (arguments: args.c, names.c)
 */
#include <ctype.h>

#include "ct.h"

static const cairn_str none = { NULL, 0 };

/* ---- the tables ----------------------------------------------------------------------- */

static bool is_dotted(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!islower((unsigned char)*c) && *c != '_' && *c != '.')
			return false;
	}
	return *text != '\0';
}

static void codes_are_whole(void)
{
	for (int a = 1; a < CAIRN_E_COUNT; a++) {
		cairn_code code = (cairn_code)a;
		const char *message = cairn_code_message(code);
		cairn_status status = cairn_code_status(code);
		ct_note("code %d %s", a, cairn_code_text(code));
		ct_true(is_dotted(cairn_code_text(code)));
		ct_true(strlen(cairn_code_text(code)) < sizeof(ct_last()->code));
		ct_true(message[0] != '\0' && strlen(message) < sizeof(ct_last()->message));
		ct_true(status < CAIRN_OK && status >= CAIRN_STATUS_MIN);
		for (int b = 1; b < a; b++)
			ct_true(strcmp(cairn_code_text(code), cairn_code_text((cairn_code)b)) != 0);
	}
}

static void statuses_are_whole(void)
{
	for (int status = CAIRN_STATUS_MIN; status <= CAIRN_OK; status++) {
		const char *text = cairn_status_text((cairn_status)status);
		bool retry = status == CAIRN_BUSY || status == CAIRN_TIMEOUT ||
			     status == CAIRN_UNAVAILABLE;
		ct_note("status %d %s", status, text);
		ct_true(is_dotted(text));
		ct_true(strcmp(text, "unknown") != 0);
		ct_int(cairn_status_retryable((cairn_status)status) != 0, retry);
	}
	ct_text(cairn_status_text((cairn_status)-99), "unknown");
	ct_int(cairn_status_retryable((cairn_status)-99), 0);
}

/* ---- the object ------------------------------------------------------------------------- */

static void success_leaves_it_alone(void)
{
	cairn_conn *conn = ct_open();
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_error untouched;
	cairn_definition definition = { .type = CAIRN_STR("t") };
	err.status = CAIRN_STALE;
	snprintf(err.message, sizeof(err.message), "as it was");
	memcpy(&untouched, &err, sizeof(err));
	ct_ok(cairn_job_define(conn, &definition, 1, &err));
	ct_int(memcmp(&untouched, &err, sizeof(err)), 0);
}

static void validation_has_no_driver_text(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	job.payload = CAIRN_STR("[1");
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID, "json.invalid");
	const cairn_error *err = ct_last();
	ct_text(err->sqlstate, "");
	ct_text(err->constraint, "");
	ct_int(err->native, 0);
	ct_text(err->op, "job.enqueue");
	ct_int(err->size, sizeof(*err));
}

/* ---- the offending item ------------------------------------------------------------------- */

static void index_of_enqueue(cairn_conn *conn)
{
	cairn_job_new jobs[3] = { ct_new("t"), ct_new("t"), ct_new("t") };
	jobs[1].payload = CAIRN_STR("{");
	ct_status(cairn_job_enqueue(conn, jobs, 3, NULL, ct_err()), CAIRN_INVALID, "json.invalid");
	ct_int(ct_last()->index, 1);
	ct_int(ct_count_jobs(conn, 0), 0);
	cairn_definition definitions[3] = { { .type = CAIRN_STR("a") },
					    { .type = CAIRN_STR("b") },
					    { .type = CAIRN_STR(" ") } };
	ct_status(cairn_job_define(conn, definitions, 3, ct_err()), CAIRN_INVALID,
		  "arg.invalid_name");
	ct_int(ct_last()->index, 2);
}

static void index_is_told(void)
{
	cairn_conn *conn = ct_open();
	index_of_enqueue(conn);
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	const char *before = ct_snapshot(conn, made.id);
	cairn_lease leases[2] = { made.lease, { .fence = 1 } };
	cairn_finish finishes[2] = { ct_success(made.lease), ct_success(made.lease) };
	cairn_id ids[3] = { made.id, cairn_id_new(), made.id };
	finishes[1].lease.id = cairn_id_new();
	finishes[1].output = CAIRN_STR("{]");
	ct_status(cairn_job_heartbeat(conn, leases, 2, 0, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_int(ct_last()->index, 1);
	ct_status(cairn_job_finish(conn, finishes, 2, NULL, ct_err()), CAIRN_INVALID,
		  "json.invalid");
	ct_int(ct_last()->index, 1);
	ct_status(cairn_job_cancel(conn, cairn_any(), ids, 3, none, NULL, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
	ct_int(ct_last()->index, 2);
	ct_unchanged(conn, made.id, before);
}

static void duplicates(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	const char *before = ct_snapshot(conn, made.id);
	cairn_lease leases[2] = { made.lease, made.lease };
	cairn_finish finishes[2] = { ct_success(made.lease),
				     ct_failure(made.lease, CAIRN_FINISH_TERMINAL, "a.code") };
	ct_status(cairn_job_heartbeat(conn, leases, 2, 0, NULL, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
	ct_status(cairn_job_finish(conn, finishes, 2, NULL, ct_err()), CAIRN_INVALID,
		  "job.duplicate_in_batch");
	ct_unchanged(conn, made.id, before);
}

static void too_many_items(void)
{
	cairn_conn *conn = ct_open();
	size_t n = 100001;
	cairn_id *ids = ct_alloc(n * sizeof(*ids));
	for (size_t i = 0; i < n; i++)
		ids[i] = cairn_id_new();
	ct_status(cairn_job_cancel(conn, cairn_any(), ids, n, none, NULL, ct_err()),
		  CAIRN_TOO_LARGE, "limit.exceeded");
}

/* Without `each` the first failed item is the call's outcome; the others are done. */
static void without_each(void)
{
	cairn_conn *conn = ct_open();
	ct_made first = ct_make(conn, "t", CAIRN_JOB_LEASED);
	ct_made second = ct_make(conn, "t", CAIRN_JOB_LEASED);
	cairn_finish finishes[3] = { ct_success(first.lease), ct_success(second.lease),
				     ct_success(second.lease) };
	finishes[1].lease.id = cairn_id_new();
	ct_status(cairn_job_finish(conn, finishes, 3, NULL, ct_err()), CAIRN_NOT_FOUND,
		  "job.not_found");
	ct_int(ct_last()->index, 1);
	ct_int(ct_job(conn, first.id)->status, CAIRN_JOB_SUCCEEDED);
	ct_int(ct_job(conn, second.id)->status, CAIRN_JOB_SUCCEEDED);
}

/* ---- a schema that is not there ----------------------------------------------------------------- */

static void missing_schema(void)
{
	cairn_conn *conn = ct_open();
	cairn_scope any = cairn_any();
	cairn_id id = cairn_id_new();
	cairn_definition definition = { .type = CAIRN_STR("t") };
	cairn_job_new job = ct_new("t");
	cairn_claim_opts claim = ct_claim_opts("w", 1);
	cairn_lease lease = { .id = id, .fence = 1, .attempt = 1, .max_attempts = 1 };
	cairn_jobs *jobs = NULL;
	cairn_reap_report *report = NULL;
	const char *code = "db.schema_missing";
	ct_status(cairn_job_define(conn, &definition, 1, ct_err()), CAIRN_SCHEMA, code);
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_SCHEMA, code);
	ct_status(cairn_job_claim(conn, &claim, &jobs, ct_err()), CAIRN_SCHEMA, code);
	ct_status(cairn_job_heartbeat(conn, &lease, 1, 0, NULL, ct_err()), CAIRN_SCHEMA, code);
	ct_status(cairn_job_cancel(conn, any, &id, 1, none, NULL, ct_err()), CAIRN_SCHEMA, code);
	ct_status(cairn_job_reap(conn, NULL, &report, ct_err()), CAIRN_SCHEMA, code);
	ct_status(cairn_job_get(conn, any, id, &jobs, ct_err()), CAIRN_SCHEMA, code);
	cairn_free(jobs);
	cairn_free(report);
	ct_ok(cairn_migrate_up(conn, NULL, NULL, ct_err()));
	ct_enqueue(conn, "t");
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
}

/* ---- what is never shown ----------------------------------------------------------------------- */

static void shows_nothing_of(const char *secret)
{
	ct_true(strstr(ct_last()->message, secret) == NULL);
	ct_true(strstr(ct_last()->detail, secret) == NULL);
	ct_true(strstr(ct_last()->op, secret) == NULL);
	ct_true(strstr(ct_last()->constraint, secret) == NULL);
}

static void private_texts(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_LEASED);
	cairn_finish finish = ct_success(made.lease);
	finish.output = CAIRN_STR("{\"card\":\"4111-secret\"");
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
		  "json.invalid");
	shows_nothing_of("4111");
	finish = ct_success(made.lease);
	finish.checkpoint = CAIRN_STR("[\"4111-secret\",]");
	ct_status(cairn_job_finish(conn, &finish, 1, NULL, ct_err()), CAIRN_INVALID,
		  "json.invalid");
	shows_nothing_of("4111");
	cairn_job_new job = ct_new("t");
	job.key = CAIRN_STR("4111-secret\n");
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_key");
	shows_nothing_of("4111");
	job.key = CAIRN_STR("4111-secret");
	job.payload = CAIRN_STR("\"4111-one\"");
	ct_add(conn, &job);
	job.payload = CAIRN_STR("\"4111-two\"");
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_CONFLICT,
		  "job.idempotency_conflict");
	shows_nothing_of("4111");
}

/* A driver's text goes to detail, never to the message. */
static void driver_text(void)
{
	cairn_conn *conn = ct_open();
	cairn_migration broken = { .version = 1,
				   .name = "broken",
				   .up = CAIRN_STR("CREATE GIBBERISH xyzzy;\n") };
	cairn_migrate_opts opts = {
		.size = sizeof(opts), .line = CAIRN_STR("app"), .set = &broken, .count = 1
	};
	ct_status(cairn_migrate_up(conn, &opts, NULL, ct_err()), CAIRN_DRIVER, "migration.failed");
	ct_true(ct_last()->detail[0] != '\0');
	ct_true(strstr(ct_last()->message, "GIBBERISH") == NULL);
	ct_true(strstr(ct_last()->message, "xyzzy") == NULL);
	ct_text(ct_last()->op, "migrate.up");
}

#define ERRORS .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "errors.codes.each_has_a_text_a_status_and_a_message",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "Codes are dotted lower-case words, unique, with a failing status and a safe "
		  "message that fits.",
	  .covers = "runledger ER08",
	  .run = codes_are_whole },
	{ .name = "errors.statuses.retry_is_defined_once",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "BUSY, TIMEOUT and UNAVAILABLE may be retried, and nothing else.",
	  .covers = "runledger ER04",
	  .run = statuses_are_whole },
	{ .name = "errors.object.success_leaves_it_alone",
	  ERRORS,
	  .rule = "A call that succeeds does not touch the error object.",
	  .run = success_leaves_it_alone },
	{ .name = "errors.object.validation_has_no_driver_text",
	  ERRORS,
	  .rule = "What the core refuses carries no SQLSTATE, constraint or driver number.",
	  .covers = "runledger ER05",
	  .run = validation_has_no_driver_text },
	{ .name = "errors.object.driver_text_goes_to_detail",
	  .kind = CT_FAULT,
	  .store = CT_MIGRATIONS,
	  .rule = "The database's own words are in detail and never in the message.",
	  .covers = "runledger ER02, ER03",
	  .run = driver_text },
	{ .name = "errors.object.payloads_and_keys_are_never_shown",
	  ERRORS,
	  .rule = "Neither message nor detail holds a payload, an output or a key.",
	  .covers = "runledger ER02, I13",
	  .run = private_texts },
	{ .name = "errors.batch.the_offending_item_is_named",
	  ERRORS,
	  .rule = "A malformed item fails the whole call before any I/O and its index is told.",
	  .run = index_is_told },
	{ .name = "errors.batch.a_job_named_twice_is_refused",
	  ERRORS,
	  .rule = "A batch of changes names each job once; else nothing of it is done.",
	  .run = duplicates },
	{ .name = "errors.batch.too_many_items_are_too_large",
	  ERRORS,
	  .rule = "A batch beyond the limit is TOO_LARGE limit.exceeded.",
	  .run = too_many_items },
	{ .name = "errors.batch.without_outcomes_the_first_failure_is_the_calls",
	  ERRORS,
	  .rule = "With `each` NULL the call answers the first failed item's outcome; the other "
		  "items stay done.",
	  .run = without_each },
	{ .name = "errors.schema.a_store_that_is_not_migrated_says_so",
	  ERRORS,
	  .flags = CT_BARE,
	  .rule = "Every call on a store without schema is SCHEMA db.schema_missing, and after "
		  "migrating the same connection works.",
	  .run = missing_schema },
};

CT_GROUP(errors, cases);

/*
 * conn.c - opening and closing, URLs and options, the clock, the trace, waiting
 * and interruption.
 */
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cairn/sys/driver.h>

#include "ct.h"

/* The case's URL with one more option. */
static const char *with_option(const char *option)
{
	return ct_format("%s%s%s", ct_url(), strchr(ct_url(), '?') ? "&" : "?", option);
}

/* Opening must fail so, and leave no connection. */
static void refuses(const char *url, cairn_status status, const char *code)
{
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	ct_note("open %s", url);
	ct_status(cairn_open(&conn, ct_subject()->driver, url, &opts, ct_err()), status, code);
	ct_true(conn == NULL);
}

/* ---- time --------------------------------------------------------------------- */

static void clock_is_the_installed_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_time now = 0;
	ct_ok(cairn_now(conn, &now, ct_err()));
	ct_int(now, ct_now());
	ct_advance(CAIRN_HOUR);
	ct_ok(cairn_now(conn, &now, ct_err()));
	ct_int(now, ct_now());
}

/* The machine's own time, give or take a day: the database may stand elsewhere. */
static void is_real_time(cairn_time now)
{
	cairn_time here = (cairn_time)time(NULL) * CAIRN_SECOND;
	ct_true(now > here - CAIRN_DAY);
	ct_true(now < here + CAIRN_DAY);
}

static void clock_is_the_databases(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.clock = NULL;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_time first = 0;
	cairn_time second = 0;
	ct_ok(cairn_now(conn, &first, ct_err()));
	ct_ok(cairn_now(conn, &second, ct_err()));
	is_real_time(first);
	ct_true(second >= first);
}

static cairn_time no_time(void *user)
{
	(void)user;
	return 0;
}

static void clock_that_passes(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.clock = no_time;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_time now = 0;
	ct_ok(cairn_now(conn, &now, ct_err()));
	is_real_time(now);
}

static void time_moves_inside_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id first = ct_add(conn, &job);
	ct_advance(CAIRN_MINUTE);
	cairn_id second = ct_add(conn, &job);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_job(conn, first)->created_at, ct_now() - CAIRN_MINUTE);
	ct_int(ct_job(conn, second)->created_at, ct_now());
}

static void database_time_moves_inside_a_transaction(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.clock = NULL;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_time first = 0;
	cairn_time second = 0;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_ok(cairn_now(conn, &first, ct_err()));
	for (int i = 0; i < 10000 && second <= first; i++)
		ct_ok(cairn_now(conn, &second, ct_err()));
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_true(second > first);
}

/* ---- URLs and options ------------------------------------------------------------ */

static void malformed_urls(void)
{
	refuses("", CAIRN_INVALID, "url.invalid");
	refuses("no-scheme", CAIRN_INVALID, "url.invalid");
	refuses(":", CAIRN_INVALID, "url.invalid");
	refuses(NULL, CAIRN_INVALID, NULL);
	refuses(with_option("a=%zz"), CAIRN_INVALID, "url.invalid");
	refuses(with_option("a=%00"), CAIRN_INVALID, "url.invalid");
	refuses(with_option("a=%ff"), CAIRN_INVALID, NULL);
}

static void foreign_scheme(void)
{
	refuses("nosuchdatabase:x", CAIRN_INVALID, "url.unknown_scheme");
	ct_true(strstr(ct_last()->message, ct_subject()->driver->name) != NULL);
}

static void unknown_option(void)
{
	refuses(with_option("cairn_nonsense=1"), CAIRN_INVALID, "url.unknown_option");
}

static void bad_urls(void)
{
	for (const char *const *url = ct_subject()->bad_urls; *url; url++) {
		refuses(*url, CAIRN_INVALID, NULL);
		ct_true(strncmp(ct_last()->code, "url.", 4) == 0);
	}
}

static void unreachable(void)
{
	const char *url = ct_subject()->unreachable_url;
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	cairn_status status = cairn_open(&conn, ct_subject()->driver, url, &opts, ct_err());
	ct_true(status == CAIRN_UNAVAILABLE || status == CAIRN_DENIED);
	ct_int(ct_last()->status, status);
	ct_true(conn == NULL);
}

static void passwords_stay_hidden(void)
{
	static const char *const options[] = {
		"password=hunter2secret&cairn_nonsense=1",
		"cairn_nonsense=hunter2secret",
		"sslpassword=hunter2secret&cairn_nonsense=1",
		"password=hunter2secret&a=%zz",
	};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		refuses(with_option(options[i]), CAIRN_INVALID, NULL);
		ct_true(strstr(ct_last()->message, "hunter2secret") == NULL);
		ct_true(strstr(ct_last()->detail, "hunter2secret") == NULL);
	}
	refuses("nosuchdatabase://user:hunter2secret@host/db", CAIRN_INVALID, "url.unknown_scheme");
	ct_true(strstr(ct_last()->message, "hunter2secret") == NULL);
	ct_true(strstr(ct_last()->detail, "hunter2secret") == NULL);
}

static void open_any_finds_the_driver(void)
{
	const char *const nowhere[] = { "nosuchdatabase", NULL };
	cairn_driver other = *ct_subject()->driver;
	other.schemes = nowhere;
	other.name = "other";
	const cairn_driver *const drivers[] = { &other, ct_subject()->driver };
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	ct_ok(cairn_open_any(&conn, drivers, 2, ct_url(), &opts, ct_err()));
	const char *name = cairn_conn_driver_name(conn);
	ct_text(name, ct_subject()->driver->name);
	cairn_close(conn);
	ct_status(cairn_open_any(&conn, drivers, 2, "nobodys:x", &opts, ct_err()), CAIRN_INVALID,
		  "url.unknown_scheme");
	ct_true(strstr(ct_last()->message, "other") != NULL);
	ct_true(strstr(ct_last()->message, ct_subject()->driver->name) != NULL);
}

static void bad_options(void)
{
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	const cairn_driver *driver = ct_subject()->driver;
	opts.size = 0;
	ct_status(cairn_open(&conn, driver, ct_url(), &opts, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	opts = ct_opts();
	opts.lock_timeout = -1;
	ct_status(cairn_open(&conn, driver, ct_url(), &opts, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	opts = ct_opts();
	opts.flags = 1u << 31;
	ct_status(cairn_open(&conn, driver, ct_url(), &opts, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	ct_true(conn == NULL);
}

static void older_options(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.size = offsetof(cairn_conn_opts, lock_timeout);
	opts.lock_timeout = -1;
	opts.flags = ~0u;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_time now = 0;
	ct_ok(cairn_now(conn, &now, ct_err()));
	ct_int(now, ct_now());
}

static void no_options(void)
{
	cairn_conn *conn = NULL;
	ct_ok(cairn_open(&conn, ct_subject()->driver, ct_url(), NULL, ct_err()));
	cairn_close(conn);
	cairn_close(NULL);
}

/* ---- memory ------------------------------------------------------------------------ */

struct heap {
	long long balance;
	long long calls;
	long long fail_at; /* the call that gets nothing; 0: none */
};

static void *counted_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
	struct heap *heap = user;
	heap->calls++;
	if (new_size && heap->calls == heap->fail_at)
		return NULL;
	if (new_size == 0) {
		heap->balance -= (long long)old_size;
		free(ptr);
		return NULL;
	}
	void *fresh = realloc(ptr, new_size);
	if (fresh)
		heap->balance += (long long)new_size - (long long)old_size;
	return fresh;
}

/* A little of everything; the first status that is not OK. */
static cairn_status live_a_little(cairn_conn *conn)
{
	cairn_definition definition = { .type = CAIRN_STR("t") };
	cairn_job_new job = ct_new("t");
	cairn_job_added added;
	cairn_claim_opts claim = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	cairn_status status = cairn_job_define(conn, &definition, 1, ct_err());
	if (status == CAIRN_OK)
		status = cairn_job_enqueue(conn, &job, 1, &added, ct_err());
	if (status == CAIRN_OK)
		status = cairn_job_claim(conn, &claim, &jobs, ct_err());
	if (status == CAIRN_OK && jobs->count == 1) {
		cairn_finish end = ct_success(cairn_job_lease(&jobs->at[0]));
		status = cairn_job_finish(conn, &end, 1, NULL, ct_err());
	}
	cairn_free(jobs);
	return status;
}

static void memory_is_given_back(void)
{
	struct heap heap = { .balance = 0 };
	cairn_conn_opts opts = ct_opts();
	opts.alloc = counted_alloc;
	opts.alloc_user = &heap;
	cairn_conn *conn = ct_open_with(&opts);
	ct_ok(live_a_little(conn));
	ct_true(heap.calls > 0);
	ct_close(conn);
	ct_int(heap.balance, 0);
}

static void no_memory(void)
{
	for (long long n = 1; n < 200; n++) {
		struct heap heap = { .fail_at = n };
		cairn_conn_opts opts = ct_opts();
		opts.alloc = counted_alloc;
		opts.alloc_user = &heap;
		cairn_conn *conn = NULL;
		cairn_status status =
			cairn_open(&conn, ct_subject()->driver, ct_url(), &opts, ct_err());
		if (status == CAIRN_OK)
			status = live_a_little(conn);
		bool reached = heap.calls >= n;
		cairn_close(conn);
		ct_true(status == CAIRN_OK || status == CAIRN_NOMEM);
		ct_int(heap.balance, 0);
		if (!reached)
			break;
	}
	cairn_conn *conn = ct_open();
	ct_ok(live_a_little(conn));
}

/* ---- the trace ------------------------------------------------------------------------ */

struct heard {
	unsigned begun;
	unsigned ended;
	char op[32];
	cairn_status status;
	size_t rows;
	bool in_order;
};

static void listen(void *user, const cairn_trace *event)
{
	struct heard *heard = user;
	if (event->kind == CAIRN_TRACE_BEGIN) {
		heard->begun++;
		snprintf(heard->op, sizeof(heard->op), "%s", event->op);
	} else if (event->kind == CAIRN_TRACE_END) {
		heard->ended++;
		heard->in_order = strcmp(heard->op, event->op) == 0;
		heard->status = event->status;
		heard->rows = event->rows;
	}
}

static void trace_tells_calls(void)
{
	struct heard heard = { .begun = 0 };
	cairn_conn_opts opts = ct_opts();
	opts.trace = listen;
	opts.trace_user = &heard;
	cairn_conn *conn = ct_open_with(&opts);
	ct_define(conn, "t");
	unsigned before = heard.begun;
	ct_int(heard.ended, before);
	cairn_jobs *jobs = NULL;
	cairn_claim_opts claim = ct_claim_opts("w", 1);
	ct_ok(cairn_job_claim(conn, &claim, &jobs, ct_err()));
	cairn_free(jobs);
	ct_int(heard.begun, before + 1);
	ct_int(heard.ended, before + 1);
	ct_text(heard.op, "job.claim");
	ct_true(heard.in_order);
	ct_int(heard.status, CAIRN_OK);
	ct_int(heard.rows, 0);
	jobs = NULL;
	ct_status(cairn_job_get(conn, cairn_any(), cairn_id_new(), &jobs, ct_err()),
		  CAIRN_NOT_FOUND, "job.not_found");
	cairn_free(jobs);
	ct_text(heard.op, "job.get");
	ct_int(heard.status, CAIRN_NOT_FOUND);
	ct_text(ct_last()->op, "job.get");
}

/* ---- waiting ----------------------------------------------------------------------------- */

static void add_keyed(cairn_conn *conn, void *arg)
{
	cairn_job_new job = ct_new("t");
	cairn_job_added added = { .status = CAIRN_OK };
	job.key = CAIRN_STR("the-key");
	*(cairn_status *)arg = cairn_job_enqueue(conn, &job, 1, &added, ct_err());
}

static void a_wait_for_a_lock_ends(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.lock_timeout = 300 * CAIRN_MILLISECOND;
	cairn_conn *first = ct_open();
	ct_session *second = ct_session_with("second", &opts);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_status status = CAIRN_OK;
	cairn_status blocked = CAIRN_OK;
	ct_define(first, "t");
	ct_ok(cairn_begin(first, &tx, ct_err()));
	add_keyed(first, &status);
	ct_ok(status);
	ct_step(second, add_keyed, &blocked);
	ct_true(blocked == CAIRN_BUSY || blocked == CAIRN_TIMEOUT);
	ct_true(cairn_status_retryable(blocked));
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_step(second, add_keyed, &blocked);
	ct_ok(blocked);
	ct_int(ct_count_jobs(first, 0), 1);
}

static void an_interrupted_wait_ends(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.lock_timeout = 3 * CAIRN_SECOND;
	cairn_conn *first = ct_open();
	ct_session *second = ct_session_with("second", &opts);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_status status = CAIRN_OK;
	cairn_status blocked = CAIRN_OK;
	ct_define(first, "t");
	ct_ok(cairn_begin(first, &tx, ct_err()));
	add_keyed(first, &status);
	ct_ok(status);
	ct_true(!ct_start(second, add_keyed, &blocked));
	cairn_interrupt(ct_session_conn(second));
	ct_join(second);
	if (ct_subject()->driver->conn->interrupt)
		ct_int(blocked, CAIRN_INTERRUPTED);
	else
		ct_true(blocked == CAIRN_BUSY || blocked == CAIRN_TIMEOUT);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_step(second, add_keyed, &blocked);
	ct_ok(blocked);
	ct_int(ct_count_jobs(first, 0), 1);
}

/* ---- closing ------------------------------------------------------------------------------- */

static void closing_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_add(conn, &job);
	ct_close(conn);
	ct_int(ct_count_jobs(other, 0), 0);
	ct_add(other, &job);
	ct_int(ct_count_jobs(other, 0), 1);
}

static void missing_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_jobs *jobs = NULL;
	cairn_time now = 0;
	ct_status(cairn_now(NULL, &now, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_now(conn, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_claim(conn, NULL, &jobs, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_list(conn, NULL, &jobs, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_enqueue(conn, NULL, 1, NULL, ct_err()), CAIRN_INVALID, NULL);
	ct_status(cairn_job_define(conn, NULL, 1, ct_err()), CAIRN_INVALID, NULL);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_status(cairn_begin(NULL, &tx, ct_err()), CAIRN_INVALID, NULL);
	ct_true(jobs == NULL || jobs->count == 0);
	cairn_free(jobs);
}

static void errors_may_be_unwanted(void)
{
	cairn_conn *conn = ct_open();
	cairn_jobs *jobs = NULL;
	ct_int(cairn_job_get(conn, cairn_any(), cairn_id_new(), &jobs, NULL), CAIRN_NOT_FOUND);
	ct_int(cairn_job_claim(conn, NULL, &jobs, NULL), CAIRN_INVALID);
	cairn_free(jobs);
}

static void round_trips_grow(void)
{
	cairn_conn *conn = ct_open();
	uint64_t before = cairn_conn_round_trips(conn);
	ct_define(conn, "t");
	uint64_t after = cairn_conn_round_trips(conn);
	ct_true(after >= before);
	cairn_definition bad = { .type = CAIRN_STR("") };
	ct_status(cairn_job_define(conn, &bad, 1, ct_err()), CAIRN_INVALID, NULL);
	ct_int(cairn_conn_round_trips(conn), after);
}

static const ct_case cases[] = {
	{ .name = "conn.now.an_installed_clock_is_the_time",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "A connection with an installed clock has that clock's time.",
	  .run = clock_is_the_installed_one },
	{ .name = "conn.now.without_a_clock_it_is_the_databases_time",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "Without an installed clock the database's own time counts, and it does not "
		  "run backwards.",
	  .run = clock_is_the_databases },
	{ .name = "conn.now.a_clock_that_answers_zero_means_the_database",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "An installed clock may leave the answer to the database with 0.",
	  .run = clock_that_passes },
	{ .name = "conn.now.the_clock_moves_inside_a_transaction",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Each call asks the clock; a transaction does not make time stand still.",
	  .run = time_moves_inside_a_transaction },
	{ .name = "conn.now.the_databases_time_moves_inside_a_transaction",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .rule = "The database's time is that of the statement, not of the transaction's begin.",
	  .run = database_time_moves_inside_a_transaction },
	{ .name = "conn.open.a_malformed_url_is_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "A URL without scheme, or with broken percent encoding, is INVALID url.invalid.",
	  .run = malformed_urls },
	{ .name = "conn.open.a_foreign_scheme_is_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "A scheme that no given driver knows is INVALID and names the drivers.",
	  .run = foreign_scheme },
	{ .name = "conn.open.an_unknown_option_is_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "An option that the driver does not know is INVALID, not ignored.",
	  .run = unknown_option },
	{ .name = "conn.open.the_subjects_bad_urls_are_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .needs = CT_NEED_BAD_URLS,
	  .flags = CT_BARE,
	  .rule = "Malformed values of the driver's own options are INVALID url.*.",
	  .run = bad_urls },
	{ .name = "conn.open.an_unreachable_database_is_unavailable",
	  .kind = CT_FAULT,
	  .store = CT_CONN,
	  .needs = CT_NEED_UNREACHABLE,
	  .flags = CT_BARE,
	  .rule = "Where no database answers, opening is UNAVAILABLE (or DENIED) and gives no "
		  "connection.",
	  .run = unreachable },
	{ .name = "conn.open.an_error_never_shows_a_password",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "Nothing of the URL's values reaches a message or a detail.",
	  .covers = "runledger ER02",
	  .run = passwords_stay_hidden },
	{ .name = "conn.open.open_any_finds_the_driver_by_scheme",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "Of several drivers the first that knows the scheme is taken; if none does, the "
		  "message names them.",
	  .run = open_any_finds_the_driver },
	{ .name = "conn.open.options_out_of_range_are_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "Options without size, with negative bounds or unknown flags are INVALID.",
	  .run = bad_options },
	{ .name = "conn.open.options_of_an_older_program_are_read_by_size",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "What lies behind the size of an options struct is not read.",
	  .run = older_options },
	{ .name = "conn.open.options_may_be_left_out",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "NULL options are the defaults; closing NULL is fine.",
	  .run = no_options },
	{ .name = "conn.alloc.everything_is_given_back",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "After the close the connection's allocator has back all it gave.",
	  .run = memory_is_given_back },
	{ .name = "conn.alloc.a_failing_allocator_is_nomem",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .rule = "Whichever allocation fails, the call answers NOMEM, nothing leaks, and the "
		  "store is unharmed.",
	  .run = no_memory },
	{ .name = "conn.trace.each_call_begins_and_ends",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The trace hears begin and end of each call with its name, status and rows; "
		  "errors carry the same name.",
	  .run = trace_tells_calls },
	{ .name = "conn.wait.a_wait_for_a_lock_is_bounded",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "A call that waits for another's lock ends BUSY or TIMEOUT after lock_timeout; "
		  "nothing was written, and it works when it is repeated.",
	  .run = a_wait_for_a_lock_ends },
	{ .name = "conn.wait.an_interrupted_wait_ends",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "cairn_interrupt ends a waiting call with INTERRUPTED and the connection stays "
		  "usable; a driver without it waits for its bound.",
	  .run = an_interrupted_wait_ends },
	{ .name = "conn.close.an_open_transaction_is_rolled_back",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Closing a connection rolls back what it has open and holds nobody up.",
	  .run = closing_rolls_back },
	{ .name = "conn.args.missing_arguments_are_invalid",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A missing connection, options or result place is INVALID, not a crash.",
	  .run = missing_arguments },
	{ .name = "conn.args.the_error_object_may_be_missing",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "err may be NULL everywhere.",
	  .run = errors_may_be_unwanted },
	{ .name = "conn.round_trips.a_refused_argument_costs_none",
	  .kind = CT_BUDGET,
	  .store = CT_JOBS,
	  .rule = "Malformed input is refused before any I/O.",
	  .run = round_trips_grow },
};

CT_GROUP(conn, cases);

/*
 * conn_use.c - what a connection does with the caller's allocator and trace, how its
 * waits end, and arguments that are missing. (opening: conn.c)
 */
#include <stdlib.h>

#include <cairn/sys/driver.h>

#include "ct.h"

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

static uint64_t trips_of_a_write(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	uint64_t before = cairn_conn_round_trips(conn);
	ct_add(conn, &job);
	return cairn_conn_round_trips(conn) - before;
}

static void a_write_is_counted(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (int i = 0; i < 3; i++)
		ct_int(trips_of_a_write(conn), 1);
}

static void refused_arguments_cost_none(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	uint64_t before = cairn_conn_round_trips(conn);
	cairn_definition bad = { .type = CAIRN_STR("") };
	ct_status(cairn_job_define(conn, &bad, 1, ct_err()), CAIRN_INVALID, NULL);
	ct_int(cairn_conn_round_trips(conn), before);
}

#define JOBS .store = CT_JOBS

static const ct_case cases[] = {
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
	  .covers = "runledger CR04",
	  .run = a_wait_for_a_lock_ends },
	{ .name = "conn.wait.an_interrupted_wait_ends",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "cairn_interrupt ends a waiting call with INTERRUPTED and the connection stays "
		  "usable; a driver without it waits for its bound.",
	  .run = an_interrupted_wait_ends },
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
	  .run = refused_arguments_cost_none },
	{ .name = "conn.round_trips.a_write_is_counted",
	  .kind = CT_BUDGET,
	  .store = CT_JOBS,
	  .rule = "A write waits for its database once; drivers in this process count commits.",
	  .run = a_write_is_counted },
};

CT_GROUP(conn_use, cases);

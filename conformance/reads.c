/*
 * reads.c - one job and lists of jobs: filters, pages, cursors. Attempts, events and
 * statistics are in history.c, dead letters in dead.c, scopes in scope.c.
 */
#include "ct.h"

#define BIT(status) (1u << CAIRN_JOB_##status)

static cairn_job_filter all(void)
{
	return (cairn_job_filter){ .size = sizeof(cairn_job_filter), .scope = cairn_any() };
}

static const cairn_jobs *list(cairn_conn *conn, const cairn_job_filter *filter)
{
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_list(conn, filter, &jobs, ct_err()));
	ct_later(jobs);
	return jobs;
}

/* The list holds exactly these, newest first; ids are given oldest first. */
static void holds(cairn_conn *conn, const cairn_job_filter *filter, const cairn_id *ids, size_t n)
{
	const cairn_jobs *jobs = list(conn, filter);
	ct_int(jobs->count, n);
	for (size_t i = 0; i < n; i++)
		ct_id(jobs->at[i].id, ids[n - 1 - i]);
}

static cairn_id add(cairn_conn *conn, const char *queue, const char *type)
{
	cairn_job_new job = ct_new(type);
	job.queue = cairn_str_of(queue);
	ct_define(conn, type);
	return ct_add(conn, &job);
}

/* ---- one job ------------------------------------------------------------------- */

static void get_in_every_status(void)
{
	cairn_conn *conn = ct_open();
	for (int status = CAIRN_JOB_PENDING; status <= CAIRN_JOB_CANCELED; status++) {
		ct_made made = ct_make(conn, "t", (enum cairn_job_status)status);
		cairn_jobs *jobs = NULL;
		ct_ok(cairn_job_get(conn, cairn_global(), made.id, &jobs, ct_err()));
		ct_later(jobs);
		ct_int(jobs->count, 1);
		ct_id(jobs->at[0].id, made.id);
		ct_int(jobs->at[0].status, status);
		ct_int(jobs->at[0].fence, made.lease.fence);
		ct_str(jobs->at[0].queue, "ct-make");
	}
}

static void get_of_no_job(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_jobs *jobs = NULL;
	ct_status(cairn_job_get(conn, cairn_any(), cairn_id_new(), &jobs, ct_err()),
		  CAIRN_NOT_FOUND, "job.not_found");
	ct_true(jobs == NULL || jobs->count == 0);
	id.bytes[15] ^= 1;
	ct_status(cairn_job_get(conn, cairn_any(), id, &jobs, ct_err()), CAIRN_NOT_FOUND,
		  "job.not_found");
	ct_later(jobs);
}

static void get_equals_list(void)
{
	cairn_conn *conn = ct_open();
	for (int status = CAIRN_JOB_PENDING; status <= CAIRN_JOB_CANCELED; status++) {
		ct_made made = ct_make(conn, "t", (enum cairn_job_status)status);
		const cairn_job *got = ct_job(conn, made.id);
		cairn_job_filter filter = all();
		filter.limit = 1;
		const cairn_job *listed = &list(conn, &filter)->at[0];
		ct_id(listed->id, got->id);
		ct_int(listed->status, got->status);
		ct_int(listed->attempt, got->attempt);
		ct_int(listed->fence, got->fence);
		ct_int(listed->run_at, got->run_at);
		ct_int(listed->lease_expires_at, got->lease_expires_at);
		ct_int(listed->finished_at, got->finished_at);
		ct_same(listed->worker, got->worker);
		ct_same(listed->stage, got->stage);
		ct_same(listed->payload, got->payload);
		ct_same(listed->status_reason, got->status_reason);
		ct_same(listed->error_code, got->error_code);
	}
}

/* ---- filters ------------------------------------------------------------------- */

static void newest_first(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[8];
	for (size_t i = 0; i < 8; i++) {
		/* neither status, nor priority, nor the kit's clock, which goes back, matters */
		ct_advance(-CAIRN_HOUR);
		ids[i] = ct_make(conn, "t", (enum cairn_job_status)(i % 5 + 1)).id;
	}
	cairn_job_filter filter = all();
	holds(conn, &filter, ids, 8);
}

static void by_queue_and_type(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[] = { add(conn, "q", "a"),	 add(conn, "q", "b"),	add(conn, "Q", "a"),
			   add(conn, "q ", "a"), add(conn, "qq", "aa"), add(conn, "q", "A") };
	const cairn_id queue_q[] = { ids[0], ids[1], ids[5] };
	const cairn_id type_a[] = { ids[0], ids[2], ids[3] };
	cairn_job_filter filter = all();
	filter.queue = CAIRN_STR("q");
	holds(conn, &filter, queue_q, 3);
	filter.type = CAIRN_STR("a");
	holds(conn, &filter, ids, 1);
	filter.queue = (cairn_str){ NULL, 0 };
	holds(conn, &filter, type_a, 3);
	const char *strangers[] = { "%", "_", "a%", "b ", "nobody" };
	for (size_t i = 0; i < 5; i++) {
		filter.type = cairn_str_of(strangers[i]);
		ct_int(list(conn, &filter)->count, 0);
	}
	filter = all();
	filter.queue = CAIRN_STR("default");
	ct_int(list(conn, &filter)->count, 0);
}

static void by_status(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[5];
	for (int status = CAIRN_JOB_PENDING; status <= CAIRN_JOB_CANCELED; status++)
		ids[status - 1] = ct_make(conn, "t", (enum cairn_job_status)status).id;
	for (uint32_t set = 0; set < 32; set++) {
		cairn_id want[5];
		size_t n = 0;
		for (size_t i = 0; i < 5; i++) {
			if (set == 0 || (set & 1u << i))
				want[n++] = ids[i];
		}
		cairn_job_filter filter = all();
		filter.statuses = set << 1;
		holds(conn, &filter, want, n);
	}
}

static void by_time(void)
{
	cairn_conn *conn = ct_open();
	cairn_time start = ct_now();
	cairn_id ids[5];
	for (size_t i = 0; i < 5; i++) {
		ids[i] = ct_make(conn, "t", (enum cairn_job_status)(i + 1)).id;
		ct_advance(CAIRN_SECOND);
	}
	cairn_job_filter filter = all();
	filter.created_from = start + CAIRN_SECOND;
	holds(conn, &filter, ids + 1, 4);
	filter.created_from = start + CAIRN_SECOND + 1;
	holds(conn, &filter, ids + 2, 3);
	filter.created_to = start + 4 * CAIRN_SECOND;
	holds(conn, &filter, ids + 2, 2);
	filter.created_to = start + 4 * CAIRN_SECOND + 1;
	holds(conn, &filter, ids + 2, 3);
	filter.created_from = 0;
	filter.created_to = start + 1;
	holds(conn, &filter, ids, 1);
	filter.created_to = start;
	holds(conn, &filter, ids, 0);
	filter.created_from = start;
	holds(conn, &filter, ids, 0);
	filter.created_to = start - CAIRN_DAY;
	holds(conn, &filter, ids, 0);
}

static void all_together(void)
{
	cairn_conn *conn = ct_open();
	cairn_id wanted = { { 0 } };
	cairn_time when = ct_now() + CAIRN_SECOND;
	for (size_t i = 0; i < 16; i++) {
		cairn_job_new job = ct_new(i & 1 ? "t" : "u");
		ct_define(conn, i & 1 ? "t" : "u");
		job.queue = i & 2 ? CAIRN_STR("q") : CAIRN_STR("r");
		job.tenant = i & 4 ? CAIRN_STR("acme") : CAIRN_STR("other");
		ct_set_now(i & 8 ? when : when - 1);
		cairn_id id = ct_add(conn, &job);
		wanted = i == 15 ? id : wanted;
	}
	cairn_job_filter filter = { .size = sizeof(filter),
				    .scope = cairn_tenant(CAIRN_STR("acme")),
				    .queue = CAIRN_STR("q"),
				    .type = CAIRN_STR("t"),
				    .statuses = BIT(PENDING),
				    .created_from = when };
	holds(conn, &filter, &wanted, 1);
	filter.statuses = BIT(LEASED);
	holds(conn, &filter, NULL, 0);
}

static void compact_rows(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_SECOND);
	cairn_job_new job = ct_new("t");
	job.key = CAIRN_STR("k");
	job.payload = CAIRN_STR("[1]");
	cairn_id id = ct_add(conn, &job);
	cairn_finish end = ct_success(ct_claim(conn, "w"));
	end.output = CAIRN_STR("[2]");
	end.checkpoint = CAIRN_STR("[3]");
	ct_finish(conn, end);
	cairn_job_filter filter = all();
	const cairn_job *full = &list(conn, &filter)->at[0];
	ct_str(full->payload, "[1]");
	ct_str(full->output, "[2]");
	ct_str(full->checkpoint, "[3]");
	ct_same(full->request, ct_job(conn, id)->request);
	ct_true(full->request.len > 0);
	filter.compact = 1;
	const cairn_job *compact = &list(conn, &filter)->at[0];
	ct_id(compact->id, id);
	ct_str(compact->payload, NULL);
	ct_str(compact->output, NULL);
	ct_str(compact->checkpoint, NULL);
	ct_str(compact->request, NULL);
	ct_str(compact->key, "k");
	ct_str(compact->type, "t");
	ct_str(compact->stage, "completed");
	ct_int(compact->status, CAIRN_JOB_SUCCEEDED);
	ct_int(compact->finished_at, ct_now());
	ct_int(compact->fence, 1);
}

static void malformed_filters(void)
{
	cairn_conn *conn = ct_open();
	cairn_jobs *jobs = NULL;
	cairn_job_filter filter = all();
	const char *bad[] = { " ", "a\nb", "\xff", ct_repeat('q', 256) };
	for (size_t i = 0; i < 4; i++) {
		filter = all();
		filter.queue = cairn_str_of(bad[i]);
		ct_status(cairn_job_list(conn, &filter, &jobs, ct_err()), CAIRN_INVALID,
			  "arg.invalid_name");
		filter = all();
		filter.type = cairn_str_of(bad[i]);
		ct_status(cairn_job_list(conn, &filter, &jobs, ct_err()), CAIRN_INVALID,
			  "arg.invalid_name");
	}
	ct_later(jobs);
}

/* ---- pages --------------------------------------------------------------------- */

static void page_limits(void)
{
	cairn_conn *conn = ct_open();
	enum { N = 1001 };
	cairn_job_new *jobs = ct_alloc(N * sizeof(*jobs));
	ct_define(conn, "t");
	for (size_t i = 0; i < N; i++)
		jobs[i] = ct_new("t");
	ct_ok(cairn_job_enqueue(conn, jobs, N, NULL, ct_err()));
	cairn_job_filter filter = all();
	ct_int(list(conn, &filter)->count, 100);
	filter.limit = 1;
	ct_int(list(conn, &filter)->count, 1);
	filter.limit = 1000;
	const cairn_jobs *page = list(conn, &filter);
	ct_int(page->count, 1000);
	filter.after = page->at[999].id;
	ct_int(list(conn, &filter)->count, 1);
	cairn_jobs *none = NULL;
	uint64_t trips = cairn_conn_round_trips(conn);
	const uint32_t bad[] = { 1001, UINT32_MAX };
	for (size_t i = 0; i < 2; i++) {
		filter.limit = bad[i];
		ct_status(cairn_job_list(conn, &filter, &none, ct_err()), CAIRN_INVALID,
			  "job.invalid_pagination");
	}
	ct_int(cairn_conn_round_trips(conn), trips);
	ct_later(none);
}

/* Walks the filter's pages; after each of them change is called, if there is one. */
static void walk(cairn_conn *conn, cairn_job_filter filter, const cairn_id *ids, size_t n,
		 void (*change)(cairn_conn *conn))
{
	size_t seen = 0;
	for (;;) {
		const cairn_jobs *page = list(conn, &filter);
		ct_true(page->count <= filter.limit);
		ct_true(seen + page->count <= n);
		for (size_t i = 0; i < page->count; i++)
			ct_id(page->at[i].id, ids[n - 1 - seen++]);
		if (page->count < filter.limit)
			break;
		filter.after = page->at[page->count - 1].id;
		if (change)
			change(conn);
	}
	ct_int(seen, n);
}

static void pages_of_every_size(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[11];
	for (size_t i = 0; i < 11; i++)
		ids[i] = ct_make(conn, "t", (enum cairn_job_status)(i % 5 + 1)).id;
	for (uint32_t limit = 1; limit <= 12; limit++) {
		cairn_job_filter filter = all();
		filter.limit = limit;
		walk(conn, filter, ids, 11, NULL);
	}
}

static void filtered_pages(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ended[4];
	size_t n = 0;
	for (size_t i = 0; i < 15; i++) {
		cairn_id id = ct_make(conn, i % 2 ? "t" : "u",
				      i % 4 == 1 ? CAIRN_JOB_SUCCEEDED : CAIRN_JOB_LEASED)
				      .id;
		if (i % 4 == 1)
			ended[n++] = id;
	}
	cairn_job_filter filter = all();
	filter.type = CAIRN_STR("t");
	filter.statuses = BIT(SUCCEEDED) | BIT(DEAD_LETTERED);
	for (uint32_t limit = 1; limit <= 5; limit++) {
		filter.limit = limit;
		walk(conn, filter, ended, n, NULL);
	}
}

static void add_newer(cairn_conn *conn)
{
	ct_enqueue(conn, "t");
}

static void newer_rows_shift_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[7];
	for (size_t i = 0; i < 7; i++)
		ids[i] = ct_enqueue(conn, "t");
	cairn_job_filter filter = all();
	filter.limit = 2;
	walk(conn, filter, ids, 7, add_newer);
	ct_int(ct_count_jobs(conn, 0), 10);
}

/* The oldest waiting job is claimed and ended, so it moves to where finished ones are kept. */
static void finish_one(cairn_conn *conn)
{
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 1);
	if (jobs->count)
		ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[0])));
}

static void ending_rows_are_not_lost(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[9];
	for (size_t i = 0; i < 9; i++)
		ids[i] = ct_enqueue(conn, "t");
	cairn_job_filter filter = all();
	for (uint32_t limit = 1; limit <= 3; limit++) {
		filter.limit = limit;
		walk(conn, filter, ids, 9, finish_one);
	}
}

static void any_id_is_a_cursor(void)
{
	cairn_conn *conn = ct_open();
	cairn_id older[] = { ct_enqueue(conn, "t"), ct_enqueue(conn, "t") };
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id gone = ct_enqueue(conn, "t");
	cairn_rollback(&tx);
	cairn_id other = add(conn, "q", "u");
	cairn_job_filter filter = all();
	filter.after = gone; /* a row that is there no more */
	holds(conn, &filter, older, 2);
	filter.after = other; /* one that the filter does not hold */
	filter.type = CAIRN_STR("t");
	holds(conn, &filter, older, 2);
	filter.after = cairn_id_new(); /* newer than all */
	holds(conn, &filter, older, 2);
	filter.after = older[0];
	holds(conn, &filter, NULL, 0);
	filter.after = (cairn_id){ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } };
	holds(conn, &filter, NULL, 0);
}

static void an_empty_store(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_filter filter = all();
	ct_int(list(conn, &filter)->count, 0);
	cairn_jobs *jobs = NULL;
	ct_enqueue(conn, "t");
	ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	filter.type = CAIRN_STR("u");
	ct_ok(cairn_job_list(conn, &filter, &jobs, ct_err()));
	ct_int(jobs->count, 0);
	ct_later(jobs);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.get.in_every_status",
	  VERB,
	  .rule = "A job is found by its id whatever became of it.",
	  .run = get_in_every_status },
	{ .name = "jobs.get.of_no_job_is_not_found",
	  VERB,
	  .rule = "An unknown id, be it one bit off, is NOT_FOUND job.not_found.",
	  .run = get_of_no_job },
	{ .name = "jobs.get.tells_what_a_list_tells",
	  VERB,
	  .rule = "A job read alone and in a list is the same, in every status.",
	  .run = get_equals_list },
	{ .name = "jobs.list.newest_first",
	  VERB,
	  .rule = "Jobs are listed by id descending, live and ended ones in one order, "
		  "whatever clock stamped them.",
	  .covers = "runledger A02",
	  .run = newest_first },
	{ .name = "jobs.list.queue_and_type_are_exact",
	  VERB,
	  .rule = "Queue and type are compared byte for byte; both together must fit.",
	  .covers = "runledger A02, A06",
	  .run = by_queue_and_type },
	{ .name = "jobs.list.any_set_of_statuses",
	  VERB,
	  .rule = "Each of the 32 sets of statuses lists exactly the jobs in them.",
	  .covers = "runledger A02",
	  .run = by_status },
	{ .name = "jobs.list.created_from_and_before",
	  VERB,
	  .rule = "created_from is inclusive, created_to exclusive, to the microsecond.",
	  .covers = "runledger A02",
	  .run = by_time },
	{ .name = "jobs.list.filters_combine",
	  VERB,
	  .rule = "A job must fit scope, queue, type, status and time together.",
	  .covers = "runledger A02",
	  .run = all_together },
	{ .name = "jobs.list.compact_leaves_the_documents_out",
	  VERB,
	  .rule = "Compact rows lack payload, output, checkpoint and request and nothing else.",
	  .covers = "runledger A06",
	  .run = compact_rows },
	{ .name = "jobs.list.malformed_filters_are_refused",
	  VERB,
	  .rule = "Queue and type of a filter follow the rule of names.",
	  .run = malformed_filters },
	{ .name = "jobs.list.a_page_has_one_to_a_thousand",
	  VERB,
	  .rule = "Limit 0 is 100; 1 and 1000 are kept; beyond it is job.invalid_pagination "
		  "before any I/O.",
	  .covers = "runledger A01",
	  .run = page_limits },
	{ .name = "jobs.list.pages_hold_each_job_once",
	  VERB,
	  .rule = "Pages of any size together are the unpaged list.",
	  .covers = "runledger A06",
	  .run = pages_of_every_size },
	{ .name = "jobs.list.filtered_pages_hold_each_job_once",
	  VERB,
	  .rule = "Paging through a filtered list misses none and repeats none.",
	  .covers = "runledger A06",
	  .run = filtered_pages },
	{ .name = "jobs.list.newer_jobs_do_not_shift_a_page",
	  VERB,
	  .rule = "Jobs that are enqueued while one pages do not appear and move nothing.",
	  .covers = "runledger A06",
	  .run = newer_rows_shift_nothing },
	{ .name = "jobs.list.jobs_that_end_meanwhile_are_not_lost",
	  VERB,
	  .rule = "Jobs that end while one pages keep their place in the list.",
	  .covers = "runledger A06",
	  .run = ending_rows_are_not_lost },
	{ .name = "jobs.list.any_id_is_a_cursor",
	  VERB,
	  .rule = "A cursor whose job is gone, filtered out or never was is a place like any "
		  "other.",
	  .covers = "runledger A06",
	  .run = any_id_is_a_cursor },
	{ .name = "jobs.list.nothing_is_no_error",
	  VERB,
	  .rule = "An empty list is OK with count 0, also in a result that had rows.",
	  .run = an_empty_store },
};

CT_GROUP(reads, cases);

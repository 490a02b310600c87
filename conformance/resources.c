/*
 * resources.c - jobs that need a permit: who gets one, when it is given back, and that nobody else
 * waits for them. (resources_race.c: several claimers)
 */
#include "ct.h"

/* ---- steps -------------------------------------------------------------------- */

static cairn_job_new needing(const char *key)
{
	cairn_job_new job = ct_new("t");
	job.resource_key = cairn_str_of(key);
	return job;
}

static const cairn_resource *resource(cairn_conn *conn, const char *tenant, const char *key)
{
	cairn_resources *found = NULL;
	cairn_str none = { NULL, 0 };
	cairn_str whose = tenant ? cairn_str_of(tenant) : none;
	ct_ok(cairn_resource_get(conn, whose, cairn_str_of(key), &found, ct_err()));
	ct_later(found);
	ct_int(found->count, 1);
	return &found->at[0];
}

static void holds(cairn_conn *conn, const char *key, int64_t in_use, int64_t waiting)
{
	const cairn_resource *row = resource(conn, NULL, key);
	ct_int(row->in_use, in_use);
	ct_int(row->waiting, waiting);
}

/* A claim gets exactly these, in this order. */
static const cairn_jobs *claims(cairn_conn *conn, uint32_t limit, const cairn_id *ids, size_t n)
{
	const cairn_jobs *jobs = ct_claim_n(conn, "w", limit);
	ct_int(jobs->count, n);
	for (size_t i = 0; i < n; i++)
		ct_id(jobs->at[i].id, ids[i]);
	return jobs;
}

/* ---- permits --------------------------------------------------------------------- */

static void one_at_a_time(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id first = ct_add_needing(conn, "r", 10);
	cairn_id second = ct_add_needing(conn, "r", 9);
	const cairn_resource *made = resource(conn, NULL, "r");
	ct_int(made->capacity, 1);
	ct_int(made->created_at, ct_now());
	holds(conn, "r", 0, 2);
	cairn_lease lease = cairn_job_lease(&claims(conn, 10, &first, 1)->at[0]);
	ct_str(ct_job(conn, first)->resource_key, "r");
	holds(conn, "r", 1, 1);
	ct_claim_none(conn);
	ct_int(ct_job(conn, second)->attempt, 0);
	ct_finish(conn, ct_success(lease));
	holds(conn, "r", 0, 1);
	claims(conn, 10, &second, 1);
}

static void as_many_as_fit(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[6];
	ct_define(conn, "t");
	ct_capacity(conn, "r", 3);
	for (size_t i = 0; i < 6; i++)
		ids[i] = ct_add_needing(conn, "r", 100 - (int32_t)i);
	cairn_lease lease = cairn_job_lease(&claims(conn, 2, ids, 2)->at[0]);
	claims(conn, 10, ids + 2, 1);
	ct_claim_none(conn);
	holds(conn, "r", 3, 3);
	ct_finish(conn, ct_success(lease));
	claims(conn, 10, ids + 3, 1);
}

static cairn_id add_plain(cairn_conn *conn, int32_t priority)
{
	return ct_add_needing(conn, NULL, priority);
}

static void the_best_first(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id plain_low = add_plain(conn, 1);
	cairn_id of_a = ct_add_needing(conn, "a", 7);
	cairn_id plain_high = add_plain(conn, 9);
	cairn_id of_b = ct_add_needing(conn, "b", 8);
	cairn_id of_a_too = ct_add_needing(conn, "a", 6);
	cairn_id plain_mid = add_plain(conn, 5);
	/* one by one, on a connection that has to find out about resources */
	claims(conn, 1, &plain_high, 1);
	claims(conn, 1, &of_b, 1);
	/* and several at once, on another one */
	const cairn_id rest[] = { of_a, plain_mid, plain_low };
	claims(ct_open(), 3, rest, 3);
	ct_int(ct_job(conn, of_a_too)->status, CAIRN_JOB_PENDING);
}

static void batches_in_order(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[24];
	ct_define(conn, "t");
	ct_capacity(conn, "even", 100);
	for (size_t i = 0; i < 24; i++)
		ids[i] = ct_add_needing(conn, i % 2 ? NULL : "even", 1000 - (int32_t)i);
	claims(conn, 5, ids, 5);
	claims(conn, 1, ids + 5, 1);
	claims(conn, 7, ids + 6, 7);
	claims(ct_open(), 100, ids + 13, 11);
}

static void full_keeps_nobody_waiting(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_add_needing(conn, "r", 100);
	ct_claim(conn, "w");
	for (int i = 0; i < 5; i++)
		ct_add_needing(conn, "r", 90);
	cairn_id ids[3];
	for (size_t i = 0; i < 3; i++)
		ids[i] = ct_add_needing(conn, i == 1 ? "s" : NULL, 10 - (int32_t)i);
	claims(conn, 3, ids, 3);
	ct_claim_none(conn);
}

static void nothing_starts_at_zero(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_capacity(conn, "r", 0);
	cairn_id id = ct_add_needing(conn, "r", 1);
	ct_claim_none(conn);
	ct_capacity(conn, "r", 1);
	claims(conn, 1, &id, 1);
}

static void lowering_ends_nothing(void)
{
	cairn_conn *conn = ct_open();
	cairn_lease leases[3];
	ct_define(conn, "t");
	ct_capacity(conn, "r", 3);
	for (size_t i = 0; i < 5; i++)
		ct_add_needing(conn, "r", 100);
	for (size_t i = 0; i < 3; i++)
		leases[i] = ct_claim(conn, "w");
	ct_capacity(conn, "r", 1);
	holds(conn, "r", 3, 2);
	ct_int(resource(conn, NULL, "r")->capacity, 1);
	cairn_changed each;
	ct_ok(cairn_job_heartbeat(conn, leases, 1, 0, &each, ct_err()));
	ct_each(each, CAIRN_OK, NULL);
	for (size_t i = 0; i < 2; i++) {
		ct_claim_none(conn);
		ct_finish(conn, ct_success(leases[i]));
	}
	ct_claim_none(conn);
	ct_finish(conn, ct_success(leases[2]));
	ct_claim(conn, "w");
}

/* ---- giving back -------------------------------------------------------------------- */

static void ends(cairn_conn *conn, cairn_finish finish)
{
	ct_claim_none(conn);
	ct_finish(conn, finish);
}

static void each_end_gives_back(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 50, CAIRN_SECOND);
	ct_add_needing(conn, "r", 1);
	ct_add_needing(conn, "r", 2);
	ends(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_RETRYABLE, "c"));
	ends(conn, ct_again(ct_claim(conn, "w"), CAIRN_FINISH_CONTINUE, 0));
	ends(conn, ct_again(ct_claim(conn, "w"), CAIRN_FINISH_SNOOZE, 0));
	ct_advance(CAIRN_MINUTE);
	ends(conn, ct_again(ct_claim_ahead(conn, "w"), CAIRN_FINISH_RELEASE, 0));
	ct_claim(conn, "w");
	ct_claim_none(conn);
	ct_advance(CAIRN_MINUTE);
	/* the lease expired, and nobody took it back: the worker may still be at it */
	ct_claim_none(conn);
	ct_reap(conn, 1);
	ends(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_TERMINAL, "c"));
	ends(conn, ct_success(ct_claim(conn, "w")));
	ct_claim_none(conn);
	holds(conn, "r", 0, 0);
}

static void canceled_holds_until_quiet(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_add_needing(conn, "r", 2);
	cairn_id next = ct_add_needing(conn, "r", 1);
	cairn_lease lease = ct_claim(conn, "w");
	ct_cancel(conn, lease.id);
	holds(conn, "r", 1, 1);
	ct_claim_none(conn);
	ct_advance(CAIRN_LEASE_DEFAULT - 1);
	ct_claim_none(conn);
	ct_advance(1);
	holds(conn, "r", 0, 1);
	claims(conn, 1, &next, 1);
}

static void canceled_before_it_ran(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_cancel(conn, ct_add_needing(conn, "r", 2));
	holds(conn, "r", 0, 0);
	ct_add_needing(conn, "r", 1);
	ct_claim(conn, "w");
}

static void freed_and_taken_at_once(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_add_needing(conn, "r", 2);
	cairn_id next = ct_add_needing(conn, "r", 1);
	for (int round = 0; round < 2; round++) {
		/* the second time the connection knows that the queue has such jobs */
		cairn_finish done = ct_success(ct_claim(conn, "w"));
		cairn_claim_opts opts = ct_claim_opts("w", 5);
		cairn_changed each;
		cairn_jobs *jobs = NULL;
		ct_ok(cairn_job_finish_and_claim(conn, &done, 1, &each, &opts, &jobs, ct_err()));
		ct_later(jobs);
		ct_each(each, CAIRN_OK, NULL);
		ct_int(jobs->count, 1);
		ct_id(jobs->at[0].id, next);
		ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[0])));
		ct_add_needing(conn, "r", 2);
		next = ct_add_needing(conn, "r", 1);
	}
}

/* ---- whose, and which ----------------------------------------------------------------- */

static void belongs_to_its_tenant(void)
{
	cairn_conn *conn = ct_open();
	static const char *const tenants[] = { NULL, "a", "b" };
	ct_define(conn, "t");
	for (size_t i = 0; i < 6; i++) {
		cairn_job_new job = needing("r");
		if (tenants[i % 3])
			job.tenant = cairn_str_of(tenants[i % 3]);
		ct_add(conn, &job);
	}
	ct_int(ct_claim_n(conn, "w", 10)->count, 3);
	ct_claim_none(conn);
	for (size_t i = 0; i < 3; i++)
		ct_int(resource(conn, tenants[i], "r")->in_use, 1);
	cairn_capacity two = { .tenant = CAIRN_STR("a"), .key = CAIRN_STR("r"), .capacity = 2 };
	ct_ok(cairn_resource_set(conn, &two, 1, ct_err()));
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 10);
	ct_int(jobs->count, 1);
	ct_str(jobs->at[0].tenant, "a");
}

static void across_queues(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = needing("r");
	ct_add(conn, &job);
	job.queue = CAIRN_STR("other");
	ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.queue = job.queue;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 0);
	ct_finish(conn, ct_success(lease));
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
}

static void with_filters(void)
{
	cairn_conn *conn = ct_open();
	const cairn_str u = CAIRN_STR("u");
	ct_define(conn, "t");
	ct_define(conn, "u");
	cairn_job_new job = needing("r");
	ct_add(conn, &job);
	job.owner = CAIRN_STR("host");
	cairn_id pinned = ct_add(conn, &job);
	job = needing("r");
	job.type = u;
	cairn_id of_u = ct_add(conn, &job);
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	opts.types = &u;
	opts.type_count = 1;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, of_u);
	ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[0])));
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_claim_none(conn);
	opts = ct_claim_opts("w", 5);
	opts.owner = CAIRN_STR("host");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, pinned);
}

static void parked_ones_wait(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = needing("r");
	job.run_at = ct_now() + CAIRN_SECOND;
	cairn_id later = ct_add(conn, &job);
	cairn_id plain = add_plain(conn, 1);
	holds(conn, "r", 0, 0);
	ct_advance(CAIRN_SECOND);
	const cairn_id both[] = { later, plain };
	holds(conn, "r", 0, 1);
	claims(conn, 5, both, 2);
}

/* ---- requests ----------------------------------------------------------------------------- */

static void part_of_the_request(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = needing("r");
	job.key = CAIRN_STR("k");
	cairn_job_added each;
	cairn_id id = ct_add(conn, &job);
	ct_ok(cairn_job_enqueue(conn, &job, 1, &each, ct_err()));
	ct_int(each.disposition, CAIRN_EXISTING);
	ct_id(each.id, id);
	job.resource_key = CAIRN_STR("s");
	ct_ok(cairn_job_enqueue(conn, &job, 1, &each, ct_err()));
	ct_each(each, CAIRN_CONFLICT, "job.idempotency_conflict");
	job.resource_key = (cairn_str){ NULL, 0 };
	ct_ok(cairn_job_enqueue(conn, &job, 1, &each, ct_err()));
	ct_each(each, CAIRN_CONFLICT, "job.idempotency_conflict");
	ct_str(ct_job(conn, id)->request,
	       "{\"max_attempts\":null,\"payload\":{},\"priority\":null,\"queue\":\"default\","
	       "\"resource_key\":\"r\",\"run_at\":null,\"stage\":\"queued\",\"timeout_us\":null}");
}

static void keys_are_checked(void)
{
	cairn_conn *conn = ct_open();
	static const char *const bad[] = { " ", "\t", "\xc2\xa0", "a\nb", "\x1f" };
	ct_define(conn, "t");
	for (size_t i = 0; i < 5; i++) {
		cairn_job_new job = needing(bad[i]);
		ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID,
			  "arg.invalid_key");
	}
	cairn_job_new job = needing(ct_repeat('x', 513));
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID,
		  "arg.invalid_key");
	char *wide = ct_repeat('x', 512);
	for (size_t i = 0; i < 512; i += 2) {
		wide[i] = (char)0xc3;
		wide[i + 1] = (char)0xa9;
	}
	job = needing(wide);
	job.tenant = cairn_str_of(ct_repeat('t', 255));
	job.queue = cairn_str_of(ct_repeat('q', 255));
	cairn_id id = ct_add(conn, &job);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.queue = job.queue;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, id);
	ct_str(jobs->at[0].resource_key, wide);
}

static void stays_with_the_job(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id id = ct_add_needing(conn, "r", 1);
	ct_finish(conn, ct_failure(ct_claim(conn, "w"), CAIRN_FINISH_TERMINAL, "c"));
	ct_str(ct_job(conn, id)->resource_key, "r");
	cairn_changed back = ct_requeue(conn, ct_seen(conn, id));
	ct_each(back, CAIRN_OK, NULL);
	ct_str(ct_job(conn, id)->resource_key, "r");
	ct_add_needing(conn, "r", 5);
	cairn_lease other = ct_claim(conn, "w");
	ct_claim_none(conn);
	ct_finish(conn, ct_success(other));
	ct_id(ct_claim(conn, "w").id, id);
}

static void a_replay_waits(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id source = ct_add_needing(conn, "r", 5);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_add_needing(conn, "r", 9);
	cairn_lease other = ct_claim(conn, "w");
	cairn_rerun again = {
		.source = source, .run_number = 1, .key = CAIRN_STR("k"), .reason = CAIRN_STR("why")
	};
	cairn_job_added added;
	ct_ok(cairn_job_replay(conn, cairn_any(), &again, 1, &added, ct_err()));
	ct_str(ct_job(conn, added.id)->resource_key, "r");
	ct_claim_none(conn);
	ct_finish(conn, ct_success(other));
	ct_id(ct_claim(conn, "w").id, added.id);
}

static void an_intent_carries_it(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new request = needing("r");
	request.key = CAIRN_STR("k");
	cairn_intent_recorded each;
	cairn_status status = cairn_intent_record(conn, &request, 1, &each, ct_err());
	if (status == CAIRN_UNSUPPORTED)
		return; /* a driver without that store */
	ct_int(status, CAIRN_OK);
	ct_str(ct_intent(conn, each.id)->resource_key, "r");
	ct_define(conn, "t");
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->inserted, 1);
	ct_str(ct_job(conn, report->at[0].job)->resource_key, "r");
	ct_int(resource(conn, NULL, "r")->capacity, 1);
	/* the job is the one that the request itself would have made */
	cairn_job_added added;
	ct_ok(cairn_job_enqueue(conn, &request, 1, &added, ct_err()));
	ct_int(added.disposition, CAIRN_EXISTING);
	ct_claim(conn, "w");
	holds(conn, "r", 1, 0);
}

/* ---- set, get, list --------------------------------------------------------------------------- */

static void set_and_read(void)
{
	cairn_conn *conn = ct_open();
	cairn_resources *found = NULL;
	cairn_str none = { NULL, 0 };
	ct_status(cairn_resource_get(conn, none, CAIRN_STR("r"), &found, ct_err()), CAIRN_NOT_FOUND,
		  "resource.not_found");
	cairn_free(found);
	ct_capacity(conn, "r", 5);
	cairn_time made = ct_now();
	ct_advance(CAIRN_SECOND);
	ct_capacity(conn, "r", 5);
	ct_int(resource(conn, NULL, "r")->updated_at, made);
	ct_capacity(conn, "r", 10000);
	const cairn_resource *row = resource(conn, NULL, "r");
	ct_int(row->capacity, 10000);
	ct_int(row->created_at, made);
	ct_int(row->updated_at, ct_now());
	ct_define(conn, "t");
	ct_add_needing(conn, "r", 1);
	ct_int(resource(conn, NULL, "r")->capacity, 10000);
	cairn_capacity twice[] = { { .key = CAIRN_STR("r"), .capacity = 7 },
				   { .key = CAIRN_STR("s"), .capacity = 1 },
				   { .key = CAIRN_STR("r"), .capacity = 8 } };
	ct_ok(cairn_resource_set(conn, twice, 3, ct_err()));
	ct_int(resource(conn, NULL, "r")->capacity, 8);
}

static void in_pages(void)
{
	cairn_conn *conn = ct_open();
	static const char *const tenants[] = { NULL, NULL, "a", "a", "b" };
	static const char *const keys[] = { "r", "s", "", "r", "r" };
	for (size_t i = 0; i < 5; i++) {
		cairn_capacity item = { .key = cairn_str_of(*keys[i] ? keys[i] : "B"),
					.capacity = (int32_t)i };
		if (tenants[i])
			item.tenant = cairn_str_of(tenants[i]);
		ct_ok(cairn_resource_set(conn, &item, 1, ct_err()));
	}
	cairn_resource_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .limit = 2 };
	cairn_resources *page = NULL;
	int32_t seen = 0;
	do {
		ct_ok(cairn_resource_list(conn, &filter, &page, ct_err()));
		ct_later(page);
		for (size_t i = 0; i < page->count; i++) {
			ct_int(page->at[i].capacity, seen++);
			filter.after_tenant = page->at[i].tenant;
			filter.after_key = page->at[i].key;
		}
		size_t count = page->count;
		page = NULL;
		if (count < 2)
			break;
	} while (seen < 10);
	ct_int(seen, 5);
	filter = (cairn_resource_filter){ .size = sizeof(filter),
					  .scope = cairn_tenant(CAIRN_STR("a")) };
	ct_ok(cairn_resource_list(conn, &filter, &page, ct_err()));
	ct_int(page->count, 2);
	ct_str(page->at[0].key, "B");
	filter.scope = cairn_global();
	ct_ok(cairn_resource_list(conn, &filter, &page, ct_err()));
	ct_int(page->count, 2);
	ct_later(page);
}

/* A request that makes no job makes no resource either. */
static void refused_jobs_make_none(void)
{
	cairn_conn *conn = ct_open();
	cairn_resource_filter all = { .size = sizeof(all), .scope = cairn_any() };
	cairn_resources *found = NULL;
	cairn_job_added each[3];
	ct_define(conn, "t");
	cairn_definition unkept = { .type = CAIRN_STR("unkept"), .retention = CAIRN_RETAIN_NONE };
	ct_ok(cairn_job_define(conn, &unkept, 1, ct_err()));
	cairn_job_new jobs[3] = { needing("made"), needing("of nobody"), needing("of a key") };
	jobs[1].type = CAIRN_STR("missing");
	jobs[2].type = CAIRN_STR("unkept");
	for (int keyed = 0; keyed < 2; keyed++) {
		ct_ok(cairn_job_enqueue(conn, jobs, keyed ? 3 : 2, each, ct_err()));
		ct_int(each[0].status, CAIRN_OK);
		ct_true(each[1].status != CAIRN_OK);
		ct_true(!keyed || each[2].status != CAIRN_OK);
		ct_ok(cairn_resource_list(conn, &all, &found, ct_err()));
		ct_int(found->count, 1);
		ct_str(found->at[0].key, "made");
		for (size_t i = 0; i < 3; i++)
			jobs[i].key = CAIRN_STR("k");
	}
	ct_later(found);
}

static void refuses_bad_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_capacity items[2] = { { .key = CAIRN_STR("r"), .capacity = 1 },
				    { .key = CAIRN_STR("s"), .capacity = 10001 } };
	const char *capacity = "resource.invalid_capacity";
	ct_status(cairn_resource_set(conn, items, 2, ct_err()), CAIRN_INVALID, capacity);
	ct_int(ct_last()->index, 1);
	items[1].capacity = -1;
	ct_status(cairn_resource_set(conn, items, 2, ct_err()), CAIRN_INVALID, capacity);
	items[1].capacity = 1;
	items[1].reserved_[1] = 1;
	ct_status(cairn_resource_set(conn, items, 2, ct_err()), CAIRN_INVALID, "arg.reserved");
	items[1].reserved_[1] = 0;
	items[1].key = CAIRN_STR("");
	ct_status(cairn_resource_set(conn, items, 2, ct_err()), CAIRN_INVALID, "arg.invalid_key");
	cairn_resource_filter filter = { .size = sizeof(filter) };
	cairn_resources *rows = NULL;
	ct_status(cairn_resource_list(conn, &filter, &rows, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
	filter.scope = cairn_any();
	ct_ok(cairn_resource_list(conn, &filter, &rows, ct_err()));
	ct_int(rows->count, 0);
	ct_later(rows);
}

static int ready(cairn_conn *conn)
{
	cairn_wait_opts opts = { .size = sizeof(opts), .timeout = CAIRN_MILLISECOND };
	int is = -1;
	ct_ok(cairn_job_wait(conn, &opts, &is, ct_err()));
	return is;
}

static void full_is_no_work(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_add_needing(conn, "r", 1);
	ct_add_needing(conn, "r", 1);
	ct_int(ready(conn), 1);
	cairn_lease lease = ct_claim(conn, "w");
	ct_int(ready(conn), 0);
	ct_finish(conn, ct_success(lease));
	ct_int(ready(conn), 1);
	ct_capacity(conn, "r", 0);
	ct_int(ready(conn), 0);
	add_plain(conn, 1);
	ct_int(ready(conn), 1);
}

/* ---- cost ----------------------------------------------------------------------------------------- */

static void one_round_trip(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	uint64_t before = 0;
	for (int i = 0; i < 4; i++) {
		before = cairn_conn_round_trips(conn);
		ct_add_needing(conn, "r", 5);
		ct_int(cairn_conn_round_trips(conn) - before, 1);
		before = cairn_conn_round_trips(conn);
		cairn_lease lease = ct_claim(conn, "w");
		ct_int(cairn_conn_round_trips(conn) - before, 1);
		ct_finish(conn, ct_success(lease));
	}
	/* and a queue that never had any costs what it always did */
	cairn_job_new job = ct_new("t");
	job.queue = CAIRN_STR("plain");
	ct_add(conn, &job);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.queue = job.queue;
	cairn_jobs *jobs = NULL;
	before = cairn_conn_round_trips(conn);
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_int(cairn_conn_round_trips(conn) - before, 1);
	ct_int(jobs->count, 1);
	ct_later(jobs);
}

#define VERB .kind = CT_VERB, .store = CT_RESOURCES

static const ct_case cases[] = {
	{ .name = "resources.permits.one_at_a_time_by_default",
	  VERB,
	  .rule = "A resource is there from its first job on with capacity 1: its jobs run one "
		  "after "
		  "the other, and those that wait are not touched.",
	  .covers = "runledger G01",
	  .run = one_at_a_time },
	{ .name = "resources.permits.as_many_as_fit",
	  VERB,
	  .rule = "One claim and several claims together take as many jobs as the capacity has "
		  "room "
		  "for.",
	  .run = as_many_as_fit },
	{ .name = "resources.order.the_best_job_first",
	  VERB,
	  .rule = "Jobs with and without resources are claimed in one order.",
	  .covers = "runledger G02",
	  .run = the_best_first },
	{ .name = "resources.order.batches_of_both_kinds",
	  VERB,
	  .rule = "Claims of any size take the best of both kinds, none is left behind.",
	  .run = batches_in_order },
	{ .name = "resources.order.full_ones_are_passed_over",
	  VERB,
	  .rule = "Jobs of a full resource keep neither plain jobs nor those of others waiting, "
		  "and "
		  "do not make a batch smaller.",
	  .covers = "runledger G02",
	  .run = full_keeps_nobody_waiting },
	{ .name = "resources.capacity.zero_starts_nothing",
	  VERB,
	  .rule = "With capacity 0 nothing of a resource starts.",
	  .run = nothing_starts_at_zero },
	{ .name = "resources.capacity.lowering_ends_nothing",
	  VERB,
	  .rule = "A capacity below what is in use ends no lease; it lets nothing new start.",
	  .run = lowering_ends_nothing },
	{ .name = "resources.back.each_end_of_a_lease_gives_back",
	  VERB,
	  .rule = "Success, failure, dead letter, continuation, snooze, release and reaping give "
		  "the "
		  "permit back; an expired lease holds it until it is reaped.",
	  .covers = "runledger G03, G10",
	  .run = each_end_gives_back },
	{ .name = "resources.back.a_canceled_lease_holds_until_it_is_over",
	  VERB,
	  .rule = "A job canceled while leased holds its permit until that lease is over.",
	  .covers = "runledger G04",
	  .run = canceled_holds_until_quiet },
	{ .name = "resources.back.canceled_before_it_ran",
	  VERB,
	  .rule = "A job canceled while it waited held nothing.",
	  .covers = "runledger G04",
	  .run = canceled_before_it_ran },
	{ .name = "resources.back.freed_and_taken_in_one_call",
	  VERB,
	  .rule = "Finishing and claiming in one call hands the permit on.",
	  .run = freed_and_taken_at_once },
	{ .name = "resources.scope.a_resource_belongs_to_its_tenant",
	  VERB,
	  .rule = "The same key of another tenant, or of global jobs, is another resource.",
	  .covers = "runledger G07",
	  .run = belongs_to_its_tenant },
	{ .name = "resources.scope.but_not_to_a_queue",
	  VERB,
	  .rule = "Jobs of one resource in several queues share its permits.",
	  .run = across_queues },
	{ .name = "resources.filters.hold_for_such_jobs_too",
	  VERB,
	  .rule = "Types and owners of a claim choose among jobs with resources as among others.",
	  .run = with_filters },
	{ .name = "resources.order.parked_jobs_come_in_time",
	  VERB,
	  .rule = "A job that is due later waits for its time first, and then stands in order.",
	  .run = parked_ones_wait },
	{ .name = "resources.request.the_key_belongs_to_it",
	  VERB,
	  .rule = "The resource key is part of the keyed request, and only when it was given.",
	  .covers = "runledger I18, G09",
	  .run = part_of_the_request },
	{ .name = "resources.request.keys_are_checked",
	  VERB,
	  .rule = "A resource key is 1 to 512 bytes, not blank, without control characters.",
	  .covers = "runledger G06",
	  .run = keys_are_checked },
	{ .name = "resources.request.stays_with_the_job",
	  VERB,
	  .rule = "Ended and requeued, a job has the resource that it had.",
	  .run = stays_with_the_job },
	{ .name = "resources.request.a_replay_waits_for_it_too",
	  VERB,
	  .rule = "A replay has its source's resource and waits for a permit.",
	  .covers = "runledger Y12",
	  .run = a_replay_waits },
	{ .name = "resources.request.an_intent_carries_it",
	  VERB,
	  .rule = "An intent keeps the resource key, and its job has it.",
	  .covers = "runledger J07",
	  .run = an_intent_carries_it },
	{ .name = "resources.request.makes_none_without_a_job",
	  VERB,
	  .rule = "A request that is refused leaves no resource behind, wherever it stands in its "
		  "batch.",
	  .run = refused_jobs_make_none },
	{ .name = "resources.set.makes_and_changes",
	  VERB,
	  .rule = "Setting a capacity makes the resource or changes it, writing only what changes; "
		  "of "
		  "a key that stands twice in a call the last one counts; enqueueing changes none.",
	  .run = set_and_read },
	{ .name = "resources.list.pages_by_tenant_and_key",
	  VERB,
	  .rule = "Resources are listed by tenant and key behind a cursor of both, in scope.",
	  .run = in_pages },
	{ .name = "resources.refuse_bad_arguments",
	  VERB,
	  .rule = "Capacities out of range, reserved fields and keys are refused before any I/O.",
	  .run = refuses_bad_arguments },
	{ .name = "resources.wait.a_full_one_is_no_work",
	  VERB,
	  .rule = "Waiting counts no job whose resource is full as work.",
	  .covers = "wake-1",
	  .run = full_is_no_work },
	{ .name = "resources.calls_are_one_round_trip",
	  .kind = CT_BUDGET,
	  .store = CT_RESOURCES,
	  .rule = "Enqueueing and claiming such jobs is one round trip each; a connection that "
		  "meets "
		  "the first one of a queue may need two; other queues stay as they were.",
	  .run = one_round_trip },
};
CT_GROUP(resources, cases);

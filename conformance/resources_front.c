/*
 * resources_front.c - many jobs in front of the one that may run: a claim may not stop looking where
 * a crowd is full, unwanted or held by others. (few jobs: resources.c, resources_race.c)
 */
#include <stdio.h>

#include "ct.h"

enum { CROWD = 400 };

static cairn_job_new job_of(const char *key, int32_t priority)
{
	cairn_job_new job = ct_new("t");
	if (key)
		job.resource_key = cairn_str_of(key);
	job.priority = priority;
	job.set = CAIRN_JOB_PRIORITY;
	return job;
}

static cairn_id add(cairn_conn *conn, const char *key, int32_t priority)
{
	cairn_job_new job = job_of(key, priority);
	return ct_add(conn, &job);
}

static void set_capacity(cairn_conn *conn, const char *tenant, const char *key, int32_t capacity)
{
	cairn_capacity item = { .tenant = cairn_str_of(tenant),
				.key = cairn_str_of(key),
				.capacity = capacity };
	ct_ok(cairn_resource_set(conn, &item, 1, ct_err()));
}

/* n jobs like this one; the ids, in the order of the queue. */
static cairn_id *add_many(cairn_conn *conn, const cairn_job_new *job, size_t n)
{
	cairn_job_new *jobs = ct_alloc(n * sizeof(*jobs));
	cairn_job_added *added = ct_alloc(n * sizeof(*added));
	cairn_id *ids = ct_alloc(n * sizeof(*ids));
	for (size_t i = 0; i < n; i++)
		jobs[i] = *job;
	ct_ok(cairn_job_enqueue(conn, jobs, n, added, ct_err()));
	for (size_t i = 0; i < n; i++)
		ids[i] = added[i].id;
	return ids;
}

static void add_crowd(cairn_conn *conn, const char *key, int32_t priority)
{
	cairn_job_new job = job_of(key, priority);
	add_many(conn, &job, CROWD);
}

static bool ready(cairn_conn *conn)
{
	cairn_wait_opts opts = { .size = sizeof(opts), .timeout = CAIRN_MILLISECOND };
	int is = -1;
	ct_ok(cairn_job_wait(conn, &opts, &is, ct_err()));
	return is == 1;
}

static const char *name_of(char (*name)[16], size_t i)
{
	snprintf(*name, sizeof(*name), "r%03zu", i);
	return *name;
}

/* ---- cases -------------------------------------------------------------------------- */

/* Ten thousand better jobs, in one line of twenty times five hundred resources. */
static void behind_ten_thousand(void)
{
	enum { KEYS = 500, TURNS = 20 };
	cairn_conn *conn = ct_open();
	cairn_job_new *jobs = ct_alloc(KEYS * sizeof(*jobs));
	cairn_capacity *full = ct_alloc(KEYS * sizeof(*full));
	char(*names)[16] = ct_alloc(KEYS * sizeof(*names));
	ct_define(conn, "t");
	for (size_t i = 0; i < KEYS; i++) {
		jobs[i] = job_of(name_of(&names[i], i), 500);
		full[i] = (cairn_capacity){ .key = cairn_str_of(names[i]) };
	}
	for (size_t i = 0; i < TURNS; i++)
		ct_ok(cairn_job_enqueue(conn, jobs, KEYS, NULL, ct_err()));
	ct_ok(cairn_resource_set(conn, full, KEYS, ct_err()));
	ct_claim_none(conn);
	ct_true(!ready(conn));
	cairn_id free_one = add(conn, "r2", 100);
	ct_true(ready(conn));
	ct_id(ct_claim(conn, "w").id, free_one);
	ct_claim_none(conn);
	set_capacity(conn, NULL, "r499", 1);
	ct_int(ct_job(conn, ct_claim(conn, "w").id)->priority, 500);
	ct_claim_none(conn);
}

/* The one in front has room for more jobs than there are. */
static void a_batch_reaches_behind(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	add_crowd(conn, "full", 500);
	set_capacity(conn, NULL, "full", 0);
	set_capacity(conn, NULL, "a", 50);
	cairn_id ids[4] = { add(conn, "a", 900), add(conn, "d", 100), add(conn, "c", 90),
			    add(conn, "b", 80) };
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 3);
	ct_int(jobs->count, 3);
	for (size_t i = 0; i < 3; i++)
		ct_id(jobs->at[i].id, ids[i]);
	jobs = ct_claim_n(conn, "w", 3);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, ids[3]);
}

static void room_within_the_crowd(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new wide = job_of("wide", 500);
	ct_define(conn, "t");
	cairn_id *crowd = add_many(conn, &wide, CROWD);
	set_capacity(conn, NULL, "wide", 3);
	cairn_id ids[5] = { crowd[0], crowd[1], crowd[2], add(conn, "a", 100), add(conn, "b", 90) };
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 9);
	ct_int(jobs->count, 5);
	for (size_t i = 0; i < 5; i++)
		ct_id(jobs->at[i].id, ids[i]);
	ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[1])));
	jobs = ct_claim_n(conn, "w", 9);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, crowd[3]);
}

/* The resource is free, and most of who wait for it are not for this claimer. */
static void behind_the_unwanted(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new other = job_of("r", 500);
	cairn_job_new pinned = job_of("s", 400);
	cairn_claim_opts opts = ct_claim_opts("w", 5);
	cairn_str types[] = { CAIRN_STR("t") };
	cairn_jobs *jobs = NULL;
	ct_define(conn, "t");
	ct_define(conn, "u");
	other.type = CAIRN_STR("u");
	pinned.owner = CAIRN_STR("somebody");
	add_many(conn, &other, CROWD);
	add_many(conn, &pinned, CROWD);
	cairn_id ids[2] = { add(conn, "s", 90), add(conn, "r", 80) };
	opts.types = types;
	opts.type_count = 1;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 2);
	for (size_t i = 0; i < 2; i++)
		ct_id(jobs->at[i].id, ids[i]);
}

static void tenants_apart(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new acme = job_of("r", 500);
	ct_define(conn, "t");
	acme.tenant = CAIRN_STR("acme");
	add_many(conn, &acme, 10);
	set_capacity(conn, "acme", "r", 0);
	cairn_id free_one = add(conn, "r", 400);
	add(conn, "r", 300);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", 5);
	ct_int(jobs->count, 1);
	ct_id(jobs->at[0].id, free_one);
}

/* Each has a resource of its own; a seventh has none. */
static void the_whole_line(void)
{
	enum { N = 301, BATCH = 7 };
	cairn_conn *conn = ct_open();
	cairn_id ids[N];
	char name[16];
	ct_define(conn, "t");
	/* so that neither names nor ids go as the queue does */
	for (size_t i = 0; i < N; i++) {
		size_t place = i * 100 % N;
		const char *key = place % 7 == 3 ? NULL : name_of(&name, i);
		ids[place] = add(conn, key, (int32_t)(N - place));
	}
	for (size_t at = 0; at < N; at += BATCH) {
		const cairn_jobs *jobs = ct_claim_n(conn, "w", BATCH);
		ct_int(jobs->count, BATCH);
		for (size_t i = 0; i < BATCH; i++)
			ct_id(jobs->at[i].id, ids[at + i]);
	}
	ct_claim_none(conn);
}

/* Somebody is claiming from the crowd's resource, which others can't look into until that is over. */
static void behind_what_others_hold(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	ct_define(conn, "t");
	add_crowd(conn, "wide", 500);
	set_capacity(conn, NULL, "wide", 50);
	cairn_id behind = add(conn, "r", 100);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_claim(conn, "w");
	ct_id(ct_claim(other, "x").id, behind);
	ct_claim_none(other);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_job(other, ct_claim(other, "x").id)->priority, 500);
}

#define VERB .kind = CT_VERB, .store = CT_RESOURCES

static const ct_case cases[] = {
	{ .name = "resources.front.behind_ten_thousand_jobs_of_full_ones",
	  VERB,
	  .rule = "A job whose resource is free is found and waited for behind any number of "
		  "better ones whose resources are full.",
	  .run = behind_ten_thousand },
	{ .name = "resources.front.a_batch_reaches_behind_a_crowd",
	  VERB,
	  .rule = "A claim takes what is free in front of a crowd and behind it, in queue order.",
	  .run = a_batch_reaches_behind },
	{ .name = "resources.front.a_crowd_gets_what_has_room",
	  VERB,
	  .rule = "Of a crowd as many run as there are permits, the first ones, and then who "
		  "stands behind.",
	  .run = room_within_the_crowd },
	{ .name = "resources.front.behind_a_crowd_that_is_not_wanted",
	  VERB,
	  .rule = "Jobs of other types and owners hide none that the claim may have.",
	  .run = behind_the_unwanted },
	{ .name = "resources.front.tenants_apart",
	  VERB,
	  .rule = "The same key of another tenant is another resource, full or free.",
	  .run = tenants_apart },
	{ .name = "resources.front.the_whole_line_in_order",
	  VERB,
	  .rule = "However many resources are waited for, batch after batch is claimed in queue "
		  "order, jobs without one in between.",
	  .run = the_whole_line },
	{ .name = "resources.front.behind_what_others_hold",
	  VERB,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "While somebody claims from a resource with a crowd in front, others claim what "
		  "stands behind.",
	  .run = behind_what_others_hold },
};

CT_GROUP(resources_front, cases);

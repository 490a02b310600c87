/*
 * scope.c - whose rows a call sees: every call that takes a scope, against global rows and
 * those of several tenants. A row out of scope is a missing row.
 */
#include "ct.h"

/* The jobs of each case: one per owner, in this order. */
enum { GLOBAL, A, B, BIG_A, A_BLANK, OWNERS };
static const char *const owners[OWNERS] = { NULL, "a", "b", "A", "a " };

/* The scopes, and which owners' rows each shows. */
enum { SCOPES = 9 };

static cairn_scope scope_at(size_t i, uint32_t *sees)
{
	static const char *const tenants[] = { "a", "b", "A", "a ", "c", "%", "global" };
	static const uint32_t shown[] = { 1u << A, 1u << B, 1u << BIG_A, 1u << A_BLANK, 0, 0, 0 };
	if (i == 0) {
		*sees = 1u << GLOBAL;
		return cairn_global();
	}
	if (i == SCOPES - 1) {
		*sees = (1u << OWNERS) - 1;
		return cairn_any();
	}
	*sees = shown[i - 1];
	ct_note("tenant %s", tenants[i - 1]);
	return cairn_tenant(cairn_str_of(tenants[i - 1]));
}

static void add_all(cairn_conn *conn, cairn_id ids[OWNERS])
{
	ct_define(conn, "t");
	for (size_t i = 0; i < OWNERS; i++) {
		cairn_job_new job = ct_new("t");
		job.tenant = cairn_str_of(owners[i]);
		ids[i] = ct_add(conn, &job);
	}
}

/* A dead letter for each. */
static void kill_all(cairn_conn *conn)
{
	const cairn_jobs *jobs = ct_claim_n(conn, "w", OWNERS);
	ct_int(jobs->count, OWNERS);
	for (size_t i = 0; i < OWNERS; i++)
		ct_finish(conn,
			  ct_failure(cairn_job_lease(&jobs->at[i]), CAIRN_FINISH_TERMINAL, "x"));
}

/* ---- reads --------------------------------------------------------------------- */

static void get_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[OWNERS];
	cairn_jobs *found = NULL;
	add_all(conn, ids);
	for (size_t s = 0; s < SCOPES; s++) {
		uint32_t sees;
		cairn_scope scope = scope_at(s, &sees);
		for (size_t i = 0; i < OWNERS; i++) {
			if (!(sees & 1u << i)) {
				ct_status(cairn_job_get(conn, scope, ids[i], &found, ct_err()),
					  CAIRN_NOT_FOUND, "job.not_found");
				ct_true(found == NULL || found->count == 0);
				continue;
			}
			ct_ok(cairn_job_get(conn, scope, ids[i], &found, ct_err()));
			ct_id(found->at[0].id, ids[i]);
			ct_str(found->at[0].tenant, owners[i]);
		}
	}
	ct_later(found);
}

static void list_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[OWNERS];
	cairn_jobs *found = NULL;
	add_all(conn, ids);
	for (size_t s = 0; s < SCOPES; s++) {
		uint32_t sees;
		cairn_job_filter filter = { .size = sizeof(filter), .scope = scope_at(s, &sees) };
		size_t at = 0;
		ct_ok(cairn_job_list(conn, &filter, &found, ct_err()));
		for (size_t i = OWNERS; i-- > 0;) {
			if (!(sees & 1u << i))
				continue;
			ct_true(at < found->count);
			ct_id(found->at[at++].id, ids[i]);
		}
		ct_int(found->count, at);
	}
	ct_later(found);
}

static void filters_stay_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[OWNERS];
	cairn_jobs *found = NULL;
	add_all(conn, ids);
	cairn_job_filter filter = { .size = sizeof(filter),
				    .scope = cairn_tenant(CAIRN_STR("a")),
				    .queue = CAIRN_STR("default"),
				    .type = CAIRN_STR("t"),
				    .statuses = 1u << CAIRN_JOB_PENDING,
				    .created_from = ct_now(),
				    .created_to = ct_now() + 1,
				    .limit = 1 };
	ct_ok(cairn_job_list(conn, &filter, &found, ct_err()));
	ct_int(found->count, 1);
	ct_id(found->at[0].id, ids[A]);
	/* a cursor is a place: it may be another tenant's job, and shows nothing of it */
	filter.after = ids[B];
	ct_ok(cairn_job_list(conn, &filter, &found, ct_err()));
	ct_int(found->count, 1);
	ct_id(found->at[0].id, ids[A]);
	filter.after = ids[GLOBAL];
	ct_ok(cairn_job_list(conn, &filter, &found, ct_err()));
	ct_int(found->count, 0);
	ct_later(found);
}

static void histories_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[OWNERS];
	cairn_attempts *attempts = NULL;
	cairn_event_rows *events = NULL;
	add_all(conn, ids);
	kill_all(conn);
	for (size_t s = 0; s < SCOPES; s++) {
		uint32_t sees;
		cairn_scope scope = scope_at(s, &sees);
		for (size_t i = 0; i < OWNERS; i++) {
			bool shown = sees & 1u << i;
			cairn_status want = shown ? CAIRN_OK : CAIRN_NOT_FOUND;
			ct_status(
				cairn_job_attempts(conn, scope, ids[i], 0, 0, &attempts, ct_err()),
				want, "job.not_found");
			ct_status(cairn_job_events(conn, scope, ids[i], 0, 0, &events, ct_err()),
				  want, "job.not_found");
			ct_int(attempts ? attempts->count : 0, shown ? 1 : 0);
			ct_int(events ? events->count : 0, shown ? 4 : 0);
		}
	}
	ct_later(attempts);
	ct_later(events);
}

static void dead_letters_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[OWNERS];
	cairn_dead_letters *found = NULL;
	add_all(conn, ids);
	kill_all(conn);
	for (size_t s = 0; s < SCOPES; s++) {
		uint32_t sees;
		cairn_dead_filter filter = { .size = sizeof(filter), .scope = scope_at(s, &sees) };
		size_t at = 0;
		ct_ok(cairn_job_dead_letters(conn, &filter, &found, ct_err()));
		for (size_t i = OWNERS; i-- > 0;) {
			if (!(sees & 1u << i))
				continue;
			ct_true(at < found->count);
			ct_str(found->at[at].tenant, owners[i]);
			ct_id(found->at[at++].id, ids[i]);
		}
		ct_int(found->count, at);
		for (size_t i = 0; i < OWNERS; i++) {
			filter.job = ids[i];
			ct_ok(cairn_job_dead_letters(conn, &filter, &found, ct_err()));
			ct_int(found->count, sees & 1u << i ? 1 : 0);
		}
	}
	ct_later(found);
}

/* ---- cancel -------------------------------------------------------------------- */

static void cancel_in_scope(void)
{
	for (size_t s = 0; s < SCOPES; s++) {
		cairn_conn *conn = ct_open();
		cairn_id ids[OWNERS];
		cairn_changed each[OWNERS];
		const char *before[OWNERS];
		uint32_t sees;
		cairn_scope scope = scope_at(s, &sees);
		add_all(conn, ids);
		ct_int(ct_claim_n(conn, "w", 2)->count, 2);
		for (size_t i = 0; i < OWNERS; i++)
			before[i] = ct_snapshot(conn, ids[i]);
		ct_ok(cairn_job_cancel(conn, scope, ids, OWNERS, CAIRN_STR("r"), each, ct_err()));
		for (size_t i = 0; i < OWNERS; i++) {
			if (sees & 1u << i) {
				ct_each(each[i], CAIRN_OK, NULL);
				ct_int(ct_job(conn, ids[i])->status, CAIRN_JOB_CANCELED);
				continue;
			}
			ct_each(each[i], CAIRN_NOT_FOUND, "job.not_found");
			ct_int(each[i].job_status, 0);
			ct_int(each[i].lease_expires_at, 0);
			ct_unchanged(conn, ids[i], before[i]);
		}
		ct_ok(cairn_job_cancel(conn, cairn_any(), ids, OWNERS, CAIRN_STR("r"), each,
				       ct_err()));
	}
}

static void out_of_scope_is_not_found_in_any_status(void)
{
	cairn_conn *conn = ct_open();
	cairn_scope theirs = cairn_tenant(CAIRN_STR("a"));
	for (int status = CAIRN_JOB_PENDING; status <= CAIRN_JOB_CANCELED; status++) {
		ct_made made = ct_make(conn, "t", (enum cairn_job_status)status);
		const char *before = ct_snapshot(conn, made.id);
		cairn_changed changed;
		ct_ok(cairn_job_cancel(conn, theirs, &made.id, 1, CAIRN_STR("r"), &changed,
				       ct_err()));
		ct_each(changed, CAIRN_NOT_FOUND, "job.not_found");
		ct_int(changed.job_status, 0);
		ct_status(
			cairn_job_cancel(conn, theirs, &made.id, 1, CAIRN_STR("r"), NULL, ct_err()),
			CAIRN_NOT_FOUND, "job.not_found");
		ct_unchanged(conn, made.id, before);
	}
}

/* ---- out of scope and missing are one ------------------------------------------ */

static const char *told(void)
{
	const cairn_error *err = ct_last();
	return ct_format("%s %s %s %s %lld", cairn_status_text(err->status), err->code,
			 err->message, err->detail, (long long)err->index);
}

/* What every call by id says about this one. */
static const char *answers(cairn_conn *conn, cairn_scope scope, cairn_id id)
{
	cairn_jobs *jobs = NULL;
	cairn_attempts *attempts = NULL;
	cairn_event_rows *events = NULL;
	ct_status(cairn_job_get(conn, scope, id, &jobs, ct_err()), CAIRN_NOT_FOUND, NULL);
	const char *text = told();
	ct_status(cairn_job_attempts(conn, scope, id, 0, 0, &attempts, ct_err()), CAIRN_NOT_FOUND,
		  NULL);
	text = ct_format("%s\n%s", text, told());
	ct_status(cairn_job_events(conn, scope, id, 0, 0, &events, ct_err()), CAIRN_NOT_FOUND,
		  NULL);
	text = ct_format("%s\n%s", text, told());
	ct_status(cairn_job_cancel(conn, scope, &id, 1, CAIRN_STR("r"), NULL, ct_err()),
		  CAIRN_NOT_FOUND, NULL);
	ct_later(jobs);
	ct_later(attempts);
	ct_later(events);
	return ct_format("%s\n%s", text, told());
}

static void missing_looks_the_same(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[OWNERS];
	add_all(conn, ids);
	kill_all(conn);
	cairn_scope a = cairn_tenant(CAIRN_STR("a"));
	const char *missing = answers(conn, a, cairn_id_new());
	ct_text(answers(conn, a, ids[B]), missing);
	ct_text(answers(conn, a, ids[GLOBAL]), missing);
	ct_text(answers(conn, cairn_global(), ids[A]), missing);
	ct_text(answers(conn, cairn_any(), cairn_id_new()), missing);
}

/* ---- malformed scopes ---------------------------------------------------------- */

static void refused(cairn_conn *conn, cairn_scope scope, cairn_id id, const char *code)
{
	cairn_jobs *jobs = NULL;
	cairn_attempts *attempts = NULL;
	cairn_event_rows *events = NULL;
	cairn_dead_letters *letters = NULL;
	cairn_job_filter list = { .size = sizeof(list), .scope = scope };
	cairn_dead_filter dead = { .size = sizeof(dead), .scope = scope };
	uint64_t trips = cairn_conn_round_trips(conn);
	ct_status(cairn_job_get(conn, scope, id, &jobs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_list(conn, &list, &jobs, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_attempts(conn, scope, id, 0, 0, &attempts, ct_err()), CAIRN_INVALID,
		  code);
	ct_status(cairn_job_events(conn, scope, id, 0, 0, &events, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_dead_letters(conn, &dead, &letters, ct_err()), CAIRN_INVALID, code);
	ct_status(cairn_job_cancel(conn, scope, &id, 1, CAIRN_STR("r"), NULL, ct_err()),
		  CAIRN_INVALID, code);
	ct_int(cairn_conn_round_trips(conn), trips);
	ct_later(jobs);
	ct_later(attempts);
	ct_later(events);
	ct_later(letters);
}

static void a_scope_must_be_said(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_scope scope = { .kind = CAIRN_SCOPE_NONE };
	refused(conn, scope, id, "arg.invalid_scope");
	scope = cairn_global();
	scope.tenant = CAIRN_STR("a");
	refused(conn, scope, id, "arg.invalid_scope");
	scope = cairn_any();
	scope.tenant = CAIRN_STR("a");
	refused(conn, scope, id, "arg.invalid_scope");
	refused(conn, cairn_tenant(CAIRN_STR("")), id, "arg.invalid_tenant");
	refused(conn, cairn_tenant(CAIRN_STR("a\nb")), id, "arg.invalid_tenant");
	refused(conn, cairn_tenant(CAIRN_STR("\xff")), id, "arg.invalid_tenant");
	refused(conn, cairn_tenant(cairn_str_of(ct_repeat('a', 256))), id, "arg.invalid_tenant");
	ct_int(ct_job(conn, id)->status, CAIRN_JOB_PENDING);
}

static void long_tenants(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	char *name = ct_repeat('a', 255);
	job.tenant = cairn_str_of(name);
	cairn_id id = ct_add(conn, &job);
	cairn_jobs *found = NULL;
	ct_ok(cairn_job_get(conn, cairn_tenant(job.tenant), id, &found, ct_err()));
	ct_same(found->at[0].tenant, job.tenant);
	cairn_scope prefix = cairn_tenant((cairn_str){ name, 254 });
	ct_status(cairn_job_get(conn, prefix, id, &found, ct_err()), CAIRN_NOT_FOUND,
		  "job.not_found");
	ct_later(found);
}

/* ---- calls without a scope ----------------------------------------------------- */

static void workers_have_no_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_id ids[OWNERS];
	cairn_lease leases[OWNERS];
	cairn_changed each[OWNERS];
	cairn_reap_report *report = NULL;
	add_all(conn, ids);
	const cairn_jobs *jobs = ct_claim_n(conn, "w", OWNERS);
	ct_int(jobs->count, OWNERS);
	for (size_t i = 0; i < OWNERS; i++)
		leases[i] = cairn_job_lease(&jobs->at[i]);
	ct_ok(cairn_job_heartbeat(conn, leases, OWNERS, 0, each, ct_err()));
	for (size_t i = 0; i < OWNERS; i++)
		ct_each(each[i], CAIRN_OK, NULL);
	ct_advance(CAIRN_HOUR);
	ct_ok(cairn_job_reap(conn, NULL, &report, ct_err()));
	ct_int(report->count, OWNERS);
	for (size_t i = 0; i < OWNERS; i++) {
		const cairn_reaped *one = &report->at[i];
		ct_same(one->tenant, ct_job(conn, one->id)->tenant);
	}
	ct_later(report);
}

static const ct_case cases[] = {
	{ .name = "jobs.scope.get_sees_exactly_its_rows",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "GLOBAL sees the untenanted rows, TENANT that tenant's by bytes, ANY all; "
		  "anything else is NOT_FOUND.",
	  .covers = "runledger SC01, SC02",
	  .run = get_in_scope },
	{ .name = "jobs.scope.list_sees_exactly_its_rows",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A list holds the rows of its scope and no others.",
	  .covers = "runledger SC01, SC02",
	  .run = list_in_scope },
	{ .name = "jobs.scope.filters_and_cursors_stay_in_scope",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "No filter and no cursor, not even another tenant's id, widens the scope of a "
		  "list.",
	  .covers = "runledger SC01",
	  .run = filters_stay_in_scope },
	{ .name = "jobs.scope.attempts_and_events_see_exactly_their_rows",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "The history of a job out of scope is NOT_FOUND, not empty.",
	  .covers = "runledger SC01, SC02",
	  .run = histories_in_scope },
	{ .name = "jobs.scope.dead_letters_see_exactly_their_rows",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Dead letters are those of the scope's jobs, listed or asked for by job.",
	  .covers = "runledger SC01, SC02",
	  .run = dead_letters_in_scope },
	{ .name = "jobs.scope.cancel_changes_exactly_its_rows",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Of a batch the jobs in scope are canceled, the others are NOT_FOUND and "
		  "untouched.",
	  .covers = "runledger SC01, SC02",
	  .run = cancel_in_scope },
	{ .name = "jobs.scope.a_status_out_of_scope_is_not_told",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Whatever its status, a job out of scope is NOT_FOUND: no transition error "
		  "gives it away.",
	  .covers = "runledger SC01",
	  .run = out_of_scope_is_not_found_in_any_status },
	{ .name = "jobs.scope.out_of_scope_and_missing_are_indistinguishable",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Status, code, message and detail are the same for a missing row and one out "
		  "of scope.",
	  .covers = "runledger SC01",
	  .run = missing_looks_the_same },
	{ .name = "jobs.scope.a_scope_must_be_said",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A missing or contradictory scope is arg.invalid_scope, a malformed tenant "
		  "arg.invalid_tenant, before any I/O.",
	  .run = a_scope_must_be_said },
	{ .name = "jobs.scope.tenants_are_compared_whole",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "255 bytes of tenant are compared to the last.",
	  .run = long_tenants },
	{ .name = "jobs.scope.workers_and_reapers_have_none",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Claims, heartbeats and reaping serve all tenants; a reaped row tells its "
		  "tenant.",
	  .covers = "runledger SC03, SC04",
	  .run = workers_have_no_scope },
};

CT_GROUP(scope, cases);

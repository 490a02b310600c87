/*
 * rerun.c - doing a success again: a new job like the old one, at most once for each
 * request. (two at once: race_verbs.c)
 */
#include "ct.h"

static const cairn_str none = { NULL, 0 };

static const cairn_str acme = { "acme", 4 };

/* A keyed job with everything set, which succeeded with an output. */
static cairn_id full_success(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	job.tenant = acme;
	job.payload = CAIRN_STR("{ \"a\": [1, 2] }");
	job.key = CAIRN_STR("k");
	job.owner = CAIRN_STR("host");
	job.stage = CAIRN_STR("scheduled");
	job.run_at = ct_now() - CAIRN_DAY;
	job.timeout = CAIRN_HOUR;
	job.max_attempts = 5;
	job.set = CAIRN_JOB_PRIORITY;
	job.priority = -7;
	cairn_id id = ct_add(conn, &job);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.owner = job.owner;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	cairn_finish finish = ct_success(cairn_job_lease(&jobs->at[0]));
	finish.output = CAIRN_STR("[ \"out\" ]");
	finish.checkpoint = CAIRN_STR("{}");
	finish.set = CAIRN_FINISH_DONE;
	finish.progress_done = 1;
	ct_finish(conn, finish);
	ct_advance(CAIRN_SECOND);
	return id;
}

static cairn_id success(cairn_conn *conn)
{
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	cairn_id id = ct_add(conn, &job);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	return id;
}

static cairn_rerun again(cairn_id source, const char *key)
{
	return (cairn_rerun){ .source = source,
			      .run_number = 1,
			      .key = cairn_str_of(key),
			      .reason = CAIRN_STR("bad input") };
}

static cairn_job_added send_in(cairn_conn *conn, cairn_scope scope, cairn_rerun item)
{
	cairn_job_added added = { .status = CAIRN_INTERNAL };
	ct_ok(cairn_job_replay(conn, scope, &item, 1, &added, ct_err()));
	return added;
}

static cairn_job_added send(cairn_conn *conn, cairn_rerun item)
{
	return send_in(conn, cairn_any(), item);
}

/* It must make a job. */
static cairn_id replay(cairn_conn *conn, cairn_rerun item)
{
	cairn_job_added added = send(conn, item);
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_INSERTED);
	ct_int(added.job_status, CAIRN_JOB_PENDING);
	ct_int(added.run_number, 1);
	return added.id;
}

static void nothing_but(cairn_conn *conn, size_t jobs)
{
	ct_int(ct_count_jobs(conn, 0), jobs);
}

/* ---- what it makes --------------------------------------------------------------------------- */

static void a_new_job_like_the_old(void)
{
	cairn_conn *conn = ct_open();
	cairn_id source = full_success(conn);
	/* the source's own numbers count, not what its definition says today */
	ct_define_retry(conn, "t", 9, CAIRN_MINUTE);
	cairn_id id = replay(conn, again(source, "r"));
	ct_true(cairn_id_compare(id, source) != 0);
	const cairn_job *job = ct_job(conn, id);
	ct_str(job->type, "t");
	ct_str(job->queue, "default");
	ct_str(job->tenant, "acme");
	ct_str(job->owner, "host");
	ct_str(job->payload, "{ \"a\": [1, 2] }");
	ct_int(job->priority, -7);
	ct_int(job->max_attempts, 5);
	ct_int(job->timeout, CAIRN_HOUR);
	ct_int(job->status, CAIRN_JOB_PENDING);
	ct_int(job->run_number, 1);
	ct_int(job->attempt, 0);
	ct_int(job->fence, 0);
	ct_int(job->run_at, ct_now());
	ct_int(job->parked, 0);
	ct_int(job->created_at, ct_now());
	ct_str(job->stage, "queued");
	ct_str(job->key, NULL);
	ct_str(job->request, NULL);
	ct_str(job->checkpoint, NULL);
	ct_str(job->output, NULL);
	ct_str(job->status_reason, NULL);
	ct_int(job->progress_done, -1);
	ct_int(job->progress_total, -1);
	ct_int(job->started_at, 0);
	ct_int(job->finished_at, 0);
	ct_int(ct_attempts(conn, id)->count, 0);
}

static void the_source_is_not_touched(void)
{
	cairn_conn *conn = ct_open();
	cairn_id source = full_success(conn);
	const char *before = ct_snapshot(conn, source);
	replay(conn, again(source, "r"));
	ct_unchanged(conn, source, before);
	cairn_job_new job = ct_new("t");
	job.tenant = acme;
	job.payload = CAIRN_STR("{ \"a\": [1, 2] }");
	job.key = CAIRN_STR("k");
	job.owner = CAIRN_STR("host");
	job.stage = CAIRN_STR("scheduled");
	job.run_at = ct_job(conn, source)->run_at;
	job.timeout = CAIRN_HOUR;
	job.max_attempts = 5;
	job.set = CAIRN_JOB_PRIORITY;
	job.priority = -7;
	cairn_job_added added;
	ct_ok(cairn_job_enqueue(conn, &job, 1, &added, ct_err()));
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_EXISTING);
	ct_id(added.id, source);
}

static void the_event_tells_where_it_came_from(void)
{
	cairn_conn *conn = ct_open();
	cairn_id source = success(conn);
	char text[CAIRN_ID_TEXT];
	cairn_id id = replay(conn, again(source, "r \"1\""));
	cairn_id_format(source, text);
	ct_text(ct_timeline(conn, id), "ENQUEUED");
	const cairn_event *event = ct_event(conn, id, 0);
	ct_int(event->seq, 1);
	ct_int(event->run_number, 1);
	ct_int(event->attempt, 0);
	ct_str(event->stage, "queued");
	ct_str(event->payload, ct_format("{\"job_type\":\"t\",\"reason\":\"bad input\","
					 "\"replay_request_key\":\"r \\\"1\\\"\","
					 "\"replayed_from_job_id\":\"%s\","
					 "\"replayed_from_run_number\":1}",
					 text));
}

static void is_claimed_like_any_other(void)
{
	cairn_conn *conn = ct_open();
	cairn_id first = replay(conn, again(success(conn), "r"));
	cairn_lease lease = ct_claim(conn, "w");
	ct_id(lease.id, first);
	ct_int(lease.fence, 1);
	ct_finish(conn, ct_success(lease));
	cairn_id second = replay(conn, again(first, "r"));
	ct_id(ct_claim(conn, "w").id, second);
	nothing_but(conn, 3);
}

static void its_payload_may_be_edited(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = replay(conn, again(full_success(conn), "r"));
	cairn_job_patch patch = { .id = id, .set = CAIRN_JOB_PAYLOAD, .payload = CAIRN_STR("7") };
	cairn_changed changed;
	ct_ok(cairn_job_edit(conn, cairn_any(), &patch, 1, &changed, ct_err()));
	ct_each(changed, CAIRN_OK, NULL);
	ct_str(ct_job(conn, id)->payload, "7");
}

/* ---- once ---------------------------------------------------------------------------------------- */

static void the_same_request_again(void)
{
	cairn_conn *conn = ct_open();
	cairn_id source = success(conn);
	cairn_id id = replay(conn, again(source, "r"));
	cairn_job_added added = send(conn, again(source, "r"));
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_EXISTING);
	ct_id(added.id, id);
	ct_int(added.job_status, CAIRN_JOB_PENDING);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	cairn_job_new other = ct_new("t");
	ct_add(conn, &other);
	cairn_definition_patch off = { .size = sizeof(off),
				       .type = CAIRN_STR("t"),
				       .set = CAIRN_PATCH_DISABLED,
				       .disabled = 1 };
	ct_ok(cairn_job_definition_update(conn, &off, ct_err()));
	added = send(conn, again(source, "r"));
	ct_each(added, CAIRN_OK, NULL);
	ct_int(added.disposition, CAIRN_EXISTING);
	ct_id(added.id, id);
	ct_int(added.job_status, CAIRN_JOB_SUCCEEDED);
	nothing_but(conn, 3);
}

static void another_reason_or_key(void)
{
	cairn_conn *conn = ct_open();
	cairn_id source = success(conn);
	cairn_id another = success(conn);
	cairn_id id = replay(conn, again(source, "r"));
	cairn_rerun item = again(source, "r");
	item.reason = CAIRN_STR("another");
	cairn_job_added added = send(conn, item);
	ct_each(added, CAIRN_CONFLICT, "job.replay_idempotency_conflict");
	ct_status(cairn_job_replay(conn, cairn_any(), &item, 1, NULL, ct_err()), CAIRN_CONFLICT,
		  "job.replay_idempotency_conflict");
	ct_true(strstr(ct_last()->message, "bad input") == NULL);
	nothing_but(conn, 3);
	cairn_id other = replay(conn, again(source, "R"));
	ct_true(cairn_id_compare(id, other) != 0);
	/* a key belongs to its source */
	replay(conn, again(another, "r"));
}

static void twice_in_one_batch(void)
{
	cairn_conn *conn = ct_open();
	cairn_id source = success(conn);
	cairn_rerun items[] = { again(source, "r"), again(source, "s"), again(source, "r"),
				again(source, "r") };
	cairn_job_added each[4];
	items[3].reason = CAIRN_STR("another");
	ct_ok(cairn_job_replay(conn, cairn_any(), items, 4, each, ct_err()));
	ct_int(each[0].disposition, CAIRN_INSERTED);
	ct_int(each[1].disposition, CAIRN_INSERTED);
	ct_each(each[2], CAIRN_OK, NULL);
	ct_int(each[2].disposition, CAIRN_EXISTING);
	ct_id(each[2].id, each[0].id);
	ct_each(each[3], CAIRN_CONFLICT, "job.replay_idempotency_conflict");
	nothing_but(conn, 3);
}

static void of_each_run_anew(void)
{
	cairn_conn *conn = ct_open();
	ct_made made = ct_make(conn, "t", CAIRN_JOB_DEAD_LETTERED);
	ct_told(ct_requeue(conn, ct_seen(conn, made.id)), CAIRN_OK, NULL);
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	cairn_jobs *jobs = NULL;
	opts.queue = CAIRN_STR("ct-make");
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_finish(conn, ct_success(cairn_job_lease(&jobs->at[0])));
	cairn_rerun item = again(made.id, "r");
	cairn_job_added added = send(conn, item);
	ct_each(added, CAIRN_STALE, "job.expectation_mismatch");
	ct_int(added.job_status, CAIRN_JOB_SUCCEEDED);
	ct_int(added.run_number, 2);
	item.run_number = 2;
	replay(conn, item);
}

/* ---- what can be replayed ---------------------------------------------------------------------------- */

static void only_successes(void)
{
	static const enum cairn_job_status others[] = { CAIRN_JOB_PENDING, CAIRN_JOB_LEASED,
							CAIRN_JOB_DEAD_LETTERED,
							CAIRN_JOB_CANCELED };
	cairn_conn *conn = ct_open();
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ct_made made = ct_make(conn, "t", others[i]);
		const char *before = ct_snapshot(conn, made.id);
		cairn_job_added added = send(conn, again(made.id, "r"));
		ct_each(added, CAIRN_STALE, "job.expectation_mismatch");
		ct_int(added.job_status, others[i]);
		ct_int(added.run_number, 1);
		ct_true(cairn_id_is_none(added.id));
		ct_unchanged(conn, made.id, before);
		nothing_but(conn, i + 1);
	}
	cairn_job_added added = send(conn, again(cairn_id_new(), "r"));
	ct_each(added, CAIRN_NOT_FOUND, "job.not_found");
}

static void only_in_scope(void)
{
	cairn_conn *conn = ct_open();
	cairn_id theirs = full_success(conn);
	cairn_id global = success(conn);
	replay(conn, again(theirs, "r"));
	cairn_rerun items[] = { again(theirs, "r"), again(theirs, "s"), again(global, "r") };
	cairn_job_added each[3];
	ct_ok(cairn_job_replay(conn, cairn_tenant(CAIRN_STR("other")), items, 3, each, ct_err()));
	for (int i = 0; i < 3; i++)
		ct_each(each[i], CAIRN_NOT_FOUND, "job.not_found");
	ct_ok(cairn_job_replay(conn, cairn_global(), items, 3, each, ct_err()));
	ct_each(each[0], CAIRN_NOT_FOUND, "job.not_found");
	ct_each(each[1], CAIRN_NOT_FOUND, "job.not_found");
	ct_int(each[2].disposition, CAIRN_INSERTED);
	ct_str(ct_job(conn, each[2].id)->tenant, NULL);
	ct_ok(cairn_job_replay(conn, cairn_tenant(acme), items, 3, each, ct_err()));
	ct_int(each[0].disposition, CAIRN_EXISTING);
	ct_int(each[1].disposition, CAIRN_INSERTED);
	ct_each(each[2], CAIRN_NOT_FOUND, "job.not_found");
	cairn_scope nowhere = { .kind = CAIRN_SCOPE_NONE };
	ct_status(cairn_job_replay(conn, nowhere, items, 3, each, ct_err()), CAIRN_INVALID,
		  "arg.invalid_scope");
}

static void only_enabled_types(void)
{
	cairn_conn *conn = ct_open();
	cairn_id source = success(conn);
	cairn_definition_patch off = { .size = sizeof(off),
				       .type = CAIRN_STR("t"),
				       .set = CAIRN_PATCH_DISABLED,
				       .disabled = 1 };
	ct_ok(cairn_job_definition_update(conn, &off, ct_err()));
	cairn_job_added added = send(conn, again(source, "r"));
	ct_each(added, CAIRN_INVALID, "job.definition_not_found_or_disabled");
	nothing_but(conn, 1);
	off.disabled = 0;
	ct_ok(cairn_job_definition_update(conn, &off, ct_err()));
	replay(conn, again(source, "r"));
}

static void malformed_requests(void)
{
	cairn_conn *conn = ct_open();
	cairn_rerun items[2] = { again(success(conn), "r"), again(success(conn), "r") };
	uint64_t trips = cairn_conn_round_trips(conn);
	const cairn_str keys[] = { none, CAIRN_STR(" "), CAIRN_STR("a\nb"),
				   cairn_str_of(ct_repeat('k', 513)) };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		items[1].key = keys[i];
		ct_status(cairn_job_replay(conn, cairn_any(), items, 2, NULL, ct_err()),
			  CAIRN_INVALID, "arg.invalid_key");
		ct_int(ct_last()->index, 1);
	}
	items[1].key = cairn_str_of(ct_repeat('k', 512));
	const cairn_str reasons[] = { none, CAIRN_STR(" \t"), CAIRN_STR("\xff") };
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		items[1].reason = reasons[i];
		ct_status(cairn_job_replay(conn, cairn_any(), items, 2, NULL, ct_err()),
			  CAIRN_INVALID, NULL);
	}
	items[1].reason = CAIRN_STR("why");
	items[1].run_number = 0;
	ct_status(cairn_job_replay(conn, cairn_any(), items, 2, NULL, ct_err()), CAIRN_INVALID,
		  NULL);
	ct_int(cairn_conn_round_trips(conn), trips);
	nothing_but(conn, 2);
	items[1].run_number = 1;
	ct_ok(cairn_job_replay(conn, cairn_any(), items, 2, NULL, ct_err()));
}

static void commits_and_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_id source = success(conn);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id first = replay(conn, again(source, "r"));
	cairn_job_added added = send(conn, again(source, "r"));
	ct_id(added.id, first);
	cairn_rerun item = again(source, "r");
	item.reason = CAIRN_STR("another");
	added = send(conn, item);
	ct_each(added, CAIRN_CONFLICT, "job.replay_idempotency_conflict");
	cairn_rollback(&tx);
	nothing_but(conn, 1);
	cairn_id second = replay(conn, again(source, "r"));
	ct_true(cairn_id_compare(first, second) != 0);
}

static void goes_with_its_jobs(void)
{
	cairn_conn *conn = ct_open();
	cairn_id source = success(conn);
	cairn_id first = replay(conn, again(source, "r"));
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	cairn_prune_opts opts = { .size = sizeof(opts),
				  .scope = cairn_any(),
				  .age = 30 * CAIRN_SECOND };
	size_t pruned = 0;
	ct_advance(CAIRN_MINUTE);
	cairn_id third = success(conn);
	ct_ok(cairn_job_prune(conn, &opts, &pruned, ct_err()));
	ct_int(pruned, 2);
	ct_gone(conn, source);
	ct_gone(conn, first);
	cairn_job_added added = send(conn, again(source, "r"));
	ct_each(added, CAIRN_NOT_FOUND, "job.not_found");
	/* the replay alone goes: its request may make another */
	cairn_id fourth = replay(conn, again(third, "r"));
	cairn_lease lease = ct_claim(conn, "w");
	lease.hints |= CAIRN_HINT_DELETE;
	ct_finish(conn, ct_success(lease));
	ct_gone(conn, fourth);
	replay(conn, again(third, "r"));
}

static void without_events(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.events = CAIRN_EVENTS_NONE;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_id id = replay(conn, again(success(conn), "r"));
	ct_int(ct_events(conn, id)->count, 0);
	cairn_job_added added = send(conn, again(ct_job(conn, id)->id, "x"));
	ct_each(added, CAIRN_STALE, "job.expectation_mismatch");
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.replay.makes_a_new_job_like_the_old",
	  VERB,
	  .rule = "A replay has the source's type, queue, tenant, owner, payload, priority, "
		  "attempts and timeout, and nothing of its key, progress or results.",
	  .covers = "runledger Y01, I17",
	  .run = a_new_job_like_the_old },
	{ .name = "jobs.replay.does_not_touch_the_source",
	  VERB,
	  .rule = "The source stays as it is, and its key still finds it.",
	  .covers = "runledger Y02",
	  .run = the_source_is_not_touched },
	{ .name = "jobs.replay.the_event_tells_where_it_came_from",
	  VERB,
	  .rule = "ENQUEUED of a replay names source, run, key and reason.",
	  .covers = "runledger Y03",
	  .run = the_event_tells_where_it_came_from },
	{ .name = "jobs.replay.is_a_job_like_any_other",
	  VERB,
	  .rule = "A replay is claimed and finished, and can be replayed itself.",
	  .covers = "runledger Y01",
	  .run = is_claimed_like_any_other },
	{ .name = "jobs.replay.of_a_keyed_job_may_be_edited",
	  VERB,
	  .rule = "A replay has no key, so its payload may be edited.",
	  .covers = "runledger I17",
	  .run = its_payload_may_be_edited },
	{ .name = "jobs.replay.the_same_request_finds_its_job",
	  VERB,
	  .rule = "The same source, run, key and reason answer the same job, in whatever status, "
		  "even if its type was disabled since.",
	  .covers = "runledger Y04",
	  .run = the_same_request_again },
	{ .name = "jobs.replay.another_reason_is_a_conflict",
	  VERB,
	  .rule = "The same key with another reason is a conflict that tells nothing of it; "
		  "another key is another job.",
	  .covers = "runledger Y04",
	  .run = another_reason_or_key },
	{ .name = "jobs.replay.a_key_twice_in_a_batch_makes_one_job",
	  VERB,
	  .rule = "Items that repeat an earlier one share its job or conflict with it.",
	  .covers = "runledger Y04",
	  .run = twice_in_one_batch },
	{ .name = "jobs.replay.of_the_run_that_was_seen",
	  VERB,
	  .rule = "Another run than expected is a mismatch that tells which it is.",
	  .covers = "runledger Y05",
	  .run = of_each_run_anew },
	{ .name = "jobs.replay.only_of_successes",
	  VERB,
	  .rule = "Jobs in any other status are mismatches, unknown ones not found.",
	  .covers = "runledger Y05",
	  .run = only_successes },
	{ .name = "jobs.replay.only_in_scope",
	  VERB,
	  .rule = "A source outside the scope is a missing one, even if it was replayed before.",
	  .covers = "runledger Y05, SC01",
	  .run = only_in_scope },
	{ .name = "jobs.replay.only_of_enabled_types",
	  VERB,
	  .rule = "A new replay needs an enabled definition.",
	  .covers = "runledger E03",
	  .run = only_enabled_types },
	{ .name = "jobs.replay.malformed_requests_are_refused",
	  VERB,
	  .rule = "Key and reason are required and bounded, before any I/O.",
	  .covers = "runledger Y06",
	  .run = malformed_requests },
	{ .name = "jobs.replay.commits_and_rolls_back_with_the_caller",
	  VERB,
	  .rule = "A rolled-back replay never was; the request makes another job. A conflict does "
		  "not abort the transaction.",
	  .covers = "runledger Y07",
	  .run = commits_and_rolls_back },
	{ .name = "jobs.replay.is_forgotten_with_its_jobs",
	  VERB,
	  .rule = "The lineage goes when source or replay are deleted.",
	  .covers = "runledger Y10",
	  .run = goes_with_its_jobs },
	{ .name = "jobs.replay.works_without_events",
	  VERB,
	  .rule = "A connection that records no events replays all the same.",
	  .run = without_events },
};

CT_GROUP(rerun, cases);

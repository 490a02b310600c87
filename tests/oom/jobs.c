/*
 * jobs.c - every allocation of a whole job's life fails once. The call says NOMEM,
 * nothing leaks, nothing is half-written, and the same connection goes on afterwards.
 *
 *	jobs URL
 */
#include "torture.h"

static cairn_jobs *jobs;
static cairn_job_added added[3];

static cairn_status do_define(void)
{
	cairn_definition type = { .type = CAIRN_STR("t"), .max_attempts = 2 };
	return cairn_job_define(conn, &type, 1, &err);
}

static cairn_status do_enqueue(void)
{
	/* more than a block of rows: a claim's own copy of it fails, too */
	static char large[40000] = "\"";
	cairn_job_new list[3];
	memset(&large[1], 'x', sizeof large - 2);
	large[sizeof large - 1] = '"';
	memset(list, 0, sizeof list);
	for (size_t i = 0; i < 3; i++) {
		list[i].type = CAIRN_STR("t");
		list[i].payload = CAIRN_STR("{\"b\":[1,2.50],\"a\":\"x\"}");
	}
	list[0].key = CAIRN_STR("once");
	list[2].payload = (cairn_str){ large, sizeof large };
	return cairn_job_enqueue(conn, list, 3, added, &err);
}

static cairn_status do_claim(void)
{
	cairn_claim_opts opts = { .size = sizeof opts, .worker = CAIRN_STR("w"), .limit = 3 };
	cairn_status st = cairn_job_claim(conn, &opts, &jobs, &err);
	return st == CAIRN_OK && jobs->count != 3 ? CAIRN_INTERNAL : st;
}

static cairn_status do_heartbeat(void)
{
	cairn_lease lease = cairn_job_lease(&jobs->at[0]);
	return cairn_job_heartbeat(conn, &lease, 1, 0, NULL, &err);
}

static cairn_status do_progress(void)
{
	cairn_progress item = { .lease = cairn_job_lease(&jobs->at[0]),
				.set = CAIRN_PROGRESS_DONE,
				.stage = CAIRN_STR("running"),
				.checkpoint = CAIRN_STR("[1]") };
	return cairn_job_progress(conn, &item, 1, NULL, &err);
}

static cairn_status do_log(void)
{
	cairn_log_line lines[2];
	memset(lines, 0, sizeof lines);
	for (size_t i = 0; i < 2; i++) {
		lines[i].lease = cairn_job_lease(&jobs->at[0]);
		lines[i].level = CAIRN_LOG_INFO;
		lines[i].message = CAIRN_STR("half done");
	}
	return cairn_job_log(conn, lines, 2, NULL, &err);
}

static cairn_status do_note(void)
{
	return cairn_job_note(conn, cairn_any(), added[1].id, CAIRN_LOG_WARNING, CAIRN_STR("look"),
			      CAIRN_STR("{\"by\":\"me\"}"), &err);
}

static cairn_status do_finish(void)
{
	cairn_finish items[2];
	memset(items, 0, sizeof items);
	items[0].lease = cairn_job_lease(&jobs->at[0]);
	items[0].how = CAIRN_FINISH_SUCCESS;
	items[0].output = CAIRN_STR("[true]");
	items[1].lease = cairn_job_lease(&jobs->at[1]);
	items[1].how = CAIRN_FINISH_TERMINAL;
	items[1].error_code = CAIRN_STR("broken");
	return cairn_job_finish(conn, items, 2, NULL, &err);
}

static cairn_status do_cancel(void)
{
	return cairn_job_cancel(conn, cairn_any(), &added[2].id, 1, CAIRN_STR("why"), NULL, &err);
}

static cairn_status do_reap(void)
{
	cairn_reap_report *report = NULL;
	cairn_status st = cairn_job_reap(conn, NULL, &report, &err);
	cairn_free(report);
	return st;
}

static cairn_status do_list(void)
{
	cairn_jobs *list = NULL;
	cairn_job_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	cairn_status st = cairn_job_list(conn, &filter, &list, &err);
	cairn_free(list);
	return st;
}

static cairn_status do_events(void)
{
	cairn_event_rows *events = NULL;
	cairn_status st = cairn_job_events(conn, cairn_any(), added[1].id, 0, 0, &events, &err);
	cairn_free(events);
	return st;
}

static cairn_status do_attempts(void)
{
	cairn_attempts *attempts = NULL;
	cairn_status st = cairn_job_attempts(conn, cairn_any(), added[1].id, 0, 0, &attempts, &err);
	cairn_free(attempts);
	return st;
}

static cairn_status do_dead(void)
{
	cairn_dead_letters *dead = NULL;
	cairn_dead_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	cairn_status st = cairn_job_dead_letters(conn, &filter, &dead, &err);
	cairn_free(dead);
	return st;
}

static cairn_status do_stats(void)
{
	cairn_queues *queues = NULL;
	const cairn_queue_filter all = { .size = sizeof all, .scope = cairn_any(), .finished = 1 };
	cairn_status st = cairn_queue_list(conn, &all, &queues, &err);
	cairn_free(queues);
	return st;
}

static cairn_status do_stale_finish(void)
{
	cairn_finish item = { .lease = cairn_job_lease(&jobs->at[0]), .how = CAIRN_FINISH_SUCCESS };
	cairn_changed each;
	cairn_status st = cairn_job_finish(conn, &item, 1, &each, &err);
	if (st == CAIRN_OK && each.code != CAIRN_E_JOB_FINISHED)
		return CAIRN_INTERNAL;
	return st;
}

static cairn_status do_stale_log(void)
{
	cairn_log_line line = { .lease = cairn_job_lease(&jobs->at[0]),
				.level = CAIRN_LOG_INFO,
				.message = CAIRN_STR("too late") };
	cairn_changed each;
	cairn_status st = cairn_job_log(conn, &line, 1, &each, &err);
	if (st == CAIRN_OK && each.code != CAIRN_E_JOB_FINISHED)
		return CAIRN_INTERNAL;
	return st;
}

static cairn_job_added again; /* the replay of the job that succeeded */

static cairn_status do_replay(void)
{
	cairn_rerun item = { .source = jobs->at[0].id,
			     .run_number = 1,
			     .key = CAIRN_STR("again"),
			     .reason = CAIRN_STR("why") };
	return cairn_job_replay(conn, cairn_any(), &item, 1, &again, &err);
}

static cairn_status do_stale_replay(void)
{
	cairn_rerun item = { .source = jobs->at[1].id,
			     .run_number = 1,
			     .key = CAIRN_STR("again"),
			     .reason = CAIRN_STR("why") };
	cairn_job_added each;
	cairn_status st = cairn_job_replay(conn, cairn_any(), &item, 1, &each, &err);
	if (st == CAIRN_OK && each.code != CAIRN_E_JOB_EXPECTATION)
		return CAIRN_INTERNAL;
	return st;
}

static cairn_status do_edit(void)
{
	cairn_job_patch item = { .id = again.id,
				 .set = CAIRN_JOB_PAYLOAD | CAIRN_JOB_PRIORITY,
				 .priority = 1,
				 .payload = CAIRN_STR("[2]") };
	return cairn_job_edit(conn, cairn_any(), &item, 1, NULL, &err);
}

static cairn_status do_adopt(void)
{
	return cairn_job_adopt(conn, cairn_any(), &again.id, 1, CAIRN_STR("me"), NULL, &err);
}

static cairn_status do_requeue_where(void)
{
	cairn_swept *swept = NULL;
	cairn_job_filter filter = { .size = sizeof filter,
				    .scope = cairn_any(),
				    .statuses = 1u << CAIRN_JOB_DEAD_LETTERED };
	cairn_status st =
		cairn_job_requeue_where(conn, &filter, 1, CAIRN_STR("mended"), &swept, &err);
	if (st == CAIRN_OK && (swept->count != 1 || swept->at[0].status != CAIRN_OK))
		st = CAIRN_INTERNAL;
	cairn_free(swept);
	return st;
}

static cairn_status do_stale_requeue(void)
{
	cairn_requeue item = { .id = jobs->at[1].id,
			       .status = CAIRN_JOB_DEAD_LETTERED,
			       .run_number = 1 };
	cairn_changed each;
	cairn_status st =
		cairn_job_requeue(conn, cairn_any(), &item, 1, CAIRN_STR("mended"), &each, &err);
	if (st == CAIRN_OK && each.code != CAIRN_E_JOB_EXPECTATION)
		return CAIRN_INTERNAL;
	return st;
}

static cairn_status do_cancel_where(void)
{
	cairn_swept *swept = NULL;
	cairn_job_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	cairn_status st = cairn_job_cancel_where(conn, &filter, CAIRN_STR("why"), &swept, &err);
	if (st == CAIRN_OK && swept->count != 2)
		st = CAIRN_INTERNAL;
	cairn_free(swept);
	return st;
}

static cairn_status do_logs(void)
{
	cairn_log_rows *lines = NULL;
	cairn_status st = cairn_job_logs(conn, cairn_any(), jobs->at[0].id, 0, 0, &lines, &err);
	cairn_free(lines);
	return st;
}

static cairn_status do_record(void)
{
	cairn_intent_recorded each[2];
	cairn_job_new requests[2];
	memset(requests, 0, sizeof requests);
	for (size_t i = 0; i < 2; i++) {
		requests[i].type = CAIRN_STR("t");
		requests[i].queue = CAIRN_STR("waiting");
		requests[i].key = i == 0 ? CAIRN_STR("first") : CAIRN_STR("second");
	}
	return cairn_intent_record(conn, requests, 2, each, &err);
}

static cairn_status do_promote(void)
{
	cairn_promote_report *report = NULL;
	cairn_status st = cairn_intent_promote(conn, NULL, &report, &err);
	if (st == CAIRN_OK && report->inserted != 2)
		st = CAIRN_INTERNAL;
	cairn_free(report);
	return st;
}

static cairn_status do_intents(void)
{
	cairn_intents *list = NULL;
	cairn_intent_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	cairn_status st = cairn_intent_list(conn, &filter, &list, &err);
	cairn_free(list);
	return st;
}

static cairn_status do_intent_metrics(void)
{
	cairn_intent_types *types = NULL;
	cairn_intent_stats_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	cairn_status st = cairn_intent_metrics(conn, &filter, &types, &err);
	cairn_free(types);
	return st;
}

static cairn_status do_prune(void)
{
	cairn_prune_opts opts = { .size = sizeof opts, .scope = cairn_any(), .age = 1 };
	size_t pruned = 0;
	cairn_status st = cairn_job_prune(conn, &opts, &pruned, &err);
	return st == CAIRN_OK && pruned != 1 ? CAIRN_INTERNAL : st;
}

static cairn_status do_prune_intents(void)
{
	size_t deleted = 0;
	cairn_time now = 0;
	cairn_status st = cairn_now(conn, &now, &err);
	if (st == CAIRN_OK)
		st = cairn_intent_prune(conn, cairn_any(), now + CAIRN_DAY, 0, &deleted, &err);
	return st == CAIRN_OK && deleted != 2 ? CAIRN_INTERNAL : st;
}

static cairn_status do_migrate(void)
{
	return cairn_migrate_up(conn, NULL, NULL, &err);
}

static cairn_status do_check(void)
{
	return cairn_migrate_check(conn, NULL, &err);
}

static cairn_status do_drift(void)
{
	cairn_drift *drift = NULL;
	cairn_status st = cairn_migrate_drift(conn, NULL, &drift, &err);
	cairn_free(drift);
	return st;
}

/* In the order of a job's life; each step leaves what the next needs. */
static const struct step steps[] = {
	{ "migrate up", do_migrate },
	{ "migrate check", do_check },
	{ "drift", do_drift },
	{ "define", do_define },
	{ "enqueue", do_enqueue },
	{ "claim", do_claim },
	{ "heartbeat", do_heartbeat },
	{ "progress", do_progress },
	{ "log", do_log },
	{ "note", do_note },
	{ "finish", do_finish },
	{ "stale finish", do_stale_finish },
	{ "stale log", do_stale_log },
	{ "cancel", do_cancel },
	{ "reap", do_reap },
	{ "list", do_list },
	{ "events", do_events },
	{ "attempts", do_attempts },
	{ "dead letters", do_dead },
	{ "stats", do_stats },
	{ "logs", do_logs },
	{ "replay", do_replay },
	{ "stale replay", do_stale_replay },
	{ "edit", do_edit },
	{ "adopt", do_adopt },
	{ "requeue by filter", do_requeue_where },
	{ "stale requeue", do_stale_requeue },
	{ "cancel by filter", do_cancel_where },
	{ "prune", do_prune },
	{ "record intents", do_record },
	{ "promote", do_promote },
	{ "list intents", do_intents },
	{ "metrics of intents", do_intent_metrics },
	{ "prune intents", do_prune_intents },
};

static cairn_status do_put(void)
{
	cairn_schedule list[2] = { { .name = CAIRN_STR("b") }, { .name = CAIRN_STR("a") } };
	for (size_t i = 0; i < 2; i++) {
		list[i].type = CAIRN_STR("t");
		list[i].cron = CAIRN_STR("* * * * *");
		list[i].zone = CAIRN_STR("Europe/Berlin");
		list[i].payload = CAIRN_STR("[1]");
		list[i].next_fire_at = CAIRN_DAY;
	}
	return cairn_schedule_put(conn, list, 2, NULL, &err);
}

static cairn_status do_sync(void)
{
	cairn_str among[2] = { CAIRN_STR("c"), CAIRN_STR("a") };
	cairn_schedule entry = { .name = CAIRN_STR("b"),
				 .type = CAIRN_STR("t"),
				 .cron = CAIRN_STR("* * * * *"),
				 .zone = CAIRN_STR("Europe/Berlin"),
				 .misfire = CAIRN_MISFIRE_SKIP,
				 .next_fire_at = CAIRN_DAY };
	cairn_names *off = NULL;
	cairn_status st = cairn_schedule_sync(conn, &entry, 1, among, 2, &off, &err);
	cairn_free(off);
	return st;
}

static cairn_status do_switch(void)
{
	cairn_str name = CAIRN_STR("a");
	return cairn_schedule_activate(conn, cairn_any(), &name, 1, 1, NULL, &err);
}

static cairn_status do_schedules(void)
{
	cairn_schedules *rows = NULL;
	cairn_schedule_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	cairn_status st = cairn_schedule_list(conn, &filter, &rows, &err);
	if (st == CAIRN_OK && rows->count != 2)
		st = CAIRN_INTERNAL;
	cairn_free(rows);
	return st;
}

static cairn_status do_fire(void)
{
	cairn_fire_report *report = NULL;
	cairn_status st = cairn_schedule_fire(conn, NULL, &report, &err);
	if (st == CAIRN_OK && (report->count != 2 || report->at[0].what != CAIRN_FIRED ||
			       report->at[1].what != CAIRN_FIRE_MISSED))
		st = CAIRN_INTERNAL;
	cairn_free(report);
	return st;
}

/* Behind the job's life, which they would add jobs to. */
static const struct step schedule_steps[] = {
	{ "schedule put", do_put },    { "schedule sync", do_sync }, { "schedule on", do_switch },
	{ "schedules", do_schedules }, { "fire", do_fire },
};

/* ---- rows that do not fit into the first block -------------------------------------------- */

#define MANY 8

static cairn_jobs *many;

/* One hour for the code "o"; longer than what is read with it has room for. */
static cairn_status do_overrides(void)
{
	static char document[4000];
	size_t len = 0;
	for (int i = 0; i < 40; i++)
		len += (size_t)snprintf(document + len, sizeof document - len,
					"%s\"%s%d\":{\"base_us\":3600000000,\"cap_us\":3600000000,"
					"\"jitter_us\":0}",
					i == 0 ? "{\"o\":{\"base_us\":3600000000,\"cap_us\":"
						 "3600000000,\"jitter_us\":0},"
					       : ",",
					"other", i);
	document[len++] = '}';
	cairn_definition type = { .type = CAIRN_STR("o"),
				  .max_attempts = 9,
				  .retry_overrides = { document, len } };
	return cairn_job_define(conn, &type, 1, &err);
}

static cairn_status do_enqueue_many(void)
{
	cairn_job_new list[MANY];
	memset(list, 0, sizeof list);
	for (size_t i = 0; i < MANY; i++) {
		list[i].type = CAIRN_STR("o");
		list[i].queue = CAIRN_STR("many");
	}
	return cairn_job_enqueue(conn, list, MANY, NULL, &err);
}

static cairn_status do_claim_many(void)
{
	cairn_claim_opts opts = { .size = sizeof opts,
				  .worker = CAIRN_STR("w"),
				  .queue = CAIRN_STR("many"),
				  .limit = MANY };
	return cairn_job_claim(conn, &opts, &many, &err);
}

static cairn_status finish_many(cairn_changed each[MANY])
{
	cairn_finish items[MANY];
	memset(items, 0, sizeof items);
	for (size_t i = 0; i < MANY; i++) {
		items[i].lease.id = many->at[i].id;
		items[i].lease.fence = many->at[i].fence;
		items[i].how = CAIRN_FINISH_RETRYABLE;
		items[i].error_code = CAIRN_STR("o");
	}
	return cairn_job_finish(conn, items, MANY, each, &err);
}

/* What the leases don't tell is read, or the call fails. */
static cairn_status do_finish_by_hand(void)
{
	cairn_changed each[MANY];
	cairn_time now = 0;
	cairn_status st = finish_many(each);
	if (st == CAIRN_OK)
		st = cairn_now(conn, &now, &err);
	for (size_t i = 0; i < MANY && st == CAIRN_OK; i++) {
		if (each[i].run_at < now + 50 * CAIRN_MINUTE)
			st = CAIRN_INTERNAL;
	}
	return st;
}

static cairn_status do_stale_many(void)
{
	cairn_changed each[MANY];
	cairn_status st = finish_many(each);
	for (size_t i = 0; i < MANY && st == CAIRN_OK; i++) {
		if (each[i].code != CAIRN_E_JOB_LEASE_LOST ||
		    each[i].ending != CAIRN_ENDING_RETRYABLE)
			st = CAIRN_INTERNAL;
	}
	return st;
}

static cairn_status do_define_many(void)
{
	static char names[20][200];
	cairn_definition types[20];
	memset(types, 0, sizeof types);
	for (size_t i = 0; i < 20; i++) {
		memset(names[i], 'a' + (int)i, sizeof names[i]);
		types[i].type = (cairn_str){ names[i], sizeof names[i] };
	}
	return cairn_job_define(conn, types, 20, &err);
}

static cairn_status do_metrics_text(void)
{
	static const char last[] = "cairn_type_pending{type=\"tttt";
	cairn_texts *text = NULL;
	cairn_metrics_filter filter = { .size = sizeof filter, .scope = cairn_any() };
	cairn_status st = cairn_metrics_text(conn, &filter, &text, &err);
	if (st == CAIRN_OK && strstr(text->at[0].ptr, last) == NULL)
		st = CAIRN_INTERNAL;
	cairn_free(text);
	return st;
}

static const struct step many_steps[] = {
	{ "overrides", do_overrides },
	{ "enqueue many", do_enqueue_many },
	{ "claim many", do_claim_many },
	{ "finish by hand", do_finish_by_hand },
	{ "stale finishes by hand", do_stale_many },
	{ "define many", do_define_many },
	{ "metrics text", do_metrics_text },
};

static void settled(void)
{
	cairn_queues *queues = NULL;
	const cairn_queue_filter all = { .size = sizeof all, .scope = cairn_any(), .finished = 1 };
	cairn_status st = cairn_queue_list(conn, &all, &queues, &err);
	ok(st == CAIRN_OK && queues->count == 2 && queues->at[0].succeeded == 0 &&
		   queues->at[0].dead_lettered == 0 && queues->at[0].canceled == 3 &&
		   queues->at[0].due == 0 && queues->at[0].leased == 0 && queues->at[1].due == 2,
	   "three jobs and a replay, each where it belongs, none twice, the success pruned");
	cairn_free(queues);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	open_it(argv[1]);
	torture_all(steps, sizeof steps / sizeof steps[0]);
	settled();
	torture_all(schedule_steps, sizeof schedule_steps / sizeof schedule_steps[0]);
	torture_all(many_steps, sizeof many_steps / sizeof many_steps[0]);
	cairn_free(many);
	cairn_free(jobs);
	return close_it();
}

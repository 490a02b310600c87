/*
 * columns_verbs.c - which columns the other verbs change: each transition names them with
 * their new values, and every column that it does not name must be as before. (columns.c: claim,
 * heartbeat, retry, dead letter, success, cancel, reap)
 */
#include "ct.h"

/* A column and its new text; NULL: absent or 0; "now", "later" (now + DELAY), "lease" are times. */
struct turn {
	const char *column;
	const char *to;
};

#define DELAY CAIRN_MINUTE

#define TURNS 24

struct scene {
	cairn_conn *conn;
	cairn_id id;
	cairn_lease lease;
};

static const cairn_str none = { NULL, 0 };

/* ---- columns as text ------------------------------------------------------------------------- */

static const char *number(int64_t value)
{
	return value ? ct_format("%lld", (long long)value) : NULL;
}

static const char *text(cairn_str value)
{
	return value.ptr ? ct_format("%.*s", (int)value.len, value.ptr) : NULL;
}

/* All columns of a row, in an order of their own. */
static size_t columns_of(const cairn_job *j, struct turn *out)
{
	char id[CAIRN_ID_TEXT];
	cairn_id_format(j->id, id);
	const struct turn all[] = {
		{ "id", ct_format("%s", id) },
		{ "queue", text(j->queue) },
		{ "type", text(j->type) },
		{ "tenant", text(j->tenant) },
		{ "payload", text(j->payload) },
		{ "status", cairn_job_status_text(j->status) },
		{ "priority", number(j->priority) },
		{ "run_number", number(j->run_number) },
		{ "attempt", number(j->attempt) },
		{ "max_attempts", number(j->max_attempts) },
		{ "parked", number(j->parked) },
		{ "timeout", number(j->timeout) },
		{ "run_at", number(j->run_at) },
		{ "lease_expires_at", number(j->lease_expires_at) },
		{ "heartbeat_at", number(j->heartbeat_at) },
		{ "leased_at", number(j->leased_at) },
		{ "worker", text(j->worker) },
		{ "owner", text(j->owner) },
		{ "fence", number(j->fence) },
		{ "started_at", number(j->started_at) },
		{ "finished_at", number(j->finished_at) },
		{ "stage", text(j->stage) },
		{ "progress_done", j->progress_done < 0 ? NULL : number(j->progress_done) },
		{ "progress_total", j->progress_total < 0 ? NULL : number(j->progress_total) },
		{ "checkpoint", text(j->checkpoint) },
		{ "output", text(j->output) },
		{ "key", text(j->key) },
		{ "request", text(j->request) },
		{ "status_reason", text(j->status_reason) },
		{ "error_code", text(j->error_code) },
		{ "error_message", text(j->error_message) },
		{ "created_at", number(j->created_at) },
		{ "updated_at", number(j->updated_at) },
		{ "prestart", number(j->prestart) },
		{ "execution_started_at", number(j->execution_started_at) },
	};
	memcpy(out, all, sizeof(all));
	return sizeof(all) / sizeof(all[0]);
}

#define COLUMNS 40

static const char *resolve(const char *to)
{
	if (to && strcmp(to, "now") == 0)
		return number(ct_now());
	if (to && strcmp(to, "later") == 0)
		return number(ct_now() + DELAY);
	if (to && strcmp(to, "lease") == 0)
		return number(ct_now() + CAIRN_HOUR);
	return to;
}

static void compare(const struct scene *scene, const cairn_job *row, const struct turn *turns)
{
	struct turn before[COLUMNS];
	struct turn after[COLUMNS];
	size_t named = 0;
	size_t n = columns_of(row, before);
	columns_of(ct_job(scene->conn, scene->id), after);
	for (size_t i = 0; i < n; i++) {
		const char *want = before[i].to;
		for (size_t t = 0; turns[t].column; t++) {
			if (strcmp(turns[t].column, before[i].column) != 0)
				continue;
			want = resolve(turns[t].to);
			named++;
		}
		if ((want == NULL) != (after[i].to == NULL) ||
		    (want && strcmp(want, after[i].to) != 0))
			ct_fail("%s is %s, wanted %s", after[i].column,
				after[i].to ? after[i].to : "absent", want ? want : "absent");
	}
	size_t wanted = 0;
	while (turns[wanted].column)
		wanted++;
	ct_int(named, wanted);
}

/* ---- scenes ----------------------------------------------------------------------------------------- */

static cairn_lease claim_one(cairn_conn *conn, uint32_t ahead)
{
	cairn_claim_opts opts = ct_claim_opts("second", 1);
	cairn_jobs *jobs = NULL;
	opts.owner = CAIRN_STR("host");
	opts.prestart = ahead;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 1);
	return cairn_job_lease(&jobs->at[0]);
}

/* Claimed, failed once with progress and checkpoint, and due again. */
static struct scene scene_waiting(bool keyed)
{
	struct scene scene = { .conn = ct_open() };
	cairn_job_new job = ct_new("t");
	ct_define_retry(scene.conn, "t", 3, DELAY);
	job.tenant = CAIRN_STR("acme");
	job.payload = CAIRN_STR("{ \"a\": 1 }");
	job.key = keyed ? CAIRN_STR("k") : none;
	job.owner = CAIRN_STR("host");
	scene.id = ct_add(scene.conn, &job);
	ct_advance(CAIRN_SECOND);
	cairn_lease lease = claim_one(scene.conn, 0);
	cairn_finish first = ct_failure(lease, CAIRN_FINISH_RETRYABLE, "first.code");
	first.set = CAIRN_FINISH_DONE | CAIRN_FINISH_TOTAL;
	first.progress_done = 3;
	first.progress_total = 9;
	first.checkpoint = CAIRN_STR("{\"at\":3}");
	ct_finish(scene.conn, first);
	ct_advance(DELAY);
	return scene;
}

/* Then claimed again and started. */
static struct scene scene_running(void)
{
	struct scene scene = scene_waiting(true);
	scene.lease = claim_one(scene.conn, 0);
	ct_progress(scene.conn, ct_stage(scene.lease, "running"));
	ct_advance(CAIRN_SECOND);
	return scene;
}

/* Then claimed ahead, and not started. */
static struct scene scene_ahead(void)
{
	struct scene scene = scene_waiting(true);
	scene.lease = claim_one(scene.conn, 1);
	ct_advance(CAIRN_SECOND);
	return scene;
}

static struct scene scene_dead(void)
{
	struct scene scene = scene_running();
	ct_finish(scene.conn, ct_failure(scene.lease, CAIRN_FINISH_TERMINAL, "second.code"));
	ct_advance(CAIRN_SECOND);
	return scene;
}

/* What every way back into the queue does. */
#define HOLDER_GONE \
	{ "status", "PENDING" }, { "worker", NULL }, { "leased_at", NULL }, \
		{ "heartbeat_at", NULL }, { "lease_expires_at", NULL }, \
		{ "execution_started_at", NULL }, { "updated_at", "now" }, { "error_code", NULL }, \
	{ \
		"error_message", NULL \
	}

/* ---- transitions --------------------------------------------------------------------------------- */

static void claim_ahead(void)
{
	struct scene scene = scene_waiting(true);
	static const struct turn turns[TURNS] = {
		{ "status", "LEASED" }, { "worker", "second" },
		{ "leased_at", "now" }, { "heartbeat_at", "now" },
		{ "prestart", "1" },	{ "updated_at", "now" },
		{ "attempt", "2" },	{ "fence", "2" },
		{ "parked", NULL },	{ "lease_expires_at", "lease" },
	};
	const cairn_job *before = ct_job(scene.conn, scene.id);
	cairn_claim_opts opts = ct_claim_opts("second", 1);
	cairn_jobs *jobs = NULL;
	opts.owner = CAIRN_STR("host");
	opts.prestart = 1;
	opts.lease = CAIRN_HOUR;
	ct_ok(cairn_job_claim(scene.conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	compare(&scene, before, turns);
}

static void progress(void)
{
	struct scene scene = scene_running();
	static const struct turn turns[TURNS] = { { "progress_done", "4" },
						  { "updated_at", "now" } };
	const cairn_job *before = ct_job(scene.conn, scene.id);
	ct_progress(scene.conn, ct_report(scene.lease, 4, -1));
	compare(&scene, before, turns);
}

static void full_progress(void)
{
	struct scene scene = scene_ahead();
	static const struct turn turns[TURNS] = {
		{ "progress_done", "4" },	   { "progress_total", "5" },
		{ "checkpoint", "{\"at\":4}" },	   { "stage", "running" },
		{ "execution_started_at", "now" }, { "lease_expires_at", "lease" },
		{ "heartbeat_at", "now" },	   { "updated_at", "now" },
	};
	const cairn_job *before = ct_job(scene.conn, scene.id);
	cairn_progress report = ct_report(scene.lease, 4, 5);
	report.checkpoint = CAIRN_STR("{\"at\":4}");
	report.stage = CAIRN_STR("running");
	report.extend = CAIRN_HOUR;
	ct_progress(scene.conn, report);
	compare(&scene, before, turns);
}

static void continuation(void)
{
	struct scene scene = scene_running();
	static const struct turn turns[TURNS] = {
		HOLDER_GONE,	       { "run_number", "2" },
		{ "attempt", NULL },   { "started_at", NULL },
		{ "stage", "queued" }, { "status_reason", "HANDLER_CONTINUATION" },
		{ "parked", "1" },     { "run_at", "later" },
	};
	const cairn_job *before = ct_job(scene.conn, scene.id);
	ct_finish(scene.conn, ct_again(scene.lease, CAIRN_FINISH_CONTINUE, DELAY));
	compare(&scene, before, turns);
}

static void continuation_with_progress(void)
{
	struct scene scene = scene_running();
	static const struct turn turns[TURNS] = {
		HOLDER_GONE,
		{ "run_number", "2" },
		{ "attempt", NULL },
		{ "started_at", NULL },
		{ "stage", "queued" },
		{ "status_reason", "HANDLER_CONTINUATION" },
		{ "progress_done", "7" },
		{ "checkpoint", "{\"at\":7}" },
		{ "run_at", "now" },
	};
	const cairn_job *before = ct_job(scene.conn, scene.id);
	cairn_finish finish = ct_again(scene.lease, CAIRN_FINISH_CONTINUE, 0);
	finish.set = CAIRN_FINISH_DONE;
	finish.progress_done = 7;
	finish.checkpoint = CAIRN_STR("{\"at\":7}");
	ct_finish(scene.conn, finish);
	compare(&scene, before, turns);
}

static void snooze(void)
{
	struct scene scene = scene_running();
	static const struct turn turns[TURNS] = {
		HOLDER_GONE,	   { "status_reason", "SNOOZED" }, { "attempt", "1" },
		{ "parked", "1" }, { "run_at", "later" },
	};
	const cairn_job *before = ct_job(scene.conn, scene.id);
	ct_finish(scene.conn, ct_again(scene.lease, CAIRN_FINISH_SNOOZE, DELAY));
	compare(&scene, before, turns);
}

static void snooze_of_the_first(void)
{
	struct scene scene = scene_waiting(true);
	/* a new run, so that the attempt given back is the first */
	scene.lease = claim_one(scene.conn, 0);
	ct_finish(scene.conn, ct_again(scene.lease, CAIRN_FINISH_CONTINUE, 0));
	scene.lease = claim_one(scene.conn, 0);
	ct_advance(CAIRN_SECOND);
	static const struct turn turns[TURNS] = {
		HOLDER_GONE,	     { "status_reason", "SNOOZED" },
		{ "attempt", NULL }, { "started_at", NULL },
		{ "run_at", "now" },
	};
	const cairn_job *before = ct_job(scene.conn, scene.id);
	ct_finish(scene.conn, ct_again(scene.lease, CAIRN_FINISH_SNOOZE, 0));
	compare(&scene, before, turns);
}

static void release(void)
{
	struct scene scene = scene_ahead();
	static const struct turn turns[TURNS] = {
		HOLDER_GONE,	     { "status_reason", "RELEASED" },
		{ "attempt", "1" },  { "prestart", NULL },
		{ "run_at", "now" },
	};
	const cairn_job *before = ct_job(scene.conn, scene.id);
	ct_finish(scene.conn, ct_again(scene.lease, CAIRN_FINISH_RELEASE, 0));
	compare(&scene, before, turns);
}

static void reaped_unstarted(void)
{
	struct scene scene = scene_ahead();
	static const struct turn turns[TURNS] = {
		HOLDER_GONE,	     { "status_reason", "LEASE_EXPIRED_BEFORE_RUNNING_PERSISTED" },
		{ "attempt", "1" },  { "prestart", NULL },
		{ "run_at", "now" },
	};
	ct_advance(CAIRN_HOUR);
	const cairn_job *before = ct_job(scene.conn, scene.id);
	ct_reap(scene.conn, 1);
	compare(&scene, before, turns);
}

static void requeue_of(struct scene scene, uint32_t reset, const struct turn *turns)
{
	const cairn_job *before = ct_job(scene.conn, scene.id);
	cairn_requeue item = ct_seen(scene.conn, scene.id);
	item.reset = reset;
	ct_told(ct_requeue(scene.conn, item), CAIRN_OK, NULL);
	compare(&scene, before, turns);
}

/* What every requeue does to an ended job. */
#define RUN_ANEW \
	{ "status", "PENDING" }, { "run_number", "2" }, { "attempt", NULL }, \
		{ "started_at", NULL }, { "finished_at", NULL }, { "stage", "queued" }, \
		{ "status_reason", "REQUEUED" }, { "error_code", NULL }, \
		{ "error_message", NULL }, { "run_at", "now" }, \
	{ \
		"updated_at", "now" \
	}

static void requeue_preserving(void)
{
	static const struct turn turns[TURNS] = { RUN_ANEW };
	requeue_of(scene_dead(), 0, turns);
}

static void requeue_resetting(void)
{
	static const struct turn turns[TURNS] = { RUN_ANEW,
						  { "progress_done", NULL },
						  { "progress_total", NULL },
						  { "checkpoint", NULL } };
	requeue_of(scene_dead(), 1, turns);
}

static void requeue_of_a_canceled(void)
{
	static const struct turn turns[TURNS] = { RUN_ANEW, { "lease_expires_at", NULL } };
	struct scene scene = scene_running();
	ct_cancel(scene.conn, scene.id);
	ct_advance(CAIRN_HOUR);
	ct_int(ct_job(scene.conn, scene.id)->execution_started_at, 0);
	requeue_of(scene, 0, turns);
}

static void adopt(void)
{
	struct scene scene = scene_running();
	static const struct turn turns[TURNS] = { { "owner", "other" }, { "updated_at", "now" } };
	ct_advance(CAIRN_HOUR);
	const cairn_job *before = ct_job(scene.conn, scene.id);
	ct_ok(cairn_job_adopt(scene.conn, cairn_any(), &scene.id, 1, CAIRN_STR("other"), NULL,
			      ct_err()));
	compare(&scene, before, turns);
}

static void edit(void)
{
	struct scene scene = scene_waiting(false);
	static const struct turn turns[TURNS] = { { "payload", "[1]" },
						  { "priority", "7" },
						  { "run_at", "later" },
						  { "parked", "1" },
						  { "updated_at", "now" } };
	const cairn_job *before = ct_job(scene.conn, scene.id);
	cairn_job_patch patch = { .id = scene.id,
				  .set = CAIRN_JOB_PAYLOAD | CAIRN_JOB_PRIORITY | CAIRN_JOB_RUN_AT,
				  .payload = CAIRN_STR("[1]"),
				  .priority = 7,
				  .run_at = ct_now() + DELAY };
	ct_ok(cairn_job_edit(scene.conn, cairn_any(), &patch, 1, NULL, ct_err()));
	compare(&scene, before, turns);
}

static void logs_and_replays(void)
{
	struct scene scene = scene_running();
	static const struct turn nothing[TURNS] = { { NULL, NULL } };
	const cairn_job *before = ct_job(scene.conn, scene.id);
	ct_told(ct_say(scene.conn, scene.lease, "said"), CAIRN_OK, NULL);
	compare(&scene, before, nothing);
	ct_finish(scene.conn, ct_success(scene.lease));
	before = ct_job(scene.conn, scene.id);
	ct_advance(CAIRN_SECOND);
	cairn_rerun item = { .source = scene.id,
			     .run_number = 1,
			     .key = CAIRN_STR("r"),
			     .reason = CAIRN_STR("why") };
	ct_ok(cairn_job_replay(scene.conn, cairn_any(), &item, 1, NULL, ct_err()));
	ct_ok(cairn_job_note(scene.conn, cairn_any(), scene.id, CAIRN_LOG_INFO, CAIRN_STR("noted"),
			     none, ct_err()));
	compare(&scene, before, nothing);
}

#define MATRIX .kind = CT_MATRIX, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "jobs.columns.of_a_claim_ahead",
	  MATRIX,
	  .rule = "A claim ahead is a claim that sets prestart.",
	  .covers = "runledger K03, K15",
	  .run = claim_ahead },
	{ .name = "jobs.columns.of_progress",
	  MATRIX,
	  .rule = "A report of done alone writes done and updated_at.",
	  .covers = "runledger P08",
	  .run = progress },
	{ .name = "jobs.columns.of_a_full_report",
	  MATRIX,
	  .rule = "A full report writes progress, checkpoint, stage, mark and lease, and keeps "
		  "prestart.",
	  .covers = "runledger P01, P04",
	  .run = full_progress },
	{ .name = "jobs.columns.of_a_continuation",
	  MATRIX,
	  .rule = "A continuation clears holder, lease, start and error, and keeps progress and "
		  "checkpoint.",
	  .covers = "runledger N01",
	  .run = continuation },
	{ .name = "jobs.columns.of_a_continuation_with_progress",
	  MATRIX,
	  .rule = "Progress and checkpoint that come with a continuation are merged.",
	  .covers = "runledger N01",
	  .run = continuation_with_progress },
	{ .name = "jobs.columns.of_a_snooze",
	  MATRIX,
	  .rule = "A snooze keeps run, start, stage, progress and checkpoint, and gives the "
		  "attempt back.",
	  .run = snooze },
	{ .name = "jobs.columns.of_a_snooze_of_the_first_attempt",
	  MATRIX,
	  .rule = "When no attempt is left the run has not started.",
	  .run = snooze_of_the_first },
	{ .name = "jobs.columns.of_a_release",
	  MATRIX,
	  .rule = "A release keeps everything but the holder, the error and the attempt.",
	  .covers = "runledger R01",
	  .run = release },
	{ .name = "jobs.columns.of_a_reaping_that_releases",
	  MATRIX,
	  .rule = "Reaping an unstarted job looks like a release with the reaper's reason.",
	  .covers = "runledger R06",
	  .run = reaped_unstarted },
	{ .name = "jobs.columns.of_a_requeue",
	  MATRIX,
	  .rule = "A requeue starts a new run and keeps progress and checkpoint.",
	  .covers = "runledger Q02, Q03",
	  .run = requeue_preserving },
	{ .name = "jobs.columns.of_a_requeue_that_resets",
	  MATRIX,
	  .rule = "A requeue that resets clears progress and checkpoint, too.",
	  .covers = "runledger Q03",
	  .run = requeue_resetting },
	{ .name = "jobs.columns.of_a_requeue_of_a_canceled_job",
	  MATRIX,
	  .rule = "The lease time that a cancel had kept is cleared.",
	  .covers = "runledger Q02, Q05",
	  .run = requeue_of_a_canceled },
	{ .name = "jobs.columns.of_an_adoption",
	  MATRIX,
	  .rule = "An adoption writes the owner and updated_at, even of a job whose lease has "
		  "expired.",
	  .run = adopt },
	{ .name = "jobs.columns.of_an_edit",
	  MATRIX,
	  .rule = "An edit writes what it names.",
	  .covers = "runledger A12",
	  .run = edit },
	{ .name = "jobs.columns.of_logs_and_replays",
	  MATRIX,
	  .rule = "Lines, notes and replays leave the job as it is.",
	  .covers = "runledger Y02",
	  .run = logs_and_replays },
};

CT_GROUP(columns_verbs, cases);

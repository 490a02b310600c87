/*
 * replay_history.c - runs as they are read: projected from their jobs, listed with every filter, counted, and what they
 * remember.
 */
#include "ct_ledger.h"

#define BIT(status) (1u << CAIRN_REPLAY_##status)

/* ---- one ------------------------------------------------------------------------------------ */

static void status_is(cairn_conn *conn, cairn_id run, enum cairn_replay_status status)
{
	ct_text(cairn_replay_status_text(ct_played(conn, run)->status),
		cairn_replay_status_text(status));
}

static void projected(void)
{
	cairn_conn *conn = ct_open();
	cairn_replay_step step;
	ct_define_retry(conn, "r", 3, CAIRN_MINUTE);
	ct_play live = ct_play_job(conn, ct_new("r"));
	status_is(conn, live.id, CAIRN_REPLAY_RUNNING);
	ct_ok(cairn_replay_sleep(live.replay, CAIRN_HOUR, &step, ct_err()));
	ct_int(step.next, CAIRN_NEXT_SUSPEND);
	ct_play_suspend(&live);
	status_is(conn, live.id, CAIRN_REPLAY_SUSPENDED);
	ct_int(ct_played(conn, live.id)->wake_at, step.until);
	ct_set_now(step.until);
	live = ct_play_of(conn, live.id);
	status_is(conn, live.id, CAIRN_REPLAY_RUNNING);
	ct_int(ct_played(conn, live.id)->run_number, 2);
	ct_int(ct_played(conn, live.id)->attempt, 1);
	/* a retry is no suspension */
	ct_play_break(&live);
	status_is(conn, live.id, CAIRN_REPLAY_ENQUEUED);
	ct_int(ct_played(conn, live.id)->wake_at, ct_now() + CAIRN_MINUTE);
	ct_advance(CAIRN_MINUTE);
	live = ct_play_of(conn, live.id);
	ct_int(ct_played(conn, live.id)->attempt, 2);
	ct_play_succeed(&live, "{ \"x\":1.0 }");
	status_is(conn, live.id, CAIRN_REPLAY_SUCCEEDED);
	ct_str(ct_played(conn, live.id)->output, "{ \"x\":1.0 }");
	ct_int(ct_played(conn, live.id)->finished_at, ct_now());
}

/* Somebody has to look for it: a claim of its queue, for other types, too. */
static void due_and_not_in_line(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_replay_step step;
	cairn_jobs *jobs = NULL;
	ct_ok(cairn_replay_sleep(live.replay, CAIRN_HOUR, &step, ct_err()));
	ct_play_suspend(&live);
	ct_set_now(step.until + 5 * CAIRN_SECOND);
	status_is(conn, live.id, CAIRN_REPLAY_SUSPENDED);
	ct_int(ct_played(conn, live.id)->wake_at, step.until);
	const cairn_str another = CAIRN_STR("another");
	cairn_claim_opts opts = ct_claim_opts("w", 1);
	opts.queue = ct_job(conn, live.id)->queue;
	opts.types = &another;
	opts.type_count = 1;
	ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
	ct_later(jobs);
	ct_int(jobs->count, 0);
	status_is(conn, live.id, CAIRN_REPLAY_ENQUEUED);
	ct_int(ct_played(conn, live.id)->wake_at, step.until);
}

static void ended_otherwise(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	ct_play_did(&live, "one", "1");
	ct_play_failed(&live, "two", "no.luck");
	ct_play_fail(&live, "it.broke");
	ct_replay_stands(conn, live.id, "FAILED one=COMPLETED two=FAILED");
	ct_str(ct_played(conn, live.id)->error_code, "it.broke");
	ct_str(ct_played(conn, live.id)->error_message, "it broke");
	ct_int(ct_attempts(conn, live.id)->count, 1);
	ct_str(ct_memo(conn, live.id, "one")->result, "1");
	ct_play other = ct_play_aside(conn);
	ct_cancel_replay(conn, other.id);
	status_is(conn, other.id, CAIRN_REPLAY_CANCELED);
	ct_int(ct_played(conn, other.id)->lease_expires_at,
	       ct_job(conn, other.id)->lease_expires_at);
}

/* What a run says of its job is what the job says. */
static void says_what_its_job_says(void)
{
	cairn_conn *conn = ct_open();
	cairn_job_new job = ct_new("t");
	job.payload = CAIRN_STR("{\"b\": 1.50, \"a\": \"\xc3\xa9\"}");
	job.tenant = CAIRN_STR("acme");
	job.owner = CAIRN_STR("me");
	ct_play live = ct_play_job(conn, job);
	const cairn_replay_run *run = ct_played(conn, live.id);
	const cairn_job *row = ct_job(conn, live.id);
	ct_str(run->payload, "{\"b\": 1.50, \"a\": \"\xc3\xa9\"}");
	ct_str(run->tenant, "acme");
	ct_str(run->owner, "me");
	ct_str(run->worker, "w");
	ct_same(run->queue, row->queue);
	ct_str(run->type, "t");
	ct_str(run->scope, "root");
	ct_str(run->code, NULL);
	ct_str(run->output, NULL);
	ct_str(run->error_code, NULL);
	ct_id(run->root, live.id);
	ct_true(cairn_id_is_none(run->parent));
	ct_true(cairn_id_is_none(run->source));
	ct_int(run->shared, 0);
	ct_int(run->attempt, 1);
	ct_int(run->fence, live.lease.fence);
	ct_int(run->created_at, row->created_at);
	ct_int(run->started_at, row->started_at);
	ct_int(run->lease_expires_at, row->lease_expires_at);
	ct_int(run->finished_at, 0);
	ct_int(run->steps + run->completed + run->failed + run->waiting + run->children, 0);
}

static void counted(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_replay_step step;
	ct_play_did(&live, "one", "1");
	ct_play_did(&live, "two", "2");
	ct_play_failed(&live, "three", "x");
	ct_ask_run(live.replay, "four");
	ct_ok(cairn_replay_sleep(live.replay, CAIRN_HOUR, &step, ct_err()));
	ct_child_of(&live, "c", "below");
	ct_child_of(&live, "d", "below");
	const cairn_replay_run *run = ct_played(conn, live.id);
	ct_int(run->steps, 7);
	ct_int(run->completed, 2);
	ct_int(run->failed, 1);
	ct_int(run->waiting, 3);
	ct_int(run->children, 2);
}

static void a_plain_job_is_none(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	cairn_replay_filter filter = { .size = sizeof(filter), .scope = cairn_any() };
	cairn_memo_filter memos = { .size = sizeof(memos), .scope = cairn_any(), .run = id };
	cairn_replay_runs *runs = NULL;
	cairn_memos *rows = NULL;
	ct_status(cairn_replay_get(conn, cairn_any(), id, &runs, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	ct_status(cairn_replay_memos(conn, &memos, &rows, ct_err()), CAIRN_NOT_FOUND,
		  "replay.run_not_found");
	ct_ok(cairn_replay_list(conn, &filter, &runs, ct_err()));
	ct_int(runs->count, 0);
	ct_play_under(conn, ct_claim(conn, "w"));
	ct_ok(cairn_replay_list(conn, &filter, &runs, ct_err()));
	ct_int(runs->count, 1);
	cairn_free(runs);
	cairn_free(rows);
}

/* ---- lists --------------------------------------------------------------------------------------- */

/* Six runs, a second apart: two of type "t", a child and a grandchild, a failed and a canceled one of type "u". */
struct field {
	cairn_conn *conn;
	cairn_id ids[6];
	cairn_time began;
};

static struct field field_of(void)
{
	struct field field = { .conn = ct_open(), .began = ct_now() };
	cairn_replay_step step;
	ct_define(field.conn, "u");
	ct_play root = ct_play_aside(field.conn);
	ct_play_did(&root, "one", "1");
	field.ids[0] = root.id;
	ct_advance(CAIRN_SECOND);
	field.ids[1] = ct_child_of(&root, "c", "below");
	ct_play child = ct_play_of(field.conn, field.ids[1]);
	ct_advance(CAIRN_SECOND);
	field.ids[2] = ct_child_of(&child, "d", "deep");
	ct_advance(CAIRN_SECOND);
	ct_play other = ct_play_aside(field.conn);
	field.ids[3] = other.id;
	ct_ok(cairn_replay_sleep(other.replay, CAIRN_HOUR, &step, ct_err()));
	ct_play_suspend(&other);
	ct_advance(CAIRN_SECOND);
	ct_play bad = ct_play_job(field.conn, ct_new("u"));
	ct_play_fail(&bad, "it.broke");
	field.ids[4] = bad.id;
	ct_advance(CAIRN_SECOND);
	field.ids[5] = ct_play_job(field.conn, ct_new("u")).id;
	ct_cancel_replay(field.conn, field.ids[5]);
	return field;
}

/* The numbers of those that the filter finds, in their order. */
static const char *found(const struct field *field, const cairn_replay_filter *filter)
{
	cairn_replay_runs *runs = NULL;
	const char *text = "";
	ct_ok(cairn_replay_list(field->conn, filter, &runs, ct_err()));
	ct_later(runs);
	for (size_t i = 0; i < runs->count; i++) {
		size_t at = 0;
		while (at < 6 && cairn_id_compare(field->ids[at], runs->at[i].id) != 0)
			at++;
		text = ct_format("%s%zu", text, at);
	}
	return text;
}

static cairn_replay_filter all(void)
{
	return (cairn_replay_filter){ .size = sizeof(cairn_replay_filter), .scope = cairn_any() };
}

static void by_family(void)
{
	struct field field = field_of();
	cairn_replay_filter filter = all();
	ct_text(found(&field, &filter), "543210");
	filter.root = field.ids[0];
	ct_text(found(&field, &filter), "210");
	filter.root = field.ids[1]; /* no root */
	ct_text(found(&field, &filter), "");
	filter = all();
	filter.parent = field.ids[0];
	ct_text(found(&field, &filter), "1");
	filter.parent = field.ids[1];
	ct_text(found(&field, &filter), "2");
	filter.root = field.ids[0];
	ct_text(found(&field, &filter), "2");
	filter = all();
	filter.run = field.ids[3];
	ct_text(found(&field, &filter), "3");
	filter.run = cairn_id_new();
	ct_text(found(&field, &filter), "");
	const cairn_replay_run *child = ct_played(field.conn, field.ids[2]);
	ct_id(child->root, field.ids[0]);
	ct_id(child->parent, field.ids[1]);
	ct_str(child->scope, "d");
}

/* What a filter names has to fit all together. */
static void by_family_together(void)
{
	struct field field = field_of();
	cairn_replay_filter filter = all();
	filter.run = field.ids[2];
	filter.root = field.ids[0];
	ct_text(found(&field, &filter), "2");
	filter.parent = field.ids[1];
	ct_text(found(&field, &filter), "2");
	filter.root = field.ids[3];
	ct_text(found(&field, &filter), "");
	filter.parent = (cairn_id){ { 0 } };
	ct_text(found(&field, &filter), "");
	filter.root = (cairn_id){ { 0 } };
	filter.parent = field.ids[1];
	ct_text(found(&field, &filter), "2");
	filter.parent = field.ids[0];
	ct_text(found(&field, &filter), "");
	filter.run = (cairn_id){ { 0 } };
	filter.root = field.ids[3];
	ct_text(found(&field, &filter), "");
	filter.root = field.ids[0];
	ct_text(found(&field, &filter), "1");
}

static void by_status(void)
{
	struct field field = field_of();
	cairn_replay_filter filter = all();
	filter.statuses = BIT(ENQUEUED);
	ct_text(found(&field, &filter), "2");
	filter.statuses = BIT(RUNNING);
	ct_text(found(&field, &filter), "10");
	filter.statuses = BIT(SUSPENDED);
	ct_text(found(&field, &filter), "3");
	filter.statuses = BIT(SUCCEEDED);
	ct_text(found(&field, &filter), "");
	filter.statuses = BIT(FAILED);
	ct_text(found(&field, &filter), "4");
	filter.statuses = BIT(CANCELED);
	ct_text(found(&field, &filter), "5");
	filter.statuses = BIT(CANCELED) | BIT(SUSPENDED) | BIT(ENQUEUED);
	ct_text(found(&field, &filter), "532");
	filter.root = field.ids[0];
	ct_text(found(&field, &filter), "2");
}

static void by_type_and_time(void)
{
	struct field field = field_of();
	cairn_replay_filter filter = all();
	filter.type = CAIRN_STR("u");
	ct_text(found(&field, &filter), "54");
	filter.statuses = BIT(FAILED);
	ct_text(found(&field, &filter), "4");
	filter = all();
	filter.type = CAIRN_STR("T");
	ct_text(found(&field, &filter), "");
	filter = all();
	filter.created_from = field.began + CAIRN_SECOND;
	ct_text(found(&field, &filter), "54321");
	filter.created_to = field.began + 3 * CAIRN_SECOND;
	ct_text(found(&field, &filter), "21");
	filter.created_from = 0;
	ct_text(found(&field, &filter), "210");
	filter.created_to = field.began;
	ct_text(found(&field, &filter), "");
}

static void in_pages(void)
{
	struct field field = field_of();
	cairn_replay_filter filter = all();
	cairn_replay_runs *runs = NULL;
	filter.limit = 1;
	for (size_t i = 6; i > 0; i--) {
		ct_ok(cairn_replay_list(field.conn, &filter, &runs, ct_err()));
		ct_int(runs->count, 1);
		ct_id(runs->at[0].id, field.ids[i - 1]);
		filter.after = runs->at[0].id;
	}
	ct_text(found(&field, &filter), "");
	filter.limit = 4;
	filter.after = field.ids[4];
	ct_text(found(&field, &filter), "3210");
	/* the cursor stays good when its run is gone */
	cairn_replay_delete_opts opts = { .size = sizeof(opts),
					  .scope = cairn_any(),
					  .run = field.ids[4] };
	cairn_replay_deleted gone;
	ct_ok(cairn_replay_delete(field.conn, &opts, &gone, ct_err()));
	ct_int(gone.roots, 1);
	ct_text(found(&field, &filter), "3210");
	cairn_free(runs);
}

static void compact_and_counted(void)
{
	struct field field = field_of();
	cairn_replay_filter filter = all();
	cairn_replay_runs *runs = NULL;
	filter.run = field.ids[0];
	ct_ok(cairn_replay_list(field.conn, &filter, &runs, ct_err()));
	ct_int(runs->at[0].steps, 0);
	ct_str(runs->at[0].payload, "{}");
	filter.counts = 1;
	filter.compact = 1;
	ct_ok(cairn_replay_list(field.conn, &filter, &runs, ct_err()));
	ct_later(runs);
	ct_int(runs->at[0].steps, 2);
	ct_int(runs->at[0].completed, 1);
	ct_int(runs->at[0].waiting, 1);
	ct_int(runs->at[0].children, 1);
	ct_str(runs->at[0].payload, NULL);
	ct_str(runs->at[0].output, NULL);
}

/* ---- what is remembered ------------------------------------------------------------------------------ */

static void memos_by_filter(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_memo_filter filter = { .size = sizeof(filter), .scope = cairn_any(), .run = live.id };
	cairn_memos *memos = NULL;
	ct_play_did(&live, "one", "[ 1 ]");
	ct_play_failed(&live, "two", "no.luck");
	ct_ask_run(live.replay, "three");
	ct_child_of(&live, "four", "below");
	ct_ok(cairn_replay_memos(conn, &filter, &memos, ct_err()));
	ct_int(memos->count, 4);
	ct_str(memos->at[0].result, "[ 1 ]");
	ct_str(memos->at[1].error_code, "no.luck");
	ct_true(memos->at[0].signature.len > 0);
	ct_int(memos->at[3].verb, CAIRN_MEMO_CHILD);
	filter.statuses = 1u << CAIRN_MEMO_FAILED | 1u << CAIRN_MEMO_WAITING;
	ct_ok(cairn_replay_memos(conn, &filter, &memos, ct_err()));
	ct_int(memos->count, 2);
	ct_int(memos->at[0].seq, 2);
	ct_int(memos->at[1].seq, 4);
	filter.statuses = 0;
	filter.after = 1;
	filter.limit = 2;
	filter.compact = 1;
	ct_ok(cairn_replay_memos(conn, &filter, &memos, ct_err()));
	ct_int(memos->count, 2);
	ct_int(memos->at[0].seq, 2);
	ct_str(memos->at[0].signature, NULL);
	filter.after = 0;
	filter.name = CAIRN_STR("one");
	ct_ok(cairn_replay_memos(conn, &filter, &memos, ct_err()));
	ct_later(memos);
	ct_int(memos->count, 1);
	ct_str(memos->at[0].name, "one");
	ct_str(memos->at[0].result, NULL);
}

static void timed_and_numbered(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_aside(conn);
	cairn_time began = ct_now();
	cairn_replay_step step = ct_ask_run(live.replay, "one");
	ct_advance(CAIRN_SECOND);
	ct_ok(cairn_replay_complete(live.replay, &step, CAIRN_STR("1"), NULL, 0, ct_err()));
	const cairn_memo *memo = ct_memo(conn, live.id, "one");
	ct_int(memo->seq, 1);
	ct_id(memo->run, live.id);
	ct_str(memo->kind, "k");
	ct_int(memo->verb, CAIRN_MEMO_STEP);
	ct_int(memo->attempts, 1);
	ct_int(memo->failures, 0);
	ct_int(memo->last_attempt, 1);
	ct_int(memo->fence, live.lease.fence);
	ct_int(memo->created_at, began);
	ct_int(memo->begun_at, began);
	ct_int(memo->ended_at, began + CAIRN_SECOND);
	ct_id(memo->claim, step.claim);
	ct_int(memo->wake_at, 0);
}

/* A program that sleeps before a step: what stands behind the sleep is not asked for. */
static bool sleeps_first(ct_play *live)
{
	cairn_replay_step step;
	ct_ok(cairn_replay_sleep(live->replay, CAIRN_HOUR, &step, ct_err()));
	if (step.next == CAIRN_NEXT_SUSPEND) {
		ct_play_suspend(live);
		return false;
	}
	ct_play_did(live, "behind", "1");
	return true;
}

static void behind_a_sleep(void)
{
	cairn_conn *conn = ct_open();
	ct_play live = ct_play_new(conn);
	ct_true(!sleeps_first(&live));
	ct_int(ct_memos(conn, live.id)->count, 1);
	ct_int(ct_memos(conn, live.id)->at[0].status, CAIRN_MEMO_WAITING);
	ct_advance(CAIRN_HOUR - 1);
	ct_claim_none(conn);
	ct_advance(1);
	ct_play again = ct_play_of(conn, live.id);
	ct_true(sleeps_first(&again));
	ct_int(ct_memos(conn, live.id)->at[0].status, CAIRN_MEMO_COMPLETED);
	ct_int(ct_memo(conn, live.id, "behind")->seq, 2);
}

#define READ .kind = CT_VERB, .store = CT_REPLAYS

static const ct_case cases[] = {
	{ .name = "replays.history.a_status_is_projected_from_the_job",
	  READ,
	  .rule = "A run is what its job is: RUNNING, SUSPENDED while it is put by, ENQUEUED for a "
		  "retry, SUCCEEDED with its output; its attempt counts no suspensions.",
	  .covers = "smol-14",
	  .run = projected },
	{ .name = "replays.history.suspended_until_it_is_in_line",
	  READ,
	  .rule = "A run that is due stays SUSPENDED until a claim of its queue has put it in "
		  "line.",
	  .run = due_and_not_in_line },
	{ .name = "replays.history.failed_and_canceled_runs_keep_their_steps",
	  READ,
	  .rule = "A run that failed was tried once, says why, and keeps the steps that "
		  "completed; a canceled one is CANCELED.",
	  .covers = "smol-15, smol-16",
	  .run = ended_otherwise },
	{ .name = "replays.history.a_run_says_what_its_job_says",
	  READ,
	  .rule = "Payload, tenant, owner, worker and times of a run are its job's; what is not "
		  "there is absent.",
	  .covers = "smol-76",
	  .run = says_what_its_job_says },
	{ .name = "replays.history.one_run_is_counted",
	  READ,
	  .rule = "One run is read with the numbers of its steps by status and of its children.",
	  .covers = "smol-76",
	  .run = counted },
	{ .name = "replays.history.a_job_that_never_began_is_no_run",
	  READ,
	  .rule = "A job becomes a run by beginning; before that it is not found.",
	  .covers = "smol-77",
	  .run = a_plain_job_is_none },
	{ .name = "replays.history.listed_by_family",
	  READ,
	  .rule = "Runs are listed by tree, by parent or as one, newest first.",
	  .run = by_family },
	{ .name = "replays.history.listed_by_family_together",
	  READ,
	  .rule = "Run, tree and parent that are given together all have to fit.",
	  .run = by_family_together },
	{ .name = "replays.history.listed_by_status",
	  READ,
	  .rule = "Each projected status is found by its bit, and by no other.",
	  .covers = "smol-75",
	  .run = by_status },
	{ .name = "replays.history.listed_by_type_and_time",
	  READ,
	  .rule = "Types are compared as they are; created_from belongs to it, created_to does "
		  "not.",
	  .covers = "smol-75",
	  .run = by_type_and_time },
	{ .name = "replays.history.listed_in_pages",
	  READ,
	  .rule = "Pages go on behind the last id, also when its run is gone.",
	  .covers = "smol-75",
	  .run = in_pages },
	{ .name = "replays.history.compact_and_counted",
	  READ,
	  .rule = "A compact list leaves payload and output out; counts are made when asked for.",
	  .run = compact_and_counted },
	{ .name = "replays.history.memos_by_filter",
	  READ,
	  .rule = "What a run remembers is listed by seq: by name, by status, in pages, compact.",
	  .run = memos_by_filter },
	{ .name = "replays.history.a_memo_says_when_and_by_whom",
	  READ,
	  .rule = "A memo tells when it was made, begun and ended, under which fence and claim.",
	  .run = timed_and_numbered },
	{ .name = "replays.history.nothing_is_asked_behind_a_sleep",
	  READ,
	  .rule = "A program that sleeps is ended until it is time; what stands behind the sleep "
		  "is begun after it.",
	  .covers = "smol-58",
	  .run = behind_a_sleep },
};

CT_GROUP(replay_history, cases);

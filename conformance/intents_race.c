/*
 * intents_race.c - several sessions at once: promoters among themselves, and those who record while
 * others promote.
 */
#include "ct.h"

#define RACERS	4
#define INTENTS 60

/* ---- step by step ------------------------------------------------------------------ */

struct open_pass {
	cairn_tx tx;
	uint32_t inserted;
	uint32_t limit;
};

static void promote_and_hold(cairn_conn *conn, void *arg)
{
	struct open_pass *pass = arg;
	ct_ok(cairn_begin(conn, &pass->tx, ct_err()));
	pass->inserted = ct_promote(conn, pass->limit)->inserted;
}

static void promote_rest(cairn_conn *conn, void *arg)
{
	*(uint32_t *)arg = ct_promote(conn, 0)->inserted;
}

static void two_promoters_one_intent(void)
{
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	cairn_conn *conn = ct_open();
	struct open_pass pass = { .tx = CAIRN_TX_INIT, .limit = 0 };
	uint32_t others = 99;
	ct_define(conn, "t");
	cairn_id id = ct_record(conn, "t", "k");
	ct_step(a, promote_and_hold, &pass);
	ct_int(pass.inserted, 1);
	ct_start(b, promote_rest, &others);
	ct_step(a, ct_commit, &pass.tx);
	ct_join(b);
	ct_int(others, 0);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_int(ct_intent(conn, id)->attempts, 1);
}

static void a_promoter_that_rolls_back(void)
{
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	cairn_conn *conn = ct_open();
	struct open_pass pass = { .tx = CAIRN_TX_INIT, .limit = 0 };
	uint32_t others = 99;
	ct_define(conn, "t");
	ct_record(conn, "t", "k");
	ct_step(a, promote_and_hold, &pass);
	ct_start(b, promote_rest, &others);
	ct_step(a, ct_rollback, &pass.tx);
	ct_join(b);
	ct_int(others + ct_promote(conn, 0)->inserted, 1);
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void side_by_side(void)
{
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	cairn_conn *conn = ct_open();
	struct open_pass pass = { .tx = CAIRN_TX_INIT, .limit = 2 };
	uint32_t others = 99;
	ct_define(conn, "t");
	for (int i = 0; i < 5; i++)
		ct_record(conn, "t", ct_format("k%d", i));
	ct_step(a, promote_and_hold, &pass);
	ct_int(pass.inserted, 2);
	ct_step(b, promote_rest, &others);
	ct_int(others, 3);
	ct_step(a, ct_commit, &pass.tx);
	ct_int(ct_count_jobs(conn, 0), 5);
}

static void record_known(cairn_conn *conn, void *arg)
{
	cairn_job_new requests[2] = { ct_new("t"), ct_new("t") };
	requests[0].key = CAIRN_STR("k");
	requests[1].key = CAIRN_STR("new");
	ct_ok(cairn_intent_record(conn, requests, 2, arg, ct_err()));
}

static void recording_does_not_wait(void)
{
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	cairn_conn *conn = ct_open();
	struct open_pass pass = { .tx = CAIRN_TX_INIT, .limit = 0 };
	cairn_intent_recorded each[2];
	ct_define(conn, "t");
	cairn_id id = ct_record(conn, "t", "k");
	ct_step(a, promote_and_hold, &pass);
	ct_int(pass.inserted, 1);
	ct_step(b, record_known, each);
	ct_int(each[0].disposition, CAIRN_EXISTING);
	ct_id(each[0].id, id);
	ct_int(each[0].intent_status, CAIRN_INTENT_PENDING);
	ct_int(each[1].disposition, CAIRN_INSERTED);
	ct_step(a, ct_commit, &pass.tx);
	ct_step(b, record_known, each);
	ct_int(each[0].intent_status, CAIRN_INTENT_PROMOTED);
}

/* A direct enqueue in an open transaction has the key of one of the intents. */
static void enqueue_and_hold(cairn_conn *conn, void *arg)
{
	cairn_job_new request = ct_new("t");
	request.key = CAIRN_STR("k");
	ct_ok(cairn_begin(conn, arg, ct_err()));
	ct_add(conn, &request);
}

static void promote_one(cairn_conn *conn, void *arg)
{
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->count, 1);
	*(cairn_promoted *)arg = report->at[0];
}

static void a_job_on_its_way(void)
{
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_promoted promoted = { .attempts = 0 };
	ct_define(conn, "t");
	cairn_id id = ct_record(conn, "t", "k");
	ct_step(a, enqueue_and_hold, &tx);
	ct_start(b, promote_one, &promoted);
	ct_step(a, ct_commit, &tx);
	ct_join(b);
	ct_int(promoted.what, CAIRN_PROMOTION_EXISTING);
	ct_id(ct_intent(conn, id)->job, promoted.job);
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void a_key_that_stays_locked(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.lock_timeout = 200 * CAIRN_MILLISECOND;
	ct_session *a = ct_session_new("a");
	cairn_conn *conn = ct_open_with(&opts);
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_id id = ct_record(conn, "t", "k");
	ct_record(conn, "t", "neighbour");
	ct_step(a, enqueue_and_hold, &tx);
	const cairn_promote_report *report = ct_promote(conn, 0);
	ct_int(report->inserted, 1);
	ct_int(report->deferred, 1);
	ct_str(ct_intent(conn, id)->error_code, "db.busy");
	ct_step(a, ct_commit, &tx);
	ct_advance(CAIRN_MINUTE);
	ct_int(ct_promote(conn, 0)->existing, 1);
	ct_int(ct_intent(conn, id)->attempts, 2);
	ct_int(ct_count_jobs(conn, 0), 2);
}

/* ---- races ---------------------------------------------------------------------------- */

struct tally {
	uint32_t inserted[RACERS];
	cairn_intent_recorded each[RACERS][INTENTS];
};

static void promote_all(cairn_conn *conn, unsigned number, void *arg)
{
	struct tally *tally = arg;
	for (int pass = 0; pass < INTENTS / 3; pass++)
		tally->inserted[number] += ct_promote(conn, 7)->inserted;
}

static void promoters_race(void)
{
	cairn_conn *conn = ct_open();
	struct tally *tally = ct_alloc(sizeof(*tally));
	cairn_id ids[INTENTS];
	uint32_t inserted = 0;
	ct_define(conn, "t");
	for (int i = 0; i < INTENTS; i++)
		ids[i] = ct_record(conn, "t", ct_format("k%d", i));
	ct_race(RACERS, promote_all, tally);
	for (int i = 0; i < RACERS; i++)
		inserted += tally->inserted[i];
	ct_int(inserted, INTENTS);
	ct_int(ct_count_jobs(conn, 0), INTENTS);
	for (int i = 0; i < INTENTS; i++) {
		const cairn_intent *intent = ct_intent(conn, ids[i]);
		ct_int(intent->status, CAIRN_INTENT_PROMOTED);
		ct_int(intent->attempts, 1);
		ct_same(ct_job(conn, intent->job)->key, intent->key);
	}
}

static void record_all(cairn_conn *conn, unsigned number, void *arg)
{
	struct tally *tally = arg;
	cairn_job_new requests[INTENTS];
	for (unsigned i = 0; i < INTENTS; i++) {
		requests[i] = ct_new("t");
		requests[i].key = cairn_str_of(ct_format("k%u", number % 2 ? i : INTENTS - 1 - i));
	}
	ct_ok(cairn_intent_record(conn, requests, INTENTS, tally->each[number], ct_err()));
}

static void recorders_race(void)
{
	cairn_conn *conn = ct_open();
	struct tally *tally = ct_alloc(sizeof(*tally));
	ct_race(RACERS, record_all, tally);
	for (size_t i = 0; i < INTENTS; i++) {
		size_t inserted = 0;
		cairn_id id = tally->each[1][i].id;
		for (size_t n = 0; n < RACERS; n++) {
			size_t at = n % 2 ? i : INTENTS - 1 - i;
			ct_each(tally->each[n][at], CAIRN_OK, NULL);
			ct_id(tally->each[n][at].id, id);
			inserted += tally->each[n][at].disposition == CAIRN_INSERTED;
		}
		ct_int(inserted, 1);
		ct_intent(conn, id);
	}
}

/* Odd ones record one key over and over, even ones promote and delete what was promoted. */
static void come_and_go(cairn_conn *conn, unsigned number, void *arg)
{
	(void)arg;
	cairn_job_new request = ct_new("t");
	cairn_intent_recorded recorded = { .status = CAIRN_OK };
	request.key = CAIRN_STR("k");
	for (int i = 0; i < 40; i++) {
		if (number % 2) {
			ct_ok(cairn_intent_record(conn, &request, 1, &recorded, ct_err()));
			ct_each(recorded, CAIRN_OK, NULL);
			ct_true(!cairn_id_is_none(recorded.id));
		} else {
			ct_promote(conn, 0);
			ct_ok(cairn_intent_prune(conn, cairn_any(), ct_now() + 1, 0, NULL,
						 ct_err()));
		}
	}
}

static void keys_come_and_go(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_race(RACERS, come_and_go, NULL);
	ct_promote(conn, 0);
	ct_int(ct_count_jobs(conn, 0), 1);
}

#define STEPS .kind = CT_INTERLEAVE, .store = CT_INTENTS
#define RACE  .kind = CT_RACE, .store = CT_INTENTS

static const ct_case cases[] = {
	{ .name = "intents.promote.two_promoters_make_one_job",
	  STEPS,
	  .rule = "An intent that an open transaction promotes is nobody else's.",
	  .covers = "runledger J10",
	  .run = two_promoters_one_intent },
	{ .name = "intents.promote.what_was_rolled_back_is_promoted_by_the_next",
	  STEPS,
	  .rule = "When a promoter rolls back, its intents are there again, and make one job.",
	  .run = a_promoter_that_rolls_back },
	{ .name = "intents.promote.promoters_work_side_by_side",
	  STEPS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "A promoter skips what an open transaction has taken, and takes the next.",
	  .covers = "runledger J10",
	  .run = side_by_side },
	{ .name = "intents.record.is_not_blocked_by_a_promoter",
	  STEPS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "Recording waits neither for an intent's lock nor for its uncommitted promotion, "
		  "and answers with what is committed.",
	  .covers = "runledger J05",
	  .run = recording_does_not_wait },
	{ .name = "intents.promote.links_a_job_that_was_on_its_way",
	  STEPS,
	  .rule = "A direct enqueue of the same request that commits first is linked as existing.",
	  .covers = "runledger J09",
	  .run = a_job_on_its_way },
	{ .name = "intents.promote.a_key_that_stays_locked_is_deferred",
	  STEPS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "A key that somebody keeps locked costs its neighbours a wait and nothing else.",
	  .run = a_key_that_stays_locked },
	{ .name = "intents.promote.racing_promoters_make_each_job_once",
	  RACE,
	  .rule = "However many promote at once, each intent makes one job, with one attempt.",
	  .covers = "runledger J10",
	  .run = promoters_race },
	{ .name = "intents.record.racing_recorders_make_each_intent_once",
	  RACE,
	  .rule = "Batches with the same keys in different orders never deadlock, and one of them "
		  "records each.",
	  .run = recorders_race },
	{ .name = "intents.record.survives_keys_that_vanish",
	  RACE,
	  .rule = "An intent that is deleted between insert and look-up is recorded anew.",
	  .covers = "runledger J06",
	  .run = keys_come_and_go },
};

CT_GROUP(intents_race, cases);

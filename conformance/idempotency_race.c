/*
 * idempotency_race.c - one key asked for by several at once: a rival's row that is
 * not committed yet, and threads that start together.
 */
#include "ct.h"

struct asker {
	cairn_tx tx;
	cairn_job_new job;
	cairn_job_added added;
};

static struct asker asker_of(const char *payload)
{
	struct asker asker = { .tx = CAIRN_TX_INIT, .job = ct_new("t") };
	asker.job.key = CAIRN_STR("k");
	asker.job.payload = cairn_str_of(payload);
	asker.added.status = CAIRN_INTERNAL;
	return asker;
}

static void ask(cairn_conn *conn, void *arg)
{
	struct asker *mine = arg;
	ct_ok(cairn_job_enqueue(conn, &mine->job, 1, &mine->added, ct_err()));
}

static void begin_and_ask(cairn_conn *conn, void *arg)
{
	struct asker *mine = arg;
	ct_ok(cairn_begin(conn, &mine->tx, ct_err()));
	ask(conn, arg);
}

static void commit(cairn_conn *conn, void *arg)
{
	struct asker *mine = arg;
	(void)conn;
	ct_ok(cairn_commit(&mine->tx, ct_err()));
}

static void rollback(cairn_conn *conn, void *arg)
{
	struct asker *mine = arg;
	(void)conn;
	cairn_rollback(&mine->tx);
}

/* a inserts and stays open; b asks for the same key and waits; a ends. */
static void behind_an_open_rival(struct asker *a, struct asker *b, ct_step_fn *end)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_ask, a);
	ct_each(a->added, CAIRN_OK, NULL);
	ct_true(!ct_start(second, ask, b));
	ct_step(first, end, a);
	ct_join(second);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_text(ct_timeline(conn, b->added.id), "ENQUEUED");
}

static void rival_commits(void)
{
	struct asker a = asker_of("[1]");
	struct asker b = asker_of("[1.0]");
	behind_an_open_rival(&a, &b, commit);
	ct_each(b.added, CAIRN_OK, NULL);
	ct_int(b.added.disposition, CAIRN_EXISTING);
	ct_id(b.added.id, a.added.id);
}

static void rival_rolls_back(void)
{
	struct asker a = asker_of("[1]");
	struct asker b = asker_of("[2]");
	behind_an_open_rival(&a, &b, rollback);
	ct_each(b.added, CAIRN_OK, NULL);
	ct_int(b.added.disposition, CAIRN_INSERTED);
	ct_true(cairn_id_compare(b.added.id, a.added.id) != 0);
}

static void rival_differs(void)
{
	struct asker a = asker_of("[1]");
	struct asker b = asker_of("[2]");
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_ask, &a);
	ct_start(second, ask, &b);
	ct_step(first, commit, &a);
	ct_join(second);
	ct_each(b.added, CAIRN_CONFLICT, "job.idempotency_conflict");
	ct_str(ct_job(conn, a.added.id)->payload, "[1]");
	ct_int(ct_count_jobs(conn, 0), 1);
}

static void known_key_is_nobodys(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	struct asker a = asker_of("1");
	struct asker b = asker_of("1");
	struct asker c = asker_of("2");
	cairn_id id = ct_add(conn, &a.job);
	ct_session *first = ct_session_new("first");
	ct_session *second = ct_session_new("second");
	ct_step(first, begin_and_ask, &a);
	ct_true(ct_start(second, begin_and_ask, &b));
	ct_join(second);
	ask(conn, &c);
	ct_id(a.added.id, id);
	ct_id(b.added.id, id);
	ct_each(c.added, CAIRN_CONFLICT, "job.idempotency_conflict");
	ct_step(first, commit, &a);
	ct_step(second, commit, &b);
	ct_text(ct_timeline(conn, id), "ENQUEUED");
}

/* ---- races --------------------------------------------------------------------- */

#define RACERS 6
#define KEYS   25

struct same_keys {
	cairn_job_added each[RACERS][KEYS];
};

/* Each asks for the same keys, in an order of its own. */
static void ask_for_all(cairn_conn *conn, unsigned number, void *arg)
{
	struct same_keys *race = arg;
	for (size_t i = 0; i < KEYS; i++) {
		size_t at = (i * 7 + number * 3) % KEYS;
		cairn_job_new job = ct_new("t");
		job.key = cairn_str_of(ct_format("k%02zu", at));
		ct_ok(cairn_job_enqueue(conn, &job, 1, &race->each[number][at], ct_err()));
	}
}

static void ask_in_one_batch(cairn_conn *conn, unsigned number, void *arg)
{
	struct same_keys *race = arg;
	cairn_job_new jobs[KEYS];
	cairn_job_added added[KEYS];
	for (size_t i = 0; i < KEYS; i++) {
		jobs[i] = ct_new("t");
		jobs[i].key = cairn_str_of(ct_format("k%02zu", (i * 7 + number * 3) % KEYS));
	}
	ct_ok(cairn_job_enqueue(conn, jobs, KEYS, added, ct_err()));
	for (size_t i = 0; i < KEYS; i++)
		race->each[number][(i * 7 + number * 3) % KEYS] = added[i];
}

/* For each key: one inserted it, all got the same id, one event. */
static void same_for_all(cairn_conn *conn, const struct same_keys *race)
{
	for (size_t key = 0; key < KEYS; key++) {
		size_t inserted = 0;
		for (size_t i = 0; i < RACERS; i++) {
			ct_each(race->each[i][key], CAIRN_OK, NULL);
			ct_id(race->each[i][key].id, race->each[0][key].id);
			inserted += race->each[i][key].disposition == CAIRN_INSERTED;
		}
		ct_int(inserted, 1);
		ct_text(ct_timeline(conn, race->each[0][key].id), "ENQUEUED");
	}
	ct_int(ct_count_jobs(conn, 0), KEYS);
}

static void same_requests_race(void)
{
	cairn_conn *conn = ct_open();
	struct same_keys *race = ct_alloc(sizeof(*race));
	ct_define(conn, "t");
	ct_race(RACERS, ask_for_all, race);
	same_for_all(conn, race);
}

static void batches_race(void)
{
	cairn_conn *conn = ct_open();
	struct same_keys *race = ct_alloc(sizeof(*race));
	ct_define(conn, "t");
	ct_race(RACERS, ask_in_one_batch, race);
	same_for_all(conn, race);
}

/* Each has a request of its own for each key. */
static void ask_otherwise(cairn_conn *conn, unsigned number, void *arg)
{
	struct same_keys *race = arg;
	for (size_t i = 0; i < KEYS; i++) {
		cairn_job_new job = ct_new("t");
		job.key = cairn_str_of(ct_format("k%02zu", i));
		job.payload = cairn_str_of(ct_format("%u", number));
		ct_ok(cairn_job_enqueue(conn, &job, 1, &race->each[number][i], ct_err()));
	}
}

static void different_requests_race(void)
{
	cairn_conn *conn = ct_open();
	struct same_keys *race = ct_alloc(sizeof(*race));
	ct_define(conn, "t");
	ct_race(RACERS, ask_otherwise, race);
	for (size_t key = 0; key < KEYS; key++) {
		size_t inserted = 0;
		for (size_t i = 0; i < RACERS; i++) {
			const cairn_job_added *one = &race->each[i][key];
			if (one->status != CAIRN_OK) {
				ct_each(*one, CAIRN_CONFLICT, "job.idempotency_conflict");
				continue;
			}
			ct_int(one->disposition, CAIRN_INSERTED);
			ct_str(ct_job(conn, one->id)->payload, ct_format("%zu", i));
			inserted++;
		}
		ct_int(inserted, 1);
	}
	ct_int(ct_count_jobs(conn, 0), KEYS);
}

static const ct_case cases[] = {
	{ .name = "jobs.idempotency.waits_for_a_rival_and_finds_its_job",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "A key that a rival's open transaction has inserted is waited for; once that "
		  "commits, the answer is EXISTING with its id.",
	  .covers = "runledger I03",
	  .run = rival_commits },
	{ .name = "jobs.idempotency.inserts_after_a_rival_rolled_back",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "When the rival that held the key rolls back, the waiting request inserts.",
	  .covers = "runledger I03",
	  .run = rival_rolls_back },
	{ .name = "jobs.idempotency.a_different_request_behind_a_rival_conflicts",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "What was committed while waiting is compared like anything else.",
	  .covers = "runledger I03, I06",
	  .run = rival_differs },
	{ .name = "jobs.idempotency.a_known_key_is_waited_for_by_nobody",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "Open transactions that asked for the same existing key do not block each other.",
	  .covers = "runledger I14",
	  .run = known_key_is_nobodys },
	{ .name = "jobs.idempotency.equal_requests_at_once_make_one_job",
	  .kind = CT_RACE,
	  .store = CT_JOBS,
	  .rule = "However many ask for a key at once, one job is made and all get its id.",
	  .covers = "runledger I03",
	  .run = same_requests_race },
	{ .name = "jobs.idempotency.batches_with_the_same_keys_never_deadlock",
	  .kind = CT_RACE,
	  .store = CT_JOBS,
	  .rule = "Batches that name the same keys in different orders all succeed: rows with "
		  "unique keys are inserted in byte order.",
	  .covers = "runledger I03",
	  .run = batches_race },
	{ .name = "jobs.idempotency.different_requests_at_once_have_one_winner",
	  .kind = CT_RACE,
	  .store = CT_JOBS,
	  .rule = "Of different requests for one key one is inserted and the others conflict.",
	  .covers = "runledger I03, I06",
	  .run = different_requests_race },
};

CT_GROUP(idempotency_race, cases);

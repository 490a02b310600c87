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
	ct_step(first, end, &a->tx);
	ct_join(second);
	ct_int(ct_count_jobs(conn, 0), 1);
	ct_text(ct_timeline(conn, b->added.id), "ENQUEUED");
}

static void rival_commits(void)
{
	struct asker a = asker_of("[1]");
	struct asker b = asker_of("[1.0]");
	behind_an_open_rival(&a, &b, ct_commit);
	ct_each(b.added, CAIRN_OK, NULL);
	ct_int(b.added.disposition, CAIRN_EXISTING);
	ct_id(b.added.id, a.added.id);
}

static void rival_rolls_back(void)
{
	struct asker a = asker_of("[1]");
	struct asker b = asker_of("[2]");
	behind_an_open_rival(&a, &b, ct_rollback);
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
	ct_step(first, ct_commit, &a.tx);
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
	ct_step(second, begin_and_ask, &b);
	ask(conn, &c);
	ct_id(a.added.id, id);
	ct_id(b.added.id, id);
	ct_each(c.added, CAIRN_CONFLICT, "job.idempotency_conflict");
	ct_step(first, ct_commit, &a.tx);
	ct_step(second, ct_commit, &b.tx);
	ct_text(ct_timeline(conn, id), "ENQUEUED");
}

/* Two jobs, in the order in which a batch must insert them. */
struct two {
	cairn_tx tx;
	cairn_job_new jobs[2];
	cairn_job_added first;
	cairn_job_added last;
	cairn_job_added each[2];
};

static void begin_with_the_first(cairn_conn *conn, void *arg)
{
	struct two *two = arg;
	ct_ok(cairn_begin(conn, &two->tx, ct_err()));
	ct_ok(cairn_job_enqueue(conn, &two->jobs[0], 1, &two->first, ct_err()));
}

static void ask_backwards(cairn_conn *conn, void *arg)
{
	struct two *two = arg;
	cairn_job_new jobs[] = { two->jobs[1], two->jobs[0] };
	ct_ok(cairn_job_enqueue(conn, jobs, 2, two->each, ct_err()));
}

static void ask_for_the_last(cairn_conn *conn, void *arg)
{
	struct two *two = arg;
	ct_ok(cairn_job_enqueue(conn, &two->jobs[1], 1, &two->last, ct_err()));
}

static void commit_the_first(cairn_conn *conn, void *arg)
{
	struct two *two = arg;
	(void)conn;
	ct_ok(cairn_commit(&two->tx, ct_err()));
}

/* The batch waits for the first key without holding the last, which somebody else gets. */
static void inserted_in_order(struct two *two)
{
	ct_session *a = ct_session_new("a");
	ct_session *b = ct_session_new("b");
	ct_session *c = ct_session_new("c");
	ct_step(a, begin_with_the_first, two);
	ct_true(!ct_start(b, ask_backwards, two));
	ct_step(c, ask_for_the_last, two);
	ct_int(two->last.disposition, CAIRN_INSERTED);
	ct_step(a, commit_the_first, two);
	ct_join(b);
	ct_id(two->each[0].id, two->last.id);
	ct_id(two->each[1].id, two->first.id);
	ct_int(two->each[0].disposition, CAIRN_EXISTING);
	ct_int(two->each[1].disposition, CAIRN_EXISTING);
}

static struct two two_of(const char *type, const char *tenant, const char *key)
{
	struct two two = { .tx = CAIRN_TX_INIT };
	for (size_t i = 0; i < 2; i++)
		two.jobs[i] = (cairn_job_new){ .type = cairn_str_of(type),
					       .tenant = cairn_str_of(tenant),
					       .key = cairn_str_of(key) };
	return two;
}

static void keys_go_in_by_bytes(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	struct two two = two_of("t", "x", "B"); /* a dictionary has it behind a */
	two.jobs[1].key = CAIRN_STR("a");
	inserted_in_order(&two);
}

static void tenants_go_before_keys(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	struct two two = two_of("t", "X", "b");
	two.jobs[1].tenant = CAIRN_STR("a");
	two.jobs[1].key = CAIRN_STR("a");
	inserted_in_order(&two);
}

static void types_go_before_tenants(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "T");
	ct_define(conn, "a");
	struct two two = two_of("T", "y", "b");
	two.jobs[1] = two_of("a", "x", "a").jobs[0];
	inserted_in_order(&two);
}

/* ---- races --------------------------------------------------------------------- */

#define RACERS 6
#define KEYS   25
#define ROUNDS 6

struct same_keys {
	cairn_job_added each[RACERS][KEYS];
};

/* Each asks for the same keys one by one, in an order of its own. */
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

/* Each sends the same batches, every time in another order; the last one is looked at. */
static void ask_in_batches(cairn_conn *conn, unsigned number, void *arg)
{
	struct same_keys *race = arg;
	cairn_job_new jobs[KEYS];
	cairn_job_added added[KEYS];
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < KEYS; i++) {
			size_t at = (i * (number % 4 + 1) + number * 3) % KEYS;
			jobs[i] = ct_new("t");
			jobs[i].key = cairn_str_of(ct_format("%zu-%02zu", round, at));
		}
		ct_ok(cairn_job_enqueue(conn, jobs, KEYS, added, ct_err()));
	}
	for (size_t i = 0; i < KEYS; i++)
		race->each[number][(i * (number % 4 + 1) + number * 3) % KEYS] = added[i];
}

/* For each key: one inserted it, all got the same id, one event. */
static void same_for_all(cairn_conn *conn, const struct same_keys *race, size_t jobs)
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
	ct_int(ct_count_jobs(conn, 0), jobs);
}

static void same_requests_race(void)
{
	cairn_conn *conn = ct_open();
	struct same_keys *race = ct_alloc(sizeof(*race));
	ct_define(conn, "t");
	ct_race(RACERS, ask_for_all, race);
	same_for_all(conn, race, KEYS);
}

static void batches_race(void)
{
	cairn_conn *conn = ct_open();
	struct same_keys *race = ct_alloc(sizeof(*race));
	ct_define(conn, "t");
	ct_race(RACERS, ask_in_batches, race);
	same_for_all(conn, race, ROUNDS * KEYS);
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
	{ .name = "jobs.idempotency.a_batch_inserts_its_keys_by_bytes",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "A batch that waits for a key holds none that is larger by bytes: so batches "
		  "never "
		  "deadlock.",
	  .run = keys_go_in_by_bytes },
	{ .name = "jobs.idempotency.a_batch_inserts_tenant_by_tenant",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "The order in which a batch inserts keys goes by tenant before key.",
	  .run = tenants_go_before_keys },
	{ .name = "jobs.idempotency.a_batch_inserts_type_by_type",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "The order in which a batch inserts keys goes by type before tenant.",
	  .run = types_go_before_tenants },
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

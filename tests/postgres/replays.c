/*
 * replays.c - what replay runs and budgets meet on Postgres alone: no memory between two statements of a pipeline, and
 * what others commit while a statement waits.
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cairn/cairn.h>
#include <cairn/postgres.h>

#include "../kit/pg_url.h"
#include "../tap.h"

static cairn_conn *conn;
static cairn_conn *other;
static PGconn *pg;
static size_t countdown; /* the allocation that fails; 0: none */
static int failed;	 /* it did */

static void *failing(void *user, void *ptr, size_t old_size, size_t new_size)
{
	(void)user;
	if (new_size > old_size && countdown > 0 && --countdown == 0) {
		failed = 1;
		return NULL;
	}
	if (new_size == 0) {
		free(ptr);
		return NULL;
	}
	return realloc(ptr, new_size);
}

static void must(cairn_status st, const cairn_error *err)
{
	if (st == CAIRN_OK)
		return;
	printf("Bail out! %s %s (%s)\n", err->code, err->message, err->detail);
	exit(1);
}

static cairn_conn *open_conn(const char *more)
{
	char url[1200];
	const cairn_conn_opts opts = { .size = sizeof opts, .alloc = failing };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *made = NULL;
	const char *given = pg_url();
	snprintf(url, sizeof url, "%s%sschema=replays_%ld%s", given,
		 strchr(given, '?') == NULL ? "?" : "&", (long)getpid(), more);
	must(cairn_open(&made, &cairn_postgres, url, &opts, &err), &err);
	return made;
}

static void open_store(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_definition type = { .type = CAIRN_STR("t") };
	conn = open_conn("");
	must(cairn_migrate_up(conn, NULL, NULL, &err), &err);
	must(cairn_job_define(conn, &type, 1, &err), &err);
	other = open_conn("");
	pg = PQconnectdb(pg_url());
}

static cairn_id enqueue(cairn_conn *on)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_job_new job = { .type = CAIRN_STR("t") };
	cairn_job_added added;
	must(cairn_job_enqueue(on, &job, 1, &added, &err), &err);
	return added.id;
}

/* ---- no memory ------------------------------------------------------------------ */

/* A job that is its queue's first. */
static cairn_lease claim(cairn_conn *on)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_claim_opts opts = { .size = sizeof opts,
					.worker = CAIRN_STR("w"),
					.queue = CAIRN_STR("replays") };
	const cairn_job_new job = { .type = CAIRN_STR("t"), .queue = CAIRN_STR("replays") };
	cairn_job_added added;
	cairn_jobs *jobs = NULL;
	must(cairn_job_enqueue(on, &job, 1, &added, &err), &err);
	must(cairn_job_claim(on, &opts, &jobs, &err), &err);
	cairn_lease lease = cairn_job_lease(jobs->at);
	cairn_free(jobs);
	return lease;
}

static cairn_replay *begin(cairn_conn *on, const cairn_lease *lease)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_replay *replay = NULL;
	must(cairn_replay_begin(on, lease, NULL, &replay, &err), &err);
	return replay;
}

/* A value whose name and text do not fit into what is there already. */
static cairn_status keep(cairn_replay *replay, const char *name, cairn_error *err)
{
	static char text[3000];
	const cairn_replay_call call = { .kind = CAIRN_STR("v"), .name = cairn_str_of(name) };
	cairn_replay_step step;
	memset(text, ' ', sizeof text);
	text[0] = '1';
	const cairn_str value = { text, sizeof text };
	return cairn_replay_value(replay, &call, &value, 1, &step, err);
}

static void no_memory(const char *more, const char *what)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *on = open_conn(more);
	const cairn_lease lease = claim(on);
	cairn_replay *replay = begin(on, &lease);
	int good = 1;
	int refused = 0;
	for (size_t n = 2; n < 1000; n++) {
		cairn_tx tx = CAIRN_TX_INIT;
		countdown = n / 2;
		failed = 0;
		cairn_status st = keep(replay, "kept", &err);
		countdown = 0;
		good &= st == (failed ? CAIRN_NOMEM : CAIRN_OK);
		good &= cairn_begin(on, &tx, &err) == CAIRN_OK &&
			cairn_commit(&tx, &err) == CAIRN_OK;
		if (!failed || !good)
			break;
		refused++;
	}
	ok(good && refused > 0, "%s: %d times no memory, and the session goes on (%s)", what,
	   refused, err.detail);
	cairn_replay_close(replay);
	cairn_close(on);
}

/* ---- what others commit meanwhile --------------------------------------------------- */

struct charges {
	cairn_entry_new items[2];
	cairn_entry_done each[2];
	size_t count;
	cairn_status status;
};

static void *charge(void *user)
{
	struct charges *charges = user;
	cairn_error err = CAIRN_ERROR_INIT;
	charges->status = cairn_budget_charge(other, cairn_any(), charges->items, charges->count,
					      charges->each, &err);
	return NULL;
}

/* For a row of such a table of this program's schema: others have their own on this server. */
static void until_somebody_waits(const char *table)
{
	char look[200];
	snprintf(look, sizeof look,
		 "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
		 "AND query LIKE '%%replays_%ld%%%s%%'",
		 (long)getpid(), table);
	for (int i = 0; i < 1000; i++) {
		PGresult *result = PQexec(pg, look);
		int n = PQntuples(result);
		PQclear(result);
		if (n > 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	printf("Bail out! nobody waits\n");
	exit(1);
}

static int64_t spent(cairn_id run)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_budgets *budgets = NULL;
	cairn_entries *entries = NULL;
	const cairn_entry_filter filter = { .size = sizeof filter,
					    .scope = cairn_any(),
					    .run = run };
	must(cairn_budget_read(conn, cairn_any(), run, &budgets, &err), &err);
	must(cairn_budget_entries(conn, &filter, &entries, &err), &err);
	int64_t sum = budgets->count > 0 ? budgets->at[0].spent : 0;
	for (size_t i = 0; i < entries->count; i++)
		sum -= entries->at[i].state == CAIRN_ENTRY_CHARGED ? entries->at[i].amount : 0;
	is_int(sum, 0, "what is spent is the sum of what is charged");
	sum = budgets->count > 0 ? budgets->at[0].spent : 0;
	cairn_free(budgets);
	cairn_free(entries);
	return sum;
}

#define ENTRY(whose, amount_) \
	{ \
		.run = (whose), .axis = CAIRN_STR("a"), .source_type = CAIRN_STR("s"), \
		.source_id = CAIRN_STR("1"), .amount = (amount_) \
	}

/* A job that is enqueued while its charge waits for another budget. */
static void comes_meanwhile(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	pthread_t thread;
	cairn_id there = enqueue(conn);
	cairn_entry_new first = ENTRY(there, 1);
	cairn_entry_done done;
	first.source_id = CAIRN_STR("0");
	must(cairn_begin(conn, &tx, &err), &err);
	must(cairn_budget_charge(conn, cairn_any(), &first, 1, &done, &err), &err);
	cairn_id new = enqueue(conn);
	struct charges charges = { .items = { ENTRY(there, 2), ENTRY(new, 4) }, .count = 2 };
	pthread_create(&thread, NULL, charge, &charges);
	until_somebody_waits("cairn_ledger");
	must(cairn_commit(&tx, &err), &err);
	pthread_join(thread, NULL);
	is_int(charges.status, CAIRN_OK, "charges are made");
	is_int(charges.each[0].status, CAIRN_OK, "that of the job that was there");
	is_int(spent(there), 3, "and counts");
	int64_t want = charges.each[1].status == CAIRN_OK ? 4 : 0;
	is_int(spent(new), want, "that of the other one is as it was told");
}

/* A charge of 6 that waits while somebody does this. */
static cairn_entry_done waits_while(cairn_id run, const char *source, int64_t total, int64_t amount)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	pthread_t thread;
	cairn_entry_new item = ENTRY(run, amount);
	cairn_entry_done done;
	const cairn_budget_new budget = { .axis = CAIRN_STR("a"),
					  .kind = CAIRN_BUDGET_HARD,
					  .total = total };
	struct charges charges = { .items = { ENTRY(run, 6) }, .count = 1 };
	charges.items[0].source_id = cairn_str_of(source);
	must(cairn_begin(conn, &tx, &err), &err);
	if (amount > 0)
		must(cairn_budget_charge(conn, cairn_any(), &item, 1, &done, &err), &err);
	else
		must(cairn_budget_set(conn, cairn_any(), run, &budget, 1, &err), &err);
	pthread_create(&thread, NULL, charge, &charges);
	until_somebody_waits("cairn_ledger");
	must(cairn_commit(&tx, &err), &err);
	pthread_join(thread, NULL);
	is_int(charges.status, CAIRN_OK, "the call was made");
	return charges.each[0];
}

/* What was charged, and what total was set, while a charge waited: it is held against that. */
static void written_meanwhile(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_id run = enqueue(conn);
	cairn_entry_new first = ENTRY(run, 1);
	cairn_entry_done done;
	first.source_id = CAIRN_STR("0");
	must(cairn_budget_charge(conn, cairn_any(), &first, 1, &done, &err), &err);
	is_int(waits_while(run, "2", 0, 5).status, CAIRN_OK, "beside another charge");
	is_int(spent(run), 12, "both count");
	is_int(waits_while(run, "3", 15, 0).code, CAIRN_E_BUDGET_EXCEEDED,
	       "against a total that was set");
	is_int(spent(run), 12, "nothing counts");
	const cairn_budget_new more = { .axis = CAIRN_STR("a"),
					.kind = CAIRN_BUDGET_HARD,
					.total = 20 };
	must(cairn_budget_set(conn, cairn_any(), run, &more, 1, &err), &err);
	first = (cairn_entry_new)ENTRY(run, 2);
	first.source_id = CAIRN_STR("4");
	must(cairn_budget_reserve(conn, cairn_any(), &first, 1, CAIRN_HOUR, &done, &err), &err);
	is_int(waits_while(run, "5", 18, 0).code, CAIRN_E_BUDGET_EXCEEDED,
	       "what is reserved counts, too");
	is_int(waits_while(run, "5", 20, 0).status, CAIRN_OK, "and fits into a larger total");
	is_int(spent(run), 18, "which is full");
}

/* ---- steps ------------------------------------------------------------------------------- */

/* Two attempts under one lease; the second one does this in a thread. */
struct pair {
	cairn_lease lease;
	cairn_replay *one;
	cairn_replay *two;
	const char *name;
	int completes;
	cairn_replay_step step;
	cairn_status status;
	cairn_error err;
};

static struct pair pair(void)
{
	struct pair pair = { .err = CAIRN_ERROR_INIT };
	pair.lease = claim(conn);
	pair.one = begin(conn, &pair.lease);
	pair.two = begin(other, &pair.lease);
	return pair;
}

static void *second(void *user)
{
	struct pair *pair = user;
	const cairn_replay_call call = { .kind = CAIRN_STR("v"), .name = cairn_str_of(pair->name) };
	const cairn_str value = CAIRN_STR("2");
	if (pair->completes)
		pair->status =
			cairn_replay_complete(pair->two, &pair->step, value, NULL, 0, &pair->err);
	else
		pair->status =
			cairn_replay_value(pair->two, &call, &value, 1, &pair->step, &pair->err);
	return NULL;
}

/* The second one waits for the job while the first one records this, beats (NULL), or ends it (""). */
static void second_waits(struct pair *pair, const char *name)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_tx tx = CAIRN_TX_INIT;
	pthread_t thread;
	cairn_changed changed;
	const cairn_finish end = { .how = CAIRN_FINISH_SUCCESS };
	must(cairn_begin(conn, &tx, &err), &err);
	if (name == NULL)
		must(cairn_job_heartbeat(conn, &pair->lease, 1, CAIRN_HOUR, &changed, &err), &err);
	else if (name[0] == '\0')
		must(cairn_replay_finish(pair->one, &end, &err), &err);
	else
		must(keep(pair->one, name, &err), &err);
	pthread_create(&thread, NULL, second, pair);
	until_somebody_waits("cairn_job_live");
	must(cairn_commit(&tx, &err), &err);
	pthread_join(thread, NULL);
}

/* The events of steps are as many as they should be, and numbered without a gap. */
static void has_events(cairn_id id, int steps)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_event_rows *rows = NULL;
	int n = 0;
	int whole = 1;
	must(cairn_job_events(conn, cairn_any(), id, 0, 0, &rows, &err), &err);
	for (size_t i = 0; i < rows->count; i++) {
		n += rows->at[i].kind >= CAIRN_EVENT_STEP_STARTED;
		whole &= rows->at[i].seq == (int64_t)i + 1;
	}
	is_int(n, steps, "events of steps");
	ok(whole, "numbered one by one");
	cairn_free(rows);
}

static void steps_meanwhile(void)
{
	struct pair pair_ = pair();
	struct pair *two = &pair_;
	cairn_error err = CAIRN_ERROR_INIT;
	two->name = "b";
	second_waits(two, "a");
	is_int(two->status, CAIRN_OK, "beside another value");
	ok(two->step.seq == 2 && two->step.result.ptr[0] == '2', "the second one");
	two->name = "c";
	second_waits(two, "c");
	is_int(two->status, CAIRN_OK, "a value that was recorded meanwhile");
	ok(two->step.seq == 3 && two->step.result.ptr[0] == '1', "is found");
	two->name = "d";
	second_waits(two, NULL);
	is_int(two->status, CAIRN_OK, "beside a heartbeat");
	is_int(two->step.seq, 4, "the fourth one");
	has_events(two->lease.id, 4);
	const cairn_replay_call call = { .kind = CAIRN_STR("s"), .name = CAIRN_STR("e") };
	must(cairn_replay_step_begin(two->two, &call, 1, &two->step, &err), &err);
	two->completes = 1;
	second_waits(two, "f");
	is_int(two->status, CAIRN_OK, "a step is completed beside a value");
	has_events(two->lease.id, 7);
	two->completes = 0;
	two->name = "g";
	second_waits(two, "");
	is_int(two->status, CAIRN_STALE, two->err.code);
	cairn_replay_close(two->one);
	cairn_replay_close(two->two);
}

int main(void)
{
	open_store();
	no_memory("", "a session of cairn's own");
	no_memory("&pooler=transaction", "behind a pooler");
	comes_meanwhile();
	written_meanwhile();
	steps_meanwhile();
	cairn_close(other);
	cairn_close(conn);
	PQfinish(pg);
	return tap_done();
}

/*
 * replays.c - what replay runs meet on Postgres alone: no memory between two statements of a pipeline, and what
 * others commit while a statement waits. (Budgets: ledgers.c)
 */
#include "meanwhile.h"

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

/* ---- no memory ------------------------------------------------------------------ */

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
	cairn_conn *on = open_conn(more, failing);
	const cairn_lease lease = claim(on, "t");
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
	pair.lease = claim(conn, "t");
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
	steps_meanwhile();
	close_store();
	return tap_done();
}

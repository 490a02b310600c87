/* work.c - the invariant run's operations that make jobs and work on them. */
#include "invariant.h"

#define MOST 4

/* ---- producing --------------------------------------------------------- */

struct request {
	char token[80];
	char payload[128];
	char key[24];
	char queue[8];
	cairn_job_new job;
};

static void make_request(struct inv *inv, struct request *one, uint64_t call, size_t i)
{
	static const char *const types[] = { "work", "work", "fragile", "brief", "gone" };
	const char *type = types[inv_below(inv, 5)];
	memset(one, 0, sizeof *one);
	one->job.type = cairn_str_of(type);
	snprintf(one->queue, sizeof one->queue, "%s", inv_queue(inv));
	one->job.queue = cairn_str_of(one->queue);
	if (inv_chance(inv, 20))
		one->job.tenant = CAIRN_STR("t1");
	if (inv_chance(inv, 8))
		one->job.owner = CAIRN_STR("o1");
	if (inv_chance(inv, 30)) {
		one->job.set = CAIRN_JOB_PRIORITY;
		one->job.priority = (int32_t)inv_below(inv, 5);
	}
	if (inv_chance(inv, 30) && (strcmp(type, "work") == 0 || strcmp(type, "fragile") == 0)) {
		/* the whole request follows from key and variant: an equal one is a repetition */
		uint32_t key = inv_below(inv, 150);
		uint32_t variant = (uint32_t)inv_chance(inv, 15);
		snprintf(one->key, sizeof one->key, "k%u", key);
		snprintf(one->queue, sizeof one->queue, "q%u", key % INV_QUEUES);
		snprintf(one->token, sizeof one->token, "%s.%u", one->key, variant);
		one->job.key = cairn_str_of(one->key);
		one->job.owner = (cairn_str){ NULL, 0 };
		one->job.set = 0;
		one->job.priority = 0;
	} else {
		snprintf(one->token, sizeof one->token, "%s.%llu.%zu", inv->name,
			 (unsigned long long)call, i);
		if (inv_chance(inv, 20))
			one->job.run_at = inv_clock(inv) + inv_below(inv, 2000000);
	}
	snprintf(one->payload, sizeof one->payload, "{\"token\":\"%s\"}", one->token);
	one->job.payload = cairn_str_of(one->payload);
}

static void say_request(struct inv *inv, const struct inv_line *line, const struct request *one,
			const char *more)
{
	inv_say(inv, line, "type=%s tenant=%s key=%s token=%s %s", one->job.type.ptr,
		one->job.tenant.ptr != NULL ? one->job.tenant.ptr : "", one->key, one->token, more);
}

static size_t begin_enqueue(struct inv *inv, uint64_t call, struct request *requests,
			    cairn_job_new *jobs)
{
	size_t n = 1 + inv_below(inv, MOST);
	for (size_t i = 0; i < n; i++) {
		make_request(inv, &requests[i], call, i);
		jobs[i] = requests[i].job;
		say_request(inv, &(struct inv_line){ 'B', call, "enqueue", NULL, 0, 0, 0 },
			    &requests[i], "");
	}
	return n;
}

static void end_enqueue(struct inv *inv, uint64_t call, const struct request *requests, size_t n,
			const cairn_job_added *each, cairn_status status)
{
	for (size_t i = 0; i < n; i++) {
		int good = status == CAIRN_OK && each[i].status == CAIRN_OK;
		struct inv_line line = { 'A',
					 call,
					 "enqueue",
					 good ? &each[i].id : NULL,
					 0,
					 status != CAIRN_OK ? status : each[i].status,
					 status != CAIRN_OK ? CAIRN_E_NONE : each[i].code };
		say_request(inv, &line, &requests[i],
			    !good				    ? "-"
			    : each[i].disposition == CAIRN_INSERTED ? "new=1"
								    : "new=0");
		if (good)
			inv_seen(inv, each[i].id);
	}
}

void inv_enqueue(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct request requests[MOST];
	cairn_job_new jobs[MOST];
	cairn_job_added each[MOST];
	cairn_tx tx = CAIRN_TX_INIT;
	uint64_t call = inv_call(inv);
	size_t n = begin_enqueue(inv, call, requests, jobs);
	int lose = inv->broken != NULL && strcmp(inv->broken, "lose") == 0;
	if (lose)
		inv_must(cairn_begin(inv->conn, &tx, &err), &err, "begin");
	cairn_status status = cairn_job_enqueue(inv->conn, jobs, n, each, &err);
	if (lose)
		cairn_rollback(&tx);
	end_enqueue(inv, call, requests, n, each, status);
}

/* In a transaction of the application's own, which it may take back. */
void inv_outbox(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct request requests[MOST];
	cairn_job_new jobs[MOST];
	cairn_job_added each[MOST];
	cairn_tx tx = CAIRN_TX_INIT;
	uint64_t call = inv_call(inv);
	size_t n = begin_enqueue(inv, call, requests, jobs);
	cairn_status status = cairn_begin(inv->conn, &tx, &err);
	if (status == CAIRN_OK)
		status = cairn_job_enqueue(inv->conn, jobs, n, each, &err);
	int take_back = inv_chance(inv, 50);
	if (status == CAIRN_OK && !take_back)
		status = cairn_commit(&tx, &err);
	cairn_rollback(&tx);
	if (!take_back || status != CAIRN_OK) {
		end_enqueue(inv, call, requests, n, each, status);
		return;
	}
	for (size_t i = 0; i < n; i++)
		say_request(inv, &(struct inv_line){ 'A', call, "rollback", NULL, 0, CAIRN_OK, 0 },
			    &requests[i], "");
}

/* ---- claiming ---------------------------------------------------------- */

static void claim_opts(struct inv *inv, uint64_t call, cairn_claim_opts *opts)
{
	*opts = (cairn_claim_opts){ .size = sizeof *opts,
				    .worker = cairn_str_of(inv->name),
				    .queue = cairn_str_of(inv_queue(inv)),
				    .limit = 1 + inv_below(inv, 5),
				    .lease = 200 * CAIRN_MILLISECOND +
					     (cairn_usec)inv_below(inv, 1500000),
				    .prestart = (uint32_t)inv_chance(inv, 25) };
	if (inv_chance(inv, 50))
		opts->owner = CAIRN_STR("o1");
	inv_say(inv, &(struct inv_line){ 'B', call, "claim", NULL, 0, 0, 0 }, "queue=%s",
		opts->queue.ptr);
}

static void claimed(struct inv *inv, uint64_t call, cairn_status status)
{
	size_t n = status == CAIRN_OK ? inv->jobs->count : 0;
	for (size_t i = 0; i < n; i++) {
		const cairn_job *job = &inv->jobs->at[i];
		inv_say(inv,
			&(struct inv_line){ 'A', call, "claim", &job->id, job->fence, CAIRN_OK, 0 },
			"worker=%s at=%lld until=%lld run=%d attempt=%d prestart=%u", inv->name,
			(long long)job->leased_at, (long long)job->lease_expires_at,
			job->run_number, job->attempt, job->prestart);
		inv_seen(inv, job->id);
		if (inv->held_count < INV_HELD)
			inv->held[inv->held_count++] = cairn_job_lease(job);
	}
	inv_say(inv, &(struct inv_line){ 'A', call, "claim", NULL, 0, status, 0 }, "count=%zu", n);
}

void inv_claim(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_claim_opts opts;
	if (inv->held_count + 5 > INV_HELD) {
		inv_finish(inv);
		return;
	}
	uint64_t call = inv_call(inv);
	claim_opts(inv, call, &opts);
	claimed(inv, call, cairn_job_claim(inv->conn, &opts, &inv->jobs, &err));
}

/* ---- under a lease ------------------------------------------------------ */

/* The held leases in a new order: calls take theirs from the end. */
static void shuffle(struct inv *inv)
{
	for (size_t i = inv->held_count; i > 1; i--) {
		size_t j = inv_below(inv, (uint32_t)i);
		cairn_lease swap = inv->held[i - 1];
		inv->held[i - 1] = inv->held[j];
		inv->held[j] = swap;
	}
}

/* One job may be held twice, by an old lease and a new one: a batch takes one of them. */
static size_t take(struct inv *inv, cairn_lease *leases, size_t most)
{
	size_t n = 0;
	for (size_t i = inv->held_count; i > 0 && n < most; i--) {
		int twice = 0;
		for (size_t j = 0; j < n; j++)
			twice |= cairn_id_compare(leases[j].id, inv->held[i - 1].id) == 0;
		if (twice)
			continue;
		leases[n++] = inv->held[i - 1];
	}
	return n;
}

static void drop(struct inv *inv, const cairn_lease *lease)
{
	for (size_t i = 0; i < inv->held_count; i++) {
		if (inv->held[i].fence != lease->fence ||
		    cairn_id_compare(inv->held[i].id, lease->id) != 0)
			continue;
		inv->held[i] = inv->held[--inv->held_count];
		return;
	}
}

/* What is over is mostly let go of; a process that does not notice goes on with it. */
static void ended(struct inv *inv, const cairn_lease *lease)
{
	if (inv_chance(inv, 85))
		drop(inv, lease);
}

/* each: NULL before the call. */
static void say_lease(struct inv *inv, uint64_t call, const char *op, const cairn_lease *lease,
		      const cairn_changed *each, const char *more)
{
	struct inv_line line = { 'B', call, op, &lease->id, lease->fence, 0, CAIRN_E_NONE };
	if (each != NULL) {
		line.phase = 'A';
		line.status = each->status;
		line.code = each->code;
	}
	inv_say(inv, &line, "%s until=%lld", more,
		each != NULL ? (long long)each->lease_expires_at : 0LL);
}

void inv_heartbeat(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lease leases[MOST];
	cairn_changed each[MOST];
	uint64_t call = inv_call(inv);
	shuffle(inv);
	size_t n = take(inv, leases, 1 + inv_below(inv, MOST));
	cairn_usec lease = 200 * CAIRN_MILLISECOND + (cairn_usec)inv_below(inv, 1500000);
	for (size_t i = 0; i < n; i++)
		say_lease(inv, call, "heartbeat", &leases[i], NULL, "");
	cairn_status status = cairn_job_heartbeat(inv->conn, leases, n, lease, each, &err);
	inv_spread(each, n, status);
	for (size_t i = 0; i < n; i++) {
		say_lease(inv, call, "heartbeat", &leases[i], &each[i], "");
		if (each[i].status != CAIRN_OK && !cairn_status_retryable(each[i].status))
			ended(inv, &leases[i]);
	}
}

static void make_report(struct inv *inv, cairn_progress *item, const cairn_lease *lease)
{
	*item = (cairn_progress){ .lease = *lease };
	if (inv_chance(inv, 50))
		item->stage = CAIRN_STR("running");
	if (inv_chance(inv, 60)) {
		item->set = CAIRN_PROGRESS_DONE;
		item->done = inv_below(inv, 100);
	}
	if (inv_chance(inv, 30))
		item->checkpoint = CAIRN_STR("{\"at\":1}");
	if (inv_chance(inv, 40))
		item->extend = INV_LEASE;
}

void inv_progress(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lease leases[MOST];
	cairn_progress items[MOST];
	cairn_changed each[MOST];
	uint64_t call = inv_call(inv);
	shuffle(inv);
	size_t n = take(inv, leases, 1 + inv_below(inv, MOST));
	for (size_t i = 0; i < n; i++) {
		make_report(inv, &items[i], &leases[i]);
		say_lease(inv, call, "progress", &leases[i], NULL, "");
	}
	cairn_status status = cairn_job_progress(inv->conn, items, n, each, &err);
	inv_spread(each, n, status);
	for (size_t i = 0; i < n; i++)
		say_lease(inv, call, "progress", &leases[i], &each[i], "");
}

/* ---- ends --------------------------------------------------------------- */

struct end {
	char token[80];
	char output[112];
	char told[128];
};

static void make_end(struct inv *inv, cairn_finish *item, struct end *end, uint64_t call, size_t i)
{
	static const uint8_t hows[] = { CAIRN_FINISH_SUCCESS,	CAIRN_FINISH_SUCCESS,
					CAIRN_FINISH_SUCCESS,	CAIRN_FINISH_SUCCESS,
					CAIRN_FINISH_RETRYABLE, CAIRN_FINISH_RETRYABLE,
					CAIRN_FINISH_TIMEOUT,	CAIRN_FINISH_TERMINAL,
					CAIRN_FINISH_PANICKED,	CAIRN_FINISH_CONTINUE,
					CAIRN_FINISH_SNOOZE,	CAIRN_FINISH_RELEASE };
	static const char *const names[] = { "",	  "SUCCEEDED", "RETRYABLE",
					     "TIMEOUT",	  "TERMINAL",  "PANICKED",
					     "CONTINUED", "SNOOZED",   "RELEASED" };
	cairn_lease lease = item->lease;
	*item = (cairn_finish){ .lease = lease, .how = hows[inv_below(inv, sizeof hows)] };
	snprintf(end->token, sizeof end->token, "end.%s.%llu.%zu", inv->name,
		 (unsigned long long)call, i);
	snprintf(end->output, sizeof end->output, "{\"end\":\"%s\"}", end->token);
	if (item->how == CAIRN_FINISH_SUCCESS)
		item->output = cairn_str_of(end->output);
	else if (item->how <= CAIRN_FINISH_PANICKED)
		item->error_code = cairn_str_of(end->token);
	else
		item->delay = inv_below(inv, 500000);
	snprintf(end->told, sizeof end->told, "ending=%s token=%s", names[item->how], end->token);
	say_lease(inv, call, "finish", &item->lease, NULL, end->told);
}

static void tell_ends(struct inv *inv, uint64_t call, const cairn_finish *items,
		      const struct end *ends, size_t n, const cairn_changed *each)
{
	for (size_t i = 0; i < n; i++) {
		say_lease(inv, call, "finish", &items[i].lease, &each[i], ends[i].told);
		if (!cairn_status_retryable(each[i].status))
			ended(inv, &items[i].lease);
	}
}

/* A worker that writes under a fence that another one was given. */
static void steal(struct inv *inv, cairn_finish *item)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (inv->broken == NULL || strcmp(inv->broken, "steal") != 0 ||
	    cairn_job_get(inv->conn, cairn_any(), inv_any_job(inv), &inv->jobs, &err) != CAIRN_OK)
		return;
	if (inv->jobs->at[0].status == CAIRN_JOB_LEASED)
		item->lease = cairn_job_lease(&inv->jobs->at[0]);
}

void inv_finish(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lease leases[MOST];
	cairn_finish items[MOST];
	struct end ends[MOST];
	cairn_changed each[MOST];
	cairn_claim_opts opts;
	uint64_t call = inv_call(inv);
	shuffle(inv);
	size_t n = take(inv, leases, 1 + inv_below(inv, MOST));
	for (size_t i = 0; i < n; i++)
		items[i].lease = leases[i];
	if (n == 1)
		steal(inv, &items[0]);
	for (size_t i = 0; i < n; i++)
		make_end(inv, &items[i], &ends[i], call, i);
	if (inv_chance(inv, 60) || inv->held_count + 5 > INV_HELD) {
		cairn_status status = cairn_job_finish(inv->conn, items, n, each, &err);
		inv_spread(each, n, status);
		tell_ends(inv, call, items, ends, n, each);
		return;
	}
	claim_opts(inv, call, &opts);
	cairn_status status =
		cairn_job_finish_and_claim(inv->conn, items, n, each, &opts, &inv->jobs, &err);
	inv_spread(each, n, status);
	tell_ends(inv, call, items, ends, n, each);
	claimed(inv, call, status);
}

/* Ends, reports, heartbeats and a claim at once. */
void inv_turn(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lease leases[3 * MOST];
	cairn_finish items[MOST];
	struct end ends[MOST];
	cairn_progress reports[MOST];
	cairn_changed each[3 * MOST];
	cairn_claim_opts opts;
	uint64_t call = inv_call(inv);
	shuffle(inv);
	size_t all = take(inv, leases, 3 * (size_t)MOST);
	size_t f = inv_below(inv, MOST + 1);
	f = f > all ? all : f;
	size_t r = inv_below(inv, MOST + 1);
	r = r > all - f ? all - f : r;
	size_t b = all - f - r > MOST ? MOST : all - f - r;
	cairn_turn turn = { .size = sizeof turn,
			    .finishes = items,
			    .finish_count = f,
			    .reports = reports,
			    .report_count = r,
			    .beats = leases + f + r,
			    .beat_count = b,
			    .lease = INV_LEASE };
	for (size_t i = 0; i < f; i++) {
		items[i].lease = leases[i];
		make_end(inv, &items[i], &ends[i], call, i);
	}
	for (size_t i = 0; i < r; i++) {
		make_report(inv, &reports[i], &leases[f + i]);
		say_lease(inv, call, "progress", &leases[f + i], NULL, "");
	}
	for (size_t i = 0; i < b; i++)
		say_lease(inv, call, "heartbeat", &leases[f + r + i], NULL, "");
	int claim = inv_chance(inv, 60) && inv->held_count + 5 <= INV_HELD;
	if (claim) {
		claim_opts(inv, call, &opts);
		turn.claim = &opts;
	}
	cairn_status status = cairn_job_turn(inv->conn, &turn, each, &inv->jobs, &err);
	inv_spread(each, f + r + b, status);
	tell_ends(inv, call, items, ends, f, each);
	for (size_t i = f; i < f + r; i++)
		say_lease(inv, call, "progress", &leases[i], &each[i], "");
	for (size_t i = f + r; i < f + r + b; i++)
		say_lease(inv, call, "heartbeat", &leases[i], &each[i], "");
	if (claim)
		claimed(inv, call, status);
}

void inv_forget(struct inv *inv)
{
	shuffle(inv);
	for (uint32_t n = inv_below(inv, 6); n > 0 && inv->held_count > 0; n--)
		inv->held_count--;
}

/* Past its leases, and then it goes on as if nothing were. */
void inv_hang(struct inv *inv)
{
	inv_nap(CAIRN_SECOND + (cairn_usec)inv_below(inv, 1000000));
}

void inv_panic(struct inv *inv)
{
	(void)inv;
	_exit(70);
}

/* work.c - the invariant run's operations that work on jobs: claims, and all under a lease. */
#include "invariant.h"

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
	uint32_t dice = inv_below(inv, 100);
	if (dice < 70)
		opts->owner = dice < 50 ? CAIRN_STR("o1") : CAIRN_STR("o2");
	inv_say(inv, &(struct inv_line){ 'B', call, "claim", NULL, 0, 0, 0 }, "queue=%s",
		opts->queue.ptr);
}

void inv_say_claim(struct inv *inv, uint64_t call, const cairn_job *job, const char *owner,
		   const char *more)
{
	char at[80];
	inv_member(at, sizeof at, job->checkpoint, "\"at\":\"");
	inv_say(inv, &(struct inv_line){ 'A', call, "claim", &job->id, job->fence, CAIRN_OK, 0 },
		"worker=%s at=%lld until=%lld run=%d attempt=%d prestart=%u queue=%s "
		"resource=%s/%s "
		"owner=%s mine=%s cp=%s %s",
		inv->name, (long long)job->leased_at, (long long)job->lease_expires_at,
		job->run_number, job->attempt, job->prestart, job->queue.ptr,
		job->tenant.ptr != NULL ? job->tenant.ptr : "",
		job->resource_key.ptr != NULL ? job->resource_key.ptr : "",
		job->owner.ptr != NULL ? job->owner.ptr : "", owner, at, more);
}

static void claimed(struct inv *inv, uint64_t call, const cairn_claim_opts *opts,
		    cairn_status status)
{
	size_t n = status == CAIRN_OK ? inv->jobs->count : 0;
	for (size_t i = 0; i < n; i++) {
		const cairn_job *job = &inv->jobs->at[i];
		inv_say_claim(inv, call, job, opts->owner.ptr != NULL ? opts->owner.ptr : "", "");
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
	claimed(inv, call, &opts, cairn_job_claim(inv->conn, &opts, &inv->jobs, &err));
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
	cairn_lease leases[INV_MOST];
	cairn_changed each[INV_MOST];
	uint64_t call = inv_call(inv);
	shuffle(inv);
	size_t n = take(inv, leases, 1 + inv_below(inv, INV_MOST));
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

struct report {
	char token[64];
	char checkpoint[80];
	char told[80];
};

static void make_checkpoint(struct inv *inv, struct report *one, uint64_t call, size_t i)
{
	snprintf(one->token, sizeof one->token, "cp.%s.%llu.%zu", inv->name,
		 (unsigned long long)call, i);
	snprintf(one->checkpoint, sizeof one->checkpoint, "{\"at\":\"%s\"}", one->token);
}

static void make_report(struct inv *inv, cairn_progress *item, const cairn_lease *lease,
			struct report *one, uint64_t call, size_t i)
{
	*item = (cairn_progress){ .lease = *lease };
	one->token[0] = '\0';
	if (inv_chance(inv, 50))
		item->stage = CAIRN_STR("running");
	if (inv_chance(inv, 60)) {
		item->set = CAIRN_PROGRESS_DONE;
		item->done = inv_below(inv, 100);
	}
	if (inv_chance(inv, 30)) {
		make_checkpoint(inv, one, call, i);
		item->checkpoint = cairn_str_of(one->checkpoint);
	}
	if (inv_chance(inv, 40))
		item->extend = INV_LEASE;
	snprintf(one->told, sizeof one->told, "cp=%s", one->token);
	say_lease(inv, call, "progress", lease, NULL, one->told);
}

void inv_progress(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lease leases[INV_MOST];
	cairn_progress items[INV_MOST];
	struct report reports[INV_MOST];
	cairn_changed each[INV_MOST];
	uint64_t call = inv_call(inv);
	shuffle(inv);
	size_t n = take(inv, leases, 1 + inv_below(inv, INV_MOST));
	for (size_t i = 0; i < n; i++)
		make_report(inv, &items[i], &leases[i], &reports[i], call, i);
	cairn_status status = cairn_job_progress(inv->conn, items, n, each, &err);
	inv_spread(each, n, status);
	for (size_t i = 0; i < n; i++)
		say_lease(inv, call, "progress", &leases[i], &each[i], reports[i].told);
}

struct line {
	char token[64];
	char told[80];
};

static void make_line(struct inv *inv, cairn_log_line *item, const cairn_lease *lease,
		      struct line *one, uint64_t call, size_t i)
{
	snprintf(one->token, sizeof one->token, "log.%s.%llu.%zu", inv->name,
		 (unsigned long long)call, i);
	snprintf(one->told, sizeof one->told, "token=%s", one->token);
	*item = (cairn_log_line){ .lease = *lease,
				  .level = CAIRN_LOG_INFO,
				  .message = cairn_str_of(one->token) };
	say_lease(inv, call, "log", lease, NULL, one->told);
}

/* Any leases that are held, some of them twice. */
static size_t make_lines(struct inv *inv, cairn_log_line *items, struct line *lines, uint64_t call)
{
	size_t n = inv->held_count > 0 ? inv_below(inv, INV_MOST + 1) : 0;
	for (size_t i = 0; i < n; i++)
		make_line(inv, &items[i], &inv->held[inv_below(inv, (uint32_t)inv->held_count)],
			  &lines[i], call, i);
	return n;
}

static void tell_lines(struct inv *inv, uint64_t call, const cairn_log_line *items,
		       const struct line *lines, size_t n, const cairn_changed *each)
{
	for (size_t i = 0; i < n; i++)
		say_lease(inv, call, "log", &items[i].lease, &each[i], lines[i].told);
}

void inv_log(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_line items[INV_MOST];
	struct line lines[INV_MOST];
	cairn_changed each[INV_MOST];
	uint64_t call = inv_call(inv);
	size_t n = make_lines(inv, items, lines, call);
	cairn_status status = cairn_job_log(inv->conn, items, n, each, &err);
	inv_spread(each, n, status);
	tell_lines(inv, call, items, lines, n, each);
}

/* ---- ends --------------------------------------------------------------- */

struct end {
	char token[80];
	char output[112];
	char told[208];
	struct report report;
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
	end->report.token[0] = '\0';
	if (item->how != CAIRN_FINISH_RELEASE && inv_chance(inv, 20)) {
		make_checkpoint(inv, &end->report, call, INV_MOST + i);
		item->checkpoint = cairn_str_of(end->report.checkpoint);
	}
	snprintf(end->told, sizeof end->told, "ending=%s token=%s cp=%s", names[item->how],
		 end->token, end->report.token);
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
	for (int i = 0; i < 20 && inv_wrong(inv, "steal"); i++) {
		if (cairn_job_get(inv->conn, cairn_any(), inv_any_job(inv), &inv->jobs, &err) !=
			    CAIRN_OK ||
		    inv->jobs->at[0].status != CAIRN_JOB_LEASED)
			continue;
		item->lease = cairn_job_lease(&inv->jobs->at[0]);
		return;
	}
}

void inv_finish(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_lease leases[INV_MOST];
	cairn_finish items[INV_MOST];
	struct end ends[INV_MOST];
	cairn_changed each[INV_MOST];
	cairn_claim_opts opts;
	uint64_t call = inv_call(inv);
	shuffle(inv);
	size_t n = take(inv, leases, inv_wrong(inv, "steal") ? 1 : 1 + inv_below(inv, INV_MOST));
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
	claimed(inv, call, &opts, status);
}

/* What one turn is made of. */
struct parts {
	cairn_lease leases[3 * INV_MOST];
	cairn_finish items[INV_MOST];
	struct end ends[INV_MOST];
	cairn_progress reports[INV_MOST];
	struct report told[INV_MOST];
	cairn_log_line logs[INV_MOST];
	struct line lines[INV_MOST];
	cairn_changed each[4 * INV_MOST];
	cairn_claim_opts opts;
	cairn_turn turn;
};

static void make_turn(struct inv *inv, struct parts *parts, uint64_t call)
{
	shuffle(inv);
	size_t all = take(inv, parts->leases, 3 * (size_t)INV_MOST);
	size_t f = inv_below(inv, INV_MOST + 1);
	f = f > all ? all : f;
	size_t r = inv_below(inv, INV_MOST + 1);
	r = r > all - f ? all - f : r;
	size_t b = all - f - r > INV_MOST ? INV_MOST : all - f - r;
	parts->turn = (cairn_turn){ .size = sizeof parts->turn,
				    .finishes = parts->items,
				    .finish_count = f,
				    .reports = parts->reports,
				    .report_count = r,
				    .beats = parts->leases + f + r,
				    .beat_count = b,
				    .lines = parts->logs,
				    .lease = INV_LEASE };
	for (size_t i = 0; i < f; i++) {
		parts->items[i].lease = parts->leases[i];
		make_end(inv, &parts->items[i], &parts->ends[i], call, i);
	}
	for (size_t i = 0; i < r; i++)
		make_report(inv, &parts->reports[i], &parts->leases[f + i], &parts->told[i], call,
			    i);
	for (size_t i = 0; i < b; i++)
		say_lease(inv, call, "heartbeat", &parts->turn.beats[i], NULL, "");
	parts->turn.line_count = make_lines(inv, parts->logs, parts->lines, call);
	if (inv_chance(inv, 60) && inv->held_count + 5 <= INV_HELD) {
		claim_opts(inv, call, &parts->opts);
		parts->turn.claim = &parts->opts;
	}
}

/* Ends, reports, heartbeats, lines and a claim at once. */
void inv_turn(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct parts parts;
	uint64_t call = inv_call(inv);
	make_turn(inv, &parts, call);
	const cairn_turn *turn = &parts.turn;
	cairn_changed *each = parts.each;
	cairn_status status = cairn_job_turn(inv->conn, turn, each, &inv->jobs, &err);
	inv_spread(each,
		   turn->finish_count + turn->report_count + turn->beat_count + turn->line_count,
		   status);
	tell_ends(inv, call, parts.items, parts.ends, turn->finish_count, each);
	each += turn->finish_count;
	for (size_t i = 0; i < turn->report_count; i++)
		say_lease(inv, call, "progress", &parts.reports[i].lease, &each[i],
			  parts.told[i].told);
	each += turn->report_count;
	for (size_t i = 0; i < turn->beat_count; i++)
		say_lease(inv, call, "heartbeat", &turn->beats[i], &each[i], "");
	each += turn->beat_count;
	tell_lines(inv, call, parts.logs, parts.lines, turn->line_count, each);
	if (turn->claim != NULL)
		claimed(inv, call, &parts.opts, status);
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

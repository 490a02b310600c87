/*
 * produce.c - the invariant run's operations that ask for jobs: at once, in a transaction of the
 * application's own, and as intents, which others promote.
 */
#include "invariant.h"

struct request {
	char token[80];
	char payload[128];
	char key[80];
	char queue[8];
	char resource[8];
	cairn_job_new job;
};

/* The whole request follows from key and variant: an equal one is a repetition. */
static void key_request(struct request *one, uint32_t key, int variant)
{
	snprintf(one->key, sizeof one->key, "k%u", key);
	snprintf(one->queue, sizeof one->queue, "q%u", key % INV_QUEUES);
	snprintf(one->token, sizeof one->token, "%s.%d", one->key, variant);
	if (key % 4 == 0)
		snprintf(one->resource, sizeof one->resource, "r%u", key % INV_RESOURCES);
}

static void free_request(struct inv *inv, struct request *one, uint64_t call, size_t i)
{
	snprintf(one->queue, sizeof one->queue, "%s", inv_queue(inv));
	if (inv_chance(inv, 10))
		one->job.owner = inv_chance(inv, 70) ? CAIRN_STR("o1") : CAIRN_STR("o2");
	if (inv_chance(inv, 30)) {
		one->job.set = CAIRN_JOB_PRIORITY;
		one->job.priority = (int32_t)inv_below(inv, 5);
	}
	if (inv_chance(inv, 25))
		snprintf(one->resource, sizeof one->resource, "r%u", inv_below(inv, INV_RESOURCES));
	if (inv_chance(inv, 20))
		one->job.run_at = inv_clock(inv) + inv_below(inv, 2000000);
	snprintf(one->token, sizeof one->token, "%s.%llu.%zu", inv->name, (unsigned long long)call,
		 i);
}

/* keyed: with a key in any case, its own or one that others use as well. */
static void make_request(struct inv *inv, struct request *one, uint64_t call, size_t i, int keyed)
{
	static const char *const types[] = { "work",	"work",	 "work", "work",
					     "fragile", "brief", "gone", "late" };
	const char *type = types[inv_below(inv, 8)];
	memset(one, 0, sizeof *one);
	if (keyed && (strcmp(type, "brief") == 0 || strcmp(type, "gone") == 0))
		type = "late";
	int keeps = strcmp(type, "brief") != 0 && strcmp(type, "gone") != 0;
	one->job.type = cairn_str_of(type);
	if (inv_chance(inv, 20))
		one->job.tenant = CAIRN_STR("t1");
	if (keeps && inv_chance(inv, keyed ? 50 : 30))
		key_request(one, inv_below(inv, 60), inv_chance(inv, 15));
	else
		free_request(inv, one, call, i);
	if (keyed && one->key[0] == '\0')
		snprintf(one->key, sizeof one->key, "i%s", one->token);
	one->job.key = cairn_str_of(one->key);
	one->job.queue = cairn_str_of(one->queue);
	one->job.resource_key = cairn_str_of(one->resource);
	snprintf(one->payload, sizeof one->payload, "{\"token\":\"%s\"}", one->token);
	one->job.payload = cairn_str_of(one->payload);
}

static const char *tenant_of(const struct request *one)
{
	return one->job.tenant.ptr != NULL ? one->job.tenant.ptr : "";
}

static void say_request(struct inv *inv, const struct inv_line *line, const struct request *one,
			const char *more)
{
	inv_say(inv, line, "type=%s tenant=%s key=%s token=%s %s", one->job.type.ptr,
		tenant_of(one), one->key, one->token, more);
}

static size_t begin(struct inv *inv, uint64_t call, const char *op, struct request *requests,
		    cairn_job_new *jobs)
{
	size_t n = 1 + inv_below(inv, INV_MOST);
	for (size_t i = 0; i < n; i++) {
		make_request(inv, &requests[i], call, i, strcmp(op, "record") == 0);
		jobs[i] = requests[i].job;
		say_request(inv, &(struct inv_line){ 'B', call, op, NULL, 0, 0, 0 }, &requests[i],
			    "");
	}
	return n;
}

static void taken_back(struct inv *inv, uint64_t call, const struct request *requests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		say_request(inv, &(struct inv_line){ 'A', call, "rollback", NULL, 0, CAIRN_OK, 0 },
			    &requests[i], "");
}

/* ---- jobs ---------------------------------------------------------------- */

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
	struct request requests[INV_MOST];
	cairn_job_new jobs[INV_MOST];
	cairn_job_added each[INV_MOST];
	cairn_tx tx = CAIRN_TX_INIT;
	uint64_t call = inv_call(inv);
	size_t n = begin(inv, call, "enqueue", requests, jobs);
	int lose = inv_wrong(inv, "lose");
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
	struct request requests[INV_MOST];
	cairn_job_new jobs[INV_MOST];
	cairn_job_added each[INV_MOST];
	cairn_tx tx = CAIRN_TX_INIT;
	uint64_t call = inv_call(inv);
	size_t n = begin(inv, call, "enqueue", requests, jobs);
	cairn_status status = cairn_begin(inv->conn, &tx, &err);
	if (status == CAIRN_OK)
		status = cairn_job_enqueue(inv->conn, jobs, n, each, &err);
	int take_back = inv_chance(inv, 50);
	if (status == CAIRN_OK && !take_back)
		status = cairn_commit(&tx, &err);
	cairn_rollback(&tx);
	if (take_back && status == CAIRN_OK)
		taken_back(inv, call, requests, n);
	else
		end_enqueue(inv, call, requests, n, each, status);
}

/* ---- intents ------------------------------------------------------------- */

static void end_record(struct inv *inv, uint64_t call, const struct request *requests, size_t n,
		       const cairn_intent_recorded *each, cairn_status status)
{
	for (size_t i = 0; i < n; i++) {
		char made[CAIRN_ID_TEXT] = "-";
		char more[128];
		int good = status == CAIRN_OK && each[i].status == CAIRN_OK;
		struct inv_line line = { 'A',
					 call,
					 "record",
					 good ? &each[i].id : NULL,
					 0,
					 status != CAIRN_OK ? status : each[i].status,
					 status != CAIRN_OK ? CAIRN_E_NONE : each[i].code };
		if (good && each[i].intent_status == CAIRN_INTENT_PROMOTED)
			cairn_id_format(each[i].job, made);
		snprintf(more, sizeof more, "new=%d made=%s",
			 good && each[i].disposition == CAIRN_INSERTED, made);
		say_request(inv, &line, &requests[i], more);
	}
}

/* Sometimes in a transaction that is taken back, and sometimes the same request again. */
void inv_record(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	struct request requests[INV_MOST];
	cairn_job_new jobs[INV_MOST];
	cairn_intent_recorded each[INV_MOST];
	cairn_tx tx = CAIRN_TX_INIT;
	uint64_t call = inv_call(inv);
	size_t n = begin(inv, call, "record", requests, jobs);
	int take_back = inv_chance(inv, 15);
	cairn_status status = cairn_begin(inv->conn, &tx, &err);
	if (status == CAIRN_OK)
		status = cairn_intent_record(inv->conn, jobs, n, each, &err);
	if (status == CAIRN_OK && !take_back)
		status = cairn_commit(&tx, &err);
	cairn_rollback(&tx);
	if (take_back && status == CAIRN_OK) {
		taken_back(inv, call, requests, n);
		return;
	}
	end_record(inv, call, requests, n, each, status);
	if (!inv_chance(inv, 20))
		return;
	call = inv_call(inv);
	for (size_t i = 0; i < n; i++)
		say_request(inv, &(struct inv_line){ 'B', call, "record", NULL, 0, 0, 0 },
			    &requests[i], "");
	status = cairn_intent_record(inv->conn, jobs, n, each, &err);
	end_record(inv, call, requests, n, each, status);
}

size_t inv_promote_some(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_promote_report *report = NULL;
	cairn_promote_opts opts = { .size = sizeof opts, .limit = 1 + inv_below(inv, 20) };
	uint64_t call = inv_call(inv);
	inv_say(inv, &(struct inv_line){ 'B', call, "promote", NULL, 0, 0, 0 }, "-");
	cairn_status status = cairn_intent_promote(inv->conn, &opts, &report, &err);
	size_t n = status == CAIRN_OK ? report->count : 0;
	for (size_t i = 0; i < n; i++) {
		const cairn_promoted *row = &report->at[i];
		char made[CAIRN_ID_TEXT] = "-";
		if (!cairn_id_is_none(row->job)) {
			cairn_id_format(row->job, made);
			inv_seen(inv, row->job);
		}
		inv_say(inv, &(struct inv_line){ 'A', call, "promote", &row->id, 0, CAIRN_OK, 0 },
			"what=%s made=%s attempts=%d why=%s", cairn_promotion_text(row->what), made,
			row->attempts, row->error_code.ptr != NULL ? row->error_code.ptr : "");
	}
	inv_say(inv, &(struct inv_line){ 'A', call, "promote", NULL, 0, status, 0 }, "count=%zu",
		n);
	cairn_free(report);
	return n;
}

void inv_promote(struct inv *inv)
{
	(void)inv_promote_some(inv);
}

/* Deletes some that were promoted; their keys are then free again among intents. */
void inv_forget_intents(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t deleted = 0;
	uint64_t call = inv_call(inv);
	cairn_time before = inv_clock(inv) - (cairn_usec)inv_below(inv, 3000000);
	uint32_t limit = 1 + inv_below(inv, 10);
	inv_say(inv, &(struct inv_line){ 'B', call, "unrecord", NULL, 0, 0, 0 }, "-");
	cairn_status status =
		cairn_intent_prune(inv->conn, cairn_any(), before, limit, &deleted, &err);
	inv_say(inv, &(struct inv_line){ 'A', call, "unrecord", NULL, 0, status, 0 }, "count=%zu",
		deleted);
}

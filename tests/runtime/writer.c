/*
 * writer.c - many threads share one connection: every call has its own outcome, what is acknowledged
 * is there, and commits are fewer than calls.
 */
#include "stores.h"

#define THREADS 16
#define CALLS	40

struct thread {
	pthread_t id;
	cairn_writer *writer;
	int number;
	int wrong; /* outcomes that are not what was asked for */
	cairn_id ids[CALLS];
};

static const store *on;

static int64_t count(uint32_t statuses)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_filter filter = { .size = sizeof filter,
				    .scope = cairn_any(),
				    .statuses = statuses,
				    .compact = 1,
				    .limit = 1000 };
	cairn_jobs *jobs = NULL;
	must(cairn_job_list(on->conn, &filter, &jobs, &err), &err, "list");
	int64_t n = (int64_t)jobs->count;
	cairn_free(jobs);
	return n;
}

static cairn_writer *open_writer(uint32_t max_batch)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_writer *writer = NULL;
	cairn_writer_opts opts = {
		.size = sizeof opts, .driver = on->driver, .url = on->url, .max_batch = max_batch
	};
	must(cairn_writer_open(&writer, &opts, &err), &err, "writer");
	return writer;
}

static void race(cairn_writer *writer, void *(*fn)(void *), struct thread *threads)
{
	for (int i = 0; i < THREADS; i++) {
		threads[i].writer = writer;
		threads[i].number = i;
		threads[i].wrong = 0;
		pthread_create(&threads[i].id, NULL, fn, &threads[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
}

static int wrong(const struct thread *threads)
{
	int sum = 0;
	for (int i = 0; i < THREADS; i++)
		sum += threads[i].wrong;
	return sum;
}

/* Every fourth call is malformed, every fourth of an unknown type, the others are good. */
static void *produce(void *arg)
{
	struct thread *me = arg;
	for (int i = 0; i < CALLS; i++) {
		cairn_error err = CAIRN_ERROR_INIT;
		cairn_job_added added = { .status = CAIRN_INTERNAL };
		cairn_job_new job = { .type = CAIRN_STR("t") };
		if (i % 4 == 1)
			job.payload = CAIRN_STR("{broken");
		if (i % 4 == 2)
			job.type = CAIRN_STR("unknown");
		cairn_status st =
			cairn_writer_enqueue(me->writer, &job, 1, i % 4 == 3 ? NULL : &added, &err);
		if (i % 4 == 0)
			me->wrong += st != CAIRN_OK || added.status != CAIRN_OK ||
				     cairn_id_is_none(added.id);
		else if (i % 4 == 1)
			me->wrong += st != CAIRN_INVALID || err.index != 0;
		else if (i % 4 == 2)
			me->wrong += st != CAIRN_OK || added.status != CAIRN_INVALID;
		else
			me->wrong += st != CAIRN_OK;
	}
	return NULL;
}

static void *produce_unknown(void *arg)
{
	struct thread *me = arg;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_job_new job = { .type = CAIRN_STR("unknown") };
	cairn_status st = cairn_writer_enqueue(me->writer, &job, 1, NULL, &err);
	me->wrong += st != CAIRN_INVALID ||
		     strcmp(err.code, "job.definition_not_found_or_disabled") != 0 ||
		     err.index != 0;
	return NULL;
}

/* Claims on a connection of its own and ends through the writer; some ends come twice at once. */
static void *consume(void *arg)
{
	struct thread *me = arg;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_jobs *jobs = NULL;
	must(cairn_open(&conn, on->driver, on->url, NULL, &err), &err, "open");
	for (;;) {
		cairn_claim_opts claim = { .size = sizeof claim,
					   .worker = CAIRN_STR("w"),
					   .limit = 3 };
		must(cairn_job_claim(conn, &claim, &jobs, &err), &err, "claim");
		if (jobs->count == 0)
			break;
		cairn_finish ends[3];
		cairn_changed each[3];
		cairn_lease leases[3];
		memset(ends, 0, sizeof ends);
		for (size_t i = 0; i < jobs->count; i++) {
			leases[i] = cairn_job_lease(&jobs->at[i]);
			ends[i].lease = leases[i];
			ends[i].how = CAIRN_FINISH_SUCCESS;
		}
		me->wrong += cairn_writer_heartbeat(me->writer, leases, jobs->count, 0, NULL,
						    &err) != CAIRN_OK;
		me->wrong +=
			cairn_writer_finish(me->writer, ends, jobs->count, each, &err) != CAIRN_OK;
		for (size_t i = 0; i < jobs->count; i++)
			me->wrong += each[i].status != CAIRN_OK;
		/* a second end of the same lease is refused, and nobody else's with it */
		me->wrong += cairn_writer_finish(me->writer, ends, 1, NULL, &err) != CAIRN_STALE;
		cairn_finish twice[2] = { ends[0], ends[0] };
		me->wrong += cairn_writer_finish(me->writer, twice, 2, NULL, &err) != CAIRN_INVALID;
	}
	cairn_free(jobs);
	cairn_close(conn);
	return NULL;
}

static void on_store(store *one)
{
	static struct thread threads[THREADS];
	uint64_t calls;
	uint64_t commits;
	on = one;
	cairn_writer *writer = open_writer(0);
	race(writer, produce, threads);
	is_int(wrong(threads), 0, "every enqueue has its own outcome");
	is_int(count(0), THREADS * CALLS / 2, "what was acknowledged is there, and nothing else");
	race(writer, produce_unknown, threads);
	is_int(wrong(threads), 0, "without each, the first failed item is the call's outcome");
	race(writer, consume, threads);
	is_int(wrong(threads), 0, "ends and heartbeats, too; a job that stands twice harms nobody");
	is_int(count(1u << CAIRN_JOB_SUCCEEDED), THREADS * CALLS / 2, "every job succeeded");
	cairn_writer_counts(writer, &calls, &commits);
	ok(calls > 0 && commits < calls * 3 / 4, "%s: %llu calls took %llu commits", one->name,
	   (unsigned long long)calls, (unsigned long long)commits);
	cairn_writer_close(writer);

	writer = open_writer(2);
	race(writer, produce, threads);
	is_int(wrong(threads), 0, "batches of at most two");
	is_int(count(1u << CAIRN_JOB_PENDING), THREADS * CALLS / 2, "lose nothing either");
	cairn_writer_close(writer);
}

static void refusals(void)
{
	cairn_writer *writer = NULL;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_writer_opts opts = { .size = sizeof opts };
	is_int(cairn_writer_open(&writer, NULL, &err), CAIRN_INVALID, "no options");
	is_int(cairn_writer_open(&writer, &opts, &err), CAIRN_INVALID, "no driver");
	opts.driver = &cairn_sqlite;
	opts.url = "sqlite:/no/such/folder/x.db";
	ok(cairn_writer_open(&writer, &opts, &err) != CAIRN_OK && writer == NULL,
	   "a database that can't be opened: %s", err.code);
	opts.max_batch = 20000;
	is_int(cairn_writer_open(&writer, &opts, &err), CAIRN_INVALID, "too large batches");
	struct {
		cairn_writer_opts opts;
		uint64_t more;
	} later = {
		.opts = { .size = sizeof later, .driver = &cairn_memory, .url = "memory:grown" }
	};
	is_int(cairn_writer_open(&writer, &later.opts, &err), CAIRN_OK, "options may have grown");
	cairn_writer_close(writer);
	cairn_writer_close(NULL);
}

int main(void)
{
	refusals();
	each_store("t", on_store);
	return tap_done();
}

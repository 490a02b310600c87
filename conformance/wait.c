/*
 * wait.c - waiting for work: what counts as work, how long it takes, what is refused. The
 * timeout is real time; whether a job is due goes by the store's clock. (wait_wake.c: being told)
 */
#include "ct.h"

static cairn_wait_opts for_queues(const cairn_str *queues, size_t n, cairn_usec timeout)
{
	return (cairn_wait_opts){ .size = sizeof(cairn_wait_opts),
				  .queues = queues,
				  .queue_count = n,
				  .timeout = timeout };
}

/* Waits for one queue (NULL: the default) and answers whether there is work. */
static int wait_for(cairn_conn *conn, const char *queue, cairn_usec timeout)
{
	cairn_str name = cairn_str_of(queue);
	int ready = -1;
	cairn_wait_opts opts = for_queues(queue ? &name : NULL, queue ? 1 : 0, timeout);
	ct_ok(cairn_job_wait(conn, &opts, &ready, ct_err()));
	return ready;
}

static cairn_id add_to(cairn_conn *conn, const char *queue)
{
	cairn_job_new job = ct_new("t");
	job.queue = cairn_str_of(queue);
	return ct_add(conn, &job);
}

/* More than any wait that ends by itself takes, less than the timeouts given here. */
#define AT_ONCE (2 * CAIRN_SECOND)
#define LONG	(20 * CAIRN_SECOND)
#define SHORT	(60 * CAIRN_MILLISECOND)

static void returns_at_once(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	add_to(conn, "default");
	cairn_usec began = ct_ticks();
	ct_int(wait_for(conn, NULL, LONG), 1);
	/* nothing was taken by it */
	ct_int(wait_for(conn, "default", LONG), 1);
	int ready = 0;
	ct_ok(cairn_job_wait(conn, NULL, &ready, ct_err()));
	ct_int(ready, 1);
	ct_true(ct_ticks() - began < AT_ONCE);
	ct_claim(conn, "w");
}

static void times_out(void)
{
	cairn_conn *conn = ct_open();
	const cairn_usec timeouts[] = { 1 * CAIRN_MILLISECOND, 15 * CAIRN_MILLISECOND,
					150 * CAIRN_MILLISECOND };
	for (size_t i = 0; i < 3; i++) {
		cairn_usec began = ct_ticks();
		ct_int(wait_for(conn, NULL, timeouts[i]), 0);
		cairn_usec took = ct_ticks() - began;
		ct_true(took >= timeouts[i]);
		ct_true(took < timeouts[i] + CAIRN_SECOND);
	}
}

static void only_what_is_due(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	add_to(conn, "default");
	cairn_lease lease = ct_claim(conn, "w");
	ct_int(wait_for(conn, NULL, SHORT), 0);
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "a.code"));
	ct_int(wait_for(conn, NULL, SHORT), 0);
	ct_advance(CAIRN_MINUTE);
	ct_int(wait_for(conn, NULL, LONG), 1);
	ct_finish(conn, ct_success(ct_claim(conn, "w")));
	ct_int(wait_for(conn, NULL, SHORT), 0);
}

static void a_job_for_later(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.run_at = ct_now() + CAIRN_MINUTE;
	ct_add(conn, &job);
	ct_int(wait_for(conn, NULL, SHORT), 0);
	ct_advance(CAIRN_MINUTE - 1);
	ct_int(wait_for(conn, NULL, SHORT), 0);
	ct_advance(1);
	ct_int(wait_for(conn, NULL, LONG), 1);
}

static void only_named_queues(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	add_to(conn, "other");
	ct_int(wait_for(conn, NULL, SHORT), 0);
	ct_int(wait_for(conn, "othe", SHORT), 0);
	ct_int(wait_for(conn, "other", LONG), 1);
	const cairn_str names[] = { CAIRN_STR("a"), CAIRN_STR("b"), CAIRN_STR("other") };
	cairn_wait_opts opts = for_queues(names, 3, LONG);
	int ready = 0;
	ct_ok(cairn_job_wait(conn, &opts, &ready, ct_err()));
	ct_int(ready, 1);
	opts = for_queues(names, 2, SHORT);
	ct_ok(cairn_job_wait(conn, &opts, &ready, ct_err()));
	ct_int(ready, 0);
}

static void refuse(cairn_conn *conn, cairn_wait_opts opts, const char *code)
{
	int ready = 0;
	ct_status(cairn_job_wait(conn, &opts, &ready, ct_err()), CAIRN_INVALID, code);
}

static void bad_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_str many[65];
	for (size_t i = 0; i < 65; i++)
		many[i] = CAIRN_STR("q");
	cairn_str blank = CAIRN_STR(" ");
	cairn_str name = CAIRN_STR("q");
	cairn_wait_opts opts = for_queues(&name, 1, SHORT);
	ct_status(cairn_job_wait(conn, &opts, NULL, ct_err()), CAIRN_INVALID, "arg.invalid");
	refuse(conn, for_queues(&name, 1, -1), "arg.invalid");
	refuse(conn, for_queues(&name, 1, CAIRN_HOUR + 1), "arg.invalid");
	refuse(conn, for_queues(&name, 0, SHORT), "arg.invalid");
	refuse(conn, for_queues(NULL, 1, SHORT), "arg.invalid");
	refuse(conn, for_queues(many, 65, SHORT), "arg.invalid");
	refuse(conn, for_queues(&blank, 1, SHORT), "arg.invalid_name");
	opts.size = 0;
	refuse(conn, opts, "arg.invalid");
	opts = for_queues(many, 64, SHORT);
	int ready = -1;
	ct_ok(cairn_job_wait(conn, &opts, &ready, ct_err()));
	ct_int(ready, 0);
}

static void inside_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	int ready = 0;
	ct_define(conn, "t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	add_to(conn, "default");
	ct_status(cairn_job_wait(conn, NULL, &ready, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(wait_for(conn, NULL, LONG), 1);
}

static void inside_the_applications(void)
{
	cairn_conn *conn = ct_open();
	int ready = 0;
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	ct_status(cairn_job_wait(conn, NULL, &ready, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_ROLLBACK), 0);
	ct_int(wait_for(conn, NULL, SHORT), 0);
}

struct told {
	cairn_status status;
	int ready;
	char code[64];
};

static void wait_long(cairn_conn *conn, void *arg)
{
	struct told *told = arg;
	cairn_wait_opts opts = for_queues(NULL, 0, LONG);
	told->status = cairn_job_wait(conn, &opts, &told->ready, ct_err());
	snprintf(told->code, sizeof(told->code), "%s", ct_last()->code);
}

static void is_interrupted(void)
{
	struct told told = { .ready = 0 };
	ct_session *waiter = ct_session_new("waiter");
	cairn_usec began = ct_ticks();
	ct_true(!ct_start(waiter, wait_long, &told));
	cairn_interrupt(ct_session_conn(waiter));
	ct_join(waiter);
	ct_int(told.status, CAIRN_INTERRUPTED);
	ct_true(ct_ticks() - began < LONG / 2);
	ct_define(ct_session_conn(waiter), "t");
	add_to(ct_session_conn(waiter), "default");
	ct_step(waiter, wait_long, &told);
	ct_int(told.status, CAIRN_OK);
	ct_int(told.ready, 1);
}

static void loses_its_connection(void)
{
	struct told told = { .ready = 0 };
	ct_session *waiter = ct_session_new("waiter");
	cairn_usec began = ct_ticks();
	ct_true(!ct_start(waiter, wait_long, &told));
	ct_int(ct_subject()->kill_session(ct_session_conn(waiter)), 0);
	ct_join(waiter);
	ct_int(told.status, CAIRN_UNAVAILABLE);
	ct_true(ct_ticks() - began < LONG / 2);
}

static const ct_case cases[] = {
	{ .name = "wait.returns_at_once_when_work_is_there",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A wait for a queue with a due job returns at once and changes nothing.",
	  .covers = "wake-1",
	  .run = returns_at_once },
	{ .name = "wait.times_out_without_work",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Without work a wait is OK, not ready, and takes its timeout: never less, and "
		  "not much more.",
	  .covers = "wake-1",
	  .run = times_out },
	{ .name = "wait.only_what_is_due_is_work",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A leased job, one that waits for its retry and a finished one are no work.",
	  .covers = "wake-1",
	  .run = only_what_is_due },
	{ .name = "wait.a_job_for_later_is_none",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A job for later is work in the microsecond in which it is due, and not before.",
	  .covers = "wake-5",
	  .run = a_job_for_later },
	{ .name = "wait.only_in_the_named_queues",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Work of other queues is none; work of any named queue is.",
	  .covers = "wake-1",
	  .run = only_named_queues },
	{ .name = "wait.refuses_bad_arguments",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A wait needs an answer's place, 1 to 64 names or none at all, and a timeout "
		  "up to an hour.",
	  .run = bad_arguments },
	{ .name = "wait.refuses_inside_a_transaction",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "A wait inside a transaction is conn.misuse and leaves the transaction alone.",
	  .run = inside_a_transaction },
	{ .name = "wait.refuses_inside_the_applications_transaction",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .needs = CT_NEED_APP,
	  .rule = "A wait inside a transaction of the application is conn.misuse, too.",
	  .run = inside_the_applications },
	{ .name = "wait.is_interrupted",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .rule = "cairn_interrupt ends a wait with INTERRUPTED; the connection stays usable.",
	  .run = is_interrupted },
	{ .name = "wait.fails_with_its_connection",
	  .kind = CT_FAULT,
	  .store = CT_JOBS,
	  .needs = CT_NEED_KILL,
	  .rule = "A wait whose connection is lost is UNAVAILABLE, long before its timeout.",
	  .run = loses_its_connection },
};

CT_GROUP(wait, cases);

/*
 * upkeep.c - looking after the store: jobs whose time has come are put in line in all queues,
 * and the database tidies. What may be claimed is the same before and after; what can be seen of
 * it is `parked`. (wait_wake.c: who is told)
 */
#include <cairn/sys/job.h>

#include "ct.h"

static cairn_upkeep_report look_after(cairn_conn *conn, uint32_t limit, enum cairn_tidy tidy)
{
	cairn_upkeep_opts opts = { .size = sizeof(opts), .limit = limit, .tidy = tidy };
	cairn_upkeep_report report = { .size = sizeof(report), .unparked = 77, .more = 7 };
	ct_ok(cairn_job_upkeep(conn, &opts, &report, ct_err()));
	ct_int(report.size, sizeof(report));
	return report;
}

static void puts_in_line(cairn_conn *conn, uint32_t limit, uint64_t jobs, uint32_t queues, int more)
{
	cairn_upkeep_report report = look_after(conn, limit, CAIRN_TIDY_NEVER);
	ct_int(report.unparked, jobs);
	ct_int(report.queues, queues);
	ct_int(report.more, more);
	ct_int(report.tidied, CAIRN_TIDIED_NOTHING);
}

/* A job that is due so much later. */
static cairn_id later_in(cairn_conn *conn, const char *queue, cairn_usec after)
{
	cairn_job_new job = ct_new("t");
	job.queue = cairn_str_of(queue);
	job.run_at = ct_now() + after;
	return ct_add(conn, &job);
}

static uint32_t parked(cairn_conn *conn, cairn_id id)
{
	return ct_job(conn, id)->parked;
}

static void in_all_queues(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id first = later_in(conn, "a", CAIRN_MINUTE);
	cairn_id second = later_in(conn, "a", CAIRN_SECOND);
	cairn_id third = later_in(conn, "queue \xc3\xa9", CAIRN_MINUTE);
	cairn_id fourth = later_in(conn, "b", CAIRN_HOUR);
	cairn_id fifth = later_in(conn, "a", CAIRN_HOUR);
	puts_in_line(conn, 0, 0, 0, 0);
	ct_advance(CAIRN_MINUTE);
	ct_int(parked(conn, first) + parked(conn, second) + parked(conn, third), 3);
	puts_in_line(conn, 0, 3, 2, 0);
	ct_int(parked(conn, first) + parked(conn, second) + parked(conn, third), 0);
	ct_int(parked(conn, fourth) + parked(conn, fifth), 2);
	puts_in_line(conn, 0, 0, 0, 0);
	/* opts may be left out */
	cairn_upkeep_report report = { .size = sizeof(report) };
	ct_advance(CAIRN_HOUR);
	ct_ok(cairn_job_upkeep(conn, NULL, &report, ct_err()));
	ct_int(report.unparked, 2);
	ct_int(report.queues, 2);
}

static void not_before_their_time(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_id id = later_in(conn, "a", CAIRN_MINUTE);
	ct_advance(CAIRN_MINUTE - 1);
	puts_in_line(conn, 0, 0, 0, 0);
	ct_int(parked(conn, id), 1);
	ct_advance(1);
	puts_in_line(conn, 0, 1, 1, 0);
}

static void bounded(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	for (int i = 0; i < 3; i++)
		later_in(conn, "a", CAIRN_SECOND);
	for (int i = 0; i < 2; i++)
		later_in(conn, "b", CAIRN_SECOND);
	later_in(conn, "c", CAIRN_HOUR);
	ct_advance(CAIRN_MINUTE);
	puts_in_line(conn, 2, 2, 1, 1);
	puts_in_line(conn, 1, 1, 1, 1);
	puts_in_line(conn, 2, 2, 1, 0);
	puts_in_line(conn, 2, 0, 0, 0);
	/* a limit that lies between two queues, and one that is as many as there are */
	for (int i = 0; i < 3; i++)
		later_in(conn, i < 2 ? "a" : "b", CAIRN_SECOND);
	ct_advance(CAIRN_MINUTE);
	puts_in_line(conn, 2, 2, 1, 1);
	puts_in_line(conn, 1, 1, 1, 0);
}

static void many(void)
{
	enum { MANY = 1005 };
	cairn_conn *conn = ct_open();
	cairn_job_new *jobs = ct_alloc(MANY * sizeof(*jobs));
	ct_define(conn, "t");
	for (int i = 0; i < MANY; i++) {
		jobs[i] = ct_new("t");
		jobs[i].run_at = ct_now() + 1 + i;
	}
	ct_ok(cairn_job_enqueue(conn, jobs, MANY, NULL, ct_err()));
	ct_advance(CAIRN_MINUTE);
	puts_in_line(conn, 0, 1000, 1, 1);
	puts_in_line(conn, 10000, 5, 1, 0);
}

/* All but `parked`. */
static void same_but_parked(const cairn_job *was, const cairn_job *is)
{
	ct_int(is->status, was->status);
	ct_int(is->run_at, was->run_at);
	ct_int(is->updated_at, was->updated_at);
	ct_int(is->priority, was->priority);
	ct_int(is->attempt, was->attempt);
	ct_int(is->run_number, was->run_number);
	ct_int(is->fence, was->fence);
	ct_same(is->stage, was->stage);
	ct_same(is->status_reason, was->status_reason);
}

static void nothing_else_changes(void)
{
	cairn_conn *conn = ct_open();
	ct_define_retry(conn, "t", 3, CAIRN_MINUTE);
	ct_enqueue(conn, "t");
	cairn_lease lease = ct_claim(conn, "w");
	ct_finish(conn, ct_failure(lease, CAIRN_FINISH_RETRYABLE, "x"));
	cairn_id canceled = later_in(conn, "a", CAIRN_SECOND);
	ct_ok(cairn_job_cancel(conn, cairn_any(), &canceled, 1, CAIRN_STR("no"), NULL, ct_err()));
	ct_advance(CAIRN_HOUR);
	const char *gone = ct_snapshot(conn, canceled);
	const cairn_job *was = ct_job(conn, lease.id);
	const char *told = ct_timeline(conn, lease.id);
	puts_in_line(conn, 0, 1, 1, 0);
	same_but_parked(was, ct_job(conn, lease.id));
	ct_text(ct_timeline(conn, lease.id), told);
	ct_unchanged(conn, canceled, gone);
	ct_int(ct_claim(conn, "w").fence, 2);
}

static void paused_queues(void)
{
	cairn_conn *conn = ct_open();
	cairn_str queue = CAIRN_STR("default");
	ct_define(conn, "t");
	cairn_id id = later_in(conn, "default", CAIRN_SECOND);
	ct_ok(cairn_queue_pause(conn, &queue, 1, NULL, ct_err()));
	ct_advance(CAIRN_MINUTE);
	puts_in_line(conn, 0, 1, 1, 0);
	ct_int(parked(conn, id), 0);
	ct_claim_none(conn);
	ct_ok(cairn_queue_resume(conn, &queue, 1, NULL, ct_err()));
	ct_id(ct_claim(conn, "w").id, id);
}

static void keyed_resources(void)
{
	cairn_conn *conn = ct_open();
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	job.resource_key = CAIRN_STR("r");
	ct_add(conn, &job);
	cairn_lease lease = ct_claim(conn, "w");
	job.run_at = ct_now() + CAIRN_SECOND;
	cairn_id id = ct_add(conn, &job);
	ct_advance(CAIRN_SECOND);
	puts_in_line(conn, 0, 1, 1, 0);
	ct_claim_none(conn);
	ct_finish(conn, ct_success(lease));
	ct_id(ct_claim(conn, "w").id, id);
}

/* ---- the rest ------------------------------------------------------------------------- */

static void tidies(void)
{
	cairn_conn *conn = ct_open();
	cairn_id id = ct_enqueue(conn, "t");
	for (int i = 0; i < 20; i++)
		ct_finish(conn, ct_success((ct_enqueue(conn, "t"), ct_claim(conn, "w"))));
	const char *before = ct_snapshot(conn, id);
	cairn_upkeep_report report = look_after(conn, 0, CAIRN_TIDY_ALWAYS);
	ct_true(report.tidied != CAIRN_TIDIED_DENIED);
	ct_true(cairn_tidied_text(report.tidied) != NULL);
	report = look_after(conn, 0, CAIRN_TIDY_IF_WORTH_IT);
	ct_true(report.tidied != CAIRN_TIDIED_DENIED);
	ct_unchanged(conn, id, before);
	ct_int(look_after(conn, 0, CAIRN_TIDY_NEVER).tidied, CAIRN_TIDIED_NOTHING);
	ct_text(cairn_tidied_text(CAIRN_TIDIED), "tidied");
	ct_true(cairn_tidied_text((enum cairn_tidied)9) == NULL);
}

static void refuse(cairn_conn *conn, const cairn_upkeep_opts *opts, cairn_upkeep_report *report,
		   cairn_status status, const char *code)
{
	uint64_t before = cairn_conn_round_trips(conn);
	ct_status(cairn_job_upkeep(conn, opts, report, ct_err()), status, code);
	ct_int(cairn_conn_round_trips(conn), before);
}

static void bad_arguments(void)
{
	cairn_conn *conn = ct_open();
	cairn_upkeep_report report = { .size = sizeof(report) };
	cairn_upkeep_report small = { .size = sizeof(small) - 1 };
	cairn_upkeep_opts opts = { .size = sizeof(opts) };
	refuse(conn, &opts, NULL, CAIRN_INVALID, "arg.invalid");
	refuse(conn, &opts, &small, CAIRN_INVALID, "arg.invalid");
	opts.tidy = (enum cairn_tidy)3;
	refuse(conn, &opts, &report, CAIRN_INVALID, "arg.invalid");
	opts = (cairn_upkeep_opts){ .size = sizeof(opts), .limit = 10001 };
	refuse(conn, &opts, &report, CAIRN_TOO_LARGE, "limit.exceeded");
	opts = (cairn_upkeep_opts){ .size = 0 };
	refuse(conn, &opts, &report, CAIRN_INVALID, "arg.invalid");
}

static void inside_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_upkeep_report report = { .size = sizeof(report) };
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_id id = later_in(conn, "a", CAIRN_SECOND);
	ct_advance(CAIRN_MINUTE);
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_status(cairn_job_upkeep(conn, NULL, &report, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_int(parked(conn, id), 1);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(parked(conn, id), 1);
	puts_in_line(conn, 0, 1, 1, 0);
}

static void inside_the_applications(void)
{
	cairn_conn *conn = ct_open();
	cairn_upkeep_report report = { .size = sizeof(report) };
	ct_define(conn, "t");
	cairn_id id = later_in(conn, "a", CAIRN_SECOND);
	ct_advance(CAIRN_MINUTE);
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_BEGIN), 0);
	ct_status(cairn_job_upkeep(conn, NULL, &report, ct_err()), CAIRN_INVALID, "conn.misuse");
	ct_int(ct_subject()->app_step(conn, CAIRN_APP_COMMIT), 0);
	ct_int(parked(conn, id), 1);
	ct_int(look_after(conn, 0, CAIRN_TIDY_ALWAYS).unparked, 1);
}

/* The subject's driver without the slots. */
static void without_the_slots(void)
{
	const cairn_driver *whole = ct_subject()->driver;
	cairn_driver *driver = ct_alloc(sizeof(*driver));
	cairn_job_ops *jobs = ct_alloc(sizeof(*jobs));
	memcpy(driver, whole, whole->size < sizeof(*driver) ? whole->size : sizeof(*driver));
	memcpy(jobs, whole->jobs,
	       whole->jobs->size < sizeof(*jobs) ? whole->jobs->size : sizeof(*jobs));
	driver->jobs = jobs;
	cairn_conn_opts opts = ct_opts();
	jobs->tidy = NULL;
	cairn_conn *conn = ct_open_driver(driver, &opts);
	ct_int(look_after(conn, 0, CAIRN_TIDY_ALWAYS).tidied, CAIRN_TIDIED_NOTHING);
	ct_close(conn);
	jobs->unpark = NULL;
	conn = ct_open_driver(driver, &opts);
	cairn_upkeep_report report = { .size = sizeof(report) };
	ct_status(cairn_job_upkeep(conn, NULL, &report, ct_err()), CAIRN_UNSUPPORTED,
		  "driver.unsupported");
	ct_close(conn);
}

/* ---- with others ------------------------------------------------------------------------ */

struct holder {
	cairn_tx tx;
	cairn_id id;
};

static void hold(cairn_conn *conn, void *arg)
{
	struct holder *holder = arg;
	cairn_job_patch patch = { .id = holder->id, .set = CAIRN_JOB_PRIORITY, .priority = 5 };
	ct_ok(cairn_begin(conn, &holder->tx, ct_err()));
	ct_ok(cairn_job_edit(conn, cairn_any(), &patch, 1, NULL, ct_err()));
}

static void let_go(cairn_conn *conn, void *arg)
{
	struct holder *holder = arg;
	(void)conn;
	ct_ok(cairn_commit(&holder->tx, ct_err()));
}

static void waits_for_nobody(void)
{
	cairn_conn *conn = ct_open();
	struct holder holder = { .tx = CAIRN_TX_INIT };
	ct_session *other = ct_session_new("other");
	ct_define(conn, "t");
	holder.id = later_in(conn, "a", CAIRN_MINUTE);
	cairn_id free = later_in(conn, "a", CAIRN_MINUTE);
	ct_step(other, hold, &holder);
	ct_advance(CAIRN_HOUR);
	puts_in_line(conn, 0, 1, 1, 0);
	ct_int(parked(conn, free), 0);
	ct_int(parked(conn, holder.id), 1);
	ct_step(other, let_go, &holder);
	look_after(conn, 0, CAIRN_TIDY_ALWAYS);
	ct_int(parked(conn, holder.id), 0);
}

enum { RACE_JOBS = 60, RACE_THREADS = 4 };

/* Half of them look after the store, half claim. */
static void race_one(cairn_conn *conn, unsigned number, void *arg)
{
	size_t *claimed = arg;
	for (int i = 0; i < 15; i++) {
		if (number % 2 == 0) {
			look_after(conn, 3, i % 5 ? CAIRN_TIDY_NEVER : CAIRN_TIDY_ALWAYS);
			continue;
		}
		cairn_claim_opts opts = ct_claim_opts("w", 2);
		cairn_jobs *jobs = NULL;
		opts.queue = i % 2 ? CAIRN_STR("a") : CAIRN_STR("b");
		ct_ok(cairn_job_claim(conn, &opts, &jobs, ct_err()));
		claimed[number] += jobs->count;
		cairn_free(jobs);
	}
}

static void against_claims(void)
{
	cairn_conn *conn = ct_open();
	size_t claimed[RACE_THREADS] = { 0 };
	ct_define(conn, "t");
	for (int i = 0; i < RACE_JOBS; i++)
		later_in(conn, i % 2 ? "a" : "b", CAIRN_SECOND + i);
	ct_advance(CAIRN_MINUTE);
	ct_race(RACE_THREADS, race_one, claimed);
	size_t all = claimed[1] + claimed[3];
	look_after(conn, 0, CAIRN_TIDY_NEVER);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_LEASED), all);
	ct_int(ct_count_jobs(conn, 1u << CAIRN_JOB_PENDING), RACE_JOBS - all);
	puts_in_line(conn, 0, 0, 0, 0);
}

#define VERB .kind = CT_VERB, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "upkeep.puts_in_line_in_all_queues",
	  VERB,
	  .rule = "Jobs whose time has come are put in line in every queue; the others stay "
		  "parked.",
	  .run = in_all_queues },
	{ .name = "upkeep.not_before_their_time",
	  VERB,
	  .rule = "A job is put in line in the microsecond in which it is due, and not before.",
	  .run = not_before_their_time },
	{ .name = "upkeep.is_bounded_and_says_what_is_left",
	  VERB,
	  .rule = "One call puts at most `limit` jobs in line, and says whether others are due.",
	  .run = bounded },
	{ .name = "upkeep.a_thousand_where_nothing_is_said",
	  VERB,
	  .rule = "Without a limit it is 1000.",
	  .run = many },
	{ .name = "upkeep.changes_nothing_else",
	  VERB,
	  .rule = "A job that is put in line keeps everything else, and gets no event; others are "
		  "not touched.",
	  .run = nothing_else_changes },
	{ .name = "upkeep.paused_queues_as_well",
	  VERB,
	  .rule = "In a paused queue, too, jobs are put in line; it hands out nothing all the "
		  "same.",
	  .run = paused_queues },
	{ .name = "upkeep.hands_out_no_permits",
	  VERB,
	  .rule = "A job that needs a permit is put in line, and claimed when there is one.",
	  .run = keyed_resources },
	{ .name = "upkeep.tidies_when_asked",
	  VERB,
	  .rule = "Tidying leaves all jobs as they are, and can be left out.",
	  .run = tidies },
	{ .name = "upkeep.refuses_bad_arguments",
	  VERB,
	  .rule = "Bad arguments are refused without a round trip.",
	  .run = bad_arguments },
	{ .name = "upkeep.not_inside_a_transaction",
	  VERB,
	  .rule = "Inside a transaction it is refused, and nothing is done.",
	  .run = inside_a_transaction },
	{ .name = "upkeep.not_inside_the_applications_transaction",
	  VERB,
	  .needs = CT_NEED_APP,
	  .rule = "The same in a transaction that the application began.",
	  .run = inside_the_applications },
	{ .name = "upkeep.without_its_slots",
	  VERB,
	  .rule = "A driver that can't put jobs in line is UNSUPPORTED; one that can't tidy has "
		  "nothing to tidy.",
	  .run = without_the_slots },
	{ .name = "upkeep.waits_for_nobody",
	  .kind = CT_INTERLEAVE,
	  .store = CT_JOBS,
	  .caps = CAIRN_CAP_PARALLEL_CLAIM,
	  .rule = "Jobs that others have locked are left out.",
	  .run = waits_for_nobody },
	{ .name = "upkeep.race.with_claims",
	  .kind = CT_RACE,
	  .store = CT_JOBS,
	  .rule = "Upkeep and claims at the same time lose no job and hand out none twice.",
	  .run = against_claims },
};

CT_GROUP(upkeep, cases);

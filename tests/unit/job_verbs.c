/* job_verbs.c - planned changes against rows: ways back into the queue, requeue, adopt, edit, reap. */
#include <string.h>

#include "../../core/job_plan.h"

#include "../tap.h"

#define BIT(n) (1u << (unsigned)(n))
#define NOW    ((cairn_time)1000 * CAIRN_SECOND)

/* A running attempt, its second, claimed ten seconds ago. */
static cairn_job running(void)
{
	return (cairn_job){ .id = cairn_id_new(),
			    .status = CAIRN_JOB_LEASED,
			    .run_number = 3,
			    .attempt = 2,
			    .max_attempts = 2,
			    .fence = 9,
			    .worker = CAIRN_STR("w"),
			    .leased_at = NOW - 10 * CAIRN_SECOND,
			    .heartbeat_at = NOW - 10 * CAIRN_SECOND,
			    .started_at = NOW - CAIRN_MINUTE,
			    .lease_expires_at = NOW + 20 * CAIRN_SECOND,
			    .stage = CAIRN_STR("running"),
			    .execution_started_at = NOW - 9 * CAIRN_SECOND,
			    .progress_done = 1,
			    .progress_total = 4,
			    .checkpoint = CAIRN_STR("[1]"),
			    .output = CAIRN_STR("{}"),
			    .error_code = CAIRN_STR("former") };
}

static cairn_finish end_of(const cairn_job *row, enum cairn_finish_how how)
{
	cairn_finish item = { .how = how, .lease = cairn_job_lease(row) };
	return item;
}

/* Tests and applies; answers whether the guard held. */
static int change_row(const cairn_change *change, cairn_job *row)
{
	if (cairn_change_test(change, row, NOW) != CAIRN_HIT)
		return 0;
	cairn_change_apply(change, row, NOW);
	return 1;
}

static void a_continuation_is_a_new_run(void)
{
	cairn_job was = running();
	cairn_job row = was;
	cairn_finish item = end_of(&row, CAIRN_FINISH_CONTINUE);
	cairn_change change;
	item.delay = CAIRN_SECOND;
	item.set = CAIRN_FINISH_DONE;
	item.progress_done = 2;
	cairn__plan_finish(&item, &change);
	ok(change_row(&change, &row), "a live lease may continue");
	is_int(row.status, CAIRN_JOB_PENDING, "pending");
	is_int(row.run_number, 4, "the next run");
	is_int(row.attempt, 0, "with a new failure budget");
	is_int(row.run_at, NOW + CAIRN_SECOND, "after its delay");
	is_int(row.parked, 1, "parked until then");
	ok(row.started_at == 0 && row.finished_at == 0 && row.lease_expires_at == 0 &&
		   row.worker.ptr == NULL && row.execution_started_at == 0,
	   "nothing of the former run's times and holder stays");
	ok(cairn_str_is(row.stage, "queued") &&
		   cairn_str_is(row.status_reason, "HANDLER_CONTINUATION") &&
		   row.output.ptr == NULL && row.error_code.ptr == NULL,
	   "stage, reason, no output, no error");
	ok(row.progress_done == 2 && row.progress_total == 4 && cairn_str_is(row.checkpoint, "[1]"),
	   "progress and checkpoint are merged and kept");
	cairn_event_record event =
		cairn_change_event(CAIRN_EVENT_REQUEUED, &change, &was, &row, NOW);
	ok(event.run_number == 3 && event.attempt == 2 && cairn_str_is(event.stage, "queued") &&
		   event.progress_done == 2 && event.duration == CAIRN_SECOND &&
		   event.until == row.run_at &&
		   cairn_str_is(event.data, "{\"requeue_kind\":\"HANDLER_CONTINUATION\"}"),
	   "its event is on the completed run and says what comes next");
}

static void a_snooze_gives_the_attempt_back(void)
{
	cairn_job row = running();
	cairn_finish item = end_of(&row, CAIRN_FINISH_SNOOZE);
	cairn_change change;
	item.not_before = NOW + CAIRN_HOUR;
	cairn__plan_finish(&item, &change);
	is_int(change.guard, CAIRN_GUARD_FENCE | CAIRN_GUARD_LIVE, "under a live lease");
	ok(change_row(&change, &row), "it holds");
	ok(row.run_number == 3 && row.attempt == 1 && row.fence == 9, "same run, attempt less one");
	ok(row.started_at == NOW - CAIRN_MINUTE, "the first claim of the run stays");
	is_int(row.run_at, NOW + CAIRN_HOUR, "not before what was wished");
	ok(cairn_str_is(row.status_reason, "SNOOZED") && cairn_str_is(row.stage, "running"),
	   "reason, stage");
	is_int(change.ending, CAIRN_ENDING_SNOOZED, "and the attempt says so");
}

static void only_what_never_started_is_released(void)
{
	cairn_job row = running();
	cairn_finish item = end_of(&row, CAIRN_FINISH_RELEASE);
	cairn_change change;
	item.delay = -5;
	cairn__plan_finish(&item, &change);
	ok(!change_row(&change, &row), "not a claim for at once");
	row.prestart = 1;
	ok(!change_row(&change, &row), "not one that started");
	row.execution_started_at = 0;
	row.attempt = 1;
	row.lease_expires_at = NOW - 1;
	ok(change_row(&change, &row), "but one claimed ahead, even when its lease is over");
	ok(row.attempt == 0 && row.started_at == 0, "as if it had never been claimed");
	ok(row.run_at == NOW && row.parked == 0, "a negative delay is none");
	ok(row.prestart == 0, "the mark goes");
}

static void a_success_that_retains_nothing_deletes(void)
{
	cairn_job row = running();
	cairn_finish item = end_of(&row, CAIRN_FINISH_SUCCESS);
	cairn_change change;
	item.lease.hints = CAIRN_HINT_DELETE;
	item.set = CAIRN_FINISH_DONE;
	item.progress_done = 9;
	cairn__plan_finish(&item, &change);
	is_int(change.set, CAIRN_DELETE | CAIRN_SET_DONE, "only that");
	is_int(change.events, 0, "no event");
	is_int(change.ending, CAIRN_ENDING_SUCCEEDED, "a success all the same");
	is_int(cairn_change_test(&change, &row, NOW), CAIRN_MISS_PROGRESS, "progress is tested");
}

static void progress_marks_the_start_once(void)
{
	cairn_job row = running();
	cairn_progress item = { .lease = cairn_job_lease(&row), .stage = CAIRN_STR("running") };
	cairn_change change;
	row.execution_started_at = 0;
	cairn__plan_progress(&item, &change);
	is_int(change.events, BIT(CAIRN_EVENT_STAGE_CHANGED), "a stage alone is one event");
	ok(change_row(&change, &row) && row.execution_started_at == NOW, "the first is the start");
	row.execution_started_at = NOW - 1;
	ok(change_row(&change, &row) && row.execution_started_at == NOW - 1, "the second is not");
	ok(row.lease_expires_at == NOW + 20 * CAIRN_SECOND, "the lease stays");
	item = (cairn_progress){ .lease = cairn_job_lease(&row),
				 .checkpoint = CAIRN_STR("[2]"),
				 .extend = CAIRN_MINUTE };
	cairn__plan_progress(&item, &change);
	is_int(change.events, 0, "a checkpoint alone is none");
	ok(change_row(&change, &row) && cairn_str_is(row.checkpoint, "[2]") &&
		   row.lease_expires_at == NOW + CAIRN_MINUTE && row.heartbeat_at == NOW,
	   "a report may extend the lease");
	item.set = CAIRN_PROGRESS_TOTAL;
	item.total = 7;
	cairn__plan_progress(&item, &change);
	cairn_job is = row;
	cairn_change_apply(&change, &is, NOW);
	cairn_event_record event =
		cairn_change_event(CAIRN_EVENT_PROGRESS, &change, &row, &is, NOW);
	ok(event.progress_done == -1 && event.progress_total == 7, "the event has what was said");
	item.total = 0;
	cairn__plan_progress(&item, &change);
	is_int(cairn_change_test(&change, &row, NOW), CAIRN_MISS_PROGRESS, "below what is done");
}

static cairn_job canceled(void)
{
	cairn_job row = running();
	cairn_change change;
	cairn__plan_cancel(cairn_any(), row.id, (cairn_str){ NULL, 0 }, &change);
	cairn_change_apply(&change, &row, NOW);
	return row;
}

static void a_requeue_compares_and_waits(void)
{
	cairn_job row = canceled();
	cairn_requeue seen = { .id = row.id, .status = CAIRN_JOB_CANCELED, .run_number = 3 };
	cairn_change change;
	cairn__plan_requeue(cairn_any(), &seen, (cairn_str){ NULL, 0 }, &change);
	ok(!change_row(&change, &row), "not while the canceled worker may run");
	row.lease_expires_at = NOW;
	row.run_number = 2;
	ok(!change_row(&change, &row), "not another run");
	row.run_number = 3;
	row.status = CAIRN_JOB_DEAD_LETTERED;
	ok(!change_row(&change, &row), "not another status");
	row.status = CAIRN_JOB_CANCELED;
	ok(change_row(&change, &row), "but what was seen, once quiet");
	ok(row.status == CAIRN_JOB_PENDING && row.run_number == 4 && row.attempt == 0 &&
		   row.run_at == NOW && row.finished_at == 0 && row.lease_expires_at == 0,
	   "a new run, due now");
	ok(row.progress_done == 1 && cairn_str_is(row.checkpoint, "[1]"), "progress stays");
	ok(cairn_str_is(row.status_reason, "REQUEUED") && row.error_code.ptr == NULL,
	   "reason, no error");
	row = canceled();
	row.lease_expires_at = 0;
	seen.id = row.id;
	seen.reset = 1;
	cairn__plan_requeue(cairn_any(), &seen, CAIRN_STR("why"), &change);
	ok(change_row(&change, &row) && row.progress_done == -1 && row.progress_total == -1 &&
		   row.checkpoint.ptr == NULL && cairn_str_is(row.status_reason, "why"),
	   "reset clears it");
}

static void the_event_of_an_operators_requeue_names_no_time(void)
{
	cairn_job was = canceled();
	cairn_requeue seen = { .id = was.id, .status = CAIRN_JOB_CANCELED, .run_number = 3 };
	cairn_change change;
	cairn_job is = was;
	cairn__plan_requeue(cairn_any(), &seen, CAIRN_STR("why"), &change);
	cairn_change_apply(&change, &is, NOW);
	cairn_event_record event =
		cairn_change_event(CAIRN_EVENT_REQUEUED, &change, &was, &is, NOW);
	ok(event.run_number == 3 && event.attempt == 2 && event.duration == -1 &&
		   event.until == 0 && event.stage.ptr == NULL && cairn_str_is(event.reason, "why"),
	   "it is on the former run");
}

static void adoption_leaves_the_status_alone(void)
{
	cairn_job row = running();
	cairn_change change;
	cairn__plan_adopt(cairn_any(), row.id, CAIRN_STR("me"), &change);
	ok(!change_row(&change, &row), "not while the lease is live");
	row.lease_expires_at = NOW;
	ok(change_row(&change, &row) && row.status == CAIRN_JOB_LEASED &&
		   cairn_str_is(row.owner, "me"),
	   "an expired one keeps its status");
	row.status = CAIRN_JOB_PENDING;
	row.lease_expires_at = 0;
	row.parked = 1;
	cairn__plan_adopt(cairn_any(), row.id, (cairn_str){ NULL, 0 }, &change);
	ok(change_row(&change, &row) && row.owner.ptr == NULL && row.parked == 1,
	   "a pending one stays as parked as it is");
	row.status = CAIRN_JOB_SUCCEEDED;
	ok(!change_row(&change, &row), "not one that ended");
}

static void an_edit_guards_what_it_must(void)
{
	cairn_job row = { .id = cairn_id_new(),
			  .status = CAIRN_JOB_PENDING,
			  .payload = CAIRN_STR("{}"),
			  .key = CAIRN_STR("k"),
			  .progress_done = -1,
			  .progress_total = -1,
			  .run_at = NOW - 5,
			  .updated_at = 77 };
	cairn_job_patch patch = { .id = row.id, .set = CAIRN_JOB_PRIORITY, .priority = -3 };
	cairn_change change;
	cairn__plan_edit(cairn_any(), &patch, &change);
	ok(change_row(&change, &row) && row.priority == -3 && row.run_at == NOW - 5, "priority");
	patch = (cairn_job_patch){ .id = row.id, .set = CAIRN_JOB_PAYLOAD };
	cairn__plan_edit(cairn_any(), &patch, &change);
	ok(!change_row(&change, &row), "what a key promised stays");
	row.key = (cairn_str){ NULL, 0 };
	ok(change_row(&change, &row) && cairn_str_is(row.payload, "{}"),
	   "else the payload may change");
	patch = (cairn_job_patch){
		.id = row.id, .set = CAIRN_JOB_RUN_AT, .run_at = NOW + 9, .updated_at = 77
	};
	cairn__plan_edit(cairn_any(), &patch, &change);
	ok(!change_row(&change, &row), "not what was changed meanwhile");
	row.updated_at = 77;
	ok(change_row(&change, &row) && row.run_at == NOW + 9 && row.parked == 1, "later");
	patch = (cairn_job_patch){ .id = row.id, .set = CAIRN_JOB_RUN_AT, .run_at = 5 };
	cairn__plan_edit(cairn_any(), &patch, &change);
	ok(change_row(&change, &row) && row.run_at == NOW && row.parked == 0, "the past is now");
}

static void reaping_releases_what_never_started(void)
{
	cairn_reap_plan plan = { .events = UINT32_MAX,
				 .retry_delay = CAIRN_MINUTE,
				 .error_code = CAIRN_STR("job.lease_expired"),
				 .release_reason = CAIRN_STR("R"),
				 .release_data = CAIRN_STR("{\"requeue_kind\":\"BASIC\"}") };
	cairn_job row = running();
	cairn_change change;
	cairn_reap_change(&plan, &row, &change);
	is_int(change.to, CAIRN_JOB_DEAD_LETTERED, "the last attempt");
	ok(cairn_str_is(change.data, "{\"started_without_renewal_heartbeat\":true}"),
	   "started, and never renewed");
	row.heartbeat_at = row.execution_started_at;
	cairn_reap_change(&plan, &row, &change);
	ok(cairn_str_is(change.data, "{\"started_without_renewal_heartbeat\":true}"),
	   "equal counts");
	row.heartbeat_at++;
	cairn_reap_change(&plan, &row, &change);
	ok(cairn_str_is(change.data, "{\"started_without_renewal_heartbeat\":false}"), "renewed");
	row.execution_started_at = 0;
	cairn_reap_change(&plan, &row, &change);
	ok(cairn_str_is(change.data, "{\"started_without_renewal_heartbeat\":false}"),
	   "never started");
	row.prestart = 1;
	cairn_reap_change(&plan, &row, &change);
	ok(change.to == CAIRN_JOB_PENDING && change.ending == CAIRN_ENDING_RELEASED &&
		   change.run_after == 0 && cairn_str_is(change.reason, "R") &&
		   change.error_code.ptr == NULL,
	   "claimed ahead: released at once, though no attempt was left");
	is_int(change.events, BIT(CAIRN_EVENT_REQUEUED), "one event");
	cairn_change_apply(&change, &row, NOW);
	ok(row.attempt == 1 && row.status == CAIRN_JOB_PENDING, "its attempt is given back");
	plan.events = cairn__events_kept(CAIRN_EVENTS_FAILURES, UINT32_MAX);
	row = running();
	row.prestart = 1;
	row.execution_started_at = 0;
	cairn_reap_change(&plan, &row, &change);
	is_int(change.events, 0, "which is no failure");
}

int main(void)
{
	a_continuation_is_a_new_run();
	a_snooze_gives_the_attempt_back();
	only_what_never_started_is_released();
	a_success_that_retains_nothing_deletes();
	progress_marks_the_start_once();
	a_requeue_compares_and_waits();
	the_event_of_an_operators_requeue_names_no_time();
	adoption_leaves_the_status_alone();
	an_edit_guards_what_it_must();
	reaping_releases_what_never_started();
	return tap_done();
}

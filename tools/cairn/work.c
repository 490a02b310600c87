/* work.c - the lines of `cairn work`: one per event, for people or as NDJSON. */
#include "work.h"

#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "table.h"

void report_begin(struct report *report, const struct cli *cli, bool quiet, bool bounded)
{
	*report = (struct report){
		.cli = cli, .quiet = quiet, .bounded = bounded, .color = colored(cli, stdout)
	};
}

static const char *event_word(enum cairn_worker_event_kind kind)
{
	switch (kind) {
	case CAIRN_WORKER_STARTED:
		return "started";
	case CAIRN_WORKER_FINISHED:
		return "finished";
	case CAIRN_WORKER_REFUSED:
		return "refused";
	case CAIRN_WORKER_CANCELED:
		return "told_to_end";
	case CAIRN_WORKER_OVERRUN:
		return "overrun";
	case CAIRN_WORKER_ABANDONED:
		return "abandoned";
	case CAIRN_WORKER_REAPED:
		return "reaped";
	case CAIRN_WORKER_TROUBLE:
		return "trouble";
	case CAIRN_WORKER_RECONNECTED:
		return "recovered";
	case CAIRN_WORKER_STOPPING:
		return "stopping";
	case CAIRN_WORKER_RETURNED:
		return "returned";
	case CAIRN_WORKER_UPKEEP:
		return "upkeep";
	case CAIRN_WORKER_TURN:
		break; /* for programs that count */
	}
	return "?";
}

static const char *cancel_word(enum cairn_cancel cancel)
{
	switch (cancel) {
	case CAIRN_CANCEL_NONE:
		return NULL;
	case CAIRN_CANCEL_JOB:
		return "job canceled";
	case CAIRN_CANCEL_LEASE:
		return "lease lost";
	case CAIRN_CANCEL_TIMEOUT:
		return "timeout";
	case CAIRN_CANCEL_STOP:
		return "worker stops";
	}
	return NULL;
}

static const char *how_word(enum cairn_finish_how how)
{
	switch (how) {
	case CAIRN_FINISH_SUCCESS:
		return "SUCCEEDED";
	case CAIRN_FINISH_RETRYABLE:
		return "RETRYABLE";
	case CAIRN_FINISH_TIMEOUT:
		return "TIMEOUT";
	case CAIRN_FINISH_TERMINAL:
		return "TERMINAL";
	case CAIRN_FINISH_PANICKED:
		return "PANICKED";
	case CAIRN_FINISH_CONTINUE:
		return "CONTINUED";
	case CAIRN_FINISH_SNOOZE:
		return "SNOOZED";
	case CAIRN_FINISH_RELEASE:
		return "RELEASED";
	}
	return NULL;
}

/* ---- NDJSON ------------------------------------------------------------------------------ */

static void json_of_job(struct json *json, const cairn_worker_event *event)
{
	json_id(json, "id", event->job->id);
	json_text(json, "type", event->job->type);
	json_int(json, "fence", event->job->fence);
	json_int(json, "attempt", event->job->attempt);
	if (event->kind != CAIRN_WORKER_STARTED)
		json_int(json, "elapsed_us", event->elapsed);
	if (event->changed != NULL) {
		json_z(json, "ending", how_word(event->how));
		json_z(json, "status", cairn_job_status_text(event->changed->job_status));
		json_time(json, "run_at", event->changed->run_at);
		json_text(json, "error_code", event->error_code);
		json_text(json, "error_message", event->error_message);
	}
	if (event->kind == CAIRN_WORKER_REFUSED)
		json_z(json, "code", cairn_code_text(event->changed->code));
	if (event->kind == CAIRN_WORKER_CANCELED)
		json_z(json, "cause", cancel_word(event->cancel));
}

static void put_json(const cairn_worker_event *event)
{
	struct json json = json_begin(stdout);
	json_time(&json, "at", wall_clock());
	json_z(&json, "event", event_word(event->kind));
	if (event->job != NULL)
		json_of_job(&json, event);
	if (event->reaped != NULL) {
		json_id(&json, "id", event->reaped->id);
		json_text(&json, "type", event->reaped->type);
		json_text(&json, "worker", event->reaped->worker);
		json_int(&json, "fence", event->reaped->fence);
		json_z(&json, "status", cairn_job_status_text(event->reaped->status));
	}
	if (event->kind == CAIRN_WORKER_UPKEEP) {
		json_z(&json, "loop", event->loop);
		json_int(&json, "items", (int64_t)event->items);
	}
	if (event->error != NULL) {
		json_z(&json, "code", event->error->code);
		json_z(&json, "message", event->error->message);
	}
	json_end(&json);
	fflush(stdout);
}

/* ---- lines for people ---------------------------------------------------------------------- */

static void line(const struct report *report, enum color color, const char *word,
		 const cairn_job *job, cairn_str why)
{
	char when[WHEN_TEXT];
	char id[CAIRN_ID_TEXT] = "";
	when_text(wall_clock(), when);
	if (job != NULL)
		cairn_id_format(job->id, id);
	printf("%s%s%s  %s%-*s%s", color_on(report->color, DIM), when + 11,
	       color_off(report->color), color_on(report->color, color),
	       job != NULL || why.len > 0 ? 13 : 0, word, color_off(report->color));
	if (job != NULL)
		printf("  %s  %.*s", id, (int)job->type.len, job->type.ptr);
	/* up to the first line end: the rest is for `cairn show` */
	const char *end = why.len > 0 ? memchr(why.ptr, '\n', why.len) : NULL;
	if (end != NULL)
		why.len = (size_t)(end - why.ptr);
	if (why.len > 0)
		fputs("  ", stdout);
	put_harmless(stdout, why);
	fputc('\n', stdout);
	fflush(stdout);
}

static void finished_line(const struct report *report, const cairn_worker_event *event)
{
	char text[512];
	char span[SPAN_TEXT];
	bool success = event->how == CAIRN_FINISH_SUCCESS;
	bool dead = event->changed->job_status == CAIRN_JOB_DEAD_LETTERED;
	int len = snprintf(text, sizeof text, "%s", span_text(event->elapsed, span));
	if (!success)
		len = snprintf(text, sizeof text,
			       "%s, attempt %" PRId32 " of %" PRId32 ": %.*s: %.*s", span,
			       event->job->attempt, event->job->max_attempts,
			       (int)event->error_code.len, event->error_code.ptr,
			       (int)event->error_message.len,
			       event->error_message.len > 0 ? event->error_message.ptr : "");
	size_t used = len < (int)sizeof text ? (size_t)len : sizeof text - 1;
	if (!success || !report->quiet)
		line(report,
		     success ? GREEN
		     : dead  ? RED
			     : YELLOW,
		     success ? "SUCCEEDED"
		     : dead  ? "DEAD_LETTERED"
			     : how_word(event->how),
		     event->job, (cairn_str){ .ptr = text, .len = used });
}

static void reaped_line(const struct report *report, const cairn_reaped *reaped)
{
	char text[400];
	cairn_job job = { .id = reaped->id, .type = reaped->type };
	int len = snprintf(text, sizeof text, "lost by %.*s, now %s", (int)reaped->worker.len,
			   reaped->worker.ptr, cairn_job_status_text(reaped->status));
	line(report, YELLOW, "reaped", &job, (cairn_str){ .ptr = text, .len = (size_t)len });
}

/* What was reaped has lines of its own. */
static void upkeep_line(const struct report *report, const cairn_worker_event *event)
{
	char text[100];
	if (report->quiet || strcmp(event->loop, "reap") == 0)
		return;
	if (event->error != NULL) {
		line(report, YELLOW, "upkeep", NULL, cairn_str_of(event->error->message));
		return;
	}
	int len = snprintf(text, sizeof text, "%s: %" PRIu64, event->loop, event->items);
	line(report, DIM, "upkeep", NULL, (cairn_str){ .ptr = text, .len = (size_t)len });
}

static void put_line(const struct report *report, const cairn_worker_event *event)
{
	switch (event->kind) {
	case CAIRN_WORKER_STARTED:
		break;
	case CAIRN_WORKER_FINISHED:
		finished_line(report, event);
		break;
	case CAIRN_WORKER_REFUSED:
		line(report, RED, "refused", event->job,
		     cairn_str_of(cairn_code_text(event->changed->code)));
		break;
	case CAIRN_WORKER_CANCELED:
		line(report, YELLOW, "ending it", event->job,
		     cairn_str_of(cancel_word(event->cancel)));
		break;
	case CAIRN_WORKER_OVERRUN:
	case CAIRN_WORKER_ABANDONED:
		line(report, RED, event_word(event->kind), event->job, cairn_str_of(NULL));
		break;
	case CAIRN_WORKER_REAPED:
		reaped_line(report, event->reaped);
		break;
	case CAIRN_WORKER_TROUBLE:
		line(report, RED, "trouble", NULL, cairn_str_of(event->error->message));
		break;
	case CAIRN_WORKER_RECONNECTED:
		line(report, GREEN, "recovered", NULL, cairn_str_of(NULL));
		break;
	case CAIRN_WORKER_STOPPING:
		if (!report->quiet && !report->bounded)
			line(report, DIM, "stopping", NULL, cairn_str_of(NULL));
		break;
	case CAIRN_WORKER_RETURNED:
		line(report, DIM, "returned", event->job, cairn_str_of(NULL));
		break;
	case CAIRN_WORKER_UPKEEP:
		upkeep_line(report, event);
		break;
	case CAIRN_WORKER_TURN:
		break;
	}
}

/* ---- events --------------------------------------------------------------------------------- */

void report_event(void *user, const cairn_worker_event *event)
{
	struct report *report = user;
	if (event->kind == CAIRN_WORKER_TURN)
		return;
	report->started += event->kind == CAIRN_WORKER_STARTED;
	report->reaped += event->kind == CAIRN_WORKER_REAPED;
	report->lost += event->kind == CAIRN_WORKER_ABANDONED;
	if (event->kind == CAIRN_WORKER_REFUSED) /* of a job that was canceled nobody misses it */
		report->lost += event->changed->code != CAIRN_E_JOB_CANCELED;
	if (event->kind == CAIRN_WORKER_FINISHED) {
		bool success = event->how == CAIRN_FINISH_SUCCESS;
		report->succeeded += success;
		report->failures += !success;
	}
	if (report->cli->json)
		put_json(event);
	else
		put_line(report, event);
}

void report_hello(const struct report *report, const char *name, const cairn_worker_opts *opts)
{
	char lease[SPAN_TEXT];
	if (report->cli->json || report->quiet)
		return;
	printf("worker %s: %" PRIu32 " at a time from queue %s, lease %s\n", name,
	       opts->concurrency > 0 ? opts->concurrency : 1,
	       opts->queue.len > 0 ? opts->queue.ptr : "default", span_text(opts->lease, lease));
	fflush(stdout);
}

void report_goodbye(const struct report *report)
{
	char n[3][NUMBER_TEXT];
	if (report->cli->json || report->quiet)
		return;
	printf("stopped: %s succeeded, %s attempts failed, %s leases taken back\n",
	       number_text((int64_t)report->succeeded, n[0]),
	       number_text((int64_t)report->failures, n[1]),
	       number_text((int64_t)report->reaped, n[2]));
}

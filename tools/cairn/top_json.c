/* top_json.c - a frame as one line of JSON. */
#include "json.h"
#include "top.h"

static void json_rate(struct json *json, const char *name, double rate)
{
	char text[RATE_TEXT];
	int len = snprintf(text, sizeof text, "%.3f", rate);
	json_raw(json, name, rate < 0 ? cairn_str_of("null") : (cairn_str){ text, (size_t)len });
}

static void put_queue(struct json *json, const struct frame *frame, const struct top_queue *queue)
{
	const cairn_queue *is = &queue->is;
	json_int(json, "depth", is->due + is->parked);
	json_bool(json, "paused", is->paused != 0);
	json_int(json, "due", is->due);
	json_int(json, "parked", is->parked);
	json_int(json, "leased", is->leased);
	json_int(json, "expired", is->expired);
	json_time(json, "oldest_due", is->oldest_due);
	json_count(json, "oldest_age_us", is->oldest_due != 0 ? frame->now - is->oldest_due : -1);
	json_int(json, "succeeded", is->succeeded);
	json_int(json, "dead_lettered", is->dead_lettered);
	json_int(json, "canceled", is->canceled);
	json_rate(json, "enqueued_per_s", queue->entered);
	json_rate(json, "finished_per_s", queue->done);
}

static void put_workers(struct json *json, const struct frame *frame)
{
	json_array(json, "workers");
	for (size_t i = 0; i < frame->worker_count; i++) {
		const struct top_worker *worker = &frame->workers[i];
		json_open(json, NULL);
		json_text(json, "worker", worker->name);
		json_int(json, "jobs", (int64_t)worker->jobs);
		json_int(json, "expired", (int64_t)worker->expired);
		json_time(json, "leased_at", worker->leased_at);
		json_time(json, "heartbeat_at", worker->heartbeat_at);
		json_text(json, "type", worker->type);
		json_text(json, "host", worker->host);
		json_count(json, "pid", worker->pid > 0 ? worker->pid : -1);
		json_close(json);
	}
	json_array_end(json);
	json_bool(json, "workers_cut", frame->workers_cut);
}

static void put_failures(struct json *json, const struct frame *frame)
{
	json_array(json, "failures");
	for (size_t i = 0; i < frame->failure_count; i++) {
		const struct top_failure *failure = &frame->failures[i];
		json_open(json, NULL);
		json_id(json, "id", failure->job);
		json_text(json, "type", failure->type);
		json_text(json, "error_code", failure->code);
		json_text(json, "error_message", failure->message);
		json_int(json, "attempt", failure->attempt);
		json_time(json, "failed_at", failure->at);
		json_count(json, "age_us", failure->at < frame->now ? frame->now - failure->at : 0);
		json_time(json, "retry_at", failure->retry_at);
		json_close(json);
	}
	json_array_end(json);
}

static void put_schedules(struct json *json, const struct frame *frame)
{
	json_array(json, "schedules");
	for (size_t i = 0; i < frame->schedule_count; i++) {
		const cairn_schedule *schedule = frame->schedules[i];
		json_open(json, NULL);
		json_text(json, "name", schedule->name);
		json_text(json, "type", schedule->type);
		json_text(json, "cron", schedule->cron);
		json_time(json, "next_fire_at", schedule->next_fire_at);
		json_time(json, "last_fire_at", schedule->last_fire_at);
		json_z(json, "last_job_status",
		       schedule->last_job_status != 0
			       ? cairn_job_status_text(schedule->last_job_status)
			       : NULL);
		json_text(json, "last_error", schedule->last_error);
		json_close(json);
	}
	json_array_end(json);
}

void frame_json(const struct frame *frame, FILE *to)
{
	struct json json = json_begin(to);
	json_time(&json, "now", frame->now);
	json_count(&json, "since_us", frame->since > 0 ? frame->since : -1);
	json_open(&json, "all");
	put_queue(&json, frame, &frame->all);
	json_rate(&json, "failed_per_s", frame->all.failed);
	json_close(&json);
	json_array(&json, "queues");
	for (size_t i = 0; i < frame->queue_count; i++) {
		json_open(&json, NULL);
		json_text(&json, "queue", frame->queues[i].is.name);
		put_queue(&json, frame, &frame->queues[i]);
		json_close(&json);
	}
	json_array_end(&json);
	put_workers(&json, frame);
	put_failures(&json, frame);
	put_schedules(&json, frame);
	json_end(&json);
}

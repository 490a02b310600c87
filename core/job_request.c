/* job_request.c - writes the request straight in canonical form; only the payload is rewritten. */
#include "job_request.h"

static void number_or_null(cairn_text *text, int given, int64_t value)
{
	if (given)
		cairn_text_add_int(text, value);
	else
		cairn_text_add_z(text, "null");
}

static void add_time(cairn_text *text, cairn_time when)
{
	char shown[CAIRN_TIME_TEXT];
	if (when == 0) {
		cairn_text_add_z(text, "null");
		return;
	}
	cairn_time_format(when, shown);
	cairn_text_add_json(text, cairn_str_of(shown));
}

cairn_status cairn__job_request(const cairn_job_insert *row, cairn_text *text, cairn_error *err)
{
	cairn_text_add_z(text, "{\"max_attempts\":");
	number_or_null(text, row->max_attempts != 0, row->max_attempts);
	if (row->owner.len > 0) {
		cairn_text_add_z(text, ",\"owner\":");
		cairn_text_add_json(text, row->owner);
	}
	cairn_text_add_z(text, ",\"payload\":");
	cairn_status st = cairn_json_canonical(row->payload, text, err);
	if (st != CAIRN_OK)
		return st;
	cairn_text_add_z(text, ",\"priority\":");
	number_or_null(text, (row->set & CAIRN_JOB_PRIORITY) != 0, row->priority);
	cairn_text_add_z(text, ",\"queue\":");
	cairn_text_add_json(text, row->queue);
	if (row->resource_key.len > 0) {
		cairn_text_add_z(text, ",\"resource_key\":");
		cairn_text_add_json(text, row->resource_key);
	}
	cairn_text_add_z(text, ",\"run_at\":");
	add_time(text, row->run_at);
	cairn_text_add_z(text, ",\"stage\":");
	cairn_text_add_json(text, row->stage);
	cairn_text_add_z(text, ",\"timeout_us\":");
	number_or_null(text, row->timeout != 0, row->timeout);
	cairn_text_add_z(text, "}");
	return text->failed ? cairn_fail(err, CAIRN_E_NOMEM) : CAIRN_OK;
}

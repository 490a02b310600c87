/* json.h - writing JSON, a line a document. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include <cairn/cairn.h>

struct json {
	FILE *to;
	bool comma;
};

/* { */
struct json json_begin(FILE *to);
/* } and the end of the line */
void json_end(struct json *json);

/* Members; name NULL inside arrays. Absent texts, times of 0 and ids of zero are null. */
void json_open(struct json *json, const char *name); /* {, or as a member name: { */
void json_close(struct json *json);
void json_array(struct json *json, const char *name);
void json_array_end(struct json *json);
void json_text(struct json *json, const char *name, cairn_str text);
void json_z(struct json *json, const char *name, const char *text);
void json_int(struct json *json, const char *name, int64_t value);
/* -1 is null */
void json_count(struct json *json, const char *name, int64_t value);
void json_bool(struct json *json, const char *name, bool value);
void json_time(struct json *json, const char *name, cairn_time when);
void json_id(struct json *json, const char *name, cairn_id id);
/* A document as it is stored; line ends between its tokens become blanks. */
void json_raw(struct json *json, const char *name, cairn_str document);
/* What is no document: its bytes as hexadecimal digits. */
void json_bytes(struct json *json, const char *name, cairn_blob bytes);

/* Rows, with the names that SQL has for them; a compact job was read without its documents. */
void json_job(struct json *json, const cairn_job *job, bool compact);
void json_intent(struct json *json, const cairn_intent *intent, bool compact);
void json_attempt(struct json *json, const cairn_attempt *attempt);
void json_event(struct json *json, const cairn_event *event);
void json_log(struct json *json, const cairn_log_row *line);

#endif

/*
 * json.c - writing JSON. Stored documents go through untouched, so that no number is ever
 * rounded on its way to the terminal.
 */
#include "json.h"

#include <inttypes.h>

#include "cells.h"

static void put_ascii(FILE *to, char byte)
{
	if (byte == '"' || byte == '\\')
		fprintf(to, "\\%c", byte);
	else if (byte == '\n')
		fputs("\\n", to);
	else if (byte == '\t')
		fputs("\\t", to);
	else if ((unsigned char)byte < 0x20)
		fprintf(to, "\\u%04x", (unsigned char)byte);
	else
		fputc(byte, to);
}

/* Words of the command line and file names need not be UTF-8, and messages may be cut anywhere. */
static void put_string(FILE *to, cairn_str text)
{
	uint32_t point;
	fputc('"', to);
	for (size_t at = 0; at < text.len;) {
		size_t n = text_point(text.ptr + at, text.len - at, &point);
		if (n == 1)
			put_ascii(to, text.ptr[at]);
		else if (n > 1)
			fwrite(text.ptr + at, 1, n, to);
		else
			fputs("\xEF\xBF\xBD", to);
		at += n > 0 ? n : 1;
	}
	fputc('"', to);
}

static void member(struct json *json, const char *name)
{
	if (json->comma)
		fputc(',', json->to);
	json->comma = true;
	if (name != NULL)
		fprintf(json->to, "\"%s\":", name);
}

struct json json_begin(FILE *to)
{
	fputc('{', to);
	return (struct json){ .to = to };
}

void json_end(struct json *json)
{
	fputs("}\n", json->to);
}

void json_open(struct json *json, const char *name)
{
	member(json, name);
	fputc('{', json->to);
	json->comma = false;
}

void json_close(struct json *json)
{
	fputc('}', json->to);
	json->comma = true;
}

void json_array(struct json *json, const char *name)
{
	member(json, name);
	fputc('[', json->to);
	json->comma = false;
}

void json_array_end(struct json *json)
{
	fputc(']', json->to);
	json->comma = true;
}

void json_text(struct json *json, const char *name, cairn_str text)
{
	member(json, name);
	if (text.ptr == NULL)
		fputs("null", json->to);
	else
		put_string(json->to, text);
}

void json_z(struct json *json, const char *name, const char *text)
{
	json_text(json, name, cairn_str_of(text));
}

void json_int(struct json *json, const char *name, int64_t value)
{
	member(json, name);
	fprintf(json->to, "%" PRId64, value);
}

void json_count(struct json *json, const char *name, int64_t value)
{
	if (value >= 0) {
		json_int(json, name, value);
		return;
	}
	member(json, name);
	fputs("null", json->to);
}

void json_bool(struct json *json, const char *name, bool value)
{
	member(json, name);
	fputs(value ? "true" : "false", json->to);
}

void json_time(struct json *json, const char *name, cairn_time when)
{
	char text[CAIRN_TIME_TEXT];
	cairn_time_format(when, text);
	json_z(json, name, when != 0 ? text : NULL);
}

void json_id(struct json *json, const char *name, cairn_id id)
{
	char text[CAIRN_ID_TEXT];
	cairn_id_format(id, text);
	json_z(json, name, cairn_id_is_none(id) ? NULL : text);
}

/* A raw line end can't stand inside a JSON string, so it is white space wherever it is. */
void json_raw(struct json *json, const char *name, cairn_str document)
{
	member(json, name);
	if (document.ptr == NULL)
		fputs("null", json->to);
	for (size_t i = 0; i < document.len; i++) {
		char c = document.ptr[i];
		fputc(c == '\n' || c == '\r' ? ' ' : c, json->to);
	}
}

void json_bytes(struct json *json, const char *name, cairn_blob bytes)
{
	const unsigned char *at = bytes.ptr;
	member(json, name);
	fputc('"', json->to);
	for (size_t i = 0; i < bytes.len; i++)
		fprintf(json->to, "%02x", at[i]);
	fputc('"', json->to);
}

/* filter.c - jobs named by ids, or selected by options; and telling what became of each. */
#include "filter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "json.h"

/* Any case, and as much of a word as tells it from the others: "dead" will do. */
static enum cairn_job_status status_of(const char *word, size_t len)
{
	for (int i = CAIRN_JOB_PENDING; len > 0 && i <= CAIRN_JOB_CANCELED; i++) {
		enum cairn_job_status status = (enum cairn_job_status)i;
		if (strncasecmp(cairn_job_status_text(status), word, len) == 0)
			return status;
	}
	return (enum cairn_job_status)0;
}

/* Words such as PENDING,LEASED as bits. Answers -1 to go on. */
static int parse_statuses(const struct cli *cli, const struct texts *words, uint32_t *bits)
{
	for (size_t i = 0; i < words->count; i++) {
		for (const char *at = words->at[i]; *at != '\0';) {
			size_t len = strcspn(at, ",");
			enum cairn_job_status status = status_of(at, len);
			if (status == 0)
				return usage_error(cli,
						   "--status: '%.*s' is none; PENDING, LEASED, "
						   "SUCCEEDED, DEAD_LETTERED or CANCELED",
						   (int)len, at);
			*bits |= 1u << (unsigned)status;
			at += len + (at[len] == ',');
		}
	}
	return -1;
}

int filter_settle(const struct cli *cli, struct filter *filter)
{
	filter->filter.size = sizeof filter->filter;
	filter->filter.scope = cli_scope(cli);
	filter->filter.queue = cairn_str_of(filter->queue);
	filter->filter.type = cairn_str_of(filter->type);
	return parse_statuses(cli, &filter->statuses, &filter->filter.statuses);
}

int ids_parse(const struct cli *cli, int argc, char **argv, cairn_id **ids)
{
	size_t n = (size_t)argc;
	*ids = calloc(n > 0 ? n : 1, sizeof **ids);
	if (*ids == NULL)
		return usage_error(cli, "out of memory");
	for (size_t i = 0; i < n; i++) {
		if (cairn_id_parse(cairn_str_of(argv[i]), &(*ids)[i]) != 0)
			return usage_error(cli, "'%s' is no id", argv[i]);
	}
	return -1;
}

int ids_or_filter(const struct cli *cli, int argc, const struct filter *filter)
{
	if (argc == 0 && !filter->used)
		return usage_error(cli, "%s takes ids, or options that select jobs", cli->command);
	if (argc > 0 && filter->used)
		return usage_error(cli, "ids and options that select jobs exclude each other");
	return -1;
}

/* ---- outcomes ---- */

void tally_count(struct tally *tally, cairn_status status)
{
	tally->n++;
	if (status != CAIRN_OK && tally->bad++ == 0)
		tally->first = status;
}

static void tell_refused(cairn_id id, const cairn_changed *changed)
{
	char text[CAIRN_ID_TEXT];
	const char *status = cairn_job_status_text(changed->job_status);
	cairn_id_format(id, text);
	fprintf(stderr, "cairn: %s: %s (%s", text, cairn_code_message(changed->code),
		cairn_code_text(changed->code));
	if (status != NULL)
		fprintf(stderr, ", it is %s", status);
	fprintf(stderr, ")\n");
}

void tell_changed(const struct cli *cli, struct tally *tally, cairn_id id, const char *done,
		  const char *more, const cairn_changed *changed)
{
	char text[CAIRN_ID_TEXT];
	tally_count(tally, changed->status);
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_id(&json, "id", id);
		json_bool(&json, done, changed->status == CAIRN_OK);
		json_z(&json, "status", cairn_job_status_text(changed->job_status));
		json_count(&json, "run_number", changed->run_number > 0 ? changed->run_number : -1);
		json_time(&json, "run_at", changed->run_at);
		json_time(&json, "lease_expires_at", changed->lease_expires_at);
		if (changed->status != CAIRN_OK)
			json_z(&json, "code", cairn_code_text(changed->code));
		json_end(&json);
	} else if (changed->status != CAIRN_OK) {
		tell_refused(id, changed);
	} else {
		cairn_id_format(id, text);
		printf("%s  %s%s%s\n", text, done, *more != '\0' ? ", " : "", more);
	}
}

static void tell_one_swept(const struct cli *cli, const char *done, const cairn_swept_job *row)
{
	char text[CAIRN_ID_TEXT];
	cairn_id_format(row->id, text);
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_id(&json, "id", row->id);
		json_text(&json, "type", row->type);
		json_text(&json, "tenant", row->tenant);
		json_bool(&json, done, row->status == CAIRN_OK);
		json_z(&json, "was", cairn_job_status_text(row->was));
		json_count(&json, "run_number", row->run_number > 0 ? row->run_number : -1);
		if (row->status != CAIRN_OK)
			json_z(&json, "code", cairn_code_text(row->code));
		json_end(&json);
	} else if (row->status != CAIRN_OK) {
		fprintf(stderr, "cairn: %s: %s (%s, it was %s)\n", text,
			cairn_code_message(row->code), cairn_code_text(row->code),
			cairn_job_status_text(row->was));
	} else {
		printf("%s  %s\n", text, done);
	}
}

void tell_swept(const struct cli *cli, struct tally *tally, const char *done,
		const cairn_swept *swept)
{
	for (size_t i = 0; i < swept->count; i++) {
		tally_count(tally, swept->at[i].status);
		tell_one_swept(cli, done, &swept->at[i]);
	}
}

void tell_nothing(const struct cli *cli, const struct tally *tally)
{
	if (tally->n == 0 && !cli->json && isatty(STDOUT_FILENO))
		puts("no such jobs");
}

int tally_exit(const struct tally *tally)
{
	return batch_exit(tally->n, tally->bad, tally->first);
}

/*
 * judge.c - what was acknowledged is there, once and whole; what was refused is not; what was cut short is
 * there once or not at all; numbers have no gap; and what stood in one transaction is there together.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

/* What became of a call, by its token. */
struct fate {
	struct load_line line;
	int64_t last; /* where its last event stands; 0: nowhere */
	uint32_t events;
	uint32_t checkpoints;
	int64_t write_seq;
	uint32_t items;
};

struct judge {
	cairn_conn *conn;
	struct fate *fates;
	size_t count;
	size_t cap;
	int faults;
};

static void fault(struct judge *judge, uint64_t token, const char *what)
{
	if (++judge->faults <= 20)
		printf("# call %llu: %s\n", (unsigned long long)token, what);
}

static int by_token(const void *a, const void *b)
{
	const struct fate *x = a;
	const struct fate *y = b;
	return x->line.token < y->line.token ? -1 : x->line.token > y->line.token;
}

static struct fate *fate_of(struct judge *judge, uint64_t token)
{
	const struct fate key = { .line = { .token = token } };
	struct fate *fate =
		bsearch(&key, judge->fates, judge->count, sizeof *judge->fates, by_token);
	if (fate == NULL)
		fault(judge, token, "nobody made it");
	return fate;
}

/* ---- the diaries ---------------------------------------------------------------- */

/* A second line of a token takes the first one's place. */
static void read_diary(struct judge *judge, const char *path)
{
	struct load_line line;
	FILE *diary = fopen(path, "rb");
	while (diary != NULL && fread(&line, sizeof line, 1, diary) == 1) {
		if (line.end != LOAD_BEGUN) {
			judge->fates[judge->count - 1].line = line;
			continue;
		}
		if (judge->count == judge->cap) {
			judge->cap = judge->cap * 2 + 1024;
			judge->fates = realloc(judge->fates, judge->cap * sizeof *judge->fates);
		}
		judge->fates[judge->count++] = (struct fate){ .line = line };
	}
	if (diary != NULL)
		fclose(diary);
}

static void read_diaries(struct judge *judge, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[1024];
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (strstr(entry->d_name, ".diary") != NULL)
			read_diary(judge, path);
	}
	if (dir != NULL)
		closedir(dir);
	qsort(judge->fates, judge->count, sizeof *judge->fates, by_token);
}

/* ---- the store ------------------------------------------------------------------ */

static void see_event(struct judge *judge, const cairn_log_event *event)
{
	char *end = NULL;
	uint64_t token = strtoull(event->data.ptr + 1, &end, 10);
	uint64_t i = strtoull(end + 1, NULL, 10);
	struct fate *fate = fate_of(judge, token);
	if (fate == NULL)
		return;
	if (fate->events != i || (i > 0 && event->seq != fate->last + 1))
		fault(judge, token, "its events do not stand together, once and in order");
	fate->events++;
	fate->last = event->seq;
}

static int64_t see_log(struct judge *judge, cairn_str thread)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_log_events *events = NULL;
	cairn_log_filter filter = {
		.size = sizeof filter, .tenant = LOAD_TENANT, .thread = thread, .limit = 1000
	};
	do {
		if (cairn_log_read(judge->conn, &filter, &events, &err) != CAIRN_OK)
			load_die("read", &err);
		for (size_t i = 0; i < events->count; i++) {
			if (events->at[i].seq != ++filter.after)
				fault(judge, 0, "a number is missing in a log");
			filter.after = events->at[i].seq;
			see_event(judge, &events->at[i]);
		}
	} while (events->count > 0);
	if (filter.after != events->head)
		fault(judge, 0, "a log's head is not its last event");
	cairn_free(events);
	return filter.after;
}

static void see_checkpoint(struct judge *judge, const cairn_checkpoint *one)
{
	struct fate *fate = fate_of(judge, strtoull(one->state.ptr, NULL, 10));
	if (fate == NULL)
		return;
	fate->checkpoints++;
	fate->write_seq = one->write_seq;
}

static int64_t see_checkpoints(struct judge *judge, cairn_str thread)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoints *page = NULL;
	int64_t most = 0;
	cairn_checkpoint_filter filter = { .size = sizeof filter,
					   .tenant = LOAD_TENANT,
					   .thread = thread,
					   .limit = 1000,
					   .set = CAIRN_CHECKPOINT_STATES };
	do {
		if (cairn_checkpoint_list(judge->conn, &filter, &page, &err) != CAIRN_OK)
			load_die("list", &err);
		for (size_t i = 0; i < page->count; i++) {
			if (most == 0)
				most = page->at[i].write_seq;
			else if (page->at[i].write_seq != filter.before - 1)
				fault(judge, 0, "a number is missing among checkpoints");
			filter.before = page->at[i].write_seq;
			see_checkpoint(judge, &page->at[i]);
		}
	} while (page->count > 0);
	if (most > 0 && filter.before != 1)
		fault(judge, 0, "checkpoints do not begin at 1");
	cairn_free(page);
	return most;
}

static void see_items(struct judge *judge)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_items *page = NULL;
	char after[80] = "";
	do {
		const cairn_memory_filter filter = { .size = sizeof filter,
						     .tenant = LOAD_TENANT,
						     .prefix = CAIRN_STR("all-"),
						     .after = cairn_str_of(after),
						     .limit = 1000 };
		if (cairn_memory_list(judge->conn, &filter, &page, &err) != CAIRN_OK)
			load_die("items", &err);
		for (size_t i = 0; i < page->count; i++) {
			struct fate *fate =
				fate_of(judge, strtoull(page->at[i].key.ptr + 4, NULL, 10));
			if (fate != NULL)
				fate->items++;
			snprintf(after, sizeof after, "%s", page->at[i].key.ptr);
		}
	} while (page->count > 0);
	cairn_free(page);
}

static long long counter(struct judge *judge, cairn_str key)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_memory_items *items = NULL;
	const cairn_memory_ref ref = { .key = key };
	if (cairn_memory_get(judge->conn, LOAD_TENANT, &ref, 1, &items, &err) != CAIRN_OK)
		load_die("get", &err);
	long long value = items->count > 0 ? strtoll(items->at[0].value.ptr, NULL, 10) : 0;
	cairn_free(items);
	return value;
}

/* ---- the rules ------------------------------------------------------------------ */

static void judge_call(struct judge *judge, const struct fate *fate)
{
	const struct load_line *line = &fate->line;
	uint32_t events = line->op == LOAD_APPEND || line->op == LOAD_ALL ? line->n : 0;
	uint32_t checkpoints = line->op == LOAD_PUT || line->op == LOAD_ALL;
	uint32_t items = line->op == LOAD_ALL;
	int there = fate->events + fate->checkpoints + fate->items > 0;
	int done = line->end == LOAD_DONE;
	if (line->op == LOAD_COUNT || (!there && !done))
		return;
	if (line->end == LOAD_REFUSED)
		fault(judge, line->token, "it was refused, and is there");
	if (fate->events != events || fate->checkpoints != checkpoints || fate->items != items)
		fault(judge, line->token,
		      done ? "it was acknowledged, and is not there, once and whole"
			   : "it is there by half, or more than once");
	if (done && events > 0 && fate->last != line->place)
		fault(judge, line->token, "its events stand elsewhere than was told");
	if (done && line->op == LOAD_PUT && fate->write_seq != line->place)
		fault(judge, line->token, "its checkpoint has another number than was told");
}

static void judge_counter(struct judge *judge, uint32_t thread, cairn_str key)
{
	long long least = 0;
	long long most = 0;
	long long value = counter(judge, key);
	for (size_t i = 0; i < judge->count; i++) {
		const struct load_line *line = &judge->fates[i].line;
		if (line->op != LOAD_COUNT || line->thread != thread)
			continue;
		least += line->end == LOAD_DONE;
		most += line->end != LOAD_REFUSED;
	}
	if (value < least || value > most)
		fault(judge, 0, "a counter has lost, or doubled, some");
}

int load_judge(const char *url, const char *folder)
{
	struct judge judge = { .conn = load_open(url) };
	int64_t events = 0;
	int64_t checkpoints = 0;
	read_diaries(&judge, folder);
	for (uint32_t i = 0; i < LOAD_THREADS; i++) {
		char name[16];
		events += see_log(&judge, load_thread(i, name));
		checkpoints += see_checkpoints(&judge, load_thread(i, name));
		judge_counter(&judge, i, load_thread(i, name));
	}
	see_items(&judge);
	for (size_t i = 0; i < judge.count; i++)
		judge_call(&judge, &judge.fates[i]);
	printf("# %zu calls, %lld events, %lld checkpoints, %d faults\n", judge.count,
	       (long long)events, (long long)checkpoints, judge.faults);
	free(judge.fates);
	cairn_close(judge.conn);
	return judge.faults;
}

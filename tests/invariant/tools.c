/* tools.c - clock, dice and history of the invariant run. */
#include <stdarg.h>

#include "invariant.h"

static const cairn_driver *const linked[] = {
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
};

void inv_must(cairn_status status, const cairn_error *err, const char *what)
{
	if (status == CAIRN_OK)
		return;
	fprintf(stderr, "invariant: %s: %s %s (%s)\n", what, err->code, err->message, err->detail);
	_exit(3);
}

cairn_usec inv_ticks(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (cairn_usec)now.tv_sec * CAIRN_SECOND + now.tv_nsec / 1000;
}

cairn_time inv_clock(void *user)
{
	const struct inv *inv = user;
	return inv_ticks() + atomic_load(&inv->shared->offset) + inv->skew;
}

void inv_conn_opts(struct inv *inv, cairn_conn_opts *opts)
{
	*opts = (cairn_conn_opts){ .size = sizeof *opts, .clock = inv_clock, .clock_user = inv };
}

cairn_conn *inv_open(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_conn_opts opts;
	inv_conn_opts(inv, &opts);
	inv_must(cairn_open_any(&conn, linked, sizeof linked / sizeof linked[0], inv->url, &opts,
				&err),
		 &err, "open");
	return conn;
}

uint64_t inv_mix(uint64_t a, uint64_t b)
{
	uint64_t x = a + 0x9e3779b97f4a7c15u * (b + 1);
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	return x != 0 ? x : 1;
}

uint32_t inv_below(struct inv *inv, uint32_t below)
{
	inv->dice ^= inv->dice << 13;
	inv->dice ^= inv->dice >> 7;
	inv->dice ^= inv->dice << 17;
	return (uint32_t)((inv->dice >> 16) % below);
}

int inv_chance(struct inv *inv, uint32_t percent)
{
	return inv_below(inv, 100) < percent;
}

void inv_nap(cairn_usec duration)
{
	struct timespec wait = { .tv_sec = (time_t)(duration / CAIRN_SECOND),
				 .tv_nsec = (long)(duration % CAIRN_SECOND) * 1000 };
	nanosleep(&wait, NULL);
}

/*
 * Said before and after: the clock stands at the old offset until the first line, and at the new
 * one from the second on.
 */
void inv_jump(struct inv *inv, cairn_usec by)
{
	struct inv_line line = { 'B', inv_call(inv), "jump", NULL, 0, CAIRN_OK, CAIRN_E_NONE };
	long long from = atomic_load(&inv->shared->offset);
	inv_say(inv, &line, "by=%lld at=%lld offset=%lld", (long long)by, (long long)inv_clock(inv),
		from);
	atomic_fetch_add(&inv->shared->offset, by);
	line.phase = 'A';
	inv_say(inv, &line, "by=%lld offset=%lld", (long long)by, from + (long long)by);
}

int inv_wrong(const struct inv *inv, const char *what)
{
	return inv->broken != NULL && strcmp(inv->broken, what) == 0;
}

void inv_member(char *to, size_t size, cairn_str text, const char *name)
{
	const char *at = text.ptr != NULL ? strstr(text.ptr, name) : NULL;
	*to = '\0';
	if (at == NULL)
		return;
	at += strlen(name);
	snprintf(to, size, "%.*s", (int)strcspn(at, "\""), at);
}

const char *inv_queue(struct inv *inv)
{
	static const char *const queues[INV_QUEUES] = { "q0", "q1", "q2" };
	return queues[inv_below(inv, INV_QUEUES)];
}

/* Often one that was seen lately: it may well be at work. */
cairn_id inv_any_job(struct inv *inv)
{
	uint32_t i = inv_below(inv, INV_POOL);
	if (inv_chance(inv, 40))
		i = atomic_load(&inv->shared->next) - 1 - i % 24;
	return inv->shared->pool[i % INV_POOL];
}

void inv_seen(struct inv *inv, cairn_id id)
{
	inv->shared->pool[atomic_fetch_add(&inv->shared->next, 1) % INV_POOL] = id;
}

uint64_t inv_call(struct inv *inv)
{
	return atomic_fetch_add(&inv->calls, 1);
}

void inv_spread(cairn_changed *each, size_t n, cairn_status status)
{
	for (size_t i = 0; i < n && status != CAIRN_OK; i++)
		each[i] = (cairn_changed){ .status = status };
}

/* One write of one line: a kill leaves the whole of it or nothing. */
void inv_say(struct inv *inv, const struct inv_line *line, const char *format, ...)
{
	char text[1024];
	char id[CAIRN_ID_TEXT] = "-";
	va_list args;
	if (line->job != NULL)
		cairn_id_format(*line->job, id);
	int n = snprintf(text, sizeof text, "%lld %c %llu %s %s %lld %s %s ",
			 (long long)inv_ticks(), line->phase, (unsigned long long)line->call,
			 line->op, id, (long long)line->fence,
			 line->phase == 'B' ? "-" : cairn_status_text(line->status),
			 line->code == CAIRN_E_NONE ? "-" : cairn_code_text(line->code));
	va_start(args, format);
	n += vsnprintf(text + n, sizeof text - (size_t)n - 1, format, args);
	va_end(args);
	if (n > (int)sizeof text - 2)
		n = (int)sizeof text - 2;
	text[n++] = '\n';
	if (write(inv->history, text, (size_t)n) != n)
		_exit(3);
}

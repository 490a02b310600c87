/*
 * ct.c - the surroundings of a case: its clock, connections, memory and history,
 * and how it ends. One case runs in a process at a time; its threads share this
 * state under one mutex.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cairn/sys/driver.h>

#include "ct_plan.h"
#include "ct_run.h"

#define HISTORY	    96
#define HISTORY_MAX 200
#define CONNS	    64

/* 2031-05-06T07:08:09.101112Z: far from the real time, so that mixing clocks shows. */
#define START_OF_TIME ((cairn_time)1935817689101112)

struct kept {
	struct kept *next;
	void *ptr;
	void (*release)(void *);
};

static struct {
	pthread_mutex_t lock;
	const ct_setup *setup;
	cairn_time now;
	cairn_conn *conns[CONNS];
	unsigned session_of[CONNS];
	unsigned opened;
	unsigned numbers;
	struct kept *kept;
	char history[HISTORY][HISTORY_MAX];
	size_t history_count;
	bool failed;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local cairn_error last_error;
static _Thread_local jmp_buf *escape_to;
static _Thread_local uint64_t random_state;

/* ---- the end of a case ------------------------------------------------------ */

void ct_set_escape(jmp_buf *escape)
{
	escape_to = escape;
}

bool ct_has_failed(void)
{
	pthread_mutex_lock(&state.lock);
	bool failed = state.failed;
	pthread_mutex_unlock(&state.lock);
	return failed;
}

void ct_escape(void)
{
	longjmp(*escape_to, 1);
}

static void print_history(FILE *out)
{
	size_t first = state.history_count > HISTORY ? state.history_count - HISTORY : 0;
	fprintf(out, "history%s:\n", first ? " (the last calls)" : "");
	for (size_t i = first; i < state.history_count; i++)
		fprintf(out, "  %s\n", state.history[i % HISTORY]);
}

static void print_error(FILE *out)
{
	const cairn_error *err = &last_error;
	if (err->status == CAIRN_OK)
		return;
	fprintf(out, "last error: %s: %s %s (%s)\n", err->op, cairn_status_text(err->status),
		err->code, err->message);
	if (err->detail[0])
		fprintf(out, "  detail: %s\n", err->detail);
	if (err->sqlstate[0] || err->constraint[0] || err->native)
		fprintf(out, "  sqlstate '%s' constraint '%s' native %d\n", err->sqlstate,
			err->constraint, (int)err->native);
	if (err->index >= 0)
		fprintf(out, "  index %lld\n", (long long)err->index);
}

void ct_fail_(const char *file, int line, const char *format, ...)
{
	pthread_mutex_lock(&state.lock);
	bool first = !state.failed;
	state.failed = true;
	FILE *out = state.setup->report;
	if (first) {
		va_list args;
		va_start(args, format);
		vfprintf(out, format, args);
		va_end(args);
		fprintf(out, "\nat %s:%d\n", file, line);
		fprintf(out, "rule: %s\n", state.setup->one->rule);
		fprintf(out, "seed: %llu\n", (unsigned long long)state.setup->seed);
		print_error(out);
		print_history(out);
		fflush(out);
	}
	pthread_mutex_unlock(&state.lock);
	ct_escape();
}

/* ---- history ------------------------------------------------------------------ */

static void remember(const char *format, va_list args) CAIRN_PRINTF(1, 0);

static void remember(const char *format, va_list args)
{
	pthread_mutex_lock(&state.lock);
	char *line = state.history[state.history_count++ % HISTORY];
	vsnprintf(line, HISTORY_MAX, format, args);
	for (char *c = line; *c; c++) {
		if (*c == '\n' || *c == '\t' || *c == '\r')
			*c = ' ';
	}
	pthread_mutex_unlock(&state.lock);
}

void ct_note(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	remember(format, args);
	va_end(args);
}

static void on_trace(void *user, const cairn_trace *event)
{
	unsigned session = user ? *(const unsigned *)user : 0;
	switch (event->kind) {
	case CAIRN_TRACE_BEGIN:
		ct_note("[%u] %s …", session, event->op);
		break;
	case CAIRN_TRACE_END:
		ct_note("[%u] %s = %s, %zu rows, %lld us", session, event->op,
			cairn_status_text(event->status), event->rows, (long long)event->elapsed);
		break;
	case CAIRN_TRACE_STATEMENT:
		ct_note("[%u]     %s", session, event->sql ? event->sql : "?");
		break;
	}
}

/* ---- time and chance ------------------------------------------------------------ */

cairn_time ct_now(void)
{
	pthread_mutex_lock(&state.lock);
	cairn_time now = state.now;
	pthread_mutex_unlock(&state.lock);
	return now;
}

void ct_set_now(cairn_time when)
{
	pthread_mutex_lock(&state.lock);
	state.now = when;
	pthread_mutex_unlock(&state.lock);
	ct_note("clock: %lld", (long long)when);
}

void ct_advance(cairn_usec by)
{
	ct_set_now(ct_now() + by);
}

static cairn_time on_clock(void *user)
{
	(void)user;
	return ct_now();
}

/* splitmix64: small, seeded by any number, good enough to choose test data. */
static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void ct_seed_thread(uint64_t number)
{
	random_state = state.setup->seed;
	for (const char *c = state.setup->one->name; *c; c++)
		random_state = random_state * 31 + (unsigned char)*c;
	random_state += number * 0x632be59bd9b4e019u;
	(void)next_random(&random_state);
}

uint32_t ct_random(uint32_t below)
{
	return (uint32_t)(next_random(&random_state) >> 32) % below;
}

unsigned ct_number(void)
{
	pthread_mutex_lock(&state.lock);
	unsigned number = ++state.numbers;
	pthread_mutex_unlock(&state.lock);
	return number;
}

/* ---- memory ------------------------------------------------------------------------ */

static void keep(void *ptr, void (*release)(void *))
{
	struct kept *kept = malloc(sizeof(*kept));
	if (!kept)
		abort();
	pthread_mutex_lock(&state.lock);
	*kept = (struct kept){ .next = state.kept, .ptr = ptr, .release = release };
	state.kept = kept;
	pthread_mutex_unlock(&state.lock);
}

void ct_later(void *result)
{
	if (result)
		keep(result, cairn_free);
}

void ct_later_by(void *object, void (*release)(void *))
{
	keep(object, release);
}

void *ct_alloc(size_t size)
{
	void *ptr = calloc(1, size ? size : 1);
	if (!ptr)
		abort();
	keep(ptr, free);
	return ptr;
}

char *ct_format(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = ct_alloc((size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

char *ct_repeat(char c, size_t n)
{
	char *text = ct_alloc(n + 1);
	memset(text, c, n);
	return text;
}

/* The case's own memory only; or everything else, which comes first. */
static void release_kept(bool memory)
{
	struct kept **place = &state.kept;
	while (*place) {
		struct kept *kept = *place;
		if ((kept->release == free) != memory) {
			place = &kept->next;
			continue;
		}
		*place = kept->next;
		kept->release(kept->ptr);
		free(kept);
	}
}

/* ---- connections -------------------------------------------------------------------- */

cairn_conn_opts ct_opts(void)
{
	return (cairn_conn_opts){ .size = sizeof(cairn_conn_opts),
				  .clock = on_clock,
				  .trace = on_trace };
}

static size_t free_place(void)
{
	pthread_mutex_lock(&state.lock);
	size_t place = 0;
	while (place < CONNS && state.session_of[place])
		place++;
	if (place < CONNS)
		state.session_of[place] = ++state.opened;
	pthread_mutex_unlock(&state.lock);
	if (place == CONNS)
		ct_fail("a case may have %d connections", CONNS);
	return place;
}

static cairn_conn *open_url(const cairn_driver *driver, const char *url,
			    const cairn_conn_opts *opts)
{
	size_t place = free_place();
	cairn_conn_opts mine = *opts;
	if (mine.trace == on_trace && !mine.trace_user)
		mine.trace_user = &state.session_of[place];
	cairn_conn *conn = NULL;
	ct_ok(cairn_open(&conn, driver, url, &mine, ct_err()));
	pthread_mutex_lock(&state.lock);
	state.conns[place] = conn;
	pthread_mutex_unlock(&state.lock);
	return conn;
}

cairn_conn *ct_open_driver(const cairn_driver *driver, const cairn_conn_opts *opts)
{
	return open_url(driver, state.setup->url, opts);
}

cairn_conn *ct_open_with(const cairn_conn_opts *opts)
{
	return ct_open_driver(state.setup->subject->driver, opts);
}

cairn_conn *ct_open(void)
{
	cairn_conn_opts opts = ct_opts();
	return ct_open_with(&opts);
}

void ct_close(cairn_conn *conn)
{
	cairn_close(conn);
	pthread_mutex_lock(&state.lock);
	for (size_t i = 0; i < CONNS; i++) {
		if (state.conns[i] == conn) {
			state.conns[i] = NULL;
			state.session_of[i] = 0;
		}
	}
	pthread_mutex_unlock(&state.lock);
}

static void close_all(void)
{
	for (size_t i = 0; i < CONNS; i++) {
		cairn_close(state.conns[i]);
		state.conns[i] = NULL;
		state.session_of[i] = 0;
	}
}

const cairn_subject *ct_subject(void)
{
	return state.setup->subject;
}

const char *ct_url(void)
{
	return state.setup->url;
}

bool ct_has(uint32_t caps)
{
	return (ct_subject_caps(state.setup->subject) & caps) == caps;
}

cairn_error *ct_err(void)
{
	last_error = (cairn_error)CAIRN_ERROR_INIT;
	return &last_error;
}

const cairn_error *ct_last(void)
{
	return &last_error;
}

/* ---- one case from beginning to end --------------------------------------------------- */

static void migrate(void)
{
	/* It stays open to the end: a store in memory lives as long as a connection. */
	cairn_conn_opts opts = ct_opts();
	const ct_setup *setup = state.setup;
	cairn_conn *keeper = open_url(setup->subject->driver, setup->migrate_url, &opts);
	ct_ok(cairn_migrate_up(keeper, NULL, NULL, ct_err()));
}

static void begin_case(const ct_setup *setup)
{
	state.setup = setup;
	state.now = START_OF_TIME;
	state.opened = 0;
	state.numbers = 0;
	state.history_count = 0;
	state.failed = false;
	last_error = (cairn_error)CAIRN_ERROR_INIT;
	ct_seed_thread(0);
}

enum ct_result ct_run_case(const ct_setup *setup)
{
	jmp_buf escape;
	begin_case(setup);
	ct_set_escape(&escape);
	if (setjmp(escape) == 0) {
		if (!(setup->one->flags & CT_BARE))
			migrate();
		state.history_count = 0;
		setup->one->run();
	}
	ct_set_escape(&escape);
	if (setjmp(escape) == 0)
		ct_sessions_end();
	/* Results first: they may hold what the connection's allocator gave. */
	release_kept(false);
	close_all();
	release_kept(true);
	return ct_has_failed() ? CT_FAILED : CT_PASSED;
}

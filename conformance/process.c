/*
 * process.c - runs cases, each in a process of its own with a time limit and a
 * pipe on which it explains a failure. Connections are opened after the fork. (the
 * case itself: ct.c)
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ct_plan.h"

#define URL_MAX	   1024
#define WORD_MAX   64
#define TEXT_MAX   (64 * 1024)
#define AT_ONCE	   64
#define CASE_TOKEN "{case}"

/* One case that runs, or has run and waits to be told in order. */
struct slot {
	size_t index;
	pid_t pid;
	int fd;
	double started;
	double seconds;
	bool late;
	enum ct_result result;
	char *text;
	size_t len;
	char word[WORD_MAX];
	char url[URL_MAX];
};

struct pool {
	const ct_plan *plan;
	struct slot slots[AT_ONCE]; /* running, in no order */
	size_t running;
	struct slot *ended; /* by index of the plan */
	bool *has_ended;
	size_t told;
	char ready[AT_ONCE][WORD_MAX]; /* words of stores that are migrated and empty */
	size_t ready_count;
};

static double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool own_urls(const cairn_subject *subject)
{
	return strstr(subject->url, CASE_TOKEN) != NULL;
}

/* "{case}" becomes a word that no other case of any run on this machine uses. */
static void word_of(size_t index, char word[WORD_MAX])
{
	snprintf(word, WORD_MAX, "kit_%lx_%lx_%zu", (unsigned long)time(NULL),
		 (unsigned long)getpid(), index);
}

static void put_word(const char *pattern, const char *word, char url[URL_MAX])
{
	const char *token = strstr(pattern, CASE_TOKEN);
	int before = token ? (int)(token - pattern) : (int)strlen(pattern);
	snprintf(url, URL_MAX, "%.*s%s%s", before, pattern, token ? word : "",
		 token ? token + strlen(CASE_TOKEN) : "");
}

static bool reset(const ct_plan *plan, const char *url)
{
	return !plan->subject->reset || plan->subject->reset(url) == 0;
}

/* A store goes from case to case if those neither migrate nor want it otherwise. */
static bool passes_on(const ct_plan *plan, const ct_case *one)
{
	return plan->subject->clear && own_urls(plan->subject) && plan->fork &&
	       !(one->flags & CT_BARE) && one->store != CT_MIGRATIONS;
}

static bool leave(const ct_plan *plan, const ct_case *one, const char *url)
{
	return (passes_on(plan, one) && plan->subject->clear(url) == 0) || reset(plan, url);
}

static enum ct_result run_here(const ct_plan *plan, size_t index, const char *word, FILE *report)
{
	char url[URL_MAX];
	char migrate_url[URL_MAX];
	const cairn_subject *subject = plan->subject;
	put_word(subject->url, word, url);
	put_word(subject->migrate_url ? subject->migrate_url : subject->url, word, migrate_url);
	ct_setup setup = { .subject = plan->subject,
			   .one = plan->cases[index],
			   .url = url,
			   .migrate_url = migrate_url,
			   .seed = plan->seed,
			   .report = report };
	if (!passes_on(plan, setup.one) && !reset(plan, url)) {
		fprintf(report, "the subject's reset failed\n");
		return CT_FAILED;
	}
	enum ct_result result = ct_run_case(&setup);
	if (result == CT_PASSED && !leave(plan, setup.one, url)) {
		fprintf(report, "the subject's reset failed after the case\n");
		return CT_FAILED;
	}
	return result;
}

/* ---- one process ---------------------------------------------------------------- */

static void start(struct pool *pool, size_t index)
{
	struct slot *slot = &pool->slots[pool->running];
	int pipe_fds[2];
	*slot = (struct slot){ .index = index, .started = now_seconds() };
	if (passes_on(pool->plan, pool->plan->cases[index]) && pool->ready_count > 0)
		memcpy(slot->word, pool->ready[--pool->ready_count], WORD_MAX);
	else
		word_of(index, slot->word);
	put_word(pool->plan->subject->url, slot->word, slot->url);
	fflush(NULL);
	if (pipe(pipe_fds) != 0)
		abort();
	slot->pid = fork();
	if (slot->pid < 0)
		abort();
	if (slot->pid == 0) {
		close(pipe_fds[0]);
		FILE *report = fdopen(pipe_fds[1], "w");
		enum ct_result result = run_here(pool->plan, index, slot->word, report);
		fclose(report);
		/* A failed case has left things behind on its way out: no leak check for it. */
		if (result != CT_PASSED)
			_exit((int)result);
		exit((int)result);
	}
	close(pipe_fds[1]);
	fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC);
	slot->fd = pipe_fds[0];
	pool->running++;
}

/* Takes what the case wrote; false at the end of its pipe. */
static bool read_some(struct slot *slot)
{
	char buffer[4096];
	ssize_t got = read(slot->fd, buffer, sizeof(buffer));
	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	if (got == 0)
		return false;
	if (slot->len + (size_t)got < TEXT_MAX) {
		char *text = realloc(slot->text, slot->len + (size_t)got + 1);
		if (!text)
			abort();
		memcpy(text + slot->len, buffer, (size_t)got);
		slot->text = text;
		slot->len += (size_t)got;
		text[slot->len] = '\0';
	}
	return true;
}

static void append_line(struct slot *slot, const char *line)
{
	size_t more = strlen(line);
	char *text = realloc(slot->text, slot->len + more + 2);
	if (!text)
		abort();
	memcpy(text + slot->len, line, more);
	memcpy(text + slot->len + more, "\n", 2);
	slot->text = text;
	slot->len += more + 1;
}

static void judge(struct slot *slot, int status)
{
	char line[96];
	if (slot->late) {
		slot->result = CT_TIMED_OUT;
		append_line(slot, "the case took too long and was killed");
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == CT_PASSED) {
		slot->result = CT_PASSED;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == CT_FAILED && slot->len) {
		slot->result = CT_FAILED;
	} else {
		slot->result = CT_DIED;
		if (WIFSIGNALED(status))
			snprintf(line, sizeof(line), "the case was ended by signal %d",
				 WTERMSIG(status));
		else
			snprintf(line, sizeof(line), "the case left with exit status %d",
				 WEXITSTATUS(status));
		append_line(slot, line);
	}
}

/* What a failed case left behind is taken away in another process: it may hang, too. */
static void clear_after(const ct_plan *plan, const struct slot *slot)
{
	if (slot->result == CT_PASSED || plan->keep || !plan->subject->reset)
		return;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		alarm(20);
		_exit(reset(plan, slot->url) ? 0 : 1);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* At the end, likewise. */
static void drop_ready(const struct pool *pool)
{
	char url[URL_MAX];
	fflush(NULL);
	pid_t pid = pool->ready_count > 0 ? fork() : -1;
	if (pid == 0) {
		alarm(20);
		for (size_t i = 0; i < pool->ready_count; i++) {
			put_word(pool->plan->subject->url, pool->ready[i], url);
			(void)reset(pool->plan, url);
		}
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void end_slot(struct pool *pool, size_t at)
{
	struct slot *slot = &pool->slots[at];
	int status = 0;
	close(slot->fd);
	while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	slot->seconds = now_seconds() - slot->started;
	judge(slot, status);
	if (slot->result != CT_PASSED && pool->plan->keep) {
		char line[URL_MAX + 16];
		snprintf(line, sizeof(line), "kept: %s", slot->url);
		append_line(slot, line);
	}
	clear_after(pool->plan, slot);
	if (slot->result == CT_PASSED && passes_on(pool->plan, pool->plan->cases[slot->index]))
		memcpy(pool->ready[pool->ready_count++], slot->word, WORD_MAX);
	pool->ended[slot->index] = *slot;
	pool->has_ended[slot->index] = true;
	pool->slots[at] = pool->slots[--pool->running];
}

static void watch(struct pool *pool)
{
	struct pollfd fds[AT_ONCE];
	for (size_t i = 0; i < pool->running; i++)
		fds[i] = (struct pollfd){ .fd = pool->slots[i].fd, .events = POLLIN };
	poll(fds, (nfds_t)pool->running, 200);
	double now = now_seconds();
	for (size_t i = pool->running; i-- > 0;) {
		struct slot *slot = &pool->slots[i];
		if (!slot->late && now - slot->started > (double)pool->plan->timeout) {
			slot->late = true;
			kill(slot->pid, SIGKILL);
		}
		if (fds[i].revents && !read_some(slot))
			end_slot(pool, i);
	}
}

/* ---- all of them ------------------------------------------------------------------ */

/* Tells what has ended, in order; true when the listener has heard enough. */
static bool tell(struct pool *pool, ct_done_fn *fn, void *user)
{
	bool stop = false;
	while (!stop && pool->told < pool->plan->count && pool->has_ended[pool->told]) {
		struct slot *slot = &pool->ended[pool->told];
		ct_done done = { .one = pool->plan->cases[slot->index],
				 .index = slot->index,
				 .result = slot->result,
				 .text = slot->text ? slot->text : "",
				 .seconds = slot->seconds };
		stop = fn(user, &done);
		free(slot->text);
		slot->text = NULL;
		pool->told++;
	}
	return stop;
}

static void run_in_processes(const ct_plan *plan, ct_done_fn *fn, void *user)
{
	struct pool pool = { .plan = plan };
	pool.ended = calloc(plan->count + 1, sizeof(*pool.ended));
	pool.has_ended = calloc(plan->count + 1, sizeof(*pool.has_ended));
	if (!pool.ended || !pool.has_ended)
		abort();
	size_t at_once = plan->jobs > AT_ONCE ? AT_ONCE : plan->jobs;
	size_t next = 0;
	bool stop = false;
	while (!stop && pool.told < plan->count) {
		while (pool.running < at_once && next < plan->count)
			start(&pool, next++);
		watch(&pool);
		stop = tell(&pool, fn, user);
	}
	while (pool.running) {
		kill(pool.slots[0].pid, SIGKILL);
		while (read_some(&pool.slots[0]))
			continue;
		end_slot(&pool, 0);
	}
	drop_ready(&pool);
	for (size_t i = 0; i < plan->count; i++)
		free(pool.ended[i].text);
	free(pool.ended);
	free(pool.has_ended);
}

static void run_in_this_process(const ct_plan *plan, ct_done_fn *fn, void *user)
{
	bool stop = false;
	for (size_t i = 0; i < plan->count && !stop; i++) {
		char word[WORD_MAX];
		char *text = NULL;
		size_t len = 0;
		FILE *report = open_memstream(&text, &len);
		if (!report)
			abort();
		word_of(i, word);
		double started = now_seconds();
		ct_done done = { .one = plan->cases[i], .index = i };
		done.result = run_here(plan, i, word, report);
		fclose(report);
		done.seconds = now_seconds() - started;
		done.text = text;
		if (done.result != CT_PASSED && !plan->keep) {
			char url[URL_MAX];
			put_word(plan->subject->url, word, url);
			(void)reset(plan, url);
		}
		stop = fn(user, &done);
		free(text);
	}
}

void ct_run_plan(const ct_plan *plan, ct_done_fn *fn, void *user)
{
	ct_plan mine = *plan;
	if (!own_urls(plan->subject) || mine.jobs == 0)
		mine.jobs = 1;
	if (plan->fork)
		run_in_processes(&mine, fn, user);
	else
		run_in_this_process(&mine, fn, user);
}

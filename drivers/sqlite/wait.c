/*
 * wait.c - waiting for another connection's commit. On Linux the file system tells of writes to the
 * write-ahead log, of any process; a commit shows in data_version a moment after its last
 * write, once it is synced. Elsewhere, and without a file, data_version alone is asked.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#include "lite.h"

/* How long a commit may take from its first write to its last sync, and how often to look. */
#define EXPECTED    (200 * CAIRN_MILLISECOND)
#define LOOK_OFTEN  (200)
#define LOOK_SELDOM (2 * CAIRN_MILLISECOND)

static cairn_status read_version(struct lite *lite, int64_t *version, cairn_error *err)
{
	struct lite_run run;
	bool more;
	cairn_status status = cairn_lite__start(&run, lite, LITE_DATA_VERSION, err);
	if (status == CAIRN_OK)
		status = cairn_lite__row(&run, &more, err);
	if (status != CAIRN_OK || !more)
		return status;
	*version = cairn_lite__int(&run);
	cairn_lite__stop(&run);
	return CAIRN_OK;
}

/* Whether somebody committed since the last time it was asked. */
static cairn_status committed(struct lite *lite, int *yes, cairn_error *err)
{
	struct lite_watch *watch = &lite->watch;
	int64_t version = watch->version;
	cairn_status status = read_version(lite, &version, err);
	if (version != watch->version) {
		*yes = 1;
		watch->stirred_at = 0;
	}
	watch->version = version;
	return status;
}

static void nap(cairn_usec duration)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)duration * 1000 }, NULL);
}

#ifdef __linux__
static void watch_log(struct lite *lite)
{
	struct lite_watch *watch = &lite->watch;
	char path[4096];
	const char *file = sqlite3_db_filename(lite->db, "main");
	watch->tried = true;
	if (file == NULL || file[0] == '\0' ||
	    snprintf(path, sizeof path, "%s-wal", file) >= (int)sizeof path)
		return;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		return;
	watch->open = inotify_add_watch(watch->fd, path, IN_MODIFY) >= 0;
	if (!watch->open)
		close(watch->fd);
}

static void await_log(struct lite_watch *watch, cairn_usec timeout)
{
	char events[4096];
	struct pollfd one = { .fd = watch->fd, .events = POLLIN };
	if (poll(&one, 1, (int)(timeout / CAIRN_MILLISECOND) + 1) <= 0)
		return;
	while (read(watch->fd, events, sizeof events) > 0)
		continue;
	watch->stirred_at = cairn_lite__ticks();
}
#else
static void watch_log(struct lite *lite)
{
	lite->watch.tried = true;
}

static void await_log(struct lite_watch *watch, cairn_usec timeout)
{
	(void)watch;
	nap(timeout);
}
#endif

void cairn_lite__unwatch(struct lite *lite)
{
	if (lite->watch.open)
		close(lite->watch.fd);
	lite->watch = (struct lite_watch){ .tried = false };
}

cairn_status cairn_lite__job_wait(void *self, const cairn_wait_plan *plan, enum cairn_wake *wake,
				  cairn_error *err)
{
	struct lite *lite = self;
	struct lite_watch *watch = &lite->watch;
	cairn_usec end = cairn_lite__ticks() + plan->timeout;
	cairn_status status = CAIRN_OK;
	if (!watch->tried) {
		watch_log(lite);
		*wake = CAIRN_WAKE_ANEW; /* what was committed before is not told */
		return read_version(lite, &watch->version, err);
	}
	int told = 0;
	while (status == CAIRN_OK && !told) {
		cairn_usec now = cairn_lite__ticks();
		if (now >= end)
			break;
		bool expected = watch->stirred_at != 0 && now - watch->stirred_at < EXPECTED;
		if (expected || !watch->open)
			nap(expected ? LOOK_OFTEN : LOOK_SELDOM);
		else
			await_log(watch, end - now);
		if (watch->stirred_at != 0 || !watch->open)
			status = committed(lite, &told, err);
	}
	*wake = told ? CAIRN_WAKE_TOLD : CAIRN_WAKE_NONE;
	return status;
}

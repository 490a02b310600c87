/*
 * owner.c - the worker's row among the owners: who it is, that it lives, that it ended. It is for people
 * and tools, so whatever goes wrong with it costs the row and never the worker. The beater keeps it,
 * after its leases; all of it is the beater's own and goes without the lock.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cairn/owner.h>

#include "runtime.h"
#include "utf8.h"

/* Who is gone before leaves no row. */
#define FIRST CAIRN_SECOND

/* ---- who it is ------------------------------------------------------------------- */

static void put_labels(FILE *to, const cairn_worker_opts *opts, bool any_type)
{
	fprintf(to,
		"{\"concurrency\":%" PRIu32 ",\"ahead\":%" PRIu32 ",\"types\":", opts->concurrency,
		opts->ahead);
	for (size_t i = 0; i < opts->handler_count && !any_type; i++) {
		fputc(i == 0 ? '[' : ',', to);
		cairn_worker__put_json(to, opts->handlers[i].type);
	}
	fputs(any_type ? "null" : "]", to);
	if (opts->owner.len > 0) {
		fputs(",\"owner\":", to);
		cairn_worker__put_json(to, opts->owner);
	}
	fputc('}', to);
}

static void put_queues(FILE *to, const cairn_worker_opts *opts)
{
	fputc('[', to);
	cairn_worker__put_json(to, opts->queue.len > 0 ? opts->queue : CAIRN_STR("default"));
	fputc(']', to);
}

/* One text: the queues up to *queues, then the labels. NULL without memory. */
static char *describe(const struct cairn_worker *worker, size_t *queues, size_t *len)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, len);
	if (to == NULL)
		return NULL;
	put_queues(to, &worker->opts);
	fflush(to);
	*queues = *len;
	put_labels(to, &worker->opts, worker->any_type);
	bool failed = ferror(to) != 0;
	if (fclose(to) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

static cairn_status enroll(struct cairn_worker *worker, cairn_conn *conn, cairn_error *err)
{
	char host[256] = "";
	size_t queues = 0;
	size_t len = 0;
	char *text = describe(worker, &queues, &len);
	if (text == NULL)
		return cairn_worker__fail_code(err, CAIRN_E_NOMEM);
	gethostname(host, sizeof host - 1);
	cairn_owner_new row = { .size = sizeof row,
				.name = worker->opts.name,
				.host = cairn_str_of(host),
				.version = worker->opts.version,
				.queues = { text, queues },
				.labels = { text + queues, len - queues },
				.pid = (int64_t)getpid() };
	cairn_id incarnation = { { 0 } };
	cairn_status st = cairn_owner_register(conn, &row, &incarnation, err);
	if (st == CAIRN_OK)
		worker->row.incarnation = incarnation;
	free(text);
	return st;
}

/* ---- that it lives ------------------------------------------------------------------ */

static cairn_owner_ref mine(const struct cairn_worker *worker)
{
	return (cairn_owner_ref){ .name = worker->opts.name,
				  .incarnation = worker->row.incarnation };
}

/* Who has the name now keeps it; a row that is gone or was closed is made anew. */
static cairn_status live(struct cairn_worker *worker, cairn_conn *conn, cairn_error *err)
{
	cairn_owner_ref ref = mine(worker);
	cairn_owner_changed changed = { .status = CAIRN_OK };
	cairn_status st = cairn_owner_heartbeat(conn, &ref, 1, &changed, err);
	if (st != CAIRN_OK || changed.status == CAIRN_OK)
		return st;
	if (changed.code == CAIRN_E_OWNER_SUPERSEDED)
		return CAIRN_UNSUPPORTED;
	return enroll(worker, conn, err);
}

void cairn_worker__row_begin(struct cairn_worker *worker)
{
	worker->row.due = worker->opts.owner_interval > 0 ? cairn_worker__now() + FIRST : INT64_MAX;
}

void cairn_worker__row_beat(struct link *link)
{
	struct cairn_worker *worker = link->worker;
	cairn_error err = CAIRN_ERROR_INIT;
	bool known = !cairn_id_is_none(worker->row.incarnation);
	worker->row.due = cairn_worker__now() +
			  cairn_worker__jitter(&link->dice, worker->opts.owner_interval);
	cairn_status st = known ? live(worker, link->conn, &err) : enroll(worker, link->conn, &err);
	if (st == CAIRN_OK) {
		cairn_worker__recovered(link);
		return;
	}
	if (st != CAIRN_UNSUPPORTED) {
		if (cairn_worker__trouble(link, &err) == CAIRN_OK)
			return;
		cairn_worker__tell_trouble(worker, &err);
	}
	/* there is no registry, no leave to write there, or no name of its own */
	worker->row.incarnation = (cairn_id){ { 0 } };
	worker->row.due = INT64_MAX;
}

/* ---- that it ended ------------------------------------------------------------------ */

/* Without a connection the row becomes stale by itself. */
void cairn_worker__row_end(struct link *link)
{
	cairn_owner_ref ref = mine(link->worker);
	cairn_owner_changed changed;
	if (link->conn == NULL || cairn_id_is_none(ref.incarnation))
		return;
	cairn_status st = cairn_owner_close(link->conn, &ref, 1, &changed, NULL);
	(void)st; /* likewise */
}

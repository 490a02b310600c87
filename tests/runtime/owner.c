/*
 * owner.c - a worker's row among the owners: made when it has run for a while, kept alive, closed at
 * the end; and a worker that has none, for whatever reason, works all the same.
 */
#include <cairn/owner.h>
#include <cairn/sys/owner.h>

#include "faulty.h"
#include "runs.h"

static atomic_int troubles;

static void observe(void *user, const cairn_worker_event *event)
{
	(void)user;
	atomic_fetch_add(&troubles, event->kind == CAIRN_WORKER_TROUBLE);
}

static void prepare_named(struct run *run, const store *one, const char *name)
{
	atomic_store(&troubles, 0);
	prepare(run, one, succeed, NULL);
	run->opts.name = cairn_str_of(name);
	run->opts.observe = observe;
	run->opts.owner_interval = 50 * CAIRN_MILLISECOND;
}

/* The row of this name, if there is one. */
static bool look(store *one, const char *name, cairn_owners **rows, const cairn_owner **row)
{
	cairn_error err = CAIRN_ERROR_INIT;
	*row = NULL;
	must(cairn_owner_list(one->conn, NULL, rows, &err), &err, "list");
	for (size_t i = 0; i < (*rows)->count; i++) {
		if (is((*rows)->at[i].name, name))
			*row = &(*rows)->at[i];
	}
	return *row != NULL;
}

static bool appears(store *one, const char *name, cairn_owners **rows, const cairn_owner **row)
{
	for (int i = 0; i < 1000 && !look(one, name, rows, row); i++)
		nap(10);
	return *row != NULL;
}

static void registers(store *one)
{
	struct run run;
	cairn_owners *rows = NULL;
	const cairn_owner *row;
	prepare_named(&run, one, "re\"gistered");
	run.opts.queue = CAIRN_STR("a \"queue\"");
	run.opts.owner = CAIRN_STR("me");
	run.opts.version = CAIRN_STR("1.2");
	run.handler.type = CAIRN_STR("t");
	start(&run);
	if (!ok(appears(one, "re\"gistered", &rows, &row), "%s: a worker registers", one->name)) {
		end(&run, CAIRN_STOP_SOFT);
		return;
	}
	is_int(row->state, CAIRN_OWNER_LIVE, "it is alive");
	is_int(row->pid, getpid(), "in this process");
	ok(row->host.len > 0 && is(row->version, "1.2"), "%s: on a host", one->name);
	is_text(row->queues.ptr, "[\"a \\\"queue\\\"\"]", "of its queue");
	is_text(row->labels.ptr,
		"{\"concurrency\":4,\"ahead\":0,\"types\":[\"t\"],\"owner\":\"me\"}",
		"with what else is to say");
	cairn_id incarnation = row->incarnation;
	cairn_time beat = row->heartbeat_at;
	for (int i = 0; i < 500 && row->heartbeat_at <= beat; i++) {
		nap(10);
		look(one, "re\"gistered", &rows, &row);
	}
	ok(row->heartbeat_at > beat, "%s: it says so from time to time", one->name);
	is_int(cairn_id_compare(row->incarnation, incarnation), 0, "as the one it is");
	end(&run, CAIRN_STOP_SOFT);
	look(one, "re\"gistered", &rows, &row);
	is_int(row->state, CAIRN_OWNER_CLOSED, "its end is told");
	is_int(atomic_load(&troubles), 0, "without trouble");
	cairn_free(rows);
}

/* One that is soon gone, and one that is told not to. */
static void keeps_quiet(store *one)
{
	struct run run;
	cairn_owners *rows = NULL;
	const cairn_owner *row;
	prepare_named(&run, one, "short");
	drain(&run);
	ok(!look(one, "short", &rows, &row), "%s: who is gone at once leaves no row", one->name);
	prepare_named(&run, one, "unlisted");
	run.opts.owner_interval = -1;
	start(&run);
	nap(1300);
	ok(!look(one, "unlisted", &rows, &row), "%s: a row can be declined", one->name);
	end(&run, CAIRN_STOP_SOFT);
	ok(!look(one, "unlisted", &rows, &row), "%s: to the end", one->name);
	cairn_free(rows);
}

/* Closed by somebody, and taken over by somebody. */
static void meets_others(store *one)
{
	struct run run;
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_owners *rows = NULL;
	const cairn_owner *row;
	prepare_named(&run, one, "met");
	start(&run);
	if (!ok(appears(one, "met", &rows, &row), "%s: a worker registers", one->name)) {
		end(&run, CAIRN_STOP_SOFT);
		return;
	}
	cairn_owner_ref first = { .name = CAIRN_STR("met"), .incarnation = row->incarnation };
	must(cairn_owner_close(one->conn, &first, 1, NULL, &err), &err, "close");
	for (int i = 0; i < 500 && cairn_id_compare(row->incarnation, first.incarnation) == 0;
	     i++) {
		nap(10);
		look(one, "met", &rows, &row);
	}
	is_int(row->state, CAIRN_OWNER_LIVE, "who was declared closed comes back");
	ok(cairn_id_compare(row->incarnation, first.incarnation) != 0, "%s: as another", one->name);
	cairn_owner_new other = { .size = sizeof other, .name = CAIRN_STR("met") };
	cairn_id theirs;
	must(cairn_owner_register(one->conn, &other, &theirs, &err), &err, "register");
	nap(300);
	end(&run, CAIRN_STOP_SOFT);
	look(one, "met", &rows, &row);
	is_int(cairn_id_compare(row->incarnation, theirs), 0, "who took the name over keeps it");
	is_int(row->closed_at, 0, "and is not closed by the other's end");
	is_int(atomic_load(&troubles), 0, "none of this is trouble");
	cairn_free(rows);
}

/* ---- registries that are not there ------------------------------------------------------ */

static atomic_int tries;

static cairn_status denied(void *self, const cairn_owner_new *owner, const cairn_id *incarnation,
			   cairn_error *err)
{
	(void)self;
	(void)owner;
	(void)incarnation;
	atomic_fetch_add(&tries, 1);
	return cairn_fail(err, CAIRN_E_DB_DENIED);
}

static cairn_status away(void *self, const cairn_owner_new *owner, const cairn_id *incarnation,
			 cairn_error *err)
{
	if (atomic_fetch_add(&tries, 1) < 3)
		return cairn_fail(err, CAIRN_E_CONN_CLOSED);
	return faulty.real->owners->enroll(self, owner, incarnation, err);
}

/* A worker with this registry does a job after so many tries to register. */
static void works_with(store *one, const struct cairn_owner_ops *owners, const char *name,
		       int after)
{
	struct run run;
	store other = *one;
	other.driver = wrapped(one->driver);
	faulty.driver.owners = owners;
	atomic_store(&tries, 0);
	atomic_store(&runs, 0);
	fail_never();
	prepare_named(&run, &other, name);
	start(&run);
	if (after == 0)
		nap(1400);
	soon(&tries, after);
	nap(100);
	add(one, "t", 1);
	ok(soon(&runs, 1), "%s: %s: the worker works", one->name, name);
	end(&run, CAIRN_STOP_SOFT);
	is_int(run.status, CAIRN_OK, "to its end");
}

static void does_without(store *one)
{
	cairn_owners *rows = NULL;
	const cairn_owner *row;
	cairn_owner_ops owners = *one->driver->owners;
	works_with(one, NULL, "no registry", 0);
	is_int(atomic_load(&troubles), 0, "nothing is said about it");
	owners.enroll = denied;
	works_with(one, &owners, "a registry of others", 1);
	is_int(atomic_load(&tries), 1, "which is tried once");
	is_int(atomic_load(&troubles), 1, "and told once");
	owners.enroll = away;
	works_with(one, &owners, "a registry that is away", 4);
	ok(look(one, "a registry that is away", &rows, &row), "%s: it is tried again", one->name);
	cairn_free(rows);
}

static void on_store(store *one)
{
	registers(one);
	keeps_quiet(one);
	meets_others(one);
	does_without(one);
}

int main(void)
{
	alarm(120);
	each_store("t", on_store);
	return tap_done();
}

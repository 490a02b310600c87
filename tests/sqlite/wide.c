/*
 * wide.c - a run with more children than one call takes is canceled with all of them. (On one database: what is above
 * the drivers does it.)
 */
#include <stdlib.h>

#include <cairn/cairn.h>
#include <cairn/sqlite.h>

#include "../tap.h"

#define HALF 50001

static cairn_error err = CAIRN_ERROR_INIT;

static void must(cairn_status st)
{
	if (st == CAIRN_OK)
		return;
	printf("Bail out! %s %s\n", err.code, err.message);
	exit(1);
}

static cairn_replay *begin(cairn_conn *conn, cairn_id *run)
{
	const cairn_definition type = { .type = CAIRN_STR("t") };
	const cairn_job_new job = { .type = CAIRN_STR("t") };
	const cairn_claim_opts opts = { .size = sizeof opts,
					.worker = CAIRN_STR("w"),
					.lease = CAIRN_HOUR };
	cairn_jobs *jobs = NULL;
	cairn_replay *replay = NULL;
	must(cairn_migrate_up(conn, NULL, NULL, &err));
	must(cairn_job_define(conn, &type, 1, &err));
	must(cairn_job_enqueue(conn, &job, 1, NULL, &err));
	must(cairn_job_claim(conn, &opts, &jobs, &err));
	cairn_lease lease = cairn_job_lease(jobs->at);
	*run = lease.id;
	must(cairn_replay_begin(conn, &lease, NULL, &replay, &err));
	cairn_free(jobs);
	return replay;
}

static void have_children(cairn_replay *replay)
{
	cairn_child_new *children = calloc(HALF, sizeof *children);
	cairn_replay_step *steps = calloc(HALF, sizeof *steps);
	if (children == NULL || steps == NULL)
		abort();
	for (size_t i = 0; i < HALF; i++)
		children[i].type = CAIRN_STR("t");
	for (int times = 0; times < 2; times++)
		must(cairn_replay_child(replay, children, HALF, steps, &err));
	free(children);
	free(steps);
}

int main(void)
{
	cairn_id run;
	cairn_conn *conn = NULL;
	cairn_replay_changed changed;
	must(cairn_open(&conn, &cairn_sqlite, "sqlite::memory:", NULL, &err));
	cairn_replay *replay = begin(conn, &run);
	have_children(replay);
	must(cairn_replay_cancel(conn, cairn_any(), &run, 1, CAIRN_STR("enough"), &changed, &err));
	is_int(changed.status, CAIRN_OK, "it is canceled");
	is_int(changed.descendants, 2 * HALF, "with all its children");
	cairn_replay_close(replay);
	cairn_close(conn);
	return tap_done();
}

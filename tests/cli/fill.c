/*
 * fill.c - what an application has left behind, for checkpoints.t: the command only reads and
 * removes it.
 *
 *	fill URL put			threads, checkpoints, a branch, pending writes
 *	fill URL writes THREAD ID	how many pending writes a checkpoint has
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairn/cairn.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/sqlite.h>

static const cairn_driver *const drivers[] = {
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
};

static const cairn_str tenant = { "default", 7 };

static void must(cairn_status status, const cairn_error *err)
{
	if (status == CAIRN_OK)
		return;
	fprintf(stderr, "fill: %s: %s (%s)\n", err->code, err->message, err->detail);
	exit(1);
}

static cairn_id put(cairn_conn *conn, cairn_str whose, const cairn_checkpoint_new *item)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoint_added added;
	must(cairn_checkpoint_put(conn, whose, item, 1, &added, &err), &err);
	return added.id;
}

static void pend(cairn_conn *conn, cairn_id id)
{
	cairn_error err = CAIRN_ERROR_INIT;
	const cairn_checkpoint_write writes[] = { { .checkpoint = id,
						    .task = CAIRN_STR("a"),
						    .channel = CAIRN_STR("out"),
						    .value = { "1", 1 } },
						  { .checkpoint = id,
						    .task = CAIRN_STR("b"),
						    .channel = CAIRN_STR("out"),
						    .value = { "2", 1 } } };
	must(cairn_checkpoint_write_put(conn, tenant, CAIRN_STR("conv 1"), writes, 2, &err), &err);
}

static void fill(cairn_conn *conn)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoint_new item = { .thread = CAIRN_STR("conv 1"),
				      .state = { "{ \"n\": 0 }", 10 },
				      .metadata = CAIRN_STR("{\"source\":\"input\"}"),
				      .next_node = CAIRN_STR("tools"),
				      .run = CAIRN_STR("r1") };
	cairn_id first = put(conn, tenant, &item);
	item.parent = first;
	item.step = 1;
	item.state = (cairn_blob){ "{ \"n\": 1 }", 10 };
	item.metadata = CAIRN_STR("{\"source\":\"loop\"}");
	pend(conn, put(conn, tenant, &item));
	const cairn_checkpoint_new part = { .thread = item.thread,
					    .ns = CAIRN_STR("sub"),
					    .step = 5,
					    .state = { "a\0b", 3 },
					    .format = CAIRN_FORMAT_BYTES };
	put(conn, tenant, &part);
	const cairn_checkpoint_new branch = { .thread = item.thread,
					      .parent = first,
					      .state = { "{ \"n\": 2.0 }", 12 } };
	must(cairn_checkpoint_branch(conn, tenant, &branch, NULL, &err), &err);
	const cairn_checkpoint_new other = { .thread = CAIRN_STR("conv 2"), .state = { "2", 1 } };
	put(conn, tenant, &other);
	const cairn_checkpoint_new theirs = { .thread = item.thread, .state = { "3", 1 } };
	put(conn, CAIRN_STR("acme"), &theirs);
}

static void count_writes(cairn_conn *conn, const char *thread, const char *text)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_checkpoint_writes *writes = NULL;
	cairn_id id;
	if (cairn_id_parse(cairn_str_of(text), &id) != 0)
		exit(2);
	must(cairn_checkpoint_write_list(conn, tenant, cairn_str_of(thread), id, &writes, &err),
	     &err);
	printf("%zu\n", writes->count);
	cairn_free(writes);
}

int main(int argc, char **argv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	if (argc != 3 && argc != 5)
		return 2;
	must(cairn_open_any(&conn, drivers, sizeof drivers / sizeof drivers[0], argv[1], NULL,
			    &err),
	     &err);
	if (argc == 3)
		fill(conn);
	else
		count_writes(conn, argv[3], argv[4]);
	cairn_close(conn);
	return 0;
}

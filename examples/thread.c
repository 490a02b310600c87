/*
 * thread.c - an agent that may die at any time: each of its turns is an expensive call, and what came of it
 * is one transaction: a checkpoint, two events of the session's log, and what it remembers. Started again it
 * goes on behind its last checkpoint. A lock keeps two of them from working on one thread.
 *
 *	thread URL THREAD TURNS
 */
#include <cairn/cairn.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/sqlite.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cairn_driver *const drivers[] = {
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
};

static const cairn_str tenant = { "default", 7 };

struct agent {
	cairn_conn *conn;
	cairn_str thread;
	int64_t turns;
	int64_t step; /* turns that are done */
	int64_t total;
	cairn_id head; /* the last checkpoint */
};

/* For the test of this example: dies where it is told to, as if by kill -9. */
static void perhaps_die(const char *where, int64_t step)
{
	const char *wanted = getenv("DIE");
	char here[40];
	snprintf(here, sizeof here, "%s %lld", where, (long long)step);
	if (wanted != NULL && strcmp(wanted, here) == 0)
		raise(SIGKILL);
}

/* The expensive call, which costs a line on standard output. */
static int64_t think(int64_t step)
{
	printf("thinking about %lld\n", (long long)step);
	fflush(stdout);
	return step * step;
}

static cairn_status where_it_stopped(struct agent *agent, cairn_error *err)
{
	const cairn_checkpoint_ref last = { .size = sizeof last,
					    .tenant = tenant,
					    .thread = agent->thread };
	cairn_checkpoints *found = NULL;
	cairn_error why = CAIRN_ERROR_INIT;
	cairn_status st = cairn_checkpoint_get(agent->conn, &last, &found, &why);
	if (st == CAIRN_OK) {
		agent->head = found->at[0].id;
		agent->step = found->at[0].step;
		agent->total = strtoll(found->at[0].state.ptr, NULL, 10);
	}
	cairn_free(found);
	if (st == CAIRN_NOT_FOUND)
		return CAIRN_OK; /* it begins */
	if (st != CAIRN_OK)
		*err = why;
	return st;
}

static cairn_status checkpoint(struct agent *agent, const cairn_lock *lock, int64_t total,
			       cairn_error *err)
{
	char state[24];
	int len = snprintf(state, sizeof state, "%lld", (long long)total);
	cairn_checkpoint_added added;
	cairn_checkpoint_new item = { .thread = agent->thread,
				      .parent = agent->head,
				      .step = agent->step + 1,
				      .state = { state, (size_t)len },
				      .expected = agent->head,
				      .set = CAIRN_CHECKPOINT_EXPECT,
				      .lock = lock };
	if (agent->step + 1 < agent->turns)
		item.next_node = CAIRN_STR("think");
	cairn_status st = cairn_checkpoint_put(agent->conn, tenant, &item, 1, &added, err);
	if (st == CAIRN_OK && added.status == CAIRN_OK)
		agent->head = added.id;
	return st == CAIRN_OK ? added.status : st;
}

static cairn_status note(struct agent *agent, cairn_error *err)
{
	int64_t head;
	const cairn_log_event events[] = {
		{ .kind = CAIRN_STR("tool_call"), .data = CAIRN_STR("{\"name\":\"think\"}") },
		{ .kind = CAIRN_STR("tool_result"), .data = CAIRN_STR("{\"is_error\":false}") },
	};
	const cairn_log_batch batch = { .size = sizeof batch,
					.tenant = tenant,
					.thread = agent->thread,
					.events = events,
					.n = 2,
					.set = CAIRN_LOG_EXPECT,
					.expected = 2 * agent->step };
	return cairn_log_append(agent->conn, &batch, &head, err);
}

static cairn_status remember(struct agent *agent, int64_t total, cairn_error *err)
{
	char value[24];
	int len = snprintf(value, sizeof value, "%lld", (long long)total);
	const cairn_str ns[] = { CAIRN_STR("agents"), agent->thread };
	const cairn_memory_new item = { .ns = { ns, 2 },
					.key = CAIRN_STR("total"),
					.value = { value, (size_t)len } };
	return cairn_memory_put(agent->conn, tenant, &item, 1, NULL, err);
}

static cairn_status turn(struct agent *agent, const cairn_lock *lock, cairn_error *err)
{
	cairn_tx tx = CAIRN_TX_INIT;
	int64_t total = agent->total + think(agent->step + 1);
	perhaps_die("thought", agent->step + 1);
	cairn_status st = cairn_begin(agent->conn, &tx, err);
	if (st == CAIRN_OK)
		st = checkpoint(agent, lock, total, err);
	if (st == CAIRN_OK)
		st = note(agent, err);
	if (st == CAIRN_OK)
		st = remember(agent, total, err);
	perhaps_die("wrote", agent->step + 1);
	if (st == CAIRN_OK)
		st = cairn_commit(&tx, err);
	cairn_rollback(&tx);
	if (st == CAIRN_OK) {
		agent->step++;
		agent->total = total;
		perhaps_die("committed", agent->step);
	}
	return st;
}

static cairn_status work(void *user, cairn_lock *lock, cairn_error *err)
{
	struct agent *agent = user;
	cairn_status st = where_it_stopped(agent, err);
	if (st == CAIRN_OK && agent->step > 0)
		printf("going on behind %lld\n", (long long)agent->step);
	while (st == CAIRN_OK && agent->step < agent->turns) {
		st = turn(agent, lock, err);
		if (st == CAIRN_OK)
			st = cairn_lock_extend(agent->conn, lock, CAIRN_SECOND, err);
	}
	return st;
}

int main(int argc, char **argv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (argc != 4)
		return 2;
	struct agent agent = { .thread = cairn_str_of(argv[2]),
			       .turns = strtoll(argv[3], NULL, 10) };
	/* short, since one who died keeps it so long */
	const cairn_lock_opts mine = {
		.size = sizeof mine, .tenant = tenant, .name = agent.thread, .ttl = CAIRN_SECOND
	};
	if (cairn_open_any(&agent.conn, drivers, sizeof drivers / sizeof drivers[0], argv[1], NULL,
			   &err) == CAIRN_OK &&
	    cairn_migrate_up(agent.conn, NULL, NULL, &err) == CAIRN_OK &&
	    cairn_with_lock(agent.conn, &mine, work, &agent, &err) == CAIRN_OK)
		printf("%lld turns, total %lld\n", (long long)agent.step, (long long)agent.total);
	if (err.status != CAIRN_OK)
		fprintf(stderr, "%s: %s\n", err.code, err.message);
	cairn_close(agent.conn);
	return err.status != CAIRN_OK;
}

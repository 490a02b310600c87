/*
 * main.c - runs, replays differ|crash|load: random lives, on several databases at once, or on one whose processes are
 * killed; and many processes at once.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cairn/memory_driver.h>
#ifdef CAIRN_WITH_POSTGRES
#include <cairn/postgres.h>
#endif
#include <cairn/sqlite.h>

#include "lives.h"

static const cairn_driver *const drivers[] = {
	&cairn_memory,
	&cairn_sqlite,
#ifdef CAIRN_WITH_POSTGRES
	&cairn_postgres,
#endif
};

static cairn_time frozen = INT64_C(1900000000) * CAIRN_SECOND;

static cairn_time clock_now(void *user)
{
	(void)user;
	return frozen;
}

static void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		exit(2);
	return memory;
}

static void define(struct side *side)
{
	cairn_error err = CAIRN_ERROR_INIT;
	if (cairn_migrate_up(side->conn, NULL, NULL, &err) != CAIRN_OK)
		side_die(side, "migrations", &err);
	game_define(side);
}

void side_connect(struct side *side, const char *url, cairn_trace_fn *trace)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn_opts opts = { .size = sizeof opts,
				 .clock = clock_now,
				 .trace = trace,
				 .flags = trace != NULL ? CAIRN_CONN_FLUSH_EACH : 0 };
	side->name = url;
	if (cairn_open_any(&side->conn, drivers, sizeof drivers / sizeof drivers[0], url, &opts,
			   &err) != CAIRN_OK)
		side_die(side, "open", &err);
	side->name = cairn_conn_driver_name(side->conn);
}

cairn_status side_driver_open(const char *url, const cairn_conn_opts *opts, cairn_conn **conn,
			      cairn_error *err)
{
	return cairn_open_any(conn, drivers, sizeof drivers / sizeof drivers[0], url, opts, err);
}

cairn_conn *real_open(const char *url)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn_opts opts = { .size = sizeof opts, .lock_timeout = CAIRN_MINUTE };
	struct side side = { .name = url };
	if (cairn_open_any(&side.conn, drivers, sizeof drivers / sizeof drivers[0], url, &opts,
			   &err) != CAIRN_OK)
		side_die(&side, "open", &err);
	define(&side);
	return side.conn;
}

void side_open(struct side *side, const char *url)
{
	side_connect(side, url, NULL);
	side->told = shared(TOLD_MAX);
	side->has = shared(game_known);
	define(side);
}

/* ---- lives --------------------------------------------------------------------------- */

/* No two lives share a tenant, not even of one seed. */
static uint32_t births;

void life_begin(struct life *life, struct side *sides, size_t n, uint64_t seed)
{
	*life = (struct life){ .seed = seed, .sides = sides, .side_count = n };
	snprintf(life->tenant, sizeof life->tenant, "life-%u", (unsigned)births++);
	life->now = frozen += CAIRN_DAY;
	for (size_t i = 0; i < n; i++)
		memset(sides[i].has, 0, game_known);
}

void life_end(struct life *life)
{
	for (size_t i = 0; i < life->side_count; i++)
		game_clean(life, &life->sides[i]);
}

void life_tick(struct life *life, cairn_usec duration)
{
	frozen = life->now += duration;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "differ") == 0)
		return differ(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "crash") == 0)
		return crash(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "load") == 0)
		return load(argc - 1, argv + 1);
	fprintf(stderr, "usage: %s differ|crash|load ...\n", game_name);
	return 2;
}

/*
 * migration.c - two processes that migrate at once, and a migration that is killed
 * between any two of its statements.
 *
 *	migration URL_TEMPLATE [ROUNDS]	(the template has one %d: each round its own store)
 */
#include "crash.h"

static const char *template;

static char *url_of(int number)
{
	static char url[1024];
	const char *mark = strstr(template, "%d");
	snprintf(url, sizeof url, "%.*s%d%s", (int)(mark - template), template, number, mark + 2);
	return url;
}

static size_t migrate(const char *url, const cairn_conn_opts *opts)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_migration_rows *done = NULL;
	cairn_conn *conn = open_with(url, opts);
	must(cairn_migrate_up(conn, NULL, &done, &err), &err, "migrate up");
	size_t count = done->count;
	cairn_free(done);
	cairn_close(conn);
	return count;
}

/* A child that waits for the starting shot, migrates, and tells how much it applied. */
static pid_t racer(const char *url, const int start[2], int result)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	char shot;
	cairn_conn *conn = open_with(url, NULL);
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_migration_rows *done = NULL;
	/* the shot is the end of the pipe: nobody may hold its other side */
	close(start[1]);
	if (read(start[0], &shot, 1) < 0)
		_exit(3);
	cairn_status st = cairn_migrate_up(conn, NULL, &done, &err);
	int applied = st == CAIRN_OK ? (int)done->count : -1;
	if (st != CAIRN_OK)
		printf("# %s: %s (%s)\n", err.code, err.message, err.detail);
	fflush(stdout);
	if (write(result, &applied, sizeof applied) < 0)
		_exit(3);
	_exit(0);
}

static int race(const char *url)
{
	int start[2];
	int result[2];
	int applied[2] = { -1, -1 };
	if (pipe(start) != 0 || pipe(result) != 0)
		_exit(3);
	pid_t a = racer(url, start, result[1]);
	pid_t b = racer(url, start, result[1]);
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < 2; i++) {
		if (read(result[0], &applied[i], sizeof applied[i]) < 0)
			_exit(3);
	}
	reap_child(a);
	reap_child(b);
	close(result[0]);
	close(result[1]);
	int one = applied[0] > 0 && applied[1] == 0;
	int other = applied[1] > 0 && applied[0] == 0;
	return one || other;
}

static void two_at_once(int rounds)
{
	int good = 0;
	for (int i = 0; i < rounds; i++)
		good += race(url_of(i));
	is_int(good, rounds, "of two processes at once one applied, the other 0");
}

/* Kills its own process at the n-th statement. */
static int statements_left;

static void countdown(void *user, const cairn_trace *event)
{
	(void)user;
	if (event->kind == CAIRN_TRACE_STATEMENT && --statements_left == 0)
		raise(SIGKILL);
}

static int killed_at(const char *url, int statement)
{
	pid_t pid = fork();
	if (pid == 0) {
		cairn_conn_opts opts = { .size = sizeof opts,
					 .trace = countdown,
					 .flags = CAIRN_CONN_FLUSH_EACH };
		statements_left = statement;
		migrate(url, &opts);
		_exit(0);
	}
	return !reap_child(pid);
}

static void killed_anywhere(int first_store)
{
	int kills = 0;
	int whole = 1;
	for (int n = 1; n < 500; n++) {
		char *url = url_of(first_store + n);
		if (!killed_at(url, n))
			break;
		kills++;
		cairn_error err = CAIRN_ERROR_INIT;
		migrate(url, NULL);
		cairn_conn *conn = open_with(url, NULL);
		cairn_drift *drift = NULL;
		whole &= cairn_migrate_check(conn, NULL, &err) == CAIRN_OK;
		whole &= cairn_migrate_drift(conn, NULL, &drift, &err) == CAIRN_OK &&
			 drift->count == 0;
		cairn_free(drift);
		cairn_close(conn);
	}
	printf("# killed at each of %d statements\n", kills);
	ok(kills >= 3, "the migration has several statements to be killed at");
	ok(whole, "after every kill `up` finishes, `check` passes, and nothing has drifted");
}

int main(int argc, char **argv)
{
	if (argc < 2 || strstr(argv[1], "%d") == NULL)
		return 2;
	template = argv[1];
	int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 50;
	two_at_once(rounds);
	killed_anywhere(rounds);
	return tap_done();
}

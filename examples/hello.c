#include <cairn/cairn.h>
#include <cairn/sqlite.h>
#include <stdio.h>

int main(void)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_conn *conn = NULL;
	cairn_jobs *jobs = NULL;
	const cairn_definition greet = { .type = CAIRN_STR("greet") };
	const cairn_job_new hello = { .type = CAIRN_STR("greet"),
				      .payload = CAIRN_STR("{\"name\": \"world\"}") };
	const cairn_claim_opts mine = { .size = sizeof mine, .worker = CAIRN_STR("hello") };

	if (cairn_open(&conn, &cairn_sqlite, "sqlite:hello.db", NULL, &err) == CAIRN_OK &&
	    cairn_migrate_up(conn, NULL, NULL, &err) == CAIRN_OK &&
	    cairn_job_define(conn, &greet, 1, &err) == CAIRN_OK &&
	    cairn_job_enqueue(conn, &hello, 1, NULL, &err) == CAIRN_OK &&
	    cairn_job_claim(conn, &mine, &jobs, &err) == CAIRN_OK && jobs->count == 1) {
		printf("working on %s\n", jobs->at[0].payload.ptr);
		const cairn_finish done = { .lease = cairn_job_lease(&jobs->at[0]),
					    .how = CAIRN_FINISH_SUCCESS };
		if (cairn_job_finish(conn, &done, 1, NULL, &err) == CAIRN_OK)
			puts("done, on record");
	}
	if (err.status != CAIRN_OK)
		fprintf(stderr, "%s: %s\n", err.code, err.message);
	cairn_free(jobs);
	cairn_close(conn);
	return err.status != CAIRN_OK;
}

/*
 * mutants_postgres.c - the mutants that do not apply to the memory driver, on the Postgres
 * driver. (mutants.c)
 */
#include "pg_subject.h"

int main(int argc, char **argv)
{
	char mutants[] = "--mutants";
	char only[] = "--only";
	char name[] = "migration_lock_not_taken";
	char **args = calloc((size_t)argc + 4, sizeof(*args));
	if (!args)
		return 2;
	memcpy(args, argv, (size_t)argc * sizeof(*args));
	args[argc++] = mutants;
	args[argc++] = only;
	args[argc++] = name;
	int answer = run_kit(argc, args, "", 0);
	free(args);
	return answer;
}

/*
 * workflows.c - brings the tables of docs/WORKFLOWS.md up to date (make docs): reads the page, and prints it with what
 * stands between "<!-- table NAME -->" and "<!-- end -->" made anew from core/run_rules.c. It is the one tool that looks
 * into the core, whose data it prints.
 */
#include <stdio.h>
#include <string.h>

#include <cairn/sys/workflow.h>

#include "../core/core.h"

static const cairn_run_rules *rules_of(enum cairn_events events)
{
	const cairn_host host = { .events = events };
	return cairn_host_run_rules(&host);
}

/* ---- tables ------------------------------------------------------------------------- */

static void print_job(const cairn_run_rules *rules)
{
	puts("| the job is | the step is |\n|---|---|");
	for (int job = CAIRN_JOB_PENDING; job <= CAIRN_JOB_CANCELED; job++) {
		enum cairn_step_status step = rules->of_job[job];
		if (step != 0)
			printf("| `%s` | `%s` |\n",
			       cairn_job_status_text((enum cairn_job_status)job),
			       cairn_step_status_text(step));
	}
}

static void print_edge(const cairn_run_rules *rules)
{
	puts("| the prerequisite ended as | `ON_TERMINAL` | `ON_SUCCESS` |\n|---|---|---|");
	for (int status = CAIRN_STEP_SUCCEEDED; status <= CAIRN_STEP_CANCELED; status++) {
		printf("| `%s` |", cairn_step_status_text((enum cairn_step_status)status));
		for (int mode = CAIRN_RELEASE_ON_TERMINAL; mode <= CAIRN_RELEASE_ON_SUCCESS; mode++)
			printf(" %s |", rules->unsatisfied[mode][status] ? "**not satisfied**"
									 : "satisfied");
		puts("");
	}
}

static void print_step(const cairn_run_rules *rules)
{
	puts("| the step is a | all edges are satisfied | one is not |\n|---|---|---|");
	for (int kind = CAIRN_STEP_JOB; kind <= CAIRN_STEP_EXTERNAL; kind++)
		printf("| `%s` | `%s` | `%s` |\n", cairn_step_kind_text((enum cairn_step_kind)kind),
		       cairn_step_status_text(rules->of_step[kind][0]),
		       cairn_step_status_text(rules->of_step[kind][1]));
}

static void print_run(const cairn_run_rules *rules)
{
	puts("| a step is `BLOCKED`, `ENQUEUED` or `RUNNING` | one is `WAITING_FOR_EXTERNAL` | "
	     "one is `FAILED` or `CANCELED` | the run is |\n|---|---|---|---|");
	for (unsigned has = 0; has < 8; has++)
		printf("| %s | %s | %s | `%s` |\n",
		       (has & CAIRN_RUN_HAS_ACTIVE) != 0 ? "yes" : "no",
		       (has & CAIRN_RUN_HAS_WAITING) != 0 ? "yes" : "no",
		       (has & CAIRN_RUN_HAS_ERRORS) != 0 ? "yes" : "no",
		       cairn_run_status_text(rules->of_run[has]));
}

static void print_codes(const cairn_run_rules *rules)
{
	printf("| canceled because | reason and error code | message |\n|---|---|---|\n"
	       "| an edge was not satisfied | `%s` | %s |\n"
	       "| a step of a `FAIL_FAST` run failed | `%s` | %s |\n",
	       rules->unsatisfied_code.ptr, rules->unsatisfied_message.ptr,
	       rules->fail_fast_code.ptr, rules->fail_fast_message.ptr);
}

static void print_told(const char *(*name)(int), int last, uint32_t told)
{
	const char *before = "";
	for (int status = 1; status <= last; status++) {
		if ((told & 1u << status) == 0)
			continue;
		printf("%s`%s`", before, name(status));
		before = ", ";
	}
	if (*before == '\0')
		printf("none");
}

static const char *run_name(int status)
{
	return cairn_run_status_text((enum cairn_run_status)status);
}

static const char *step_name(int status)
{
	/* a step that runs is a matter of its job's */
	return cairn_step_status_text((enum cairn_step_status)status);
}

static void print_events(const cairn_run_rules *rules)
{
	static const char *const names[] = { "everything", "failures", "nothing" };
	(void)rules;
	puts("| a connection records | of steps | of runs |\n|---|---|---|");
	for (int events = CAIRN_EVENTS_FULL; events <= CAIRN_EVENTS_NONE; events++) {
		const cairn_run_rules *these = rules_of((enum cairn_events)events);
		uint32_t never = 1u << CAIRN_STEP_BLOCKED | 1u << CAIRN_STEP_RUNNING;
		printf("| %s | ", names[events]);
		print_told(step_name, CAIRN_STEP_CANCELED, these->told_steps & ~never);
		printf(" | ");
		print_told(run_name, CAIRN_RUN_CANCELED, these->told_runs);
		puts(" |");
	}
}

static const struct {
	const char *name;
	void (*print)(const cairn_run_rules *rules);
} tables[] = {
	{ "job", print_job }, { "edge", print_edge },	{ "step", print_step },
	{ "run", print_run }, { "codes", print_codes }, { "events", print_events },
};

/* ---- the page --------------------------------------------------------------------------- */

/* The table that a line asks for; -1: none. */
static int table_of(const char *line)
{
	char marker[64];
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		snprintf(marker, sizeof marker, "<!-- table %s -->\n", tables[i].name);
		if (strcmp(line, marker) == 0)
			return (int)i;
	}
	return -1;
}

int main(int argc, char **argv)
{
	char line[4096];
	int skips = 0;
	FILE *page = argc == 2 ? fopen(argv[1], "r") : NULL;
	if (page == NULL) {
		fprintf(stderr, "usage: workflows PAGE\n");
		return 2;
	}
	while (fgets(line, sizeof line, page) != NULL) {
		int table = table_of(line);
		if (strcmp(line, "<!-- end -->\n") == 0)
			skips = 0;
		if (!skips)
			fputs(line, stdout);
		if (table < 0)
			continue;
		puts("");
		tables[table].print(rules_of(CAIRN_EVENTS_FULL));
		puts("");
		skips = 1;
	}
	fclose(page);
	return skips;
}

/*
 * run.c - cairn_conformance_main: options, the TAP stream, known failures and
 * the exit code.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cairn/sys/driver.h>

#include "ct_plan.h"

#define PATTERNS 64

struct options {
	const char *only[PATTERNS];
	size_t only_count;
	uint64_t seed;
	unsigned jobs;
	unsigned timeout;
	bool list;
	bool no_fork;
	bool keep;
	bool summary;
	bool coverage;
	bool mutants;
};

struct run {
	const cairn_subject *subject;
	const struct options *options;
	ct_tally *tally;
	unsigned number;
	unsigned bad;
};

static int usage(const char *program, const char *wrong)
{
	fprintf(stderr,
		"%s: %s\n"
		"usage: %s [--list] [--only PATTERN]... [--no-fork] [--seed N] [--jobs N]\n"
		"       [--timeout SECONDS] [--keep] [--summary] [--coverage] [--mutants]\n",
		program, wrong, program);
	return 2;
}

static bool parse_number(const char *text, uint64_t *number)
{
	char *end = NULL;
	errno = 0;
	if (!text || !*text || *text == '-')
		return false;
	*number = strtoull(text, &end, 0);
	return errno == 0 && *end == '\0';
}

/* An option with a value; false when the value is missing or wrong. */
static bool take_value(struct options *options, const char *name, const char *value)
{
	uint64_t number = 0;
	if (strcmp(name, "--only") == 0) {
		if (!value || options->only_count == PATTERNS)
			return false;
		options->only[options->only_count++] = value;
		return true;
	}
	if (!parse_number(value, &number))
		return false;
	if (strcmp(name, "--seed") == 0)
		options->seed = number;
	else if (strcmp(name, "--jobs") == 0 && number >= 1 && number <= 64)
		options->jobs = (unsigned)number;
	else if (strcmp(name, "--timeout") == 0 && number >= 1 && number <= 86400)
		options->timeout = (unsigned)number;
	else
		return false;
	return true;
}

static int parse(struct options *options, int argc, char **argv)
{
	struct {
		const char *name;
		bool *set;
	} switches[] = {
		{ "--list", &options->list },	      { "--no-fork", &options->no_fork },
		{ "--keep", &options->keep },	      { "--summary", &options->summary },
		{ "--coverage", &options->coverage }, { "--mutants", &options->mutants },
	};
	const char *patience = getenv("CAIRN_CASE_TIMEOUT");
	options->seed = (uint64_t)time(NULL) * 1000 + (uint64_t)getpid() % 1000;
	if (patience && !take_value(options, "--timeout", patience))
		return usage(argv[0], patience);
	for (int i = 1; i < argc; i++) {
		bool known = false;
		for (size_t s = 0; s < sizeof(switches) / sizeof(switches[0]); s++) {
			if (strcmp(argv[i], switches[s].name) == 0)
				known = *switches[s].set = true;
		}
		if (known)
			continue;
		if (!take_value(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
			return usage(argv[0], argv[i]);
		i++;
	}
	return 0;
}

/* ---- TAP ---------------------------------------------------------------------- */

static bool is_known_failure(const cairn_subject *subject, const char *name)
{
	for (const char *const *p = subject->known_failures; p && *p; p++) {
		if (ct_matches(*p, name))
			return true;
	}
	return false;
}

static bool on_done(void *user, const ct_done *done)
{
	struct run *run = user;
	bool passed = done->result == CT_PASSED;
	bool known = is_known_failure(run->subject, done->one->name);
	bool good = passed != known;
	ct_tally_add(run->tally, done->one, true, passed);
	run->number++;
	run->bad += !good;
	if (run->options->summary && good)
		return false;
	const char *remark = "";
	if (known)
		remark = passed ? " passes: take it off known_failures" : " # TODO known failure";
	printf("%s %u - %s%s\n", passed && !known ? "ok" : "not ok", run->number, done->one->name,
	       remark);
	if (!passed)
		ct_print_comment(stdout, done->text);
	fflush(stdout);
	return false;
}

/* Keeps the cases that apply; the others are named, and counted, but are no tests. */
static size_t keep_applicable(struct run *run, const ct_case **cases, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		const char *reason = ct_not_applicable(run->subject, cases[i]);
		if (!reason) {
			cases[kept++] = cases[i];
			continue;
		}
		ct_tally_add(run->tally, cases[i], false, false);
		if (!run->options->summary)
			printf("# not applicable: %s: %s\n", cases[i]->name, reason);
	}
	return kept;
}

static int run_all(const ct_plan *plan, const struct options *options, const ct_case **cases,
		   size_t count)
{
	struct run run = { .subject = plan->subject, .options = options };
	ct_plan mine = *plan;
	run.tally = ct_tally_new(plan->subject);
	printf("# conformance kit %s, driver %s, seed %llu\n", CAIRN_VERSION_STRING,
	       plan->subject->driver->name, (unsigned long long)plan->seed);
	mine.cases = cases;
	mine.count = keep_applicable(&run, cases, count);
	if (!options->summary)
		printf("1..%zu\n", mine.count);
	fflush(stdout);
	ct_run_plan(&mine, on_done, &run);
	ct_tally_print(run.tally, stdout);
	if (run.bad)
		printf("# %u of %u failed; again: --seed %llu --only NAME\n", run.bad, run.number,
		       (unsigned long long)plan->seed);
	free(run.tally);
	return run.bad != 0;
}

/* No database: a skip on a developer's machine, a failure where it has to be there. */
static int no_url(const cairn_subject *subject)
{
	const char *required = getenv("CAIRN_REQUIRE");
	if (required && strcmp(required, "1") == 0) {
		printf("1..1\nnot ok 1 - %s has a database to be tested on\n",
		       subject->driver->name);
		return 1;
	}
	printf("1..0 # SKIP no URL for driver %s\n", subject->driver->name);
	return 0;
}

int cairn_conformance_main(int argc, char **argv, const cairn_subject *given)
{
	cairn_subject subject = { .size = sizeof(subject) };
	memcpy(&subject, given, given->size < sizeof(subject) ? given->size : sizeof(subject));
	struct options options = { .jobs = 4, .timeout = 60 };
	int wrong = parse(&options, argc, argv);
	if (wrong)
		return wrong;
	size_t count = 0;
	const ct_case **cases = ct_select(options.only, options.only_count, &count);
	ct_plan plan = { .subject = &subject,
			 .seed = options.seed,
			 .jobs = options.jobs,
			 .timeout = options.timeout,
			 .fork = !options.no_fork,
			 .keep = options.keep };
	int answer = 0;
	if (options.list)
		ct_print_list(cases, count, stdout);
	else if (options.coverage)
		ct_print_coverage(cases, count, stdout);
	else if (!subject.url)
		answer = no_url(&subject);
	else if (options.mutants)
		answer = ct_run_mutants(&plan, options.only, options.only_count);
	else if (!count)
		answer = usage(argv[0], "no case fits");
	else
		answer = run_all(&plan, &options, cases, count);
	free(cases);
	return answer;
}

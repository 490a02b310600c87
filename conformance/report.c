/*
 * report.c - what a run says: the table by store, kind and capability, the list
 * of cases, and the coverage that docs/COVERAGE.md is made from.
 */
#include <stdlib.h>

#include <cairn/sys/driver.h>

#include "ct_plan.h"

#define STORES (CT_BUDGETS + 1)
#define KINDS  7
#define CAPS   7

struct counts {
	unsigned passed;
	unsigned failed;
	unsigned not_applicable;
};

struct ct_tally {
	const cairn_subject *subject;
	struct counts stores[STORES];
	struct counts kinds[KINDS];
	struct counts claimed[CAPS];
	struct counts lacked[CAPS];
};

ct_tally *ct_tally_new(const cairn_subject *subject)
{
	ct_tally *tally = calloc(1, sizeof(*tally));
	if (!tally)
		abort();
	tally->subject = subject;
	return tally;
}

static void count(struct counts *counts, bool applicable, bool passed)
{
	if (!applicable)
		counts->not_applicable++;
	else if (passed)
		counts->passed++;
	else
		counts->failed++;
}

void ct_tally_add(ct_tally *tally, const ct_case *one, bool applicable, bool passed)
{
	count(&tally->stores[one->store], applicable, passed);
	count(&tally->kinds[one->kind], applicable, passed);
	for (unsigned i = 0; i < CAPS; i++) {
		if (one->caps & (1u << i))
			count(&tally->claimed[i], applicable, passed);
		if (one->lacks & (1u << i))
			count(&tally->lacked[i], applicable, passed);
	}
}

static void print_row(FILE *out, const char *name, const struct counts *row)
{
	if (row->passed + row->failed + row->not_applicable)
		fprintf(out, "#   %-28s %6u %6u %6u\n", name, row->passed, row->failed,
			row->not_applicable);
}

void ct_tally_print(const ct_tally *tally, FILE *out)
{
	const cairn_driver *driver = tally->subject->driver;
	fprintf(out, "#\n# driver %-23s %6s %6s %6s\n", driver->name, "passed", "failed", "n/a");
	for (unsigned i = 1; i < STORES; i++)
		print_row(out, ct_store_name((enum ct_store)i), &tally->stores[i]);
	fprintf(out, "# by kind\n");
	for (unsigned i = 1; i < KINDS; i++)
		print_row(out, ct_kind_name((enum ct_kind)i), &tally->kinds[i]);
	fprintf(out, "# by capability\n");
	for (unsigned i = 0; i < CAPS; i++) {
		char name[64];
		bool has = ct_subject_caps(tally->subject) & (1u << i);
		snprintf(name, sizeof(name), "%s: %s", ct_cap_name(1u << i),
			 has ? "claimed" : "not claimed");
		const struct counts *row = has ? &tally->claimed[i] : &tally->lacked[i];
		if (row->passed + row->failed)
			print_row(out, name, row);
		else
			fprintf(out, "#   %-28s no case\n", name);
	}
}

void ct_print_list(const ct_case *const *cases, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%-72s %-10s %s\n", cases[i]->name, ct_kind_name(cases[i]->kind),
			cases[i]->rule);
}

void ct_print_coverage(const ct_case *const *cases, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s\t%s\t%s\t%s\n", cases[i]->name, ct_kind_name(cases[i]->kind),
			ct_store_name(cases[i]->store), cases[i]->covers ? cases[i]->covers : "");
}

void ct_print_comment(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		fprintf(out, "#   %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

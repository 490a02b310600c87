/*
 * errors.c - prints docs/ERRORS.md from include/cairn/codes.h (make docs).
 */
#include <stdio.h>
#include <string.h>

#include <cairn/codes.h>

static const struct {
	const char *name;
	int value;
	const char *text;
	const char *what;
} statuses[] = {
#define ROW(name, value, text, what) { #name, value, text, what },
	CAIRN_STATUSES(ROW)
#undef ROW
};

static const struct {
	const char *name;
	const char *text;
	const char *status;
	const char *message;
} codes[] = {
#define ROW(name, text, status, message) { #name, text, #status, message },
	CAIRN_CODES(ROW)
#undef ROW
};

/* "job.not_found" belongs to "job"; what has no dot stands alone. */
static int same_subject(const char *a, const char *b)
{
	size_t len = strcspn(a, ".");
	return len == strcspn(b, ".") && strncmp(a, b, len) == 0;
}

static void print_statuses(void)
{
	puts("## Statuses\n\nWhat a call returns, chosen by what the caller does next.\n\n"
	     "| status | number | text | the caller… |\n|---|---|---|---|");
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		printf("| `CAIRN_%s` | %d | `%s` | %s |\n", statuses[i].name, statuses[i].value,
		       statuses[i].text, statuses[i].what);
}

static int seen_before(size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (same_subject(codes[j].text, codes[i].text))
			return 1;
	}
	return 0;
}

static void print_codes(void)
{
	puts("\n## Codes\n\nWhat went wrong, in `cairn_error.code` and in the outcomes of a batch. "
	     "The status is the usual one:\na call inside a caller's transaction may answer "
	     "`CAIRN_TX_ABORTED` with the same code. The message is safe\nfor an end user; "
	     "`detail` holds what only operators should see.");
	const size_t n = sizeof codes / sizeof codes[0];
	for (size_t i = 0; i < n; i++) {
		if (seen_before(i))
			continue;
		printf("\n### %.*s\n\n", (int)strcspn(codes[i].text, "."), codes[i].text);
		puts("| code | status | in C | message |\n|---|---|---|---|");
		for (size_t j = i; j < n; j++) {
			if (same_subject(codes[j].text, codes[i].text))
				printf("| `%s` | `CAIRN_%s` | `CAIRN_E_%s` | %s |\n", codes[j].text,
				       codes[j].status, codes[j].name, codes[j].message);
		}
	}
}

int main(void)
{
	puts("# Errors\n\n<!-- Made by `make docs` from include/cairn/codes.h. -->\n");
	print_statuses();
	print_codes();
	return 0;
}

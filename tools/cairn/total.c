/* total.c - what commands that delete or copy many rows say in the end. */
#include <inttypes.h>

#include "cli.h"
#include "json.h"

int tell_total(const struct cli *cli, const char *done, uint64_t n)
{
	if (!cli->json) {
		printf("%s %" PRIu64 "\n", done, n);
		return EXIT_FINE;
	}
	struct json json = json_begin(stdout);
	json_int(&json, done, (int64_t)n);
	json_end(&json);
	return EXIT_FINE;
}

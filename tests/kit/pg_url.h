/*
 * pg_url.h - the server of tests that are of Postgres alone and no kit.
 */
#ifndef TESTS_KIT_PG_URL_H
#define TESTS_KIT_PG_URL_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CAIRN_PG_URL; without it the program ends here, skipped or, where CAIRN_REQUIRE=1, failed. */
static const char *pg_url(void)
{
	const char *url = getenv("CAIRN_PG_URL");
	if (url != NULL)
		return url;
	const char *required = getenv("CAIRN_REQUIRE");
	bool must_be = required != NULL && strcmp(required, "1") == 0;
	printf("%s no CAIRN_PG_URL\n", must_be ? "Bail out!" : "1..0 # SKIP");
	exit(must_be);
}

#endif

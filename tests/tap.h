/*
 * tap.h - the unit tests' only tool: prints TAP for prove.
 *
 *	static void ids_grow(void) { … ok(a < b, "the later id is greater"); }
 *	int main(void) { ids_grow(); return tap_done(); }
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tap_count;
static int tap_failed;

#define ok(condition, ...) tap_ok((condition) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)

__attribute__((format(printf, 4, 5))) static inline int tap_ok(int good, const char *file, int line,
							       const char *format, ...)
{
	va_list args;
	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (!good) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

#define is_text(got, want, name) \
	do { \
		const char *got_ = (got); \
		const char *want_ = (want); \
		if (!ok(strcmp(got_, want_) == 0, "%s", name)) \
			printf("# got  '%s'\n# want '%s'\n", got_, want_); \
	} while (0)

#define is_int(got, want, name) \
	do { \
		long long got_ = (long long)(got); \
		long long want_ = (long long)(want); \
		if (!ok(got_ == want_, "%s", name)) \
			printf("# got  %lld\n# want %lld\n", got_, want_); \
	} while (0)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif

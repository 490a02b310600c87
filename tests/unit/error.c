/* Texts of an error that are too long: what is kept of them. */
#include <stdbool.h>

#include <cairn/sys/host.h>

#include "../tap.h"

/* An error as it stands in a caller's frame, and what lies behind it. */
static struct {
	cairn_error err;
	char behind[64];
} caller;

static bool behind_is_untouched(void)
{
	for (size_t i = 0; i < sizeof(caller.behind); i++) {
		if (caller.behind[i] != 'x')
			return false;
	}
	return true;
}

/* n letters, then one character many times over; of it as many as fit are kept. */
static void is_cut(size_t n, const char *character, size_t kept)
{
	size_t one = strlen(character);
	char text[4096];
	memset(text, 'a', n);
	for (text[n] = '\0'; strlen(text) + one < sizeof(text);)
		strcat(text, character);
	memset(caller.behind, 'x', sizeof(caller.behind));
	cairn_fail(&caller.err, CAIRN_E_JOB_NOT_FOUND);
	cairn_error_message(&caller.err, "%s", text);
	cairn_error_detail(&caller.err, "%s", text);
	size_t detail = n + (sizeof(caller.err.detail) - 1 - n) / one * one;
	ok(strlen(caller.err.message) == kept && memcmp(caller.err.message, text, kept) == 0,
	   "%zu letters and '%s': %zu of 255 bytes are kept", n, character, kept);
	ok(strlen(caller.err.detail) == detail && memcmp(caller.err.detail, text, detail) == 0,
	   "its detail likewise");
	ok(caller.err.index == -1 && behind_is_untouched(), "and nothing behind them");
}

static void no_character_is_cut_in_two(void)
{
	is_cut(0, "a", 255);
	for (size_t n = 0; n < 4; n++) {
		is_cut(n, "\xc3\xa9", n + (255 - n) / 2 * 2);
		is_cut(n, "\xe2\x82\xac", n + (255 - n) / 3 * 3);
		is_cut(n, "\xf0\x9f\x98\x80", n + (255 - n) / 4 * 4);
	}
}

static void white_space_at_its_end(void)
{
	char text[300];
	cairn_error_detail(&caller.err, "as libpq says it \r\n");
	is_text(caller.err.detail, "as libpq says it", "white space at the end is dropped");
	cairn_error_detail(&caller.err, " \n");
	is_text(caller.err.detail, "", "and where there is nothing else");
	memset(text, 'a', 253);
	snprintf(text + 253, sizeof(text) - 253, " \xc3\xa9");
	cairn_error_message(&caller.err, "%s", text);
	is_int(strlen(caller.err.message), 253, "and before a character that was cut");
}

static void nobody_wants_it(void)
{
	cairn_error_message(NULL, "%s", "a");
	cairn_error_detail(NULL, "%s", "a");
	is_int(cairn_fail(NULL, CAIRN_E_JOB_NOT_FOUND), CAIRN_NOT_FOUND, "without an object");
}

int main(void)
{
	no_character_is_cut_in_two();
	white_space_at_its_end();
	nobody_wants_it();
	return tap_done();
}

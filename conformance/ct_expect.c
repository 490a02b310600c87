/*
 * ct_expect.c - the expectations: each compares, and says what it got and what it
 * wanted when they differ. (ct.h; failing itself is in ct.c)
 */
#include <inttypes.h>

#include "ct_run.h"

void ct_ok_(cairn_status got, const char *what, const char *file, int line)
{
	if (got != CAIRN_OK)
		ct_fail_(file, line, "got %s, wanted ok: %s", cairn_status_text(got), what);
}

void ct_status_(cairn_status got, cairn_status want, const char *code, const char *what,
		const char *file, int line)
{
	const cairn_error *err = ct_last();
	if (got != want)
		ct_fail_(file, line, "got %s, wanted %s: %s", cairn_status_text(got),
			 cairn_status_text(want), what);
	if (want == CAIRN_OK)
		return;
	if (err->status != got)
		ct_fail_(file, line, "the call answered %s but its error says %s: %s",
			 cairn_status_text(got), cairn_status_text(err->status), what);
	if (code && strcmp(err->code, code) != 0)
		ct_fail_(file, line, "got code '%s', wanted '%s': %s", err->code, code, what);
	if (!err->message[0])
		ct_fail_(file, line, "the error has no message: %s", what);
}

void ct_each_(cairn_status got, cairn_code code, cairn_status want, const char *want_code,
	      const char *what, const char *file, int line)
{
	if (got != want)
		ct_fail_(file, line, "got %s (%s), wanted %s: %s", cairn_status_text(got),
			 code ? cairn_code_text(code) : "no code", cairn_status_text(want), what);
	if (want == CAIRN_OK && code != CAIRN_E_NONE)
		ct_fail_(file, line, "ok with code %s: %s", cairn_code_text(code), what);
	if (want_code && strcmp(cairn_code_text(code), want_code) != 0)
		ct_fail_(file, line, "got code '%s', wanted '%s': %s", cairn_code_text(code),
			 want_code, what);
}

cairn_changed ct_told_(cairn_changed got, cairn_status want, const char *want_code,
		       const char *what, const char *file, int line)
{
	ct_each_(got.status, got.code, want, want_code, what, file, line);
	return got;
}

void ct_int_(int64_t got, int64_t want, const char *what, const char *wanted, const char *file,
	     int line)
{
	if (got != want)
		ct_fail_(file, line, "%s is %" PRId64 ", wanted %" PRId64 " (%s)", what, got, want,
			 wanted);
}

/* Long texts are cut: a failure must stay readable. */
#define SHOWN(text) (int)((text).len > 300 ? 300 : (text).len), (text).ptr ? (text).ptr : ""

void ct_same_(cairn_str got, cairn_str want, const char *what, const char *file, int line)
{
	bool equal = got.len == want.len && (got.ptr == NULL) == (want.ptr == NULL) &&
		     (got.len == 0 || memcmp(got.ptr, want.ptr, got.len) == 0);
	if (!equal)
		ct_fail_(file, line, "%s is %s'%.*s' (%zu bytes)\nwanted %s'%.*s' (%zu bytes)",
			 what, got.ptr ? "" : "absent ", SHOWN(got), got.len,
			 want.ptr ? "" : "absent ", SHOWN(want), want.len);
	if (got.ptr && got.ptr[got.len] != '\0')
		ct_fail_(file, line, "%s has no NUL behind its end", what);
}

void ct_str_(cairn_str got, const char *want, const char *what, const char *file, int line)
{
	cairn_str wanted = { want, want ? strlen(want) : 0 };
	ct_same_(got, wanted, what, file, line);
}

void ct_text_(const char *got, const char *want, const char *what, const char *file, int line)
{
	if (!got || !want || strcmp(got, want) != 0)
		ct_fail_(file, line, "%s is\n  '%s'\nwanted\n  '%s'", what, got ? got : "(null)",
			 want ? want : "(null)");
}

void ct_id_(cairn_id got, cairn_id want, const char *what, const char *file, int line)
{
	char mine[CAIRN_ID_TEXT];
	char theirs[CAIRN_ID_TEXT];
	if (cairn_id_compare(got, want) == 0)
		return;
	cairn_id_format(got, mine);
	cairn_id_format(want, theirs);
	ct_fail_(file, line, "%s is %s, wanted %s", what, mine, theirs);
}

void ct_true_(int good, const char *what, const char *file, int line)
{
	if (!good)
		ct_fail_(file, line, "not true: %s", what);
}

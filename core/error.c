/*
 * error.c - statuses, codes and the error object. Everything a failure says comes
 * from the two tables of codes.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cairn/sys/host.h>

struct code {
	const char *text;
	const char *message;
	cairn_status status;
};

static const struct code codes[CAIRN_E_COUNT] = { [CAIRN_E_NONE] = { "", "", CAIRN_OK },
#define X(name, text, status, message) [CAIRN_E_##name] = { text, message, CAIRN_##status },
						  CAIRN_CODES(X)
#undef X
};

static const struct code *find(cairn_code code)
{
	int known = code > CAIRN_E_NONE && code < CAIRN_E_COUNT;
	return &codes[known ? code : CAIRN_E_INTERNAL];
}

const char *cairn_code_text(cairn_code code)
{
	return code == CAIRN_E_NONE ? "" : find(code)->text;
}

cairn_status cairn_code_status(cairn_code code)
{
	return code == CAIRN_E_NONE ? CAIRN_OK : find(code)->status;
}

const char *cairn_code_message(cairn_code code)
{
	return code == CAIRN_E_NONE ? "" : find(code)->message;
}

const char *cairn_status_text(cairn_status status)
{
	switch (status) {
#define X(name, value, text, what) \
	case CAIRN_##name: \
		return text;
		CAIRN_STATUSES(X)
#undef X
	default:
		return "unknown";
	}
}

int cairn_status_retryable(cairn_status status)
{
	return status == CAIRN_BUSY || status == CAIRN_TIMEOUT || status == CAIRN_UNAVAILABLE;
}

cairn_status cairn_fail_as(cairn_error *err, cairn_status status, cairn_code code)
{
	if (err == NULL)
		return status;
	const struct code *known = find(code);
	err->size = sizeof *err;
	err->status = status;
	err->native = 0;
	err->sqlstate[0] = '\0';
	err->op[0] = '\0';
	err->constraint[0] = '\0';
	err->detail[0] = '\0';
	err->index = -1;
	snprintf(err->code, sizeof err->code, "%s", known->text);
	snprintf(err->message, sizeof err->message, "%s", known->message);
	return status;
}

cairn_status cairn_fail(cairn_error *err, cairn_code code)
{
	return cairn_fail_as(err, find(code)->status, code);
}

/* A text that was cut must not end inside a UTF-8 sequence, nor in white space. */
static void tidy(char *text)
{
	size_t len = strlen(text);
	size_t start = len;
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && (unsigned char)text[start - 1] >= 0xc0) {
		unsigned char lead = (unsigned char)text[start - 1];
		size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
		if (len - (start - 1) < need)
			len = start - 1;
	}
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
}

void cairn_error_message(cairn_error *err, const char *format, ...)
{
	if (err == NULL)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	tidy(err->message);
}

void cairn_error_detail(cairn_error *err, const char *format, ...)
{
	if (err == NULL)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(err->detail, sizeof err->detail, format, args);
	va_end(args);
	tidy(err->detail);
}

/* side.c - dice, and one database of a life: what it tells. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lives.h"

uint64_t dice_throw(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t dice_below(struct dice *dice, uint32_t n)
{
	return (uint32_t)(dice_throw(dice) % n);
}

int dice_percent(struct dice *dice, uint32_t chance)
{
	return dice_below(dice, 100) < chance;
}

struct dice dice_of(const struct life *life, uint32_t n)
{
	return (struct dice){ .state = life->seed * UINT64_C(0x2545f4914f6cdd1d) + n };
}

void say(struct side *side, const char *format, ...)
{
	va_list args;
	size_t room = TOLD_MAX - side->told_len;
	va_start(args, format);
	int n = vsnprintf(side->told + side->told_len, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		side_die(side, "the state is too long", NULL);
	side->told_len += (size_t)n;
}

void say_str(struct side *side, const char *name, cairn_str text)
{
	if (text.ptr != NULL)
		say(side, " %s=%.*s", name, (int)text.len, text.ptr);
}

void say_time(struct side *side, const char *name, cairn_time when)
{
	if (when != 0)
		say(side, " %s=%lld", name, (long long)(when / CAIRN_MILLISECOND));
}

void say_outcome(struct side *side, cairn_status status, cairn_code code)
{
	say(side, " %s", cairn_status_text(status));
	if (status != CAIRN_OK)
		say(side, " %s", cairn_code_text(code));
}

int side_failed(struct side *side, cairn_status status, const cairn_error *err)
{
	if (status == CAIRN_OK)
		return 0;
	if (status != CAIRN_INVALID && status != CAIRN_NOT_FOUND && status != CAIRN_STALE &&
	    status != CAIRN_CONFLICT)
		side_die(side, "a step", err);
	say(side, " %s %s index=%lld %s", cairn_status_text(status), err->code,
	    (long long)err->index, err->message);
	return 1;
}

cairn_scope scope_of(const struct life *life)
{
	return cairn_tenant(cairn_str_of(life->tenant));
}

void side_die(const struct side *side, const char *what, const cairn_error *err)
{
	printf("Bail out! %s: %s", side->name, what);
	if (err != NULL)
		printf(": %s %s (%s) %s", err->op, err->code, err->detail, err->sqlstate);
	printf("\n");
	fflush(stdout);
	_exit(2);
}

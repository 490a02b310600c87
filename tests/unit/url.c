/* URLs: their parts, what is malformed, and that no password is ever shown. */
#include <stdbool.h>
#include <stdlib.h>

#include "../../core/alloc.h"
#include "../../core/limits.h"
#include "../../core/url.h"
#include "../tap.h"

/* Memory that can run out (takes the place of core/alloc.c). */
static bool no_memory;
static size_t live;

void *cairn__raw_alloc(void *ptr, size_t old_size, size_t new_size)
{
	if (new_size == 0) {
		live -= old_size;
		free(ptr);
		return NULL;
	}
	if (no_memory)
		return NULL;
	live += new_size - old_size;
	return realloc(ptr, new_size);
}

static struct cairn__url parsed;
static cairn_error error;

static const char *parse(const char *text)
{
	cairn__url_clear(&parsed);
	error = (cairn_error)CAIRN_ERROR_INIT;
	cairn_status status = cairn__url_parse(text, &parsed, &error);
	return status == CAIRN_OK ? "ok" : error.code;
}

static void is_str(cairn_str got, const char *want, const char *name)
{
	ok(got.len == strlen(want) && got.ptr != NULL && strcmp(got.ptr, want) == 0, "%s: %s", name,
	   want);
}

static void parts(void)
{
	is_text(parse("postgresql://u:p@h:5432/db?schema=a%20b&prepared=no"), "ok", "a whole URL");
	is_str(parsed.url.text, "postgresql://u:p@h:5432/db?schema=a%20b&prepared=no", "text");
	is_str(parsed.url.scheme, "postgresql", "scheme");
	is_str(parsed.url.rest, "//u:p@h:5432/db", "rest");
	is_str(parsed.url.path, "//u:p@h:5432/db", "path");
	is_int(parsed.url.count, 2, "two parameters");
	is_str(parsed.url.params[0].name, "schema", "name");
	is_str(parsed.url.params[0].value, "a b", "value, decoded");
	is_str(parsed.url.params[0].raw, "schema=a%20b", "raw, as written");
	is_str(parsed.url.params[1].raw, "prepared=no", "the last one");
	is_str(cairn_url_get(&parsed.url, "prepared"), "no", "found by name");
	ok(cairn_url_get(&parsed.url, "prepare").ptr == NULL, "another name is absent");
}

static void forms(void)
{
	is_text(parse("sqlite::memory:"), "ok", "colons in the rest");
	is_str(parsed.url.path, ":memory:", "path");
	ok(parsed.url.count == 0, "no parameters");
	is_text(parse("sqlite:"), "ok", "an empty rest");
	is_str(parsed.url.rest, "", "rest");
	is_text(parse("sqlite:a%20b%2fc%3F.db?"), "ok", "an empty query");
	is_str(parsed.url.rest, "a%20b%2fc%3F.db", "rest as written");
	is_str(parsed.url.path, "a b/c?.db", "path decoded");
	ok(parsed.url.count == 0, "an empty query has no parameters");
	is_text(parse("x+y-1.0:z"), "ok", "signs in the scheme");
	is_text(parse("s:p?a=1&a=2&b="), "ok", "a name twice, an empty value");
	is_str(cairn_url_get(&parsed.url, "a"), "2", "the last one wins");
	is_str(cairn_url_get(&parsed.url, "b"), "", "an empty value is not absent");
	is_text(parse("s:p?a=b=c?d#e+f"), "ok", "signs without meaning");
	is_str(cairn_url_get(&parsed.url, "a"), "b=c?d#e+f", "are part of the value");
	is_text(parse("s:p?%61%26=%26%3D%C3%a9"), "ok", "escapes in a name");
	is_str(cairn_url_get(&parsed.url, "a&"), "&=\xc3\xa9", "are decoded");
}

static void malformed(void)
{
	static const char *const urls[] = {
		"",	     ":",	  "sqlite",    "jobs.db",      "/tmp/jobs.db", "1s:x",
		"-s:x",	     "s s:x",	  "s_:x",      "\xc3\xa9:x",   "?a=b",	       "s?a=b:c",
		"s:%",	     "s:%4",	  "s:%zz",     "s:%4g",	       "s:a%00b",      "s:p?a",
		"s:p?=b",    "s:p?a=b&",  "s:p?&a=b",  "s:p?a=b&&c=d", "s:p?a=%",      "s:p?%=a",
		"s:p?a=%00", "s:p?%00=a", "s:p?a%3Db",
	};
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		is_text(parse(urls[i]), "url.invalid", urls[i]);
		ok(parsed.block == NULL && parsed.url.count == 0 && live == 0, "leaves nothing");
	}
	is_text(parse(NULL), "url.invalid", "none at all");
	parse("postgresql://u:hunter2@h/%zz");
	ok(strstr(error.message, "hunter2") == NULL && strstr(error.detail, "hunter2") == NULL,
	   "an error does not show the URL");
}

static void limits(void)
{
	static char text[CAIRN__MAX_URL + 2];
	memset(text, 'x', CAIRN__MAX_URL);
	text[1] = ':';
	is_text(parse(text), "ok", "as long as it may be");
	text[CAIRN__MAX_URL] = 'x';
	is_text(parse(text), "limit.exceeded", "one byte more");
	ok(strstr(error.message, "8192") != NULL, "the message names the limit");
	/* The most parameters that fit: the block must have room for all their terminators. */
	memset(text, 0, sizeof text);
	memcpy(text, "s:?", 3);
	for (size_t i = 3; i + 3 <= CAIRN__MAX_URL; i += 3)
		memcpy(text + i, "a=&", 3);
	text[strlen(text) - 1] = 0;
	is_text(parse(text), "ok", "as many parameters as it may have");
	is_int(parsed.url.count, (CAIRN__MAX_URL - 3) / 3, "all of them");
	no_memory = true;
	is_text(parse("s:x"), "nomem", "no memory");
	no_memory = false;
	cairn__url_clear(&parsed);
	cairn__url_clear(&parsed);
	is_int(live, 0, "all memory was given back");
}

static void shows(const char *text, const char *want)
{
	char shown[300];
	cairn__url_redact(text, shown, sizeof shown);
	is_text(shown, want, want);
}

static void redaction(void)
{
	shows("sqlite:jobs.db?cache_kib=100", "sqlite:jobs.db?cache_kib=100");
	shows("sqlite::memory:", "sqlite::memory:");
	shows("memory:name", "memory:name");
	shows("postgresql://h:5432/db?schema=x", "postgresql://h:5432/db?schema=x");
	shows("postgresql://user@h:5432/db", "postgresql://user@h:5432/db");
	shows("postgresql:///db?host=/run/pg", "postgresql:///db?host=/run/pg");
	shows("postgresql://user:secret@h:5432/db", "postgresql://user:***@h:5432/db");
	shows("postgresql://:secret@h/db", "postgresql://:***@h/db");
	shows("postgresql://user:@h/db", "postgresql://user:@h/db");
	shows("postgresql://u:s@[::1]:5432/db", "postgresql://u:***@[::1]:5432/db");
	shows("postgresql://u:a:b@h/db", "postgresql://u:***@h/db");
	shows("postgresql://u:a@b@h/db", "postgresql://u:***@h/db");
	shows("postgresql://u:a/b@h/db", "postgresql://u:***@h/db");
	shows("postgresql://u:a?b@h/db", "postgresql://u:***@h/db");
	shows("postgresql://u:a?x=1&b@h/db", "postgresql://u:***@h/db");
	shows("postgres:/u:secret@h/db", "postgres:/u:***@h/db");
	shows("u:secret@h/db", "u:***@h/db");
	shows("postgresql://h/db?password=secret", "postgresql://h/db?password=***");
	shows("postgresql://h/db?password=secret&schema=x",
	      "postgresql://h/db?password=***&schema=x");
	shows("postgresql://h/db?a=b&sslpassword=secret", "postgresql://h/db?a=b&sslpassword=***");
	shows("postgresql://h/db?PassWord=secret", "postgresql://h/db?PassWord=***");
	shows("postgresql://h/db?pass%77ord=secret", "postgresql://h/db?pass%77ord=***");
	shows("postgresql://h/db?p%61ss%57ord=secret&x=y",
	      "postgresql://h/db?p%61ss%57ord=***&x=y");
	shows("postgresql://h/db?oauth_client_secret=s",
	      "postgresql://h/db?oauth_client_secret=***");
	shows("postgresql://h/db?password=a=b?c", "postgresql://h/db?password=***");
	shows("postgresql://h/db?password=my token=x y", "postgresql://h/db?password=***");
	shows("postgresql://h/db?password=my token=x&y=z", "postgresql://h/db?password=***");
	shows("host=h password=a&b", "host=h password=***");
	shows("postgresql://u:s@h/db?password=x&sslpassword=y",
	      "postgresql://u:***@h/db?password=***&sslpassword=***");
	shows("postgresql://u:s@h/db?password=x@y&a=b", "postgresql://u:***&a=b");
	shows("host=h user=u password=secret dbname=d", "host=h user=u password=***");
	shows("password = 'a b' host=h", "password =***");
	shows("postgresql://h/db\n\x1b[31m?x=\x7f", "postgresql://h/db??[31m?x=?");
	shows("", "");
	shows(NULL, "");
}

/* Whatever the password is: it is hidden, and nothing before it. */
static void any_password(void)
{
	static const char bytes[] = "sS:@/?&=% #+;'\t\\*p";
	static const char before[] = "postgresql://user:";
	static const char behind[] = "@host/db";
	char url[64];
	char shown[64];
	size_t letters = sizeof bytes - 1;
	int leaked = 0;
	for (size_t i = 0; i < letters * letters * letters; i++) {
		char password[] = { 'q',
				    bytes[i % letters],
				    bytes[i / letters % letters],
				    bytes[i / letters / letters],
				    'q',
				    0 };
		snprintf(url, sizeof url, "%s%s%s", before, password, behind);
		cairn__url_redact(url, shown, sizeof shown);
		const char *tail = shown + sizeof before - 1 + 3;
		leaked += strncmp(shown, "postgresql://user:***", 21) != 0 ||
			  (strcmp(tail, behind) != 0 && *tail != 0);
	}
	is_int(leaked, 0, "no sign in a password brings it to light");
}

static void short_places(void)
{
	static const char url[] = "postgresql://user:secret@host/db";
	char shown[sizeof url + 1];
	int wrong = 0;
	for (size_t cap = 0; cap <= sizeof url; cap++) {
		memset(shown, '#', sizeof shown);
		cairn__url_redact(url, shown, cap);
		wrong += shown[cap] != '#';
		wrong += cap > 0 && strlen(shown) >= cap;
		wrong += cap > 0 &&
			 strncmp(shown, "postgresql://user:***@host/db", strlen(shown)) != 0;
	}
	is_int(wrong, 0, "cut to fit, with its terminator");
}

int main(void)
{
	parts();
	forms();
	malformed();
	limits();
	redaction();
	any_password();
	short_places();
	return tap_done();
}

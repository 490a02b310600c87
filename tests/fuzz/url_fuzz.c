/*
 * url_fuzz.c - any text through the splitting and the redaction of URLs.
 *
 * What must hold: every view of a split URL is NUL-terminated and made of the
 * URL's own parts; a redacted text fits its place; whatever stands as password between
 * "user:" and "@host" is not in it.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void is_text(cairn_str view)
{
	must(view.ptr != NULL && strlen(view.ptr) == view.len);
}

static void split(const char *text)
{
	struct cairn__url parsed;
	if (cairn__url_parse(text, &parsed, NULL) != CAIRN_OK) {
		must(parsed.block == NULL && parsed.url.count == 0);
		return;
	}
	const cairn_url *url = &parsed.url;
	is_text(url->text);
	is_text(url->scheme);
	is_text(url->rest);
	is_text(url->path);
	must(strcmp(url->text.ptr, text) == 0 && url->path.len <= url->rest.len);
	size_t parts = url->scheme.len + 1 + url->rest.len;
	for (size_t i = 0; i < url->count; i++) {
		const cairn_url_param *param = &url->params[i];
		is_text(param->name);
		is_text(param->value);
		is_text(param->raw);
		must(param->name.len > 0 && param->name.len + param->value.len < param->raw.len);
		must(cairn_url_get(url, param->name.ptr).ptr != NULL);
		parts += 1 + param->raw.len;
	}
	must(parts == url->text.len || (url->count == 0 && parts + 1 == url->text.len));
	cairn__url_clear(&parsed);
}

static void redact(const char *text, size_t len)
{
	for (size_t cap = 1; cap < 2 * len + 8; cap = cap * 2 + 1) {
		char *shown = malloc(cap);
		cairn__url_redact(text, shown, cap);
		must(strlen(shown) < cap);
		free(shown);
	}
}

static void hide_password(const char *password, size_t len)
{
	static const char before[] = "postgresql://user:";
	static const char shown_before[] = "postgresql://user:***";
	static const char behind[] = "@host/db";
	size_t size = sizeof before + len + sizeof behind;
	char *url = malloc(size);
	char *shown = malloc(size + 8);
	memcpy(url, before, sizeof before - 1);
	memcpy(url + sizeof before - 1, password, len);
	memcpy(url + sizeof before - 1 + len, behind, sizeof behind);
	cairn__url_redact(url, shown, size + 8);
	must(strncmp(shown, shown_before, sizeof shown_before - 1) == 0);
	const char *tail = shown + sizeof shown_before - 1;
	must(*tail == 0 || strcmp(tail, behind) == 0);
	free(url);
	free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = 0;
	size_t len = strlen(text);
	split(text);
	redact(text, len);
	if (len > 0)
		hide_password(text, len);
	free(text);
	return 0;
}

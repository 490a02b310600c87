/*
 * json_fuzz.c - any bytes through the JSON scanner and the canonical form.
 *
 * What must hold: the scanner's verdict is the oracle's; what passes has a
 * canonical form that passes too and is its own canonical form; what does not pass
 * does no harm there either.
 */
#include <cairn/sys/json.h>

#include "../json_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char nothing[1];
	cairn_str document = { size > 0 ? (const char *)data : nothing, size };
	cairn_text once = { 0 };
	cairn_text twice = { 0 };
	cairn_error error = CAIRN_ERROR_INIT;
	cairn_status verdict = cairn_json_check(document, size, &error);
	must((verdict == CAIRN_OK) == oracle_accepts(document.ptr, size));
	must(verdict == CAIRN_OK || verdict == CAIRN_INVALID);
	cairn_status made = cairn_json_canonical(document, &once, NULL);
	if (verdict == CAIRN_OK) {
		must(made == CAIRN_OK);
		cairn_str canonical = { once.ptr, once.len };
		must(cairn_json_check(canonical, SIZE_MAX, NULL) == CAIRN_OK);
		must(cairn_json_canonical(canonical, &twice, NULL) == CAIRN_OK);
		must(twice.len == once.len && memcmp(twice.ptr, once.ptr, once.len) == 0);
	}
	cairn_text_clear(&once);
	cairn_text_clear(&twice);
	return 0;
}

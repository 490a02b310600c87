/*
 * cjson.h - for programs that build their documents with cJSON. The only public
 * header that names it; cairn itself passes documents on as text.
 *
 * cJSON keeps numbers as doubles: an integer beyond 2^53 that goes through it is
 * another integer afterwards. What you only pass on, pass on as text.
 */
#ifndef CAIRN_CJSON_H
#define CAIRN_CJSON_H

#include <cjson/cJSON.h>

#include <cairn/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A document as a tree, to be freed with cJSON_Delete; NULL for text that is no
 * JSON, and without memory. cJSON_GetErrorPtr's static is written: not for two threads at once.
 */
static inline cJSON *cairn_cjson_parse(cairn_str document)
{
	return cJSON_ParseWithLength(document.ptr, document.len);
}

/* A tree as unformatted text, to be freed with cJSON_free(text.ptr); absent without memory. */
static inline cairn_str cairn_cjson_print(const cJSON *tree)
{
	return cairn_str_of(cJSON_PrintUnformatted(tree));
}

#ifdef __cplusplus
}
#endif

#endif

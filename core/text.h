/* text.h - what the core's own writers need of a growing text beyond sys/json.h. */
#ifndef CAIRN_CORE_TEXT_H
#define CAIRN_CORE_TEXT_H

#include <stdbool.h>

#include <cairn/sys/json.h>

/* Room for `more` bytes and the terminator behind the text; false, and failed, without memory. */
bool cairn__text_reserve(cairn_text *text, size_t more);

/* The inside of a JSON string: escapes what must be escaped, and nothing else. */
void cairn__text_escape(cairn_text *text, const unsigned char *ptr, size_t len);

#endif

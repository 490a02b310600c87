/*
 * json_names.h - the names of the members of all objects that are open, as a pile: an
 * inner object's names lie on the outer's and are taken off when it closes.
 */
#ifndef CAIRN_CORE_JSON_NAMES_H
#define CAIRN_CORE_JSON_NAMES_H

#include "json_str.h"

#define CAIRN__NAMES_INLINE 96
#define CAIRN__SLOTS_INLINE 256

/* Lives on the stack; memory of its own is taken only for documents with large objects. */
struct cairn__names {
	struct cairn__name *at;
	size_t count;
	size_t cap;
	uint32_t *slots; /* of the last hash table, kept for the next */
	size_t slot_count;
	struct cairn__name few[CAIRN__NAMES_INLINE];
	uint32_t few_slots[CAIRN__SLOTS_INLINE];
};

void cairn__names_init(struct cairn__names *names);
void cairn__names_clear(struct cairn__names *names);

/* Adds a name; false without memory. */
bool cairn__names_push(struct cairn__names *names, const unsigned char *at, size_t len,
		       bool escaped);

enum cairn__names_answer { CAIRN__NAMES_UNIQUE, CAIRN__NAMES_TWICE, CAIRN__NAMES_NOMEM };

/*
 * Takes the names from `base` on off the pile and tells whether one of them stands
 * there twice; *second is then where it does so again.
 */
enum cairn__names_answer cairn__names_pop(struct cairn__names *names, size_t base,
					  const unsigned char **second);

#endif

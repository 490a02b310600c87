/* namespace.h - namespaces as the store keeps them: each segment, escaped, behind a ':'. */
#ifndef CAIRN_NAMESPACE_H
#define CAIRN_NAMESPACE_H

#include <stdbool.h>

#include <cairn/memory.h>
#include <cairn/sys/json.h>

/*
 * Checks a namespace and appends it as it is stored; the tenant's own appends nothing. The text may
 * move: what stands in it is told by its offset. INVALID arg.*, TOO_LARGE limit.exceeded, NOMEM.
 */
cairn_status cairn__namespace_add(cairn_text *text, cairn_namespace ns, cairn_error *err);
/* The same for a text as rows have it, without the first ':'. INVALID memory.invalid_namespace. */
cairn_status cairn__namespace_add_text(cairn_text *text, cairn_str ns, cairn_error *err);
/* A row's namespace for the caller. */
cairn_str cairn__namespace_shown(cairn_str stored);

#endif

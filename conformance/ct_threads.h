/* ct_threads.h - steps that the cases about checkpoints share. (ct_threads.c) */
#ifndef CT_THREADS_H
#define CT_THREADS_H

#include "ct.h"

#define CT_TENANT CAIRN_STR("acme")

/* A checkpoint of a thread, whose state is {"at":step}: change what matters, pass it on. */
cairn_checkpoint_new ct_checkpoint(const char *thread, int64_t step);
/* Puts one for CT_TENANT, which must be new. */
cairn_checkpoint_added ct_save(cairn_conn *conn, cairn_checkpoint_new item);
/* Puts one, whatever comes of it. */
cairn_checkpoint_added ct_offer_checkpoint(cairn_conn *conn, cairn_checkpoint_new item);

cairn_checkpoint_ref ct_ref(const char *thread);
/* The latest of a namespace (NULL: the root) and one by its id, which must be there. */
const cairn_checkpoint *ct_latest(cairn_conn *conn, const char *thread, const char *ns);
const cairn_checkpoint *ct_saved(cairn_conn *conn, const char *thread, cairn_id id);
bool ct_is_saved(cairn_conn *conn, const char *thread, cairn_id id);

cairn_checkpoint_filter ct_history(const char *thread);
const cairn_checkpoints *ct_listed(cairn_conn *conn, const cairn_checkpoint_filter *filter);
/* The steps of a list in its order: "3 2 1". */
const char *ct_steps(cairn_conn *conn, const cairn_checkpoint_filter *filter);

/* A pending write of a checkpoint; puts one for CT_TENANT; those of a checkpoint as "task:index=value …". */
cairn_checkpoint_write ct_write(cairn_id checkpoint, const char *task, int32_t index,
				const char *value);
void ct_pend(cairn_conn *conn, const char *thread, cairn_checkpoint_write write);
const char *ct_pending(cairn_conn *conn, const char *thread, cairn_id checkpoint);

/* The names of CT_TENANT's threads, with blanks between. */
const char *ct_threads(cairn_conn *conn, const char *prefix, const char *after, uint32_t limit);

#endif

/*
 * groups.h - the groups of cases, in the order in which they run: one per file.
 * A new file adds its line here; nothing else has to know it.
 */
#ifndef CT_GROUPS_H
#define CT_GROUPS_H

#define CT_GROUPS(X) \
	X(conn) \
	X(caps) \
	X(bind) \
	X(tx) \
	X(claim)

#endif

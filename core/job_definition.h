/* job_definition.h - definitions as they are given, checked and settled; for define and sync. */
#ifndef CAIRN_JOB_DEFINITION_H
#define CAIRN_JOB_DEFINITION_H

#include <cairn/sys/json.h>

#include "core.h"

/* A policy within its bounds, zeroes being the defaults; else this code. */
cairn_status cairn__check_retry(const cairn_retry *retry, cairn_code code, cairn_error *err);

/* n definitions in which every default is filled in; from cairn__settle_begin to _end. */
struct cairn__settled {
	cairn_conn *conn;
	cairn_definition *at;
	size_t n;
	cairn_text text; /* their canonical documents */
};

/* A failure names the item; begin needs an end either way. n > 0. */
cairn_status cairn__settle_begin(struct cairn__settled *settled, cairn_conn *conn,
				 const cairn_definition *given, size_t n, cairn_error *err);
void cairn__settle_end(struct cairn__settled *settled);

#endif

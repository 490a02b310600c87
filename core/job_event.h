/* job_event.h - what a reader sees of an event, from what a driver keeps of it. */
#ifndef CAIRN_CORE_JOB_EVENT_H
#define CAIRN_CORE_JOB_EVENT_H

#include <cairn/sys/json.h>

#include "core.h"

/* The payload, instead of what the text was. */
void cairn__event_payload(const cairn_event_record *event, cairn_text *text);

#endif

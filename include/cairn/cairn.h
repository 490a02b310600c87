/* cairn.h - durable execution in C: everything but the drivers. */
#ifndef CAIRN_H
#define CAIRN_H

#include <cairn/checkpoint.h>
#include <cairn/config.h>
#include <cairn/conn.h>
#include <cairn/definition.h>
#include <cairn/error.h>
#include <cairn/graph.h>
#include <cairn/history.h>
#include <cairn/intent.h>
#include <cairn/job.h>
#include <cairn/lock.h>
#include <cairn/log.h>
#include <cairn/memory.h>
#include <cairn/metrics.h>
#include <cairn/migration.h>
#include <cairn/owner.h>
#include <cairn/queue.h>
#include <cairn/replay_history.h>
#include <cairn/resource.h>
#include <cairn/schedule.h>
#include <cairn/types.h>
#include <cairn/upkeep.h>
#include <cairn/version.h>
#include <cairn/workflow.h>

#endif

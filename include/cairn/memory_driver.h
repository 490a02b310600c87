/*
 * memory_driver.h - the reference driver: everything in the process's memory.
 *
 * URLs: "memory:name". Connections of one process with the same name share one
 * store; it is gone when the last of them closes. A template for driver authors and an
 * oracle for tests; nothing survives the process.
 */
#ifndef CAIRN_MEMORY_DRIVER_H
#define CAIRN_MEMORY_DRIVER_H

#include <cairn/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

CAIRN_API extern const cairn_driver cairn_memory;

#ifdef __cplusplus
}
#endif

#endif

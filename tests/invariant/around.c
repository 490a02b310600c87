/*
 * around.c - the invariant run's operations on what stands around the jobs: queues, resources, a type that
 * comes and goes, owners.
 */
#include "invariant.h"

/* ---- queues -------------------------------------------------------------- */

static void change_queue(struct inv *inv, const char *op)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status status = CAIRN_OK;
	cairn_queue_changed each = { 0 };
	uint64_t call = inv_call(inv);
	cairn_str queue = cairn_str_of(inv_queue(inv));
	inv_say(inv, &(struct inv_line){ 'B', call, op, NULL, 0, 0, 0 }, "queue=%s", queue.ptr);
	if (strcmp(op, "resume") == 0)
		status = cairn_queue_resume(inv->conn, &queue, 1, &each, &err);
	else if (!inv_wrong(inv, "wake"))
		status = cairn_queue_pause(inv->conn, &queue, 1, &each, &err);
	inv_say(inv, &(struct inv_line){ 'A', call, op, NULL, 0, status, 0 }, "queue=%s changed=%u",
		queue.ptr, each.changed);
}

void inv_pause(struct inv *inv)
{
	change_queue(inv, "pause");
}

void inv_resume(struct inv *inv)
{
	change_queue(inv, inv_wrong(inv, "wake") ? "pause" : "resume");
}

/* ---- resources ----------------------------------------------------------- */

void inv_capacity(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	char key[8];
	const char *tenant = inv_chance(inv, 30) ? "t1" : "";
	uint64_t call = inv_call(inv);
	int to = inv_wrong(inv, "overbook") ? 0 : (int)inv_below(inv, 5);
	snprintf(key, sizeof key, "r%u", inv_below(inv, INV_RESOURCES));
	cairn_capacity item = { .tenant = cairn_str_of(tenant),
				.key = cairn_str_of(key),
				.capacity = to + 3 * inv_wrong(inv, "overbook") };
	struct inv_line line = { 'B', call, "capacity", NULL, 0, CAIRN_OK, CAIRN_E_NONE };
	inv_say(inv, &line, "resource=%s/%s to=%d", tenant, key, to);
	line.status = cairn_resource_set(inv->conn, &item, 1, &err);
	line.phase = 'A';
	inv_say(inv, &line, "resource=%s/%s to=%d", tenant, key, to);
}

/* ---- a type that comes and goes -------------------------------------------- */

void inv_define(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_status status;
	uint64_t call = inv_call(inv);
	inv_say(inv, &(struct inv_line){ 'B', call, "define", NULL, 0, 0, 0 }, "-");
	if (inv_chance(inv, 30)) {
		cairn_definition late = { .type = CAIRN_STR("late"),
					  .max_attempts = 3,
					  .retry = { .base = 200 * CAIRN_MILLISECOND,
						     .cap = CAIRN_SECOND },
					  .timeout = CAIRN_SECOND,
					  .retention = CAIRN_RETAIN_FOREVER };
		status = cairn_job_define_if_missing(inv->conn, &late, 1, &err);
	} else {
		cairn_definition_patch patch = { .size = sizeof patch,
						 .type = CAIRN_STR("late"),
						 .set = CAIRN_PATCH_DISABLED,
						 .disabled = (uint32_t)inv_chance(inv, 40) };
		status = cairn_job_definition_update(inv->conn, &patch, &err);
	}
	inv_say(inv, &(struct inv_line){ 'A', call, "define", NULL, 0, status, 0 }, "-");
}

/* ---- owners --------------------------------------------------------------- */

static const char *const names[] = { "host-a", "host-b" };

static void say_owner(struct inv *inv, const struct inv_line *line, size_t which, cairn_id id)
{
	char text[CAIRN_ID_TEXT];
	cairn_id_format(id, text);
	inv_say(inv, line, "name=%s incarnation=%s", names[which], text);
}

void inv_register(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t which = inv_below(inv, 2);
	cairn_owner_new owner = { .size = sizeof owner, .name = cairn_str_of(names[which]) };
	cairn_id id = { { 0 } };
	struct inv_line line = { 'B', inv_call(inv), "register", NULL, 0, CAIRN_OK, CAIRN_E_NONE };
	say_owner(inv, &line, which, id);
	line.status = cairn_owner_register(inv->conn, &owner, &id, &err);
	line.phase = 'A';
	say_owner(inv, &line, which, id);
	if (line.status == CAIRN_OK)
		inv->incarnations[which] = id;
}

/* A process that was superseded may go on for a while; then it sees it. */
void inv_alive(struct inv *inv)
{
	cairn_error err = CAIRN_ERROR_INIT;
	size_t which = inv_below(inv, 2);
	cairn_owner_changed each = { 0 };
	cairn_owner_ref owner = { .name = cairn_str_of(names[which]),
				  .incarnation = inv->incarnations[which] };
	if (cairn_id_is_none(owner.incarnation))
		return;
	int ends = inv_chance(inv, 10);
	struct inv_line line = {
		'B', inv_call(inv), ends ? "close" : "alive", NULL, 0, CAIRN_OK, 0
	};
	say_owner(inv, &line, which, owner.incarnation);
	cairn_status status = ends ? cairn_owner_close(inv->conn, &owner, 1, &each, &err)
				   : cairn_owner_heartbeat(inv->conn, &owner, 1, &each, &err);
	line.phase = 'A';
	line.status = status != CAIRN_OK ? status : each.status;
	line.code = status != CAIRN_OK ? CAIRN_E_NONE : each.code;
	say_owner(inv, &line, which, owner.incarnation);
	if (line.status == CAIRN_STALE && inv_chance(inv, 50))
		memset(&inv->incarnations[which], 0, sizeof inv->incarnations[which]);
}

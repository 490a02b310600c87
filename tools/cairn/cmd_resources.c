/* cmd_resources.c - `cairn resources`: capacities, and who holds and waits for permits. */
#include <string.h>

#include "cli.h"
#include "json.h"
#include "table.h"

#define PAGE 1000u

static void resource_json(const cairn_resource *row)
{
	struct json json = json_begin(stdout);
	json_text(&json, "tenant", row->tenant);
	json_text(&json, "resource_key", row->key);
	json_int(&json, "capacity", row->capacity);
	json_int(&json, "in_use", row->in_use);
	json_int(&json, "waiting", row->waiting);
	json_time(&json, "created_at", row->created_at);
	json_time(&json, "updated_at", row->updated_at);
	json_end(&json);
}

static void resource_row(struct table *table, const cairn_resource *row)
{
	char text[NUMBER_TEXT];
	table_text(table, PLAIN, row->key);
	table_text(table, PLAIN, row->tenant);
	table_cell(table, row->capacity == 0 ? YELLOW : PLAIN, "%s",
		   number_text(row->capacity, text));
	table_cell(table, row->in_use >= row->capacity ? CYAN : PLAIN, "%s",
		   number_text(row->in_use, text));
	table_count(table, PLAIN, row->waiting);
}

static int list(const struct cli *cli, cairn_conn *conn)
{
	static const char *const heads[] = { "KEY",	"TENANT",   ">CAPACITY",
					     ">IN USE", ">WAITING", NULL };
	cairn_resource_filter filter = { .size = sizeof filter,
					 .scope = cli_scope(cli),
					 .limit = PAGE };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_resources *rows = NULL;
	struct table table;
	table_begin(&table, cli, heads);
	cairn_status st = cairn_resource_list(conn, &filter, &rows, &err);
	while (st == CAIRN_OK && rows->count > 0) {
		for (size_t i = 0; i < rows->count; i++) {
			if (cli->json)
				resource_json(&rows->at[i]);
			else
				resource_row(&table, &rows->at[i]);
		}
		if (rows->count < PAGE)
			break;
		/* the cursor must outlive the rows that it was taken from */
		cairn_resources *before = rows;
		rows = NULL;
		filter.after_tenant = before->at[before->count - 1].tenant;
		filter.after_key = before->at[before->count - 1].key;
		st = cairn_resource_list(conn, &filter, &rows, &err);
		cairn_free(before);
	}
	table_end(&table);
	cairn_free(rows);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

static int set(const struct cli *cli, cairn_conn *conn, const char *key, int32_t capacity)
{
	cairn_capacity item = { .tenant = cairn_str_of(cli->tenant),
				.key = cairn_str_of(key),
				.capacity = capacity };
	cairn_error err = CAIRN_ERROR_INIT;
	cairn_resources *row = NULL;
	cairn_status st = cairn_resource_set(conn, &item, 1, &err);
	if (st == CAIRN_OK)
		st = cairn_resource_get(conn, item.tenant, item.key, &row, &err);
	if (st == CAIRN_OK && cli->json)
		resource_json(&row->at[0]);
	cairn_free(row);
	return st == CAIRN_OK ? EXIT_FINE : failed(cli, &err);
}

int cmd_resources(struct cli *cli, int argc, char **argv)
{
	int64_t capacity = 0;
	cairn_conn *conn = NULL;
	int code = args_parse(cli, NULL, &argc, argv);
	bool sets = code < 0 && argc > 0;
	if (sets && (strcmp(argv[0], "set") != 0 || argc != 3))
		code = usage_error(cli, "resources takes nothing, or: set KEY CAPACITY");
	if (code < 0 && sets && int_parse(argv[2], 0, 10000, &capacity) != 0)
		code = usage_error(cli, "a capacity is 0 to 10000, not '%s'", argv[2]);
	if (code < 0)
		code = db_ready(cli, &conn);
	if (code < 0)
		code = sets ? set(cli, conn, argv[1], (int32_t)capacity) : list(cli, conn);
	cairn_close(conn);
	return code;
}

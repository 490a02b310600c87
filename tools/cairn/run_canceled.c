/* run_canceled.c - what `cairn run cancel` says of a run, of either kind. */
#include <inttypes.h>

#include "runs.h"

void tell_canceled(const struct cli *cli, struct tally *tally, cairn_id id,
		   const struct run_canceled *what)
{
	char text[CAIRN_ID_TEXT];
	bool good = what->status == CAIRN_OK;
	cairn_id_format(id, text);
	tally_count(tally, what->status);
	if (cli->json) {
		struct json json = json_begin(stdout);
		json_id(&json, "id", id);
		json_bool(&json, "canceled", good && what->canceled);
		json_z(&json, "status", what->run_status);
		json_int(&json, what->others, what->n);
		if (what->lease_expires_at != NULL)
			json_time(&json, "lease_expires_at", *what->lease_expires_at);
		if (!good)
			json_z(&json, "code", cairn_code_text(what->code));
		json_end(&json);
	} else if (!good) {
		fprintf(stderr, "cairn: %s: %s (%s)\n", text, cairn_code_message(what->code),
			cairn_code_text(what->code));
	} else {
		printf("%s  %s, %" PRIu32 " %s canceled\n", text,
		       what->run_status != NULL ? what->run_status : "-", what->n, what->others);
	}
}

/* filter.h - jobs named by ids, or selected by options; and telling what became of each. */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include "cli.h"

struct filter {
	cairn_job_filter filter;
	struct texts statuses;
	const char *queue;
	const char *type;
	bool used; /* one of the options was given */
};

/* Lines of a command's table of options. */
#define FILTER_QUEUE(f) \
	{ \
		"queue", 'q', OPT_TEXT, &(f)->queue, "NAME", "of this queue", &(f)->used \
	}
#define FILTER_TYPE(f) \
	{ \
		"type", 0, OPT_TEXT, &(f)->type, "TYPE", "of this type", &(f)->used \
	}
#define FILTER_STATUS(f) \
	{ \
		"status", 's', OPT_TEXTS, &(f)->statuses, "STATUS", \
			"PENDING, LEASED, …; may be repeated", &(f)->used \
	}
#define FILTER_FROM(f) \
	{ \
		"from", 0, OPT_TIME, &(f)->filter.created_from, "TIME", \
			"created then or later; a duration is that long ago", &(f)->used \
	}
#define FILTER_TO(f) \
	{ \
		"to", 0, OPT_TIME, &(f)->filter.created_to, "TIME", "created before", &(f)->used \
	}

/* Makes the filter whole from the options. Answers -1 to go on. */
int filter_settle(const struct cli *cli, struct filter *filter);

/* The operands as ids, in memory that the caller frees. Answers -1 to go on. */
int ids_parse(const struct cli *cli, int argc, char **argv, cairn_id **ids);
/* Either ids or a filter, not both and not neither. Answers -1 to go on. */
int ids_or_filter(const struct cli *cli, int argc, const struct filter *filter);

/* ---- outcomes ---- */

struct tally {
	size_t n;
	size_t bad;
	cairn_status first; /* of the bad ones */
};

void tally_count(struct tally *tally, cairn_status status);

/*
 * Tells how a call on one job ended: "ID  done, more", or why not. `done` is the word for people
 * and the name of the JSON member that says yes or no.
 */
void tell_changed(const struct cli *cli, struct tally *tally, cairn_id id, const char *done,
		  const char *more, const cairn_changed *changed);
/* The same for what a filter selected. */
void tell_swept(const struct cli *cli, struct tally *tally, const char *done,
		const cairn_swept *swept);
/* To a person who selected nothing. */
void tell_nothing(const struct cli *cli, const struct tally *tally);
int tally_exit(const struct tally *tally);

#endif

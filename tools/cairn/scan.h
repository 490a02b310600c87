/* scan.h - walking over JSON text that was read from a file or a line. */
#ifndef CLI_SCAN_H
#define CLI_SCAN_H

#include "cli.h"

struct scan {
	char *at;
	char *end;
};

void scan_blanks(struct scan *scan);
/* Steps over this character, behind blanks; false if another stands there. */
bool scan_eat(struct scan *scan, char wanted);
/* Where a value begins and ends; false when it does not end. */
bool scan_value(struct scan *scan, cairn_str *value);
/* Decodes a quoted string to `to`, which may be its own place: escapes are never shorter. */
bool scan_text(cairn_str quoted, char *to, cairn_str *text);
/* A whole number within bounds. */
bool scan_number(cairn_str value, int64_t min, int64_t max, int64_t *n);

#endif

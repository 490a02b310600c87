/*
 * embed.c - turns a driver's migration scripts into C, on the build machine.
 *
 *	embed DRIVER DIR LOCKFILE OUT.c
 *
 * Reads DIR/NNNN_name.up.sql and .down.sql, refuses what could not be shipped, holds
 * the scripts against LOCKFILE and writes an array of cairn_migration with checksums.
 * Bytes come out as character constants, a source line for each line of SQL: C11
 * promises no string literal above 4095 characters, and the file can be read and compared.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <sha2.h>

enum {
	HASH = 32,
	HEX = 2 * HASH,
	NAME = 128, /* of a file */
	SCRIPTS = 9999
};

struct script {
	char file[NAME];
	char *text; /* NULL: there is none */
	size_t len;
	uint8_t hash[HASH];
};

struct migration {
	char name[NAME];
	struct script up;
	struct script down;
};

static struct migration set[SCRIPTS + 1]; /* by number; 0 stays empty */
static int newest;

static const struct {
	const char *driver;
	const char *prefix;
} prefixes[] = { { "sqlite", "cairn_lite" }, { "postgres", "cairn_pg" } };

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	fputs("embed: ", stderr);
	va_list args;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static const char *prefix_of(const char *driver)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		if (strcmp(prefixes[i].driver, driver) == 0)
			return prefixes[i].prefix;
	}
	die("no such driver: %s", driver);
}

/* ---- reading ------------------------------------------------------------- */

/* The whole file, NUL-terminated; NULL when it does not exist. */
static char *slurp(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL && errno == ENOENT)
		return NULL;
	if (file == NULL)
		die("%s: %s", path, strerror(errno));
	size_t cap = 1 << 16;
	char *text = malloc(cap);
	*len = 0;
	while (text != NULL) {
		*len += fread(text + *len, 1, cap - 1 - *len, file);
		if (*len < cap - 1)
			break;
		cap *= 2;
		text = realloc(text, cap);
	}
	if (text == NULL)
		die("%s: out of memory", path);
	if (ferror(file))
		die("%s: can't be read", path);
	fclose(file);
	text[*len] = '\0';
	return text;
}

/* Scripts are checksummed bytes: nothing that an editor or a checkout might rewrite. */
static void check_bytes(const char *path, const char *text, size_t len)
{
	if (len == 0)
		die("%s: is empty", path);
	int line = 1;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '\0')
			die("%s:%d: contains a NUL byte", path, line);
		if (c == '\r')
			die("%s:%d: contains a carriage return; lines end with LF alone", path,
			    line);
		if (c >= 0x7f)
			die("%s:%d: contains a byte that is not ASCII (0x%02x)", path, line, c);
		if (c < ' ' && c != '\n' && c != '\t')
			die("%s:%d: contains a control character (0x%02x)", path, line, c);
		line += c == '\n';
	}
	if (text[len - 1] != '\n')
		die("%s:%d: does not end with a newline", path, line);
}

/* Splits "0007_name.up.sql"; the number, or 0 for any other file name. */
static int parse_name(const char *file, char name[NAME], bool *up)
{
	size_t len = strlen(file);
	if (len >= NAME)
		return 0;
	size_t tail = 0;
	*up = len > 7 && strcmp(file + len - 7, ".up.sql") == 0;
	if (*up)
		tail = 7;
	else if (len > 9 && strcmp(file + len - 9, ".down.sql") == 0)
		tail = 9;
	if (tail == 0 || len <= 5 + tail || file[4] != '_')
		return 0;
	int number = 0;
	for (int i = 0; i < 4; i++) {
		if (!isdigit((unsigned char)file[i]))
			return 0;
		number = number * 10 + (file[i] - '0');
	}
	size_t size = len - 5 - tail;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)file[5 + i];
		if (!islower(c) && !isdigit(c) && c != '_')
			return 0;
		name[i] = (char)c;
	}
	name[size] = '\0';
	return number;
}

static void read_script(const char *dir, const char *file)
{
	char name[NAME];
	bool up = false;
	int number = parse_name(file, name, &up);
	if (number == 0)
		die("%s/%s: is not named NNNN_name.up.sql or NNNN_name.down.sql", dir, file);

	struct migration *migration = &set[number];
	struct script *script = up ? &migration->up : &migration->down;
	if (migration->name[0] != '\0' && strcmp(migration->name, name) != 0)
		die("%s: number %04d is used twice: %s and %s", dir, number, migration->name, name);

	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, file);
	script->text = slurp(path, &script->len);
	if (script->text == NULL)
		die("%s: vanished", path);
	check_bytes(path, script->text, script->len);
	SHA2_CTX sha;
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)script->text, script->len);
	SHA256Final(script->hash, &sha);
	snprintf(script->file, sizeof script->file, "%s", file);
	snprintf(migration->name, sizeof migration->name, "%s", name);
	if (number > newest)
		newest = number;
}

static void read_dir(const char *dir)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, NULL, alphasort);
	if (n < 0)
		die("%s: %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			read_script(dir, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static void check_order(const char *dir)
{
	if (newest == 0)
		die("%s: has no scripts", dir);
	for (int i = 1; i <= newest; i++) {
		if (set[i].name[0] == '\0')
			die("%s: %04d is missing; numbers run from 0001 without gaps", dir, i);
		if (set[i].up.text == NULL)
			die("%s/%s: has no up script", dir, set[i].down.file);
	}
}

/* ---- the lock file ------------------------------------------------------- */

static void to_hex(const uint8_t hash[HASH], char hex[HEX + 1])
{
	for (int i = 0; i < HASH; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned)hash[i]);
}

static const struct script *find(const char *file)
{
	for (int i = 1; i <= newest; i++) {
		if (set[i].up.text != NULL && strcmp(set[i].up.file, file) == 0)
			return &set[i].up;
		if (set[i].down.text != NULL && strcmp(set[i].down.file, file) == 0)
			return &set[i].down;
	}
	return NULL;
}

/* One line, "sha256  driver/NNNN_name.up.sql". Other drivers' lines only need to be well-formed. */
static void check_line(const char *lock, int number, const char *line, const char *driver)
{
	size_t hex_len = strspn(line, "0123456789abcdef");
	const char *slash = strchr(line, '/');
	char name[NAME];
	bool up = false;
	if (hex_len != HEX || strncmp(line + HEX, "  ", 2) != 0 || slash == NULL ||
	    parse_name(slash + 1, name, &up) == 0)
		die("%s:%d: is not \"sha256  driver/NNNN_name.up.sql\"", lock, number);

	const char *owner = line + HEX + 2;
	size_t owner_len = (size_t)(slash - owner);
	if (owner_len != strlen(driver) || memcmp(owner, driver, owner_len) != 0)
		return;
	const struct script *script = find(slash + 1);
	if (script == NULL)
		die("%s:%d: %s was released and may not vanish", lock, number, owner);
	char hex[HEX + 1];
	to_hex(script->hash, hex);
	if (memcmp(hex, line, HEX) != 0)
		die("%s:%d: %s was released and may not change; add a new migration instead\n"
		    "  released %.64s\n  now      %s",
		    lock, number, owner, line, hex);
}

static void check_lock(const char *lock, const char *driver)
{
	size_t len = 0;
	char *text = slurp(lock, &len);
	if (text == NULL)
		die("%s: is missing", lock);
	int number = 0;
	char *end = NULL;
	for (char *line = text; *line != '\0'; line = end + 1) {
		number++;
		end = strchr(line, '\n');
		if (end == NULL)
			die("%s:%d: does not end with a newline", lock, number);
		*end = '\0';
		if (*line != '\0' && *line != '#')
			check_line(lock, number, line, driver);
	}
	free(text);
}

/* ---- writing ------------------------------------------------------------- */

static void emit_script(FILE *out, const char *kind, int number, const struct script *script)
{
	if (script->text == NULL)
		return;
	fprintf(out, "\n/* %s */\nstatic const char %s_%04d[] = {\n", script->file, kind, number);
	for (size_t i = 0; i < script->len; i++) {
		char c = script->text[i];
		if (i == 0 || script->text[i - 1] == '\n')
			fputc('\t', out);
		if (c == '\n')
			fputs("'\\n',\n", out);
		else if (c == '\t')
			fputs("'\\t',", out);
		else if (c == '\'' || c == '\\')
			fprintf(out, "'\\%c',", c);
		else
			fprintf(out, "'%c',", c);
	}
	fputs("\t'\\0'\n};\n", out);
}

static void emit_row(FILE *out, int number)
{
	const struct migration *migration = &set[number];
	fprintf(out,
		"\t{\n\t\t.version = %d,\n\t\t.name = \"%s\",\n"
		"\t\t.up = { up_%04d, sizeof up_%04d - 1 },\n",
		number, migration->name, number, number);
	if (migration->down.text != NULL)
		fprintf(out, "\t\t.down = { down_%04d, sizeof down_%04d - 1 },\n", number, number);
	fputs("\t\t.sha256 = {", out);
	for (int i = 0; i < HASH; i++)
		fprintf(out, "%s0x%02x,", i % 16 == 0 ? "\n\t\t\t" : " ",
			(unsigned)migration->up.hash[i]);
	fputs("\n\t\t},\n\t},\n", out);
}

static void emit(const char *path, const char *dir, const char *prefix)
{
	FILE *out = fopen(path, "w");
	if (out == NULL)
		die("%s: %s", path, strerror(errno));
	fprintf(out, "/* Made by tools/embed.c from %s. */\n#include <cairn/migration.h>\n", dir);
	for (int i = 1; i <= newest; i++) {
		emit_script(out, "up", i, &set[i].up);
		emit_script(out, "down", i, &set[i].down);
	}
	fprintf(out,
		"\nextern const cairn_migration %s__migrations[];\n"
		"extern const size_t %s__migration_count;\n\n"
		"const cairn_migration %s__migrations[] = {\n",
		prefix, prefix, prefix);
	for (int i = 1; i <= newest; i++)
		emit_row(out, i);
	fprintf(out, "};\n\nconst size_t %s__migration_count = %d;\n", prefix, newest);
	if (ferror(out) || fclose(out) != 0)
		die("%s: can't be written", path);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("usage: embed DRIVER DIR LOCKFILE OUT.c\n", stderr);
		return 2;
	}
	const char *prefix = prefix_of(argv[1]);
	read_dir(argv[2]);
	check_lock(argv[3], argv[1]);
	check_order(argv[2]);
	emit(argv[4], argv[2], prefix);
	return 0;
}

/*
 * replay.c - a fuzz target without a fuzzer: runs every file of a corpus, then seeded
 * mutations of them, and is done in bounded time.
 *
 *	replay [-n mutations] [-s seed] FILE|DIRECTORY …
 *
 * The same seed and corpus give the same inputs. When the target crashes, the
 * input is in the file named by REPLAY_INPUT, if that is set.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_FILES 1000
#define MAX_SIZE  4096 /* of a mutated input */

struct input {
	char *path;
	uint8_t *data;
	size_t size;
};

static struct input corpus[MAX_FILES];
static size_t corpus_size;
static uint64_t seed = 1;

static size_t below(size_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)((seed * UINT64_C(0x2545f4914f6cdd1d) >> 32) % bound);
}

/* ---- the corpus ------------------------------------------------------------- */

static bool add_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL || corpus_size == MAX_FILES) {
		fprintf(stderr, "replay: can't take %s\n", path);
		return false;
	}
	struct input *input = &corpus[corpus_size++];
	size_t cap = 1 << 16;
	input->path = strdup(path);
	input->data = malloc(cap);
	while (!feof(file) && !ferror(file)) {
		if (input->size == cap) {
			cap *= 2;
			input->data = realloc(input->data, cap);
		}
		input->size += fread(input->data + input->size, 1, cap - input->size, file);
	}
	fclose(file);
	return true;
}

/* Directories are read in no order, so the corpus is sorted to be the same everywhere. */
static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct input *)a)->path, ((const struct input *)b)->path);
}

static bool add_path(const char *path)
{
	DIR *directory = opendir(path);
	if (directory == NULL)
		return add_file(path);
	bool good = true;
	for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
		char name[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		good = add_file(name) && good;
	}
	closedir(directory);
	return good;
}

/* ---- mutations ---------------------------------------------------------------- */

/* Replaces the `out` bytes at `at` by the `in` bytes of piece. */
static void splice(struct input *input, size_t at, size_t out, const void *piece, size_t in)
{
	if (input->size - out + in > MAX_SIZE)
		return;
	memmove(input->data + at + in, input->data + at + out, input->size - at - out);
	if (in > 0)
		memcpy(input->data + at, piece, in);
	input->size = input->size - out + in;
}

/* What inputs are made of. */
static const char *const words[] = {
	"{",
	"}",
	"[",
	"]",
	",",
	":",
	"\"",
	"\\",
	"\\u",
	"\\u0000",
	"\\ud83d",
	"\\ude00",
	"\"a\":",
	"1e1000001",
	"-0",
	"0.1",
	"e+5",
	"null",
	"true",
	" ",
	"\xc3\xa9",
	"\xed\xa0\x80",
	"\xef\xbb\xbf",
	"%41",
	"%00",
	"%",
	"?",
	"&",
	"=",
	"@",
	"//",
	"password=",
	"#",
	"+",
};

static void mutate(struct input *input)
{
	size_t at = below(input->size + 1);
	size_t len = below(input->size - at + 1);
	uint8_t byte = (uint8_t)below(256);
	uint8_t piece[MAX_SIZE];
	const struct input *other = &corpus[below(corpus_size)];
	size_t from = below(other->size + 1);
	size_t most = other->size - from < 64 ? other->size - from : 64;
	const char *word = words[below(sizeof words / sizeof *words)];
	switch (below(7)) {
	case 0:
		splice(input, at, at < input->size, &byte, 1);
		break;
	case 1:
		if (at < input->size)
			input->data[at] ^= (uint8_t)(1u << below(8));
		break;
	case 2:
		splice(input, at, below(8) < len ? 1 : len, NULL, 0);
		break;
	case 3:
		memcpy(piece, input->data + at, len);
		splice(input, below(input->size + 1), 0, piece, len);
		break;
	case 4:
		splice(input, at, 0, other->data + from, below(most + 1));
		break;
	default:
		splice(input, at, 0, word, strlen(word));
		break;
	}
}

/* Runs a copy of exactly this size, so that a read too far is seen by sanitizers. */
static void run(const struct input *input)
{
	const char *keep = getenv("REPLAY_INPUT");
	FILE *file = keep != NULL ? fopen(keep, "wb") : NULL;
	if (file != NULL) {
		fwrite(input->data, 1, input->size, file);
		fclose(file);
	}
	uint8_t *exact = malloc(input->size > 0 ? input->size : 1);
	memcpy(exact, input->data, input->size);
	LLVMFuzzerTestOneInput(exact, input->size);
	free(exact);
}

static void run_mutation(uint8_t buffer[MAX_SIZE])
{
	const struct input *chosen = &corpus[below(corpus_size)];
	struct input changed = { .data = buffer };
	changed.size = chosen->size < MAX_SIZE ? chosen->size : MAX_SIZE;
	memcpy(buffer, chosen->data, changed.size);
	for (size_t n = 1 + below(6); n > 0; n--)
		mutate(&changed);
	run(&changed);
}

static int usage(void)
{
	fprintf(stderr, "usage: replay [-n mutations] [-s seed] FILE|DIRECTORY ...\n");
	return 2;
}

int main(int argc, char **argv)
{
	static uint8_t buffer[MAX_SIZE];
	unsigned long mutations = 0;
	int option;
	while ((option = getopt(argc, argv, "n:s:")) != -1) {
		if (option == 'n')
			mutations = strtoul(optarg, NULL, 10);
		else if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else
			return usage();
	}
	if (optind == argc || seed == 0)
		return usage();
	bool good = true;
	for (int i = optind; i < argc; i++)
		good = add_path(argv[i]) && good;
	if (!good || corpus_size == 0)
		return 2;
	qsort(corpus, corpus_size, sizeof *corpus, by_path);
	for (size_t i = 0; i < corpus_size; i++)
		run(&corpus[i]);
	for (unsigned long i = 0; i < mutations; i++)
		run_mutation(buffer);
	printf("%zu files and %lu mutations\n", corpus_size, mutations);
	for (size_t i = 0; i < corpus_size; i++) {
		free(corpus[i].path);
		free(corpus[i].data);
	}
	return 0;
}

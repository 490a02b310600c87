/* mutants.c - the memory driver with one rule broken at a time: the kit must notice each. */
#include <stdlib.h>
#include <string.h>

#include <cairn/conformance.h>
#include <cairn/memory_driver.h>

int main(int argc, char **argv)
{
	const cairn_subject memory = { .size = sizeof(memory),
				       .driver = &cairn_memory,
				       .url = "memory:{case}" };
	char option[] = "--mutants";
	char **args = calloc((size_t)argc + 2, sizeof(*args));
	if (!args)
		return 2;
	memcpy(args, argv, (size_t)argc * sizeof(*args));
	args[argc] = option;
	int answer = cairn_conformance_main(argc + 1, args, &memory);
	free(args);
	return answer;
}

/* memory.c - the conformance kit on the memory driver. */
#include <cairn/conformance.h>
#include <cairn/memory_driver.h>

int main(int argc, char **argv)
{
	const cairn_subject memory = { .size = sizeof(memory),
				       .driver = &cairn_memory,
				       .url = "memory:{case}" };
	return cairn_conformance_main(argc, argv, &memory);
}

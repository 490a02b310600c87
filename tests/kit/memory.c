/* memory.c - the conformance kit on the memory driver. */
#include <cairn/conformance.h>
#include <cairn/memory_driver.h>

int main(int argc, char **argv)
{
	static const char *const bad_urls[] = { "memory:name?size=1", NULL };
	const cairn_subject memory = { .size = sizeof(memory),
				       .driver = &cairn_memory,
				       .url = "memory:{case}",
				       .bad_urls = bad_urls };
	return cairn_conformance_main(argc, argv, &memory);
}

/* postgres.c - the conformance kit on the Postgres driver. */
#include "pg_subject.h"

int main(int argc, char **argv)
{
	return run_kit(argc, argv, "", 0);
}

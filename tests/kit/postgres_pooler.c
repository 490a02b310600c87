/*
 * postgres_pooler.c - the conformance kit on the Postgres driver as it works behind a
 * transaction-mode pooler; migrating needs, and has, direct connections.
 */
#include "pg_subject.h"

int main(int argc, char **argv)
{
	return run_kit(argc, argv, "pooler=transaction&", CAIRN_CAP_WAKE);
}

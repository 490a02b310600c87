/*
 * default.c - cairn_driver_default(), alone in its object: a program that names
 * another driver library first, or defines the function itself, never pulls it in.
 */
#include <cairn/postgres.h>

const cairn_driver *cairn_driver_default(void)
{
	return &cairn_postgres;
}

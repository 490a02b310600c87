/* str.c - small helpers over borrowed text and scopes. */
#include <string.h>

#include <cairn/sys/host.h>

cairn_str cairn_str_of(const char *text)
{
	return (cairn_str){ text, text != NULL ? strlen(text) : 0 };
}

int cairn_str_equal(cairn_str a, cairn_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int cairn_str_is(cairn_str a, const char *literal)
{
	return cairn_str_equal(a, cairn_str_of(literal));
}

int cairn_str_compare(cairn_str a, cairn_str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;
	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

cairn_scope cairn_global(void)
{
	return (cairn_scope){ .kind = CAIRN_SCOPE_GLOBAL };
}

cairn_scope cairn_tenant(cairn_str tenant)
{
	return (cairn_scope){ .kind = CAIRN_SCOPE_TENANT, .tenant = tenant };
}

cairn_scope cairn_any(void)
{
	return (cairn_scope){ .kind = CAIRN_SCOPE_ANY };
}

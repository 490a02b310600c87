/* sha.c - SHA-256, libmd's. */
#include <sha2.h>

#include <cairn/sys/json.h>

void cairn_sha256(const void *data, size_t len, uint8_t hash[32])
{
	SHA2_CTX context;
	SHA256Init(&context);
	if (len > 0)
		SHA256Update(&context, data, len);
	SHA256Final(hash, &context);
}

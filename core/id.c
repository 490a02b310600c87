/*
 * id.c - UUIDv7 ids that strictly increase within the process, from any thread.
 *
 * The upper 64 bits of what an id knows are a tick: 48 bits of milliseconds and 16 bits of the
 * fraction of a millisecond, about 15 ns each. Every id takes max(clock, last tick + 1) by one
 * compare-and-swap, so that neither thousands of ids in a millisecond nor a clock that steps
 * back break the order: a burst just runs ahead into ticks to come, and carries from the
 * fraction into the milliseconds. In the id the tick fills the 48 timestamp bits, rand_a and
 * the first 4 bits of rand_b; the other 58 bits are random.
 *
 * Random bits are drawn for 32 ids at once and kept per thread. A forked child must not
 * use its parent's: a page that the kernel empties in a child tells that there was a
 * fork, without a system call per id; where there is no such page, getpid() does.
 */
#define _DEFAULT_SOURCE /* madvise, MAP_ANONYMOUS */

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <cairn/sys/json.h>

#define POOL 32 /* 256 bytes, the most that one getentropy gives */

struct pool {
	uint64_t words[POOL];
	unsigned left;
	uint64_t process; /* whose they are; 0 is nobody's */
};

static _Atomic uint64_t last_tick;
static _Atomic(_Atomic uint64_t *) fork_page;
static _Atomic uint64_t no_page;
static _Atomic uint64_t processes;
static _Thread_local struct pool pool;

/*
 * A page of which the kernel gives a forked child an empty one, holding this process's mark. It is
 * made once; &no_page stands for "can't be had".
 */
static _Atomic uint64_t *get_fork_page(void)
{
	_Atomic uint64_t *page = atomic_load_explicit(&fork_page, memory_order_acquire);
	if (page != NULL)
		return page;
	_Atomic uint64_t *made = &no_page;
#ifdef MADV_WIPEONFORK
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *fresh = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fresh != MAP_FAILED && madvise(fresh, size, MADV_WIPEONFORK) == 0)
		made = fresh;
	bool won = atomic_compare_exchange_strong(&fork_page, &page, made);
	if (fresh != MAP_FAILED && (!won || made == &no_page))
		munmap(fresh, size);
#else
	bool won = atomic_compare_exchange_strong(&fork_page, &page, made);
#endif
	return won ? made : page;
}

/* A number, never 0, that a forked child does not share with its parent. */
static uint64_t this_process(void)
{
	_Atomic uint64_t *page = get_fork_page();
	if (page == &no_page)
		return (uint64_t)getpid();
	uint64_t mark = atomic_load_explicit(page, memory_order_relaxed);
	if (mark == 0) {
		mark = atomic_fetch_add(&processes, 1) + 1;
		atomic_store_explicit(page, mark, memory_order_relaxed);
	}
	return mark;
}

/* Without the system's randomness: what differs between processes, threads and calls. */
static void fill_without_entropy(uint64_t words[POOL])
{
	struct {
		struct timespec now;
		const void *thread;
		uint64_t pid;
		uint64_t word;
	} seed;
	memset(&seed, 0, sizeof seed);
	clock_gettime(CLOCK_MONOTONIC, &seed.now);
	seed.thread = &pool;
	seed.pid = (uint64_t)getpid();
	for (size_t i = 0; i < POOL; i += 4) {
		seed.word = atomic_fetch_add(&processes, 1);
		cairn_sha256(&seed, sizeof seed, (uint8_t *)&words[i]);
	}
}

static uint64_t random_word(void)
{
	uint64_t process = this_process();
	if (pool.left == 0 || pool.process != process) {
		if (getentropy(pool.words, sizeof pool.words) != 0)
			fill_without_entropy(pool.words);
		pool.left = POOL;
		pool.process = process;
	}
	return pool.words[--pool.left];
}

static uint64_t next_tick(void)
{
	struct timespec now;
	uint64_t tick = 0;
	if (clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec > 0) {
		uint64_t nanoseconds = (uint64_t)now.tv_nsec;
		uint64_t milliseconds = (uint64_t)now.tv_sec * 1000 + nanoseconds / 1000000;
		tick = milliseconds << 16 | (nanoseconds % 1000000 << 16) / 1000000;
	}
	uint64_t last = atomic_load_explicit(&last_tick, memory_order_relaxed);
	uint64_t next;
	do {
		next = tick > last ? tick : last + 1;
	} while (!atomic_compare_exchange_weak_explicit(
		&last_tick, &last, next, memory_order_relaxed, memory_order_relaxed));
	return next;
}

static void put_bytes(uint8_t *bytes, uint64_t value, int count)
{
	for (int i = count - 1; i >= 0; i--) {
		bytes[i] = (uint8_t)value;
		value >>= 8;
	}
}

cairn_id cairn_id_new(void)
{
	uint64_t tick = next_tick();
	uint64_t random = random_word();
	cairn_id id;
	put_bytes(id.bytes, (tick >> 16) << 16 | 0x7000 | (tick >> 4 & 0xfff), 8);
	put_bytes(id.bytes + 8, UINT64_C(2) << 62 | (tick & 15) << 58 | random >> 6, 8);
	return id;
}

void cairn_id_format(cairn_id id, char text[CAIRN_ID_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	char *at = text;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = hex[id.bytes[i] >> 4];
		*at++ = hex[id.bytes[i] & 15];
	}
	*at = 0;
}

static int hex_digit(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return -1;
}

int cairn_id_parse(cairn_str text, cairn_id *id)
{
	if (text.len != CAIRN_ID_TEXT - 1)
		return -1;
	cairn_id parsed;
	const char *at = text.ptr;
	for (int i = 0; i < 16; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *at++ != '-')
			return -1;
		int high = hex_digit(at[0]);
		int low = hex_digit(at[1]);
		if (high < 0 || low < 0)
			return -1;
		parsed.bytes[i] = (uint8_t)(high << 4 | low);
		at += 2;
	}
	*id = parsed;
	return 0;
}

int cairn_id_compare(cairn_id a, cairn_id b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

int cairn_id_is_none(cairn_id id)
{
	static const cairn_id none;
	return memcmp(id.bytes, none.bytes, sizeof id.bytes) == 0;
}

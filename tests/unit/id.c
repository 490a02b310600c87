/*
 * Ids: their form, their order under every clock, and their randomness across threads and
 * forks. The system calls behind them are replaced here, so that the clock can stand still
 * and step back, and randomness and the page that notices forks can be missing.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cairn/types.h>

#include "../tap.h"

static struct timespec frozen;
static bool is_frozen;
static bool no_entropy;
static bool no_page;
static int drawn; /* calls of getentropy */
static int asked; /* of getpid */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (is_frozen && clock == CLOCK_REALTIME) {
		*now = frozen;
		return 0;
	}
	return (int)syscall(SYS_clock_gettime, clock, now);
}

int getentropy(void *bytes, size_t len)
{
	__atomic_fetch_add(&drawn, 1, __ATOMIC_RELAXED);
	if (no_entropy)
		return -1;
	return syscall(SYS_getrandom, bytes, len, 0) == (long)len ? 0 : -1;
}

int madvise(void *page, size_t len, int advice)
{
	return no_page ? -1 : (int)syscall(SYS_madvise, page, len, advice);
}

pid_t getpid(void)
{
	asked++;
	return (pid_t)syscall(SYS_getpid);
}

/* ---- helpers ------------------------------------------------------------------ */

static uint64_t milliseconds_of(cairn_id id)
{
	uint64_t value = 0;
	for (int i = 0; i < 6; i++)
		value = value << 8 | id.bytes[i];
	return value;
}

/* The 58 random bits. */
static uint64_t random_of(cairn_id id)
{
	uint64_t value = id.bytes[8] & 3;
	for (int i = 9; i < 16; i++)
		value = value << 8 | id.bytes[i];
	return value;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(cairn_id));
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void make(cairn_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ids[i] = cairn_id_new();
}

static size_t not_increasing(const cairn_id *ids, size_t n)
{
	size_t wrong = 0;
	for (size_t i = 1; i < n; i++)
		wrong += cairn_id_compare(ids[i - 1], ids[i]) >= 0;
	return wrong;
}

/* How many random parts stand in both. */
static int shared_random(const cairn_id *a, const cairn_id *b, size_t n)
{
	int count = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++)
			count += random_of(a[i]) == random_of(b[j]);
	}
	return count;
}

/* ---- cases --------------------------------------------------------------------- */

static void text(void)
{
	static const char *const bad[] = {
		"",
		"01890a5d-ac96-774b-bcce-b302099a805",
		"01890a5d-ac96-774b-bcce-b302099a80577",
		"01890a5dac96774bbcceb302099a8057",
		"01890a5d-ac96-774b-bcceb-302099a8057",
		"01890a5d_ac96_774b_bcce_b302099a8057",
		"01890a5g-ac96-774b-bcce-b302099a8057",
		"{1890a5d-ac96-774b-bcce-b302099a805}",
		" 1890a5d-ac96-774b-bcce-b302099a8057",
	};
	cairn_id id;
	char back[CAIRN_ID_TEXT];
	is_int(cairn_id_parse(CAIRN_STR("01890a5d-ac96-774b-bcce-b302099a8057"), &id), 0, "read");
	ok(id.bytes[0] == 0x01 && id.bytes[3] == 0x5d && id.bytes[15] == 0x57, "into bytes");
	cairn_id_format(id, back);
	is_text(back, "01890a5d-ac96-774b-bcce-b302099a8057", "and written");
	is_int(cairn_id_parse(CAIRN_STR("01890A5D-AC96-774B-BCCE-B302099A8057"), &id), 0, "upper");
	cairn_id_format(id, back);
	is_text(back, "01890a5d-ac96-774b-bcce-b302099a8057", "case becomes lower");
	cairn_id before = id;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		is_int(cairn_id_parse(cairn_str_of(bad[i]), &id), -1, bad[i]);
	is_int(cairn_id_parse((cairn_str){ NULL, 0 }, &id), -1, "absent");
	is_int(cairn_id_compare(before, id), 0, "a refusal leaves the id alone");
}

static void order_and_none(void)
{
	cairn_id none = { { 0 } };
	cairn_id a = { { 1 } };
	cairn_id b = { { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200 } };
	ok(cairn_id_is_none(none) && !cairn_id_is_none(a) && !cairn_id_is_none(b), "none");
	b.bytes[0] = 0;
	ok(!cairn_id_is_none(b), "the last byte counts");
	b.bytes[0] = 1;
	ok(cairn_id_compare(a, b) < 0 && cairn_id_compare(b, a) > 0 && cairn_id_compare(a, a) == 0,
	   "order by bytes");
}

static void form(void)
{
	struct timespec now;
	int wrong = 0;
	cairn_id id = cairn_id_new();
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age = (int64_t)now.tv_sec * 1000 - (int64_t)milliseconds_of(id);
	ok(age > -2000 && age < 2000, "an id begins with the time in milliseconds");
	uint64_t zeros = 0;
	uint64_t ones = 0;
	for (int i = 0; i < 1000; i++) {
		id = cairn_id_new();
		wrong += id.bytes[6] >> 4 != 7 || id.bytes[8] >> 6 != 2;
		ones |= random_of(id);
		zeros |= ~random_of(id);
	}
	is_int(wrong, 0, "version 7, variant 2");
	uint64_t all = (UINT64_C(1) << 58) - 1;
	ok((ones & all) == all && (zeros & all) == all, "all 58 random bits vary");
}

#define MANY 300000
static cairn_id many[MANY];

static void strictly_increasing(void)
{
	make(many, MANY);
	is_int(not_increasing(many, MANY), 0, "300,000 ids grow, one by one");
}

static void within_one_moment(void)
{
	clock_gettime(CLOCK_REALTIME, &frozen);
	frozen.tv_sec += 60;
	frozen.tv_nsec = 999999999;
	is_frozen = true;
	make(many, MANY);
	is_int(not_increasing(many, MANY), 0, "so do 300,000 in one nanosecond");
	uint64_t now = (uint64_t)frozen.tv_sec * 1000 + 999;
	is_int(milliseconds_of(many[0]) - now, 0, "the first has the clock's time");
	is_int(milliseconds_of(many[MANY - 1]) - now, 5, "the last is five milliseconds ahead");
	frozen.tv_sec += 1;
	make(many, 1);
	is_int(milliseconds_of(many[0]) - now, 1000, "a clock that goes on is followed again");
}

static void clock_steps_back(void)
{
	cairn_id before = cairn_id_new();
	frozen.tv_sec -= 3600;
	make(many, 1000);
	ok(cairn_id_compare(before, many[0]) < 0 && not_increasing(many, 1000) == 0,
	   "an hour back, and ids still grow");
	before = many[999];
	frozen = (struct timespec){ .tv_sec = -5 };
	make(many, 1000);
	ok(cairn_id_compare(before, many[0]) < 0 && not_increasing(many, 1000) == 0,
	   "before 1970 too");
	ok(milliseconds_of(many[999]) - milliseconds_of(before) <= 1, "by no more than they must");
	is_frozen = false;
}

static void no_randomness(void)
{
	static cairn_id ids[1000];
	static cairn_id later[1000];
	no_entropy = true;
	make(many, 64); /* what is left of the pool, and more */
	make(ids, 1000);
	make(later, 1000);
	no_entropy = false;
	make(many, 64);
	is_int(shared_random(ids, later, 1000), 0, "without the system's randomness bits differ");
	is_int(not_increasing(ids, 1000), 0, "and ids grow");
}

/* ---- threads --------------------------------------------------------------------- */

#define THREADS	   4
#define PER_THREAD (MANY / THREADS)

static void *make_share(void *share)
{
	make(share, PER_THREAD);
	return NULL;
}

static void threads(void)
{
	pthread_t all[THREADS];
	size_t wrong = 0;
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&all[i], NULL, make_share, many + i * PER_THREAD);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(all[i], NULL);
	for (size_t i = 0; i < THREADS; i++)
		wrong += not_increasing(many + i * PER_THREAD, PER_THREAD);
	is_int(wrong, 0, "ids grow in each of four threads");
	qsort(many, MANY, sizeof *many, compare);
	is_int(not_increasing(many, MANY), 0, "and are different among all");
	static uint64_t randoms[MANY];
	for (size_t i = 0; i < MANY; i++)
		randoms[i] = random_of(many[i]);
	qsort(randoms, MANY, sizeof *randoms, compare_numbers);
	size_t same = 0;
	for (size_t i = 1; i < MANY; i++)
		same += randoms[i - 1] == randoms[i];
	is_int(same, 0, "in their random bits as well");
}

/* ---- forks ------------------------------------------------------------------------- */

#define AFTER_FORK 30

/* What a child makes, or a child's child when its own parent made none in between. */
static bool make_in_child(cairn_id *ids, int generations)
{
	int ends[2];
	if (pipe(ends) != 0)
		return false;
	pid_t child = fork();
	if (child == 0) {
		if (generations > 1)
			make_in_child(ids, generations - 1);
		else
			make(ids, AFTER_FORK);
		ssize_t sent = write(ends[1], ids, AFTER_FORK * sizeof *ids);
		_exit(sent != AFTER_FORK * sizeof *ids);
	}
	int status = -1;
	close(ends[1]);
	ssize_t got = read(ends[0], ids, AFTER_FORK * sizeof *ids);
	close(ends[0]);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0 &&
	       got == AFTER_FORK * sizeof *ids;
}

/* The number of things that are wrong with ids made on both sides of forks. */
static int wrong_after_fork(void)
{
	cairn_id child[AFTER_FORK];
	cairn_id second[AFTER_FORK];
	cairn_id grandchild[AFTER_FORK];
	cairn_id parent[AFTER_FORK];
	cairn_id before = cairn_id_new();
	for (int i = 0; i < 64 && drawn > 0; i++) { /* to where the pool is nearly full */
		int then = drawn;
		before = cairn_id_new();
		if (drawn > then)
			break;
	}
	int wrong = !make_in_child(child, 1) + !make_in_child(second, 1) +
		    !make_in_child(grandchild, 2);
	make(parent, AFTER_FORK);
	wrong += shared_random(parent, child, AFTER_FORK);
	wrong += shared_random(parent, second, AFTER_FORK);
	wrong += shared_random(parent, grandchild, AFTER_FORK);
	wrong += shared_random(child, second, AFTER_FORK);
	wrong += shared_random(child, grandchild, AFTER_FORK);
	wrong += cairn_id_compare(before, child[0]) >= 0;
	wrong += cairn_id_compare(before, grandchild[0]) >= 0;
	wrong += not_increasing(child, AFTER_FORK) != 0;
	return wrong;
}

static void forks(void)
{
	is_int(wrong_after_fork(), 0, "children draw random bits of their own");
}

/* In a process that has made no id yet, so that it still looks for the page. */
static void forks_without_page(void)
{
	int status = -1;
	pid_t child = fork();
	if (child == 0) {
		no_page = true;
		_exit(wrong_after_fork());
	}
	ok(waitpid(child, &status, 0) == child && status == 0,
	   "they do where no page tells of the fork (%d)", status);
}

static void draws_are_shared(void)
{
	int before = drawn;
	asked = 0;
	make(many, 3200);
	is_int(asked, 0, "a fork is noticed without a system call");
	is_int(drawn - before, 100, "one system call gives the random bits of 32 ids");
}

int main(void)
{
	forks_without_page();
	text();
	order_and_none();
	form();
	strictly_increasing();
	within_one_moment();
	clock_steps_back();
	no_randomness();
	threads();
	forks();
	draws_are_shared();
	return tap_done();
}

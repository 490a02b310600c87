/*
 * conn.c - opening and closing, URLs and options, the clock. (allocator, trace,
 * waits: conn_use.c)
 */
#include <stddef.h>
#include <time.h>

#include <cairn/sys/driver.h>

#include "ct.h"

/* The case's URL with one more option. */
static const char *with_option(const char *option)
{
	return ct_format("%s%s%s", ct_url(), strchr(ct_url(), '?') ? "&" : "?", option);
}

/* Opening must fail so, and leave no connection. */
static void refuses(const char *url, cairn_status status, const char *code)
{
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	ct_note("open %s", url);
	ct_status(cairn_open(&conn, ct_subject()->driver, url, &opts, ct_err()), status, code);
	ct_true(conn == NULL);
}

/* ---- time --------------------------------------------------------------------- */

static void clock_is_the_installed_one(void)
{
	cairn_conn *conn = ct_open();
	cairn_time now = 0;
	ct_ok(cairn_now(conn, &now, ct_err()));
	ct_int(now, ct_now());
	ct_advance(CAIRN_HOUR);
	ct_ok(cairn_now(conn, &now, ct_err()));
	ct_int(now, ct_now());
}

/* The machine's own time, give or take a day: the database may stand elsewhere. */
static void is_real_time(cairn_time now)
{
	cairn_time here = (cairn_time)time(NULL) * CAIRN_SECOND;
	ct_true(now > here - CAIRN_DAY);
	ct_true(now < here + CAIRN_DAY);
}

static void clock_is_the_databases(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.clock = NULL;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_time first = 0;
	cairn_time second = 0;
	ct_ok(cairn_now(conn, &first, ct_err()));
	ct_ok(cairn_now(conn, &second, ct_err()));
	is_real_time(first);
	ct_true(second >= first);
}

static cairn_time no_time(void *user)
{
	(void)user;
	return 0;
}

static void clock_that_passes(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.clock = no_time;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_time now = 0;
	ct_ok(cairn_now(conn, &now, ct_err()));
	is_real_time(now);
}

static void time_moves_inside_a_transaction(void)
{
	cairn_conn *conn = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	cairn_id first = ct_add(conn, &job);
	ct_advance(CAIRN_MINUTE);
	cairn_id second = ct_add(conn, &job);
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_int(ct_job(conn, first)->created_at, ct_now() - CAIRN_MINUTE);
	ct_int(ct_job(conn, second)->created_at, ct_now());
}

static void database_time_moves_inside_a_transaction(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.clock = NULL;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_tx tx = CAIRN_TX_INIT;
	cairn_time first = 0;
	cairn_time second = 0;
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_ok(cairn_now(conn, &first, ct_err()));
	for (int i = 0; i < 10000 && second <= first; i++)
		ct_ok(cairn_now(conn, &second, ct_err()));
	ct_ok(cairn_commit(&tx, ct_err()));
	ct_true(second > first);
}

/* ---- URLs and options ------------------------------------------------------------ */

static void malformed_urls(void)
{
	refuses("", CAIRN_INVALID, "url.invalid");
	refuses("no-scheme", CAIRN_INVALID, "url.invalid");
	refuses(":", CAIRN_INVALID, "url.invalid");
	refuses(NULL, CAIRN_INVALID, NULL);
	refuses(with_option("a=%zz"), CAIRN_INVALID, "url.invalid");
	refuses(with_option("a=%00"), CAIRN_INVALID, "url.invalid");
	refuses(with_option("a=%ff"), CAIRN_INVALID, NULL);
}

static void foreign_scheme(void)
{
	refuses("nosuchdatabase:x", CAIRN_INVALID, "url.unknown_scheme");
	ct_true(strstr(ct_last()->message, ct_subject()->driver->name) != NULL);
}

static void unknown_option(void)
{
	refuses(with_option("cairn_nonsense=1"), CAIRN_INVALID, "url.unknown_option");
}

static void bad_urls(void)
{
	for (const char *const *url = ct_subject()->bad_urls; *url; url++) {
		refuses(*url, CAIRN_INVALID, NULL);
		ct_true(strncmp(ct_last()->code, "url.", 4) == 0);
	}
}

static void unreachable(void)
{
	const char *url = ct_subject()->unreachable_url;
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	cairn_status status = cairn_open(&conn, ct_subject()->driver, url, &opts, ct_err());
	ct_true(status == CAIRN_UNAVAILABLE || status == CAIRN_DENIED);
	ct_int(ct_last()->status, status);
	ct_true(conn == NULL);
}

static void passwords_stay_hidden(void)
{
	static const char *const options[] = {
		"password=hunter2secret&cairn_nonsense=1",
		"cairn_nonsense=hunter2secret",
		"sslpassword=hunter2secret&cairn_nonsense=1",
		"password=hunter2secret&a=%zz",
	};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		refuses(with_option(options[i]), CAIRN_INVALID, NULL);
		ct_true(strstr(ct_last()->message, "hunter2secret") == NULL);
		ct_true(strstr(ct_last()->detail, "hunter2secret") == NULL);
	}
	refuses("nosuchdatabase://user:hunter2secret@host/db", CAIRN_INVALID, "url.unknown_scheme");
	ct_true(strstr(ct_last()->message, "hunter2secret") == NULL);
	ct_true(strstr(ct_last()->detail, "hunter2secret") == NULL);
}

static void open_any_finds_the_driver(void)
{
	const char *const nowhere[] = { "nosuchdatabase", NULL };
	cairn_driver other = *ct_subject()->driver;
	other.schemes = nowhere;
	other.name = "other";
	const cairn_driver *const drivers[] = { &other, ct_subject()->driver };
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	ct_ok(cairn_open_any(&conn, drivers, 2, ct_url(), &opts, ct_err()));
	const char *name = cairn_conn_driver_name(conn);
	ct_text(name, ct_subject()->driver->name);
	cairn_close(conn);
	ct_status(cairn_open_any(&conn, drivers, 2, "nobodys:x", &opts, ct_err()), CAIRN_INVALID,
		  "url.unknown_scheme");
	ct_true(strstr(ct_last()->message, "other") != NULL);
	ct_true(strstr(ct_last()->message, ct_subject()->driver->name) != NULL);
}

static void bad_options(void)
{
	cairn_conn_opts opts = ct_opts();
	cairn_conn *conn = NULL;
	const cairn_driver *driver = ct_subject()->driver;
	opts.size = 0;
	ct_status(cairn_open(&conn, driver, ct_url(), &opts, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	opts = ct_opts();
	opts.lock_timeout = -1;
	ct_status(cairn_open(&conn, driver, ct_url(), &opts, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	opts = ct_opts();
	opts.flags = 1u << 31;
	ct_status(cairn_open(&conn, driver, ct_url(), &opts, ct_err()), CAIRN_INVALID,
		  "arg.invalid");
	ct_true(conn == NULL);
}

static void older_options(void)
{
	cairn_conn_opts opts = ct_opts();
	opts.size = offsetof(cairn_conn_opts, lock_timeout);
	opts.lock_timeout = -1;
	opts.flags = ~0u;
	cairn_conn *conn = ct_open_with(&opts);
	cairn_time now = 0;
	ct_ok(cairn_now(conn, &now, ct_err()));
	ct_int(now, ct_now());
}

static void no_options(void)
{
	cairn_conn *conn = NULL;
	ct_ok(cairn_open(&conn, ct_subject()->driver, ct_url(), NULL, ct_err()));
	cairn_close(conn);
	cairn_close(NULL);
}

/* ---- closing ------------------------------------------------------------------------------- */

static void closing_rolls_back(void)
{
	cairn_conn *conn = ct_open();
	cairn_conn *other = ct_open();
	cairn_tx tx = CAIRN_TX_INIT;
	ct_define(conn, "t");
	cairn_job_new job = ct_new("t");
	ct_ok(cairn_begin(conn, &tx, ct_err()));
	ct_add(conn, &job);
	ct_close(conn);
	ct_int(ct_count_jobs(other, 0), 0);
	ct_add(other, &job);
	ct_int(ct_count_jobs(other, 0), 1);
}

static const ct_case cases[] = {
	{ .name = "conn.now.an_installed_clock_is_the_time",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "A connection with an installed clock has that clock's time.",
	  .run = clock_is_the_installed_one },
	{ .name = "conn.now.without_a_clock_it_is_the_databases_time",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "Without an installed clock the database's own time counts, and it does not "
		  "run backwards.",
	  .run = clock_is_the_databases },
	{ .name = "conn.now.a_clock_that_answers_zero_means_the_database",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "An installed clock may leave the answer to the database with 0.",
	  .run = clock_that_passes },
	{ .name = "conn.now.the_clock_moves_inside_a_transaction",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Each call asks the clock; a transaction does not make time stand still.",
	  .run = time_moves_inside_a_transaction },
	{ .name = "conn.now.the_databases_time_moves_inside_a_transaction",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .rule = "The database's time is that of the statement, not of the transaction's begin.",
	  .run = database_time_moves_inside_a_transaction },
	{ .name = "conn.open.a_malformed_url_is_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "A URL without scheme, or with broken percent encoding, is INVALID url.invalid.",
	  .run = malformed_urls },
	{ .name = "conn.open.a_foreign_scheme_is_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "A scheme that no given driver knows is INVALID and names the drivers.",
	  .run = foreign_scheme },
	{ .name = "conn.open.an_unknown_option_is_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "An option that the driver does not know is INVALID, not ignored.",
	  .run = unknown_option },
	{ .name = "conn.open.the_subjects_bad_urls_are_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .needs = CT_NEED_BAD_URLS,
	  .flags = CT_BARE,
	  .rule = "Malformed values of the driver's own options are INVALID url.*.",
	  .covers = "smol-3",
	  .run = bad_urls },
	{ .name = "conn.open.an_unreachable_database_is_unavailable",
	  .kind = CT_FAULT,
	  .store = CT_CONN,
	  .needs = CT_NEED_UNREACHABLE,
	  .flags = CT_BARE,
	  .rule = "Where no database answers, opening is UNAVAILABLE (or DENIED) and gives no "
		  "connection.",
	  .run = unreachable },
	{ .name = "conn.open.an_error_never_shows_a_password",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "Nothing of the URL's values reaches a message or a detail.",
	  .covers = "runledger ER02",
	  .run = passwords_stay_hidden },
	{ .name = "conn.open.open_any_finds_the_driver_by_scheme",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "Of several drivers the first that knows the scheme is taken; if none does, the "
		  "message names them.",
	  .run = open_any_finds_the_driver },
	{ .name = "conn.open.options_out_of_range_are_refused",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "Options without size, with negative bounds or unknown flags are INVALID.",
	  .run = bad_options },
	{ .name = "conn.open.options_of_an_older_program_are_read_by_size",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "What lies behind the size of an options struct is not read.",
	  .run = older_options },
	{ .name = "conn.open.options_may_be_left_out",
	  .kind = CT_VERB,
	  .store = CT_CONN,
	  .flags = CT_BARE,
	  .rule = "NULL options are the defaults; closing NULL is fine.",
	  .run = no_options },
	{ .name = "conn.close.an_open_transaction_is_rolled_back",
	  .kind = CT_VERB,
	  .store = CT_JOBS,
	  .rule = "Closing a connection rolls back what it has open and holds nobody up.",
	  .run = closing_rolls_back },
};

CT_GROUP(conn, cases);

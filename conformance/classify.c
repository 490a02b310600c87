/*
 * classify.c - a violated constraint: the application's classifier is asked first,
 * then the database's own class decides. The violation is made by a wrapped driver.
 */
#include <cairn/sys/job.h>

#include "ct.h"

static cairn_conn_ops real_conn;
static cairn_host *host;
static const char *constraint;

static cairn_status open_and_remember(void *self, cairn_host *given, const cairn_url *url,
				      cairn_error *err)
{
	host = given;
	return real_conn.open(self, given, url, err);
}

/* As a driver does that met a check constraint of the application on its table. */
static cairn_status violate(void *self, const cairn_enqueue_plan *plan, cairn_job_inserted *each,
			    cairn_error *err)
{
	(void)self;
	(void)plan;
	(void)each;
	cairn_fail(err, CAIRN_E_DB_RULE);
	cairn_error_detail(err, "the driver's own words");
	return cairn_host_classify(host, constraint, err);
}

static int by_name(void *user, const char *name, cairn_error *err)
{
	int *asked = user;
	++*asked;
	if (strcmp(name, "tenant_quota_check") != 0)
		return 0;
	err->status = CAIRN_CONFLICT;
	snprintf(err->code, sizeof(err->code), "app.quota_exceeded");
	snprintf(err->message, sizeof(err->message), "The tenant's quota is used up.");
	return 1;
}

static cairn_conn *open_violating(int *asked)
{
	static cairn_conn_ops conn_ops;
	static cairn_job_ops job_ops;
	cairn_driver *driver = ct_alloc(sizeof(*driver));
	const cairn_driver *subject = ct_subject()->driver;
	cairn_conn_opts opts = ct_opts();
	*driver = *subject;
	memcpy(&real_conn, subject->conn,
	       subject->conn->size < sizeof(real_conn) ? subject->conn->size : sizeof(real_conn));
	memcpy(&job_ops, subject->jobs,
	       subject->jobs->size < sizeof(job_ops) ? subject->jobs->size : sizeof(job_ops));
	conn_ops = real_conn;
	conn_ops.open = open_and_remember;
	job_ops.enqueue = violate;
	driver->conn = &conn_ops;
	driver->jobs = &job_ops;
	if (asked) {
		opts.classify = by_name;
		opts.classify_user = asked;
	}
	return ct_open_driver(driver, &opts);
}

static void the_application_is_asked_first(void)
{
	int asked = 0;
	cairn_conn *conn = open_violating(&asked);
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	constraint = "tenant_quota_check";
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_CONFLICT,
		  "app.quota_exceeded");
	ct_int(asked, 1);
	ct_text(ct_last()->message, "The tenant's quota is used up.");
	ct_text(ct_last()->constraint, "tenant_quota_check");
	ct_true(ct_last()->detail[0] != '\0');
}

static void what_it_leaves_alone(void)
{
	int asked = 0;
	cairn_conn *conn = open_violating(&asked);
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	constraint = "somebody_elses_check";
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID,
		  "db.business_rule_violation");
	ct_int(asked, 1);
	ct_text(ct_last()->constraint, "somebody_elses_check");
}

static void without_classifier(void)
{
	cairn_conn *conn = open_violating(NULL);
	cairn_job_new job = ct_new("t");
	ct_define(conn, "t");
	constraint = "tenant_quota_check";
	ct_status(cairn_job_enqueue(conn, &job, 1, NULL, ct_err()), CAIRN_INVALID,
		  "db.business_rule_violation");
	ct_text(ct_last()->constraint, "tenant_quota_check");
	ct_true(strstr(ct_last()->message, "own words") == NULL);
}

#define ERRORS .kind = CT_FAULT, .store = CT_JOBS

static const ct_case cases[] = {
	{ .name = "errors.constraint.the_application_is_asked_first",
	  ERRORS,
	  .rule = "The application's classifier decides status, code and message of a violated "
		  "constraint.",
	  .covers = "runledger ER01",
	  .run = the_application_is_asked_first },
	{ .name = "errors.constraint.what_it_leaves_alone_stays_as_it_is",
	  ERRORS,
	  .rule = "A constraint that the classifier does not know keeps the database's class.",
	  .covers = "runledger ER01",
	  .run = what_it_leaves_alone },
	{ .name = "errors.constraint.without_classifier_the_class_decides",
	  ERRORS,
	  .rule = "Without a classifier the database's class decides; the name is told, the "
		  "driver's words stay in detail.",
	  .covers = "runledger ER01",
	  .run = without_classifier },
};

CT_GROUP(classify, cases);

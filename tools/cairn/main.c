/*
 * main.c - the command `cairn`: global options, then the table of commands.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define DEFAULT_DB "sqlite:cairn.db"

const struct command commands[] = {
	{ "migrate", cmd_migrate, "up|down|status|plan|check|drift [options]",
	  "Makes the schema, and tells about it",
	  "up      applies what is missing, or up to --target\n"
	  "down    takes versions above --target away; --target 0 takes all\n"
	  "status  every version with its state\n"
	  "plan    what up would run (with --down: what down would run), with --sql the scripts\n"
	  "check   whether this program may run on the database; changes nothing\n"
	  "drift   each difference between the live schema and a fresh one; exits 1 if any\n" },
	{ "define", cmd_define, "TYPE [options] | --list", "Defines a job type, or changes it",
	  "A new type gets the defaults; of an existing one only what is given changes.\n" },
	{ "sync", cmd_sync, "FILE [--mode preserve|restore|exact] [--scope TYPE ...]",
	  "Brings a file of definitions into the store",
	  "FILE has objects as cairn --json define --list prints them, or an array of them; of "
	  "their\n"
	  "members only type is required. All of it is written, or nothing.\n"
	  "preserve  a type that is disabled stays so\n"
	  "restore   types are enabled as the file says\n"
	  "exact     so, and each --scope type that the file lacks is disabled\n" },
	{ "config", cmd_config, "get TYPE | put TYPE OBJECT [options] | list [--type TYPE]",
	  "Reads and writes runtime configs", NULL },
	{ "enqueue", cmd_enqueue, "TYPE [options] | --ndjson [[TYPE] FILE]",
	  "Enqueues a job and prints its id",
	  "With --ndjson each line of FILE, or of the standard input, is an object with members "
	  "of\n"
	  "type, queue, tenant, payload, idempotency_key, owner, resource_key, stage, run_at,\n"
	  "timeout_us, max_attempts and priority; what a line lacks is taken from TYPE and the "
	  "options.\n" },
	{ "work", cmd_work, "--type TYPE (--exec COMMAND | -- PROGRAM [ARG ...])",
	  "Runs a command for each job of a type",
	  "The payload is on the command's standard input, CAIRN_JOB_ID, _TYPE, _FENCE, _ATTEMPT,\n"
	  "_QUEUE and _TENANT are in its environment. Exit 0 is success, 65 a terminal failure,\n"
	  "everything else is tried again. The first SIGINT or SIGTERM lets running commands\n"
	  "finish, the second ends them.\n" },
	{ "jobs", cmd_jobs, "[options]", "Lists jobs, newest first", NULL },
	{ "show", cmd_show, "ID [--field NAME]", "Shows a job, its attempts and its timeline",
	  "--field prints one of payload, checkpoint, output, request, byte for byte.\n" },
	{ "run", cmd_run, "VERB [ID] [options]", "Shows and changes runs: DAG runs and replay runs",
	  "A DAG run is a graph of jobs that was submitted. A replay run is a job whose handler is "
	  "a\ndurable function; it is enqueued as every job, and is one from when a worker begins "
	  "it.\n"
	  "\n"
	  "submit         enqueues a graph from a file\n"
	  "show ID        a run and its steps\n"
	  "list           lists replay runs; DAG runs: cairn runs\n"
	  "steps ID       its steps\n"
	  "inputs STEP    what the prerequisites of a step came to\n"
	  "events ID      its timeline\n"
	  "follow ID      its timeline as it grows\n"
	  "graph ID       its graph, for other programs to draw\n"
	  "append ID      adds steps while a gate is open\n"
	  "complete-gate  says how a gate ended\n"
	  "cancel ID …    cancels runs with all their steps and children\n"
	  "resume ID      a replay run that failed goes on (cairn resume is for queues)\n"
	  "fork ID        a new replay run from an old one's first steps\n"
	  "recover ID     does a DAG run that is over once more\n"
	  "wait ID        waits until a run is over\n"
	  "prune          deletes DAG runs that were over long ago\n"
	  "delete         deletes replay runs that are over\n"
	  "cairn help run VERB has the options of each.\n" },
	{ "runs", cmd_runs, "[options]", "Lists DAG runs; replay runs: cairn run list",
	  "Newest first. With --replay it is cairn run list.\n" },
	{ "signal", cmd_signal, "send RUN NAME [JSON] | broadcast NAME [JSON] | list RUN [options]",
	  "Sends signals to replay runs, and lists them",
	  "send prints the signal's number. JSON may be @FILE, or - for the standard input; "
	  "without it\nit is null. broadcast sends to those that wait for the name now. list tells "
	  "which step took\nwhich.\n" },
	{ "budget", cmd_budget,
	  "show RUN | set RUN AXIS TOTAL | entries RUN | charge RUN AXIS AMOUNT --source TYPE:ID",
	  "Shows what a tree of replay runs may spend and has spent, and changes it",
	  "RUN is any run of the tree. A HARD total is never exceeded: what does not fit is "
	  "refused. The\nsame source charges once.\n" },
	{ "queues", cmd_queues, "[--all]", "Counts what stands in each queue", NULL },
	{ "pause", cmd_pause, "QUEUE ...", "Stops the claims of queues",
	  "Jobs go on to be enqueued, and what is leased runs on. It stays so until resumed.\n" },
	{ "resume", cmd_resume, "QUEUE ...", "Lets paused queues go on; a run: cairn run resume",
	  NULL },
	{ "resources", cmd_resources, "[set KEY CAPACITY]",
	  "Lists resources with their permits, or sets a capacity",
	  "With --tenant one of that tenant, else one of global jobs.\n" },
	{ "owners", cmd_owners, "[options]", "Lists worker processes", NULL },
	{ "threads", cmd_threads, "[copy FROM TO | delete THREAD] [options]",
	  "Lists a tenant's threads of checkpoints, copies one, deletes one",
	  "Of --tenant, or of the tenant \"default\".\n" },
	{ "checkpoints", cmd_checkpoints,
	  "list THREAD | show THREAD [ID] | prune [THREAD] [options]",
	  "Lists a thread's checkpoints, prints the state of the latest or another, or prunes",
	  "Of --tenant, or of the tenant \"default\".\n" },
	{ "locks", cmd_locks,
	  "[take NAME | extend NAME FENCE | release NAME FENCE | break NAME | prune] [options]",
	  "Lists a tenant's named locks, or takes one, gives it back, takes it away",
	  "Of --tenant, or of the tenant \"default\"; prune without --tenant is everybody's. take\n"
	  "prints the fence, with which extend and release know whose lock it is.\n" },
	{ "log", cmd_log,
	  "[read THREAD | append THREAD JSON ... | archive THREAD NUMBER | delete THREAD] "
	  "[options]",
	  "Lists a tenant's session logs, or reads one, appends to it, archives it",
	  "Of --tenant, or of the tenant \"default\". append prints the number of the last event;\n"
	  "JSON may be @FILE, or - for the standard input. archive removes events up to a number,\n"
	  "and with --export writes them to a file before; what was written may come again when "
	  "it\n"
	  "is stopped in between. What was said about jobs is in `cairn logs`.\n" },
	{ "memory", cmd_memory,
	  "[list [NS] | get NS KEY | put NS KEY VALUE | delete NS KEY | namespaces [NS] | evict] "
	  "[options]",
	  "Lists, reads and writes a tenant's memory items",
	  "Of --tenant, or of the tenant \"default\"; evict without --tenant is everybody's. NS is "
	  "a\n"
	  "namespace: segments with ':' between, with a backslash before each ':' and backslash\n"
	  "within them; '' is the tenant's own. VALUE is JSON in place, @FILE or -. put prints "
	  "the\n"
	  "revision, which --expect takes.\n" },
	{ "logs", cmd_logs, "ID [options]", "Prints what was said about a job", NULL },
	{ "note", cmd_note, "ID MESSAGE [options]", "Says something about a job", NULL },
	{ "top", cmd_top, "[options]", "Shows what goes on, live",
	  "Depth, rates, workers, the latest failures, the schedules that are due next.\n"
	  "Keys: q quit, p pause, space a frame now, 1 to 9 and + - the interval, o the order of\n"
	  "the queues, tab the next table, arrows and page keys scroll it. Without a terminal, or\n"
	  "with --once, it prints one frame; with --json one object per frame, until it is "
	  "ended.\n" },
	{ "cancel", cmd_cancel, "ID ... | options [--reason TEXT]", "Cancels jobs",
	  "With options that select jobs, each of them that is pending or leased.\n" },
	{ "requeue", cmd_requeue, "ID ... | options [--reset] [--reason TEXT]",
	  "Puts jobs back that were dead-lettered or canceled",
	  "They run again as run n + 1 with new attempts; progress and checkpoint stay\n"
	  "unless --reset is given.\n" },
	{ "retry", cmd_retry, "ID ...", "Makes jobs due now",
	  "Those that wait for their time, and those that were dead-lettered or canceled.\n" },
	{ "replay", cmd_replay, "ID ... [--key KEY] [--reason TEXT]",
	  "Enqueues jobs that succeeded once more; replay runs: cairn run",
	  "Prints the new ids. The same key again answers the same new job.\n" },
	{ "adopt", cmd_adopt, "ID ... (--owner NAME | --anybody)", "Gives jobs to another owner",
	  NULL },
	{ "edit", cmd_edit, "ID [options]", "Changes a pending job", NULL },
	{ "prune", cmd_prune, "[options]", "Deletes jobs that ended long ago",
	  "Without --age successes are kept as long as their type says, by default 7 days;\n"
	  "other statuses need it.\n" },
	{ "upkeep", cmd_upkeep, "[options]", "Looks after the store",
	  "Puts jobs in line whose time has come, in all queues, until none is left; and tidies:\n"
	  "VACUUM of the live jobs on Postgres, statistics and a checkpoint on SQLite. Workers do\n"
	  "it every 30 s. Exits 1 where it may not tidy.\n" },
	{ "metrics", cmd_metrics, "[options]", "Counts what goes on, in all and per job type",
	  "With --json the first line is the summary, then one for each type.\n" },
	{ "reap", cmd_reap, "[--limit N]", "Takes back expired leases", NULL },
	{ "dead", cmd_dead, "[options]", "Lists dead letters",
	  "A letter stays when its job is put back: cairn jobs --status dead lists what is dead\n"
	  "now.\n" },
	{ "intents", cmd_intents, "list|show|record|promote|prune|metrics [options]",
	  "Jobs that wait for their type to be defined",
	  "list           lists intents, newest first; this, too, when nothing is said\n"
	  "show ID        one with its request\n"
	  "record TYPE    writes a keyed request down; the type need not be defined\n"
	  "promote        makes jobs of what is due, up to --limit; with --all until nothing is "
	  "left\n"
	  "prune          deletes what was promoted before --before; the jobs stay\n"
	  "metrics        counts by type what is pending and what became of it in the last day\n" },
	{ "schedule", cmd_schedule, "list|put|show|activate|deactivate|retime|next|fire [options]",
	  "Makes jobs by the clock",
	  "list           every schedule, by name; this, too, when nothing is said\n"
	  "put NAME       makes a schedule; of an existing one only what is given changes\n"
	  "show NAME      one of them\n"
	  "activate NAME … and deactivate NAME … switch them on and off\n"
	  "retime NAME …  sets when they are next due: --at, or the expression's next time\n"
	  "next EXPR      when an expression fires; needs no database\n"
	  "fire           makes the jobs that are due now, once; exits 1 if any failed\n" },
	{ "schedules", cmd_schedule, "[options]", "Lists schedules: schedule list", NULL },
	{ "version", cmd_version, "", "Prints the version and the linked drivers", NULL },
	{ "help", cmd_help, "[COMMAND]", "Explains", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static int run(struct cli *cli, int argc, char **argv)
{
	int used = 0;
	int code = args_globals(cli, argc, argv, &used);
	if (code >= 0)
		return code;
	if (used == argc) {
		cmd_help(cli, 0, NULL);
		return EXIT_USAGE;
	}
	for (const struct command *command = commands; command->name != NULL; command++) {
		if (strcmp(command->name, argv[used]) != 0)
			continue;
		cli->command = command->name;
		return command->run(cli, argc - used - 1, argv + used + 1);
	}
	return unknown_command(cli, argv[used]);
}

/*
 * Those that the caller closed are taken, or a database's connection would get the number, and what is printed. They stay
 * of no use: the input can't be read, nor the others written.
 */
static bool take_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	const char *db = getenv("CAIRN_DB");
	struct cli cli = { .db = db != NULL && *db != '\0' ? db : DEFAULT_DB };
	if (!take_standard_files())
		return EXIT_OTHER;
	int code = run(&cli, argc - 1, argv + 1);
	/* what could not be written was not said: a full disk must not look like success */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "cairn: the output could not be written\n");
		return code == EXIT_FINE ? EXIT_OTHER : code;
	}
	return code;
}

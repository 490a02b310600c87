/*
 * durable.mjs absurd|dbos URL - durable functions of peers: steps recorded in one run, a run replayed, signals between
 * two processes, as "row<TAB>value". Each step is written once, when it is done; cairn's is when it begins, too.
 * Absurd wants its schema: ABSURD_SQL names its absurd.sql (sql/ in its repository), which the package lacks.
 */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const PAYLOAD = { to: "somebody@example.org", template: "welcome", locale: "en", attachments: [1, 2, 3], x: 12 };
const SIGNALS = 100;
const MANY = Number(process.env.STEPS ?? 10000);
const [, , name, given, role] = process.argv;
const parsed = new URL(given);
const connection = {
	database: decodeURIComponent(parsed.pathname.slice(1)),
	host: parsed.searchParams.get("host") ?? parsed.hostname,
	port: Number(parsed.port || parsed.searchParams.get("port") || 5432),
	user: parsed.searchParams.get("user") ?? (parsed.username || undefined),
	password: parsed.password || undefined,
};
const now = () => Number(process.hrtime.bigint()) / 1e6;
const print = (row, value) => console.log(`${row}\t${value}`);
const quiet = { log() {}, info() {}, warn() {}, error() {} };

/* As many steps; answers when it began, when `there` were done, and when all were. */
async function steps(step, there, n) {
	const began = now();
	let reached = began;
	for (let i = 0; i < there + n; i++) {
		if (i === there) reached = now();
		await step(`step-${i}`);
	}
	return { began, reached, ended: now() };
}

/* ---- Absurd ---- */

const absurd = {
	async make(max) {
		const { Absurd } = await import("absurd-sdk");
		const pool = new pg.Pool({ ...connection, max });
		return { pool, app: new Absurd({ db: pool, queueName: "bench", log: quiet }) };
	},
	async setup(it) {
		await it.pool.query("DROP SCHEMA IF EXISTS absurd CASCADE");
		await it.pool.query(readFileSync(process.env.ABSURD_SQL, "utf8"));
		await it.app.createQueue("bench");
		it.app.registerTask({ name: "steps", defaultMaxAttempts: 2 }, async ({ there, n }, ctx) => {
			it.times = await steps((key) => ctx.step(key, async () => PAYLOAD), there, n);
			if (ctx.task.attempt === 1) throw new Error("again");
		});
	},
	/* Times of its first attempt and of the second, which replays. */
	async run(it, there, n) {
		const times = [];
		const retryStrategy = { kind: "fixed", baseSeconds: 0 };
		await it.app.spawn("steps", { there, n }, { maxAttempts: 2, retryStrategy });
		for (let i = 0; i < 2; i++) {
			const [task] = await it.app.claimTasks({ batchSize: 1, claimTimeout: 3600 });
			const began = now();
			await it.app.executeTask(task, 3600);
			times.push({ ...it.times, began });
		}
		return times;
	},
	async serve(it) {
		it.app.registerTask({ name: "wait" }, async ({ key }, ctx) => {
			const started = now();
			process.send({ started });
			await ctx.awaitEvent(key);
			process.send({ answered: now() });
		});
		await it.app.startWorker({ pollInterval: 0.005, concurrency: 1 });
	},
	wait: (it, key) => it.app.spawn("wait", { key }, { queue: "bench" }),
	/* It is suspended when its handler has started and a little time is over. */
	waiting: async (heard) => (await heard("started"), sleep(50)),
	send: (it, key) => it.app.emitEvent(key, PAYLOAD, "bench"),
	signal: async (heard) => ({ started: await heard("started"), answered: await heard("answered") }),
	close: (it) => it.pool.end(),
};

/* ---- DBOS ---- */

const dbos = {
	async make() {
		const { DBOS } = await import("@dbos-inc/dbos-sdk");
		const it = { DBOS, held: null };
		DBOS.setConfig({
			name: "bench",
			logLevel: "error",
			runAdminServer: false,
			applicationVersion: "1",
			systemDatabasePool: new pg.Pool({ ...connection, max: 10 }),
		});
		it.steps = DBOS.registerWorkflow(
			async (there, n) => {
				it.times.push(await steps((key) => DBOS.runStep(async () => PAYLOAD, { name: key }), there, n));
				it.told();
				await it.held;
			},
			{ name: "steps" },
		);
		it.wait = DBOS.registerWorkflow(
			async () => {
				process.send?.({ waiting: 1 });
				await DBOS.recv("approved", 600);
				process.send?.({ answered: now() });
			},
			{ name: "wait" },
		);
		await DBOS.launch();
		return it;
	},
	/* What an earlier process left behind would be taken up by this one. */
	async clear() {
		const client = new pg.Client(connection);
		await client.connect();
		await client.query("DROP SCHEMA IF EXISTS dbos CASCADE");
		await client.end();
	},
	setup: async () => {},
	/* The first execution is held at its end, and canceled there; resumed it runs from the top. */
	async run(it, there, n) {
		let let_go;
		it.times = [];
		it.held = new Promise((resolve) => (let_go = resolve));
		let told = new Promise((resolve) => (it.told = resolve));
		const handle = await it.DBOS.startWorkflow(it.steps)(there, n);
		await told;
		await it.DBOS.cancelWorkflow(handle.workflowID);
		let_go();
		await handle.getResult().catch(() => {});
		told = new Promise((resolve) => (it.told = resolve));
		await it.DBOS.resumeWorkflow(handle.workflowID);
		await told;
		return it.times;
	},
	async serve(it) {
		process.on("message", (key) => it.DBOS.startWorkflow(it.wait, { workflowID: key })());
	},
	wait: (it, key) => it.child.send(key),
	waiting: async (heard) => (await heard("waiting"), sleep(50)),
	send: (it, key) => it.DBOS.send(key, PAYLOAD, "approved"),
	/* Its runs wait in memory. */
	async signal(heard) {
		const answered = await heard("answered");
		return { started: answered, answered };
	},
	close: (it) => it.DBOS.shutdown(),
};

const peer = { absurd, dbos }[name];
const rate = (n, from, to) => (n * 1000) / (to - from);

async function runs(it) {
	await peer.run(it, 10, 10);
	for (const [there, n, row] of [
		[1, 100, "1 there"],
		[100, 200, "100 there"],
		[MANY, 1000, `${MANY} there`],
	]) {
		const [first, again] = await peer.run(it, there, n);
		print(`replay step done, ${row}`, rate(n, first.reached, first.ended));
		print(`replay record 1, ${row}`, rate(n, first.reached, first.ended));
		if (there >= 100) print(`replay of ${there}`, rate(there + n, again.began, again.ended));
	}
}

async function signals(it) {
	const child = fork(process.argv[1], [name, given, "server"]);
	const said = [];
	let wake = () => {};
	child.on("message", (message) => (said.push(message), wake()));
	const heard = async (what) => {
		for (;;) {
			const at = said.findIndex((message) => message[what] !== undefined);
			if (at >= 0) return said.splice(at, 1)[0][what];
			await new Promise((resolve) => (wake = resolve));
		}
	};
	it.child = child;
	await heard("ready");
	const took = { started: [], answered: [] };
	for (let i = 0; i < SIGNALS + 10; i++) {
		const key = `signal-${process.pid}-${i}`;
		await peer.wait(it, key);
		await peer.waiting(heard);
		await sleep(Math.random() * 10);
		const began = now();
		await peer.send(it, key);
		const times = await peer.signal(heard);
		for (const what of ["started", "answered"]) if (i >= 10) took[what].push(times[what] - began);
	}
	child.kill("SIGKILL");
	for (const what of ["started", "answered"]) {
		took[what].sort((a, b) => a - b);
		print(`signal, ${what} p50`, took[what][SIGNALS >> 1]);
		print(`signal, ${what} p99`, took[what][Math.floor((SIGNALS * 99) / 100)]);
	}
}

if (role === "server") {
	await peer.serve(await peer.make(4));
	process.send({ ready: 1 });
} else if (name === "absurd" && !process.env.ABSURD_SQL) {
	console.error("absurd: left out: ABSURD_SQL does not name its schema");
} else {
	await peer.clear?.();
	const it = await peer.make(4);
	await peer.setup(it);
	await runs(it);
	await signals(it);
	await peer.close(it);
	process.exit(0);
}

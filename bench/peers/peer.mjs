/*
 * peer.mjs NAME URL - one peer's run: the rows of run.mjs, as "row<TAB>value". Each peer does what
 * its own documents say is fast: prepared statements, batches, its local queue, notifications.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const PAYLOAD = { to: "somebody@example.org", template: "welcome", locale: "en", attachments: [1, 2, 3], x: 12 };
const [, , name, given, role] = process.argv;
/* peers want a database and a host that their own URL parsers understand */
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

async function pool(max) {
	const { default: pg } = await import("pg");
	const made = new pg.Pool({ ...connection, max });
	made.on("error", (error) => console.error(error));
	made.on("connect", (client) => client.on("error", (error) => console.error(error)));
	await Promise.all(Array.from({ length: max }, () => made.query("SELECT 1")));
	return made;
}

const graphile = {
	async make(max) {
		const { makeWorkerUtils, Logger } = await import("graphile-worker");
		const pgPool = await pool(max);
		const logger = new Logger(() => () => {});
		const utils = await makeWorkerUtils({ pgPool, logger });
		return { pgPool, logger, utils };
	},
	reset: async (it) => {
		await it.utils.migrate();
		await it.pgPool.query("TRUNCATE graphile_worker._private_jobs");
	},
	one: (it, data) => it.utils.addJob("bench", data),
	many: (it, n) => it.utils.addJobs(Array.from({ length: n }, () => ({ identifier: "bench", payload: PAYLOAD }))),
	async work(it, handler, way) {
		const { run } = await import("graphile-worker");
		const worker = {
			single: { concurrentJobs: 1 },
			each: { concurrentJobs: 24 },
			ahead: { concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
		}[way];
		const runner = await run({
			pgPool: await pool({ single: 2, each: 26, ahead: 10 }[way]),
			logger: it.logger,
			noHandleSignals: true,
			crontab: "",
			taskList: { bench: async (payload) => handler(payload) },
			preset: { worker },
		});
		return () => runner.stop();
	},
	async single(it, n) {
		return drained(this, it, n, "single");
	},
	close: async (it) => {
		await it.utils.release();
		await it.pgPool.end();
	},
};

const boss = {
	async make(max) {
		const { PgBoss } = await import("pg-boss");
		const it = new PgBoss({ ...connection, max, supervise: false, schedule: false, useListenNotify: true });
		it.on("error", (error) => console.error(error));
		it.on("warning", () => {});
		await it.start();
		if (!(await it.getQueue("bench"))) await it.createQueue("bench", { notify: true });
		return it;
	},
	reset: (it) => it.deleteAllJobs("bench"),
	one: (it, data) => it.send("bench", data),
	many: (it, n) => it.insert("bench", Array.from({ length: n }, () => ({ data: PAYLOAD }))),
	/* It has no other fast way: single jobs wait for its next poll. */
	async work(it, handler) {
		const options = { batchSize: 500, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
		await it.work("bench", options, async (jobs) => {
			for (const job of jobs) handler(job.data);
		});
		return () => it.offWork("bench");
	},
	async single(it, n) {
		const began = now();
		for (let i = 0; i < n; i++) {
			const [job] = await it.fetch("bench");
			await it.complete("bench", job.id);
		}
		return now() - began;
	},
	close: (it) => it.stop({ graceful: false }),
};

const peer = { "graphile-worker": graphile, "pg-boss": boss }[name];

/* How long its worker needs for n jobs. */
async function drained(side, it, n, way) {
	let left = n;
	let done;
	const empty = new Promise((resolve) => (done = resolve));
	const began = now();
	const stop = await side.work(it, () => --left === 0 && done(), way);
	await empty;
	const took = now() - began;
	await stop();
	return took;
}

/* The same for processes side by side, which are told when to begin. */
async function drained_by(processes, n) {
	let left = n;
	let done;
	const empty = new Promise((resolve) => (done = resolve));
	const children = Array.from({ length: processes }, () => fork(process.argv[1], [name, given, "drainer"]));
	await Promise.all(children.map((child) => once(child, "message")));
	for (const child of children) child.on("message", (count) => (left -= count) <= 0 && done());
	const began = now();
	for (const child of children) child.send("begin");
	await empty;
	const took = now() - began;
	for (const child of children) child.kill("SIGKILL");
	return took;
}

async function drainer() {
	const it = await peer.make(4);
	let count = 0;
	process.send("ready");
	await once(process, "message");
	const tell = () => {
		if (count > 0) process.send(count);
		count = 0;
	};
	setInterval(tell, 2);
	await peer.work(it, () => count++, "ahead");
}

async function enqueue(connections, n) {
	const it = await peer.make(connections);
	await peer.reset(it);
	for (let i = 0; i < 20; i++) await peer.one(it, PAYLOAD);
	const began = now();
	await Promise.all(
		Array.from({ length: connections }, async () => {
			for (let i = 0; i < n / connections; i++) await peer.one(it, PAYLOAD);
		}),
	);
	print(connections === 1 ? "enqueue 1" : `enqueue 1, ${connections} connections`, (n * 1000) / (now() - began));
	await peer.close(it);
}

async function batches() {
	const it = await peer.make(4);
	await peer.reset(it);
	await peer.many(it, 1000);
	let began = now();
	for (let i = 0; i < 30; i++) await peer.many(it, 1000);
	print("enqueue 1000", 30e6 / (now() - began));
	await peer.reset(it);
	for (let i = 0; i < 20; i++) await peer.many(it, 1000);
	const n = peer === graphile ? 10000 : 20000;
	print("runtime, 24 threads", (n * 1000) / (await drained(peer, it, n, "each")));
	await peer.reset(it);
	for (let i = 0; i < 20; i++) await peer.many(it, 1000);
	const rate = 20e6 / (await drained(peer, it, 20000, "ahead"));
	print("runtime, 24 threads, 100 ahead", rate);
	print("runtime, forgetting", rate);
	await peer.reset(it);
	for (let i = 0; i < 60; i++) await peer.many(it, 1000);
	const side_by_side = 60e6 / (await drained_by(4, 60000));
	print("runtime, 500 ahead, 4 processes", side_by_side);
	print("runtime, forgetting, 4 processes", side_by_side);
	await peer.reset(it);
	await peer.many(it, 1000);
	print("claim+finish 1", 1e6 / (await peer.single(it, 1000)));
	await peer.close(it);
}

/* The other process: tells how long each job took from the beginning of its enqueue. */
async function waiter() {
	const it = await peer.make(4);
	await peer.work(it, (payload) => process.send(now() - payload.began), "ahead");
	process.send("ready");
}

async function wake(n) {
	const it = await peer.make(1);
	await peer.reset(it);
	const child = fork(process.argv[1], [name, given, "waiter"]);
	await once(child, "message");
	await sleep(500);
	const took = [];
	for (let i = 0; i < n; i++) {
		await sleep(4 + Math.random() * 12);
		const heard = once(child, "message");
		await peer.one(it, { began: now() });
		const [latency] = await heard;
		if (i >= 10) took.push(latency);
	}
	child.kill("SIGKILL");
	took.sort((a, b) => a - b);
	print("wake, told p50", took[took.length >> 1]);
	print("wake, told p99", took[Math.floor((took.length * 99) / 100)]);
	await peer.close(it);
}

if (role === "waiter") {
	await waiter();
} else if (role === "drainer") {
	await drainer();
} else {
	await enqueue(1, 2000);
	await enqueue(4, 6000);
	await enqueue(16, 9600);
	await batches();
	await wake(300);
	process.exit(0);
}

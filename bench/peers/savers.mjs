/*
 * savers.mjs sqlite FILE | postgres URL - LangGraph's checkpoint savers: the rows of run.mjs, as
 * "row<TAB>calls per second". Each call is durable; the state is one channel that changes each time.
 */
import { uuid6 } from "@langchain/langgraph-checkpoint";

const [, , kind, given] = process.argv;
const now = () => Number(process.hrtime.bigint()) / 1e6;
const config = { configurable: { thread_id: "thread-1", checkpoint_ns: "" } };

/* A state whose JSON has about so many bytes. */
function stateOf(size) {
	const message = { role: "user", content: "What became of the parcel that was sent on Monday?", n: 1234567 };
	const messages = Array.from({ length: Math.floor((size - 40) / (JSON.stringify(message).length + 1)) }, () => message);
	return { messages, pad: "" };
}

async function open() {
	if (kind === "sqlite") {
		const { default: Database } = await import("better-sqlite3");
		const { SqliteSaver } = await import("@langchain/langgraph-checkpoint-sqlite");
		const db = new Database(given);
		db.pragma("journal_mode = WAL");
		db.pragma("synchronous = FULL");
		return { saver: new SqliteSaver(db), close: () => db.close() };
	}
	const { default: pg } = await import("pg");
	const { PostgresSaver } = await import("@langchain/langgraph-checkpoint-postgres");
	const parsed = new URL(given);
	const pool = new pg.Pool({
		database: decodeURIComponent(parsed.pathname.slice(1)),
		host: parsed.searchParams.get("host") ?? parsed.hostname,
		port: Number(parsed.port || parsed.searchParams.get("port") || 5432),
		user: parsed.searchParams.get("user") ?? (parsed.username || undefined),
		max: 1,
	});
	const saver = new PostgresSaver(pool);
	await saver.setup();
	return { saver, close: () => pool.end() };
}

let clock = 0;

async function put(saver, state) {
	const step = ++clock;
	const checkpoint = {
		v: 4,
		id: uuid6(step),
		ts: new Date().toISOString(),
		channel_values: { state },
		channel_versions: { state: step },
		versions_seen: {},
	};
	await saver.put(config, checkpoint, { source: "loop", step, parents: {} }, { state: step });
}

async function history(saver, limit) {
	let count = 0;
	for await (const _ of saver.list(config, { limit })) count++;
	if (count !== limit) throw new Error(`${count} checkpoints instead of ${limit}`);
}

async function measure(row, n, call) {
	for (let i = 0; i < n / 10; i++) await call(i);
	const began = now();
	for (let i = 0; i < n; i++) await call(i);
	console.log(`${row}\t${(n * 1000) / (now() - began)}`);
}

const { saver, close } = await open();
await saver.getTuple(config); /* makes its tables */
for (const [size, name, puts, gets] of [
	[4096, "4 KB", 1000, 2000],
	[102400, "100 KB", 200, 300],
]) {
	await saver.deleteThread("thread-1");
	const state = stateOf(size);
	await measure(`checkpoint put, ${name}`, puts, () => put(saver, state));
	await measure(`checkpoint latest, ${name}`, gets, () => saver.getTuple(config));
	if (size === 4096) await measure("checkpoint history of 100", 50, () => history(saver, 100));
}
await close();

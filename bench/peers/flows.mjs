/*
 * flows.mjs URL - pg-boss's flows: the same graphs as bench/graphs.c draws, as "row<TAB>value". Jobs are fetched and
 * completed a hundred at a time; what became ready is looked for whenever none is left.
 */
import { PgBoss } from "pg-boss";

const PAYLOAD = { to: "somebody@example.org", template: "welcome", locale: "en", attachments: [1, 2, 3], x: 12 };
const LAYER = 50;
const BATCH = 100;
const parsed = new URL(process.argv[2]);
const boss = new PgBoss({
	database: decodeURIComponent(parsed.pathname.slice(1)),
	host: parsed.searchParams.get("host") ?? parsed.hostname,
	port: Number(parsed.port || parsed.searchParams.get("port") || 5432),
	user: parsed.searchParams.get("user") ?? (parsed.username || undefined),
	password: parsed.password || undefined,
	supervise: false,
	schedule: false,
});
const now = () => Number(process.hrtime.bigint()) / 1e6;

function draw(n) {
	const layer = n < 2 * LAYER ? n / 2 : LAYER;
	return Array.from({ length: n }, (_, i) => {
		const above = i - (i % layer) - layer;
		const behind = above < 0 ? [] : [above + (i % layer), above + ((i + 1) % layer)];
		return { ref: `step-${i}`, name: "graph", data: PAYLOAD, dependsOn: behind.map((k) => `step-${k}`) };
	});
}

async function run(n, graphs) {
	await boss.deleteAllJobs("graph");
	let began = now();
	for (let i = 0; i < graphs; i++) await boss.flow(draw(n));
	console.log(`graph of ${n}: enqueue\t${(n * graphs * 1000) / (now() - began)}`);
	began = now();
	for (let done = 0; done < n * graphs; ) {
		const jobs = (await boss.fetch("graph", { batchSize: BATCH })) ?? [];
		if (jobs.length > 0)
			await boss.complete(
				"graph",
				jobs.map((job) => job.id),
			);
		done += jobs.length;
		if (jobs.length < BATCH && done < n * graphs) await boss.resolveFlow();
	}
	console.log(`graph of ${n}: finished, ${BATCH} at a time\t${(n * graphs * 1000) / (now() - began)}`);
}

boss.on("error", (error) => console.error(error));
boss.on("warning", () => {});
await boss.start();
if (!(await boss.getQueue("graph"))) await boss.createQueue("graph");
await run(10, 50);
await run(1000, 2);
process.exit(0);

/*
 * run.mjs - runs cairn's bench and the peers in turn and prints medians, spreads and the ratio of
 * cairn to the best peer. Rates are jobs per second, latencies milliseconds.
 */
import { execFileSync } from "node:child_process";

const url = process.env.CAIRN_PG_URL;
const file = `${process.cwd()}/bench.db`;
const repeat = Number(process.argv[2] ?? 3);
const checkpoints = ["put, 4 KB", "put, 100 KB", "latest, 4 KB", "latest, 100 KB", "history of 100"].map((row) => [
	`checkpoint ${row}`,
	"rate",
]);
const tables = [
	{
		title: "Postgres, durable",
		unit: "jobs per second, wake in ms",
		url,
		wanted: ["enqueue 1", "claim+finish 1", "runtime", "wake"],
		peers: {
			"graphile-worker": [process.execPath, "peer.mjs", "graphile-worker", url],
			"pg-boss": [process.execPath, "peer.mjs", "pg-boss", url],
		},
		rows: [
			["enqueue 1", "rate"],
			["enqueue 1, 4 connections", "rate"],
			["enqueue 1, 16 connections", "rate"],
			["enqueue 1000", "rate"],
			["claim+finish 1", "rate"],
			["runtime, 24 threads", "rate"],
			["runtime, 24 threads, 100 ahead", "rate"],
			["runtime, 500 ahead, 4 processes", "rate"],
			["runtime, forgetting", "rate"],
			["runtime, forgetting, 4 processes", "rate"],
			["wake, told p50", "ms"],
			["wake, told p99", "ms"],
		],
	},
	{
		title: "Postgres, durable",
		unit: "steps per second; limit: plain jobs",
		url,
		wanted: ["graphs"],
		peers: { "pg-boss": [process.execPath, "flows.mjs", url] },
		rows: ["graph of 10: enqueue", "graph of 10: finished, 100 at a time", "graph of 1000: enqueue", "graph of 1000: finished, 100 at a time"].map((row) => [row, "rate"]),
	},
	{
		title: "Postgres, durable",
		unit: "durable functions: steps per second, signals in ms",
		url,
		wanted: [" there", "replay of", "signal"],
		peers: {
			absurd: [process.execPath, "durable.mjs", "absurd", url],
			dbos: [process.execPath, "durable.mjs", "dbos", url],
		},
		rows: [
			["replay step done, 1 there", "rate"],
			["replay step done, 100 there", "rate"],
			["replay step done, 10000 there", "rate"],
			["replay record 1, 1 there", "rate"],
			["replay record 1, 100 there", "rate"],
			["replay record 1, 10000 there", "rate"],
			["replay of 100", "rate"],
			["replay of 10000", "rate"],
			["signal, started p50", "ms"],
			["signal, started p99", "ms"],
			["signal, answered p50", "ms"],
			["signal, answered p99", "ms"],
		],
	},
	/* the savers' SQLite module was built for the node that npm runs on */
	{
		title: "SQLite, durable",
		unit: "calls per second",
		url: `sqlite:${file}`,
		wanted: ["checkpoints"],
		peers: { langgraph: ["node", "savers.mjs", "sqlite", `${file}.langgraph`] },
		rows: checkpoints,
	},
	{
		title: "Postgres, durable",
		unit: "calls per second",
		url,
		wanted: ["checkpoints"],
		peers: { langgraph: ["node", "savers.mjs", "postgres", url] },
		rows: checkpoints,
	},
];

function note(values, row, side, value) {
	((values[row] ??= {})[side] ??= []).push(value);
}

function runCairn(table, values) {
	const out = execFileSync(process.env.BENCH, [table.url, "1", ...table.wanted], { encoding: "utf8" });
	for (const line of out.split("\n")) {
		const found = /^(.+?)\s{2,}([\d.]+)\s+([\d.]+)\s+[\d.]+\s/.exec(line);
		if (found) {
			note(values, found[1], "cairn", Number(found[2]));
			note(values, found[1], "limit", Number(found[3]));
		}
	}
}

function runPeer(table, values, name) {
	const [program, ...args] = table.peers[name];
	const out = execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
	for (const line of out.trim().split("\n")) {
		const [row, value] = line.split("\t");
		note(values, row, name, Number(value));
	}
}

function median(list) {
	const sorted = [...list].sort((a, b) => a - b);
	const mid = sorted.length >> 1;
	return sorted.length % 2 ? sorted[mid] : (sorted[mid - 1] + sorted[mid]) / 2;
}

function show(list, kind) {
	if (!list) return "-";
	const digits = kind === "ms" ? 2 : 0;
	const mid = median(list);
	const spread = (100 * (Math.max(...list) - Math.min(...list))) / mid;
	return `${mid.toFixed(digits)} (${spread.toFixed(0)}%)`;
}

function ratio(sides, kind, peers) {
	const theirs = peers.map((name) => sides?.[name]).filter(Boolean);
	if (!sides?.cairn || theirs.length === 0) return "-";
	const best = kind === "ms" ? Math.min : Math.max;
	return (median(sides.cairn) / best(...theirs.map(median))).toFixed(2);
}

function compare(table) {
	const values = {};
	const peers = Object.keys(table.peers);
	for (let i = 0; i < repeat; i++) {
		const turns = [() => runCairn(table, values), ...peers.map((name) => () => runPeer(table, values, name))];
		for (let k = 0; k < turns.length; k++) turns[(i + k) % turns.length]();
	}
	const sides = ["cairn", "limit", ...peers];
	const cells = (row, list) => row.padEnd(34) + list.map((cell) => cell.padStart(18)).join("");
	console.log(`# medians of ${repeat} (spread); ${table.unit}; ratio: cairn to the best peer`);
	console.log(cells(table.title, [...sides, "ratio"]));
	for (const [row, kind] of table.rows)
		console.log(cells(row, [...sides.map((side) => show(values[row]?.[side], kind)), ratio(values[row], kind, peers)]));
}

for (const table of tables.filter((one) => !process.env.TABLES || process.env.TABLES.includes(one.unit.split(" ")[0]))) compare(table);

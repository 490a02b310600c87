/*
 * run.mjs - runs cairn's bench and the peers in turn and prints medians, spreads and the ratio of
 * cairn to the best peer. Rates are jobs per second, latencies milliseconds.
 */
import { execFileSync } from "node:child_process";

const url = process.env.CAIRN_PG_URL;
const repeat = Number(process.argv[2] ?? 3);
const peers = ["graphile-worker", "pg-boss"];
const rows = [
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
];
const values = {};

function note(row, side, value) {
	((values[row] ??= {})[side] ??= []).push(value);
}

function runCairn() {
	const wanted = ["enqueue 1", "claim+finish 1", "runtime", "wake"];
	const out = execFileSync(process.env.BENCH, [url, "1", ...wanted], { encoding: "utf8" });
	for (const line of out.split("\n")) {
		const found = /^(.+?)\s{2,}([\d.]+)\s+([\d.]+)\s+[\d.]+\s/.exec(line);
		if (found) {
			note(found[1], "cairn", Number(found[2]));
			note(found[1], "limit", Number(found[3]));
		}
	}
}

function runPeer(name) {
	const out = execFileSync(process.execPath, ["peer.mjs", name, url], {
		encoding: "utf8",
		stdio: ["ignore", "pipe", "inherit"],
	});
	for (const line of out.trim().split("\n")) {
		const [row, value] = line.split("\t");
		note(row, name, Number(value));
	}
}

function median(list) {
	const sorted = [...list].sort((a, b) => a - b);
	const mid = sorted.length >> 1;
	return sorted.length % 2 ? sorted[mid] : (sorted[mid - 1] + sorted[mid]) / 2;
}

function show(row, kind, side) {
	const list = values[row]?.[side];
	if (!list) return "-";
	const digits = kind === "ms" ? 2 : 0;
	const mid = median(list);
	const spread = (100 * (Math.max(...list) - Math.min(...list))) / mid;
	return `${mid.toFixed(digits)} (${spread.toFixed(0)}%)`;
}

function ratio(row, kind) {
	const ours = values[row]?.cairn;
	const theirs = peers.map((name) => values[row]?.[name]).filter(Boolean);
	if (!ours || theirs.length === 0) return "-";
	const best = kind === "ms" ? Math.min : Math.max;
	return (median(ours) / best(...theirs.map(median))).toFixed(2);
}

for (let i = 0; i < repeat; i++) {
	const turns = [runCairn, ...peers.map((name) => () => runPeer(name))];
	for (let k = 0; k < turns.length; k++) turns[(i + k) % turns.length]();
}
const cells = (row, list) => row.padEnd(34) + list.map((cell) => cell.padStart(18)).join("");
console.log(`# medians of ${repeat} (spread); jobs per second, wake in ms; ratio: cairn to the best peer`);
console.log(cells("Postgres, durable", ["cairn", "limit", ...peers, "ratio"]));
for (const [row, kind] of rows)
	console.log(cells(row, [...["cairn", "limit", ...peers].map((side) => show(row, kind, side)), ratio(row, kind)]));

#!/usr/bin/env node
// Reads forge's lcov file: a table per contract and library, and the lines and branches that nothing reached.
import { readFileSync } from "node:fs";

const LEAST = 95;
const [file, mode] = process.argv.slice(2);
const records = [];
for (const line of readFileSync(file, "utf8").split("\n")) {
  const [, kind, rest] = /^(SF|DA|BRDA|end_of_record):?(.*)$/.exec(line) ?? [];
  const current = records.at(-1);
  if (kind === "SF") records.push({ name: rest, lines: [0, 0], branches: [0, 0], missed: [] });
  else if (kind === "DA") count(current, "lines", ...rest.split(",").map(Number));
  else if (kind === "BRDA") {
    const [number, , , taken] = rest.split(",");
    count(current, "branches", Number(number), taken === "-" ? 0 : Number(taken));
  }
}

function count(record, what, number, hits) {
  record[what][1]++;
  if (hits > 0) record[what][0]++;
  else record.missed.push(`${number}${what === "branches" ? " (branch)" : ""}`);
}

const percent = ([hit, all]) => (all === 0 ? 100 : (100 * hit) / all);
const cell = (pair) => `${percent(pair).toFixed(1).padStart(6)} % (${pair.join("/")})`.padEnd(22);
const shown = records.filter((r) => r.name.startsWith("contracts/")).sort((a, b) => (a.name < b.name ? -1 : 1));
if (shown.length === 0) throw new Error("the report names no contract");

console.log(`${"file".padEnd(42)} ${"lines".padEnd(22)} branches`);
let short = 0;
for (const record of shown) {
  const deployable = /^contracts\/[^/]+\.sol$/.test(record.name);
  const fails = deployable && (percent(record.lines) < LEAST || percent(record.branches) < LEAST);
  console.log(`${record.name.padEnd(42)} ${cell(record.lines)} ${cell(record.branches)}${fails ? ` under ${LEAST} %` : ""}`);
  if (fails) short++;
}
for (const record of shown.filter((r) => r.missed.length > 0)) console.log(`not reached in ${record.name}: ${[...new Set(record.missed)].join(", ")}`);
if (mode === "verdict" && short > 0) process.exit(1);

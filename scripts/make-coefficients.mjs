#!/usr/bin/env node
// Makes the coefficients of src/KeeperOracle.Risk/Elementary.cs and of the contracts: each function is interpolated, in 60-digit decimal arithmetic, at
// Chebyshev nodes (near enough to the least largest error), and the greatest relative error over 400 points is printed beside them.
// The contracts' Mills ratio (contracts/libraries/NormalTail.sol) is made likewise, scaled by 1e18.
// `--check` fails where a source does not hold exactly these numbers.
import { Decimal } from "decimal.js";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { millsRatio } from "./normal.mjs";

Decimal.set({ precision: 60 });
const D = (value) => new Decimal(value);
const chebyshev = (count) => Array.from({ length: count }, (_, i) => Decimal.cos(Decimal.acos(-1).mul(2 * i + 1).div(2 * count)));
const horner = (coefficients, x) => coefficients.reduceRight((sum, c) => sum.mul(x).plus(c), D(0));

// Gaussian elimination with row pivots.
function solve(rows) {
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    const pivot = rows.slice(i).reduce((best, row, j) => (row[i].abs().gt(rows[best][i].abs()) ? i + j : best), i);
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = rows[j][i].div(rows[i][i]);
      for (let k = i; k <= n; k++) rows[j][k] = rows[j][k].minus(factor.mul(rows[i][k]));
    }
  }
  return rows.map((row, i) => row[n].div(row[i]));
}

// The rational function of degrees top/bottom (leading coefficient of the denominator 1) that equals f at `nodes`.
function interpolate(f, nodes, top, bottom) {
  const power = (x, n) => Array.from({ length: n }, (_, i) => (i === 0 ? D(1) : x.pow(i)));
  const solution = solve(nodes.map((x) => {
    const y = f(x);
    return [...power(x, top + 1), ...power(x, bottom).map((p) => p.mul(y).neg()), y.mul(bottom === 0 ? 1 : x.pow(bottom))];
  }));
  return { top: solution.slice(0, top + 1), bottom: [...solution.slice(top + 1), D(1)] };
}

function make(name, f, place, top, bottom, print = (c) => String(Number(c))) {
  const nodes = chebyshev(top + bottom + 1).map(place);
  const made = interpolate(f, nodes, top, bottom);
  const rounded = { top: made.top.map((c) => D(Number(c))), bottom: made.bottom.map((c) => D(Number(c))) };
  const worst = (r) => Array.from({ length: 401 }, (_, i) => place(D(i).div(200).minus(1))).reduce(
    (most, x) => Decimal.max(most, horner(r.top, x).div(horner(r.bottom, x)).div(f(x)).minus(1).abs()), D(0));
  console.log(`${name}: error ${worst(made).toExponential(2)}, as doubles ${worst(rounded).toExponential(2)}`);
  return [made.top, made.bottom.slice(0, -1)].map((list) => list.map(print).reverse());
}

const linear = (low, high) => (t) => D(low).plus(high).div(2).plus(t.mul(D(high).minus(low)).div(2));
const halfLn2 = D(2).ln().div(2);
const series = (first, next) => { let sum = D(0);
  for (let k = 0, term = first; term.abs().gt("1e-62"); term = next(term, ++k)) sum = sum.plus(term); return sum; };
const sets = [
  // (e^r - 1 - r)/r^2, |r| <= ln(2)/2 and a little more, since the reduction rounds
  ["exp", (r) => series(D(".5"), (term, k) => term.mul(r).div(k + 2)), linear(halfLn2.mul("-1.0001"), halfLn2.mul("1.0001")), 9, 0],
  // (2 atanh(s)/s - 2)/s^2 in z = s^2, s <= (sqrt 2 - 1)/(sqrt 2 + 1)
  ["log", atanhTail, linear(0, D(3).minus(D(8).sqrt()).pow(2).mul("1.0001")), 6, 0],
  ["mills", millsRatio, nodesIn(4, 39), 9, 10],
];
// On [0, most], nodes in (x - middle)/(x + middle).
function nodesIn(middle, most) {
  return (t) => { const u = linear(-1, D(most - middle).div(most + middle))(t); return D(middle).mul(u.plus(1)).div(D(1).minus(u)); };
}
function atanhTail(z) {
  let sum = D(0), power = D(2);
  for (let n = 3; power.gt("1e-62") || n === 3; n += 2, power = power.mul(z)) sum = sum.plus(power.div(n));
  return sum;
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
let missing = 0;
for (const [file, made] of [
  ["src/KeeperOracle.Risk/Elementary.cs", sets.map((set) => [set[0], make(...set)])],
  ["contracts/libraries/NormalTail.sol", [["millsRatio", make("millsRatio", millsRatio, nodesIn(4, 16), 6, 7, (c) => c.mul("1e18").toFixed(0))]]],
]) {
  const text = readFileSync(join(root, file), "utf8").replace(/_/g, "");
  for (const [name, lists] of made) for (const list of lists) {
    console.log("  " + list.join(",\n  "));
    for (const c of list) if (process.argv.includes("--check") && !text.includes(c)) { console.error(`${name}: ${file} does not hold ${c}`); missing = 1; }
  }
}
process.exit(missing);

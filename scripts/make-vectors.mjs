#!/usr/bin/env node
// Makes the golden vectors of tests/vectors: the formulas of the risk model in 60-digit decimal arithmetic, written a second time and
// independently of C# and Solidity. Columnar: every column is an array; figures are decimal strings of integers scaled by 1e18 unless
// the file's "units" says otherwise. Seeded: the same bytes on every run. `--check` fails where the committed files differ.
import { Decimal } from "decimal.js";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { millsRatio, normalCdf, normalDensity } from "./normal.mjs";
import { drawCases } from "./requirement-liquidation.mjs";
import { scenarioMargin } from "./scenario-margin.mjs";

Decimal.set({ precision: 60 });
const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "tests", "vectors");
const D = (value) => new Decimal(value);
const DAY = D(1).div(365);
const Z99 = D("2.3263478740");
const wad = (value) => value.mul("1e18").toFixed(0, Decimal.ROUND_DOWN);

let state = 0x6b6f; // a linear congruential generator: nothing hangs on its quality, only on its being the same everywhere
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const between = (low, high, digits = 6) => D((low + (high - low) * next()).toFixed(digits));
const whole = (low, high) => Math.floor(low + (high - low + 1) * next());

const lnThreshold = (c) =>
  Decimal.min(
    c.tailMultiplier.mul(c.volatility).mul(D(c.horizon).div(31536000).sqrt()).neg().plus(D(1).minus(c.slippage).ln()).minus(D(1).plus(c.bonus).ln()),
    D(1).minus(c.jump).ln(),
  );
const borrowShare = (volatility) => Z99.mul(volatility).mul(DAY.sqrt()).neg().exp();

function factors() {
  const five = 5 * 86400;
  const normal = D("2.6652142");
  const named = [
    ["check: sigma .60, no slippage, no bonus", ".60", "0", "0", "0"],
    ["check: sigma .75, no slippage, no bonus", ".75", "0", "0", "0"],
    ["check: sigma .60, s 2 %, b 5 %", ".60", ".02", ".05", "0"],
    ["check: sigma .75, s 2 %, b 5 %", ".75", ".02", ".05", "0"],
    ["check: sigma 1, s 2 %, b 5 %", "1", ".02", ".05", "0"],
    ["check: sigma 2, s 2 %, b 5 %", "2", ".02", ".05", "0"],
    ["stablecoin: the jump floor binds", ".02", ".001", ".03", ".15"],
    ["smallest volatility", ".01", "0", "0", "0"],
    ["largest volatility, slippage and bonus", "5", ".5", ".2", ".5"],
  ].map(([name, volatility, slippage, bonus, jump]) => ({
    name, volatility: D(volatility), slippage: D(slippage), bonus: D(bonus), jump: D(jump), tailMultiplier: normal, horizon: five,
  }));
  const drawn = Array.from({ length: 191 }, (_, i) => ({
    name: `drawn ${i + 1}`,
    volatility: between(0.01, 5), slippage: between(0, 0.5), bonus: between(0, 0.2), jump: between(0, 0.5),
    tailMultiplier: between(1, 10), horizon: whole(86400, 30 * 86400),
  }));
  const cases = [...named, ...drawn].map((c) => {
    const threshold = lnThreshold(c).exp();
    return { ...c, liquidationThreshold: threshold, borrowFactor: threshold.mul(borrowShare(c.volatility)) };
  });
  return columns("LT = min(exp(-m sigma sqrt(h))(1-s)/(1+b), 1-jump); BF = LT exp(-z99 sigma sqrt(1 day))", cases, ["name", "horizon"]);
}

function ramp() {
  const cases = Array.from({ length: 60 }, (_, i) => {
    const lnStart = between(-1.5, -0.05);
    const lnTarget = i % 10 === 0 ? lnStart : between(-1.5, -0.05);
    const ratePerDay = between(0.001, 0.05);
    const elapsed = i % 7 === 0 ? 0 : whole(1, 40 * 86400);
    const reach = ratePerDay.mul(elapsed).div(86400);
    const lnNow = lnTarget.lt(lnStart) ? Decimal.max(lnTarget, lnStart.minus(reach)) : Decimal.min(lnTarget, lnStart.plus(reach));
    return { lnStart, lnTarget, ratePerDay, elapsed, lnNow };
  });
  return columns("ln LT moves from its start towards its target by rate per day, and stops there", cases, ["elapsed"]);
}

function liquidation() {
  const bonusFloor = D(".5");
  const fullBonusUnderHealth = D(".05");
  const cases = [];
  while (cases.length < 120) {
    const lt = [between(0.3, 0.82), between(0.3, 0.82)];
    const bonus = [between(0.01, 0.1), between(0.01, 0.1)];
    const debt = D(whole(100_000_000, 2_000_000_000_000)); // 6 decimals
    const share = between(0, 1);
    const health = between(cases.length % 4 === 0 ? 0.3 : 0.85, 1.02, 9);
    const owed = debt.div("1e6");
    const mean = lt[0].mul(share).plus(lt[1].mul(D(1).minus(share)));
    const all = owed.mul(health).div(mean);
    const value = [all.mul(share), all.mul(D(1).minus(share))].map((v) => D(wad(v)).div("1e18"));
    if (cases.length % 5 === 0) value[1] = D(0);
    const one = { debt, minimumDebt: D(100_000_000), targetHealth: D("1.03"), value, lt, bonus };
    const sized = size(one, bonusFloor, fullBonusUnderHealth);
    if (sized === null || borderline(one, sized)) continue;
    cases.push({
      debt, minimumDebt: one.minimumDebt, targetHealth: one.targetHealth,
      value0: value[0], value1: value[1], lt0: lt[0], lt1: lt[1], bonus0: bonus[0], bonus1: bonus[1],
      repay: sized.repay, seizeValue0: sized.seize[0], seizeValue1: sized.seize[1],
    });
  }
  return columns(
    "partial liquidation to the target health, legs in ascending (1+b) LT; bonus floor .5, whole bonus at health .95",
    cases, ["debt", "minimumDebt", "repay"], "debt, minimumDebt and repay in stable units (6 decimals); values scaled by 1e18");
}

// In real numbers; only the repayment is rounded up to a stable unit at the end. Where a case sits within a unit of a branch it is drawn
// again: rounding may then rightly choose either side.
function size(c, bonusFloor, fullBonusUnderHealth) {
  const D0 = c.debt.div("1e6");
  const num0 = c.value[0].mul(c.lt[0]).plus(c.value[1].mul(c.lt[1]));
  const health = num0.div(D0);
  if (health.gte(1)) return null;
  const rate = bonusFloor.plus(D(1).minus(bonusFloor).mul(Decimal.min(1, D(1).minus(health).div(fullBonusUnderHealth))));
  const cover = Decimal.max(0, c.value[0].plus(c.value[1]).div(D0).minus(1));
  const b = c.bonus.map((x) => Decimal.min(x.mul(rate), cover));
  const order = [0, 1].filter((i) => c.value[i].gt(0)).sort((i, j) => b[i].plus(1).mul(c.lt[i]).cmp(b[j].plus(1).mul(c.lt[j])));
  const walk = (closing) => {
    let debt = D0, num = num0;
    const seize = [D(0), D(0)];
    for (const i of order) {
      if (debt.lte(0) || (!closing && num.gte(c.targetHealth.mul(debt)))) break;
      const gross = b[i].plus(1);
      const wanted = closing ? debt : Decimal.min(debt, c.targetHealth.mul(debt).minus(num).div(c.targetHealth.minus(gross.mul(c.lt[i]))));
      const paid = Decimal.min(wanted, c.value[i].div(gross));
      seize[i] = paid.mul(gross);
      debt = debt.minus(paid);
      num = num.minus(seize[i].mul(c.lt[i]));
    }
    return { repay: D0.minus(debt), seize, left: debt };
  };
  let result = walk(false);
  const closed = result.left.gt("1e-9") && result.left.mul("1e6").lt(c.minimumDebt);
  if (closed) result = walk(true);
  return { repay: result.repay.mul("1e6").ceil(), seize: result.seize, left: result.left };
}

function borderline(c, sized) {
  const left = sized.left.mul("1e6");
  return left.minus(c.minimumDebt).abs().lt(10) || (left.gt(0) && left.lt(10));
}

function ewma() {
  const cases = Array.from({ length: 40 }, (_, i) => {
    const returns = Array.from({ length: whole(1, 60) }, () => between(-0.15, 0.15));
    const lambda = i === 0 ? D(".94") : between(0.8, 0.995);
    const seed = whole(1, 30);
    const head = returns.slice(0, seed);
    let variance = head.reduce((sum, r) => sum.plus(r.mul(r)), D(0)).div(head.length);
    for (const r of returns) variance = lambda.mul(variance).plus(D(1).minus(lambda).mul(r).mul(r));
    return { returns: returns.map(String), lambda, seed, variance };
  });
  // The check of the risk model: .60 a year, one daily return of -.1431, lambda .94, then the blend with 1.20 at weight .25.
  const before = D(".60").pow(2).div(365);
  const after = D(".94").mul(before).plus(D(".06").mul(D("-.1431").pow(2)));
  return {
    formula: "s2 = L s2 + (1-L) r2, seeded with the mean square of the first `seed` returns; blend (1-w) point + w stress",
    units: "plain decimals; variance per sample, to 25 digits",
    check: {
      volatilityBefore: "0.60", dailyReturn: "-0.1431", lambda: "0.94", stress: "1.20", weight: "0.25",
      volatilityAfter: after.mul(365).sqrt().toSignificantDigits(25).toString(),
      applied: after.mul(365).sqrt().mul(".75").plus(D("1.20").mul(".25")).toSignificantDigits(25).toString(),
    },
    cases: cases.map((c) => ({ returns: c.returns, lambda: String(c.lambda), seed: c.seed, variance: c.variance.toSignificantDigits(25).toString() })),
  };
}

function elementary() {
  const points = [...Array.from({ length: 60 }, () => between(-40, 40, 12)), D(0), D("1e-10"), D("-1e-10"), D("0.34657359"), D(700), D(-700)];
  const positives = [...Array.from({ length: 60 }, () => between(1e-6, 3, 15)), D("1e-300"), D("1e300"), D(1), D("1.0000000001"), D("0.9999999999")];
  const text = (v) => v.toSignificantDigits(30).toString();
  // Each tail to where the distribution function is no normal number any more.
  const deviations = [...Array.from({ length: 80 }, () => between(-38.4, 8.3, 9)), ...["0", "1e-9", "-1e-9", "1e-300", "-0.5", "0.5", "-37.5", "-37.6", "38", "-1", "1", "-5", "-10", "-20", "-30", "-38.4"].map(D)];
  const shares = [...Array.from({ length: 40 }, () => between(0, 1, 12)), ...Array.from({ length: 40 }, () => D(10).pow(between(-307, -1, 3)).toSignificantDigits(9)),
    ...["0.5", "0.925", "0.075", "0.0750001", "0.99", "0.975", "0.999999999", "0.9999999999999999", "1e-11", "1.4e-11", "5e-324", "1e-316", "0.5000000001", "0.4999999"].map(D)];
  return {
    formula: "e^x, ln x and of the standard normal the density, the distribution function and its inverse", units: "plain decimals to 30 digits; x is the double nearest to the text, with all its binary digits",
    exp: { x: points.map((x) => String(Number(x))), y: points.map(exact).map((x) => text(x.exp())) },
    log: { x: positives.map((x) => String(Number(x))), y: positives.map(exact).map((x) => text(x.ln())) },
    density: { x: deviations.map((x) => String(Number(x))), y: deviations.map(exact).map((x) => text(normalDensity(x))) },
    cdf: { x: deviations.map((x) => String(Number(x))), y: deviations.map(exact).map((x) => text(normalCdf(x))) },
    quantile: { x: shares.map((x) => String(Number(x))), y: shares.map(exact).map((x) => text(normalQuantile(x))) },
  };
}
// Newton's method on the logarithm of the distribution function, which is concave.
function normalQuantile(p) {
  if (p.gt(0.5)) return normalQuantile(D(1).minus(p)).neg();
  if (p.eq(0.5)) return D(0);
  let x = p.lt(0.1) ? p.ln().mul(-2).sqrt().neg() : D(0);
  for (let i = 0; i < 60; i++) {
    const step = normalCdf(x).div(p).ln().mul(millsRatio(x.neg()));
    x = x.minus(step);
    if (step.abs().lt(x.abs().mul("1e-35"))) return x;
  }
  throw new Error(`the quantile of ${p} does not converge`);
}
// The binary value of the double nearest to the text, to its last digit.
function exact(value) {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Number(value));
  const high = bits.getUint32(0);
  const exponent = (high >>> 20) & 0x7ff;
  const mantissa = D(high & 0xfffff).mul(2 ** 32).plus(bits.getUint32(4)).plus(exponent === 0 ? 0 : D(2).pow(52));
  return mantissa.mul(D(2).pow(Math.max(exponent, 1) - 1075)).mul(high >>> 31 ? -1 : 1);
}

// Every Greek is a central difference of the price itself in 80-digit arithmetic, so that no formula of a Greek is written here. The steps
// are 1e-12 of the scale on which the price bends: a third difference is still right to some 20 digits.
function black76() {
  Decimal.set({ precision: 80 });
  const price = (c) => {
    const root = c.years.sqrt();
    const v = c.volatility.mul(root);
    const d1 = c.forward.div(c.strike).ln().div(v).plus(v.div(2));
    const s = c.kind === "call" ? 1 : -1;
    const expected = c.forward.mul(normalCdf(d1.mul(s))).minus(c.strike.mul(normalCdf(d1.minus(v).mul(s)))).mul(s);
    return c.rate.mul(c.years).neg().exp().mul(expected);
  };
  const greeks = (c) => {
    const bend = Decimal.min(1, c.volatility.mul(c.years.sqrt()));
    const h = { forward: c.forward.mul(bend), volatility: c.volatility, years: c.years, rate: D(1) };
    for (const name of Object.keys(h)) h[name] = h[name].mul("1e-12");
    const at = (steps) => price({ ...c, ...Object.fromEntries(Object.entries(steps).map(([name, n]) => [name, c[name].plus(h[name].mul(n))])) });
    const first = (name) => at({ [name]: 1 }).minus(at({ [name]: -1 })).div(h[name].mul(2));
    const centre = at({});
    const [down2, down, up, up2] = [-2, -1, 1, 2].map((n) => at({ forward: n }));
    const cross = (name) => at({ forward: 1, [name]: 1 }).minus(at({ forward: 1, [name]: -1 })).minus(at({ forward: -1, [name]: 1 }))
      .plus(at({ forward: -1, [name]: -1 })).div(h.forward.mul(h[name]).mul(4));
    return {
      price: centre, delta: up.minus(down).div(h.forward.mul(2)), gamma: up.minus(centre.mul(2)).plus(down).div(h.forward.pow(2)),
      vega: first("volatility"), theta: first("years").neg(), rho: first("rate"), vanna: cross("volatility"),
      volga: at({ volatility: 1 }).minus(centre.mul(2)).plus(at({ volatility: -1 })).div(h.volatility.pow(2)),
      charm: cross("years").neg(), speed: up2.minus(up.mul(2)).plus(down.mul(2)).minus(down2).div(h.forward.pow(3).mul(2)),
    };
  };
  const valued = (cases) => cases.map((c) => ({ ...c, ...greeks(c) }));
  const usual = valued([
    ["call", 42, 40, ".5", ".2", ".1"], ["put", 42, 40, ".5", ".2", ".1"], ["call", 3000, 3000, ".082191780821917808", ".6", 0],
  ].map(([kind, ...rest]) => ({ kind, ...Object.fromEntries(["forward", "strike", "years", "volatility", "rate"].map((k, i) => [k, D(rest[i])])) })).concat(
    Array.from({ length: 37 }, (_, i) => {
      const forward = between(500, 100_000, 2);
      return {
        kind: i % 2 ? "put" : "call", forward, strike: D(forward.mul(between(-0.7, 0.7, 4).exp()).toFixed(0)), years: between(0.002, 2),
        volatility: between(0.1, 2, 4), rate: between(-0.02, 0.15, 4),
      };
    })));
  // Doubles, exactly: far wings, little and much total volatility, prices of any size.
  const wide = valued(Array.from({ length: 40 }, (_, i) => {
    const v = D(10).pow(between(-3, 1, 3));
    const years = D(10).pow(between(-4, 1.5, 3));
    const d = between(-8, 8, 4);
    const forward = D(10).pow(between(-20, 20, 3));
    return Object.fromEntries(Object.entries({
      forward, strike: forward.mul(d.mul(v).exp()), years, volatility: v.div(years.sqrt()), rate: between(-0.5, 0.5, 5),
    }).map(([k, x]) => [k, exact(x)]).concat([["kind", i % 2 ? "put" : "call"]]));
  }));
  const plain = {};
  for (const name of Object.keys(wide[0])) {
    const given = ["forward", "strike", "years", "volatility", "rate"].includes(name);
    plain[name] = wide.map((c) => (name === "kind" ? c.kind : given ? String(Number(c[name])) : c[name].toSignificantDigits(20).toString()));
  }
  const out = columns(
    "Black-76: D [F N(d1) - K N(d2)] and its derivatives (theta is -d/dT, charm -d delta/dT)", usual, ["kind"],
    "scaled by 1e18, rounded towards zero; 'wide' in plain decimals, inputs the doubles nearest to the text, with all their digits");
  Decimal.set({ precision: 60 });
  return { ...out, wide: plain };
}

// Total volatilities from 1e-8 to 6 and strikes from the money far into the wings; the price is that of the option out of the money.
function impliedVolatility() {
  const cases = Array.from({ length: 120 }, (_, i) => {
    const v = exact(D(10).pow(between(-8, 0.78, 3)));
    const forward = exact(between(1, 5000, 3));
    const away = i % 6 === 0 ? D(0) : i % 3 === 0 ? between(-1, 1, 5).mul(v).mul(v) : between(-35, 35, 4).mul(v);
    const strike = exact(forward.mul(away.exp()));
    const d1 = forward.div(strike).ln().div(v).plus(v.div(2));
    const s = strike.gte(forward) ? 1 : -1;
    const price = forward.mul(normalCdf(d1.mul(s))).minus(strike.mul(normalCdf(d1.minus(v).mul(s)))).mul(s);
    return { kind: s > 0 ? "call" : "put", forward, strike, price, v, vega: forward.mul(normalDensity(d1)) };
  }).filter((c) => c.price.gt("1e-290"));
  const out = { formula: "the total volatility v at which F N(d1) - K N(d2) is the price; vega is its derivative", units: "plain decimals; F, K and v are the doubles nearest to the text" };
  for (const name of ["kind", "forward", "strike", "price", "v", "vega"]) {
    out[name] = cases.map((c) => (name === "kind" ? c.kind : ["price", "vega"].includes(name) ? c[name].toSignificantDigits(25).toString() : String(Number(c[name]))));
  }
  return out;
}

function requirementLiquidation() {
  return columns(
    "liquidation with options: repay to the target health, or sell a fraction of everything; bonus floor .5, whole bonus at health .95, portfolio discount .1",
    drawCases(150, between, whole, wad), ["debt", "minimumDebt", "action", "repay", "debtTaken", "payment"],
    "debt, minimumDebt, repay, debtTaken and payment in stable units (6 decimals); values and deficit scaled by 1e18; action 1 repay, 2 fraction, 3 whole");
}

// Collateral observed on another chain. Observations reach into the future, and to ages at which nothing is left.
function remote() {
  const now = 1_767_225_600;
  const year = 31_536_000;
  const named = [
    { name: "check: sigma .60, 20 minutes", volatility: ".60", initialVolatility: ".60", age: 1200, lag: 1 },
    { name: "observed in the future: the finality lag", volatility: ".75", initialVolatility: ".90", age: -86_400, lag: 900 },
    { name: "younger than finality: the lag", volatility: ".75", initialVolatility: ".90", age: 60, lag: 900 },
    { name: "the unit of account", volatility: "0", initialVolatility: "0", age: 7 * 86_400, lag: 900 },
    { name: "silent until nothing is left of initial", volatility: "2", initialVolatility: "5", age: year, lag: 900 },
    { name: "nothing to wait for", volatility: "1", initialVolatility: "1", age: 0, lag: 0 },
  ].map((c) => ({ ...c, volatility: D(c.volatility), initialVolatility: D(c.initialVolatility) }));
  const drawn = Array.from({ length: 150 }, (_, i) => ({
    name: `drawn ${i + 1}`,
    volatility: between(0.01, 5), initialVolatility: between(0.01, 5),
    age: i % 9 === 0 ? -whole(1, 86_400) : whole(0, i % 3 === 0 ? 60 * 86_400 : 7200), lag: whole(1, 7200),
  }));
  const haircut = (volatility, seconds) => Decimal.min(1, Z99.mul(volatility).mul(D(seconds).div(year).sqrt()));
  const cases = [...named, ...drawn].map(({ age, ...c }) => {
    const value = between(0, 5_000_000);
    const liquidationThreshold = between(0.3, 0.95);
    const borrowFactor = liquidationThreshold.mul(between(0.8, 1));
    const initialHaircut = haircut(c.initialVolatility, Math.max(age, 0, c.lag));
    const maintenanceHaircut = haircut(c.volatility, c.lag);
    return {
      ...c, currentTime: now, observedAt: now - age, value, liquidationThreshold, borrowFactor, initialHaircut, maintenanceHaircut,
      initial: value.mul(borrowFactor).mul(D(1).minus(initialHaircut)),
      maintenance: value.mul(liquidationThreshold).mul(D(1).minus(maintenanceHaircut)),
    };
  });
  return columns(
    "l = min(1, z99 sigma sqrt(age/year)); initial = value BF (1 - l(initial sigma, max(age, lag))); maintenance = value LT (1 - l(sigma, lag))",
    cases, ["name", "currentTime", "observedAt", "lag"], "scaled by 1e18, rounded towards zero; times in seconds");
}

function columns(formula, cases, plain, units = "scaled by 1e18, rounded towards zero; horizon and elapsed in seconds") {
  const out = { formula, units };
  for (const key of Object.keys(cases[0])) {
    out[key] = cases.map((c) => (plain.includes(key) ? (c[key] instanceof Decimal ? c[key].toFixed(0) : typeof c[key] === "string" ? c[key] : String(c[key])) : wad(c[key])));
  }
  return out;
}

const files = { "factors.json": factors(), "ramp.json": ramp(), "liquidation.json": liquidation(), "ewma.json": ewma(), "elementary.json": elementary(),
  "black76.json": black76(), "scenario-margin.json": scenarioMargin(), "implied-volatility.json": impliedVolatility(),
  "requirement-liquidation.json": requirementLiquidation(), "remote.json": remote() };
let drift = 0;
mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(files)) {
  const text = JSON.stringify(content, null, 1) + "\n";
  const path = join(folder, name);
  if (!process.argv.includes("--check")) {
    writeFileSync(path, text);
  } else if (readFileSync(path, "utf8") !== text) {
    console.error(`tests/vectors/${name} differs from what scripts/make-vectors.mjs makes: run it and say in the commit why the numbers changed.`);
    drift = 1;
  }
}
process.exit(drift);

// The margin model `scaled` in decimal arithmetic: the third implementation beside src/KeeperOracle.Risk/Margin and the contracts. Options only,
// as on-chain. Books are written out, not drawn.
import { Decimal } from "decimal.js";
import { normalCdf } from "./normal.mjs";

const D = (value) => new Decimal(value);
const YEAR = D(31536000);
const Z99 = D("2.3263478740");
const STEPS = ["-1", "-.75", "-.5", "-.25", "0", ".25", ".5", ".75", "1"].map(D);
const UP = D("1.40"), DOWN = D(".78");
const TAILS = [["-.66", ".24"], ["-.33", ".48"], [".5", ".32"], ["1", ".16"]].map((tail) => tail.map(D));
const NAKED = D(".01");

export const scenarioRange = (volatility) =>
  Decimal.min(".5", Decimal.max(".08", Z99.mul(volatility).mul(D(5).div(365).sqrt())));

// 27 of the grid, step by step up, unchanged, down, then 4 tails: [spot multiplier, factor on volatility, damping].
export const scenarios = (range) => [
  ...STEPS.flatMap((step) => [UP, D(1), DOWN].map((factor) => [step.mul(range).plus(1), factor, D(1)])),
  ...TAILS.map(([move, damping]) => [move.plus(1), UP, damping]),
];

function black76(call, forward, strike, deviation) {
  const sign = D(call ? 1 : -1);
  if (deviation.isZero()) return Decimal.max(0, sign.mul(forward.minus(strike)));
  const d1 = forward.div(strike).ln().div(deviation).plus(deviation.div(2));
  return sign.mul(forward.mul(normalCdf(sign.mul(d1))).minus(strike.mul(normalCdf(sign.mul(d1.minus(deviation))))));
}

function value(book, spotMultiplier, factor) {
  return book.legs.reduce((sum, leg) => {
    const expiry = book.expiries[leg.expiry];
    const forward = expiry.forward.minus(expiry.fixed).mul(spotMultiplier).plus(expiry.fixed);
    const deviation = leg.volatility.mul(factor).mul(expiry.seconds.div(YEAR).sqrt());
    const discount = expiry.rate.mul(expiry.seconds).div(YEAR).neg().exp();
    return sum.plus(leg.amount.mul(discount).mul(black76(leg.call, forward, leg.strike, deviation)));
  }, D(0));
}

function naked(book) {
  return book.expiries.reduce((sum, _, e) => [true, false].reduce((inner, call) => {
    const net = book.legs.filter((leg) => leg.expiry === e && leg.call === call).reduce((total, leg) => total.plus(leg.amount), D(0));
    return inner.plus(Decimal.max(0, net.neg()));
  }, sum), D(0));
}

function assess(book) {
  const range = book.range ?? scenarioRange(book.volatility);
  const marked = value(book, D(1), D(1));
  const gains = scenarios(range).map(([spot, factor, damping]) => value(book, spot, factor).minus(marked).mul(damping));
  const least = Decimal.min(...gains);
  const worst = Decimal.max(0, least.neg());
  const contingency = naked(book).mul(book.spot).mul(NAKED);
  const requirement = Decimal.max(0, worst.plus(contingency).minus(marked));
  return { range, marked, gains, worst, worstIndex: gains.findIndex((gain) => gain.eq(least)), contingency, requirement };
}

const month = ["30d", { seconds: "2592000", forward: "3000", volatility: ".6" }];
const put = (strike, amount, expiry = 0) => ({ call: false, strike, amount, expiry });
const call = (strike, amount, expiry = 0) => ({ call: true, strike, amount, expiry });

// name, spot, volatility or fixed range, expiries, legs
const BOOKS = [
  ["check: short put", "3000", { range: ".16" }, [month], [put("3000", "-1")]],
  ["check: short put spread", "3000", { range: ".16" }, [month], [put("3000", "-1"), put("2700", "1")]],
  ["short straddle, range from volatility", "3000", { volatility: ".6" }, [month], [call("3000", "-2"), put("3000", "-2")]],
  ["long straddle: worst at no move, volatility down", "3000", { volatility: ".6" }, [month], [call("3000", "1"), put("3000", "1")]],
  ["covered by more longs than shorts", "3000", { volatility: ".9" }, [month], [call("3600", "-1"), call("4200", "2")]],
  ["short butterfly", "3000", { volatility: ".75" }, [month], [call("2800", "-1"), call("3000", "2"), call("3200", "-1")]],
  ["range at its floor", "3000", { volatility: ".1" }, [month], [put("2900", "-3")]],
  ["range at its cap", "3000", { volatility: "3.5" }, [month], [call("3300", "-3")]],
  ["deep in the money and far out", "3000", { volatility: ".8" }, [month], [call("500", "-1"), put("300", "-4")]],
  ["two expiries, one with a fixed part, rates", "2950", { volatility: ".7" },
    [["15min", { seconds: "900", forward: "2951", fixed: "1475.5", volatility: ".5", rate: ".05" }], ["year", { seconds: "31536000", forward: "3150", volatility: ".72", rate: ".065" }]],
    [call("2950", "-5"), put("2900", "2"), put("2500", "-1.5", 1), call("4000", ".25", 1)]],
  ["an expired leg is worth its intrinsic value", "3000", { volatility: ".6" },
    [["over", { seconds: "0", forward: "3000", fixed: "3000", volatility: ".6" }], month], [put("3100", "-2"), call("3000", "-1", 1)]],
  ["one long option needs nothing", "3000", { volatility: ".6" }, [month], [put("3000", "1")]],
  ["a cheap token, many contracts", ".0215", { volatility: "1.6" }, [["week", { seconds: "604800", forward: ".0216", volatility: "1.5" }]], [call(".025", "-1000000"), put(".018", "-500000")]],
];

const wad = (v) => v.mul("1e18").toFixed(0, Decimal.ROUND_HALF_EVEN);

export function scenarioMargin() {
  const out = {
    formula: "scaled: R = max(0, -MtM + worst + 1 % of spot per naked short option); 27 grid scenarios, then 4 tails, gains damped",
    units: "scaled by 1e18; seconds and counts as they are. Legs, expiries and gains of all cases stand one after another, counted by legCount, "
      + "expiryCount and 31; range is the one used; volatility of a leg is its expiry's; fixed is the part of the forward that does not move",
    name: [], spot: [], range: [], expiryCount: [], legCount: [], seconds: [], forward: [], fixed: [], rate: [], isCall: [], legExpiry: [],
    strike: [], amount: [], legVolatility: [], markToMarket: [], gain: [], worst: [], worstScenario: [], contingency: [], requirement: [],
  };
  for (const [name, spot, size, expiries, legs] of BOOKS) {
    const book = {
      spot: D(spot), range: size.range && D(size.range), volatility: size.volatility && D(size.volatility),
      expiries: expiries.map(([, e]) => ({ seconds: D(e.seconds), forward: D(e.forward), fixed: D(e.fixed ?? 0), rate: D(e.rate ?? 0) })),
      legs: legs.map((leg) => ({ ...leg, strike: D(leg.strike), amount: D(leg.amount), volatility: D(expiries[leg.expiry][1].volatility) })),
    };
    const margin = assess(book);
    out.name.push(name);
    out.spot.push(wad(book.spot));
    out.range.push(wad(margin.range));
    out.expiryCount.push(String(book.expiries.length));
    out.legCount.push(String(book.legs.length));
    for (const e of book.expiries) {
      out.seconds.push(e.seconds.toFixed(0));
      for (const key of ["forward", "fixed", "rate"]) out[key].push(wad(e[key]));
    }
    for (const leg of book.legs) {
      out.isCall.push(leg.call ? "1" : "0");
      out.legExpiry.push(String(leg.expiry));
      for (const [column, v] of [["strike", leg.strike], ["amount", leg.amount], ["legVolatility", leg.volatility]]) out[column].push(wad(v));
    }
    out.gain.push(...margin.gains.map(wad));
    out.worstScenario.push(String(margin.worstIndex));
    for (const [column, v] of [["markToMarket", margin.marked], ["worst", margin.worst], ["contingency", margin.contingency], ["requirement", margin.requirement]]) out[column].push(wad(v));
  }
  return out;
}

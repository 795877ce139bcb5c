// Liquidation of accounts that hold options, in real numbers: how much to repay, or which fraction of everything goes for which payment. The third
// implementation beside RequirementLiquidation in C# and LiquidationMath in Solidity. Cases within a hair of a branch are drawn again: rounding may
// rightly choose either side.
import { Decimal } from "decimal.js";

const D = (value) => new Decimal(value);
const BONUS_FLOOR = D(".5"), FULL_BONUS_UNDER_HEALTH = D(".05"), PORTFOLIO_DISCOUNT = D(".1");
const near = (a, b) => a.minus(b).abs().lt(Decimal.max(1, a.abs()).mul("1e-6"));

export const ACTIONS = { repay: 1, fraction: 2, whole: 3 };

// c: debt, minimumDebt, requirement, markToMarket, targetHealth, tip, value[], lt[], bonus[]; all in units of account.
export function requirementLiquidation(c) {
  const sum = (pick) => c.value.reduce((total, value, i) => total.plus(pick(value, i)), D(0));
  const num = sum((v, i) => v.mul(c.lt[i])), V = sum((v) => v);
  const owed = c.debt.plus(c.requirement);
  const health = num.div(owed);
  if (health.gte("0.999999")) return null;
  const rate = BONUS_FLOOR.plus(D(1).minus(BONUS_FLOOR).mul(Decimal.min(1, D(1).minus(health).div(FULL_BONUS_UNDER_HEALTH))));
  const price = D(1).minus(PORTFOLIO_DISCOUNT.mul(rate));
  const cover = c.debt.gt(0) ? Decimal.max(0, V.div(c.debt).minus(1).minus(c.tip)) : D(0);
  const b = c.bonus.map((bonus) => Decimal.min(bonus.mul(rate), cover));
  const order = c.value.map((_, i) => i).filter((i) => c.value[i].gt(0)).sort((i, j) => b[i].plus(1).mul(c.lt[i]).cmp(b[j].plus(1).mul(c.lt[j])));
  if (order.length > 1 && near(b[order[0]].plus(1).mul(c.lt[order[0]]), b[order[1]].plus(1).mul(c.lt[order[1]]))) return null;

  const walk = (closing) => {
    let debt = c.debt, left = num;
    const seize = c.value.map(() => D(0));
    for (const i of order) {
      const missing = c.targetHealth.mul(debt.plus(c.requirement)).minus(left);
      if (debt.lte(0) || (!closing && missing.lte(0))) break;
      const gross = b[i].plus(1);
      const wanted = closing ? debt : Decimal.min(debt, missing.div(c.targetHealth.minus(gross.mul(c.lt[i]))));
      const paid = Decimal.min(wanted, c.value[i].div(gross));
      seize[i] = paid.mul(gross);
      debt = debt.minus(paid);
      left = left.minus(seize[i].mul(c.lt[i]));
    }
    return { repay: c.debt.minus(debt), seize, left: debt, short: c.targetHealth.mul(debt.plus(c.requirement)).minus(left) };
  };
  const none = { repay: D(0), seize: c.value.map(() => D(0)), fraction: D(0), debtTaken: D(0), payment: D(0), deficit: D(0), dutchPrice: price };
  const restoring = walk(false);
  if (near(restoring.left, c.minimumDebt) || near(restoring.left, D(0)) && restoring.left.gt(0)) return null;
  const chosen = restoring.left.gt("1e-9") && restoring.left.lt(c.minimumDebt) ? walk(true) : restoring;
  if (chosen.short.lte("1e-20")) return { ...none, action: ACTIONS.repay, repay: chosen.repay, seize: chosen.seize };
  if (chosen.short.lt("1e-3")) return null;

  const E = V.plus(c.markToMarket).minus(c.debt);
  if (E.abs().lt("1e-3")) return null;
  if (E.lt(0)) return { ...none, action: ACTIONS.whole, seize: c.value, fraction: D(1), debtTaken: c.debt, deficit: E.neg() };
  const B = E.mul(price);
  const S = c.targetHealth.mul(owed).minus(num);
  const closes = c.debt.div(c.debt.plus(B)), lowers = S.div(S.plus(c.targetHealth.mul(B)));
  if (near(closes, lowers)) return null;
  let phi;
  if (lowers.lt(closes)) {
    const kept = c.debt.minus(c.debt.plus(B).mul(lowers));
    if (near(kept, c.minimumDebt)) return null;
    phi = kept.lt(c.minimumDebt) ? closes : lowers;
  } else {
    const rest = S.minus(c.targetHealth.minus(1).mul(c.debt));
    phi = Decimal.max(rest.div(rest.plus(B)), closes);
  }
  return { ...none, action: ACTIONS.fraction, seize: c.value.map((v) => v.mul(phi)), fraction: phi, debtTaken: c.debt.mul(phi), payment: B.mul(phi) };
}

export function drawCases(count, between, whole, wad) {
  const exact = (value) => D(wad(value)).div("1e18");
  const cases = [], seen = { 1: 0, 2: 0, 3: 0 };
  while (cases.length < count) {
    const units = cases.length % 6 === 5 ? D(0) : D(whole(100_000_000, 2_000_000_000_000)); // 6 decimals
    const debt = units.div("1e6");
    const lt = [between(0.3, 0.82), between(0.3, 0.82)], bonus = [between(0.01, 0.1), between(0.01, 0.1)];
    const requirement = exact(between(0.01, 2).mul(debt.gt(0) ? debt : D(whole(1000, 1_000_000))));
    const health = between(cases.length % 3 === 0 ? 0.3 : 0.8, 1, 9), share = between(0, 1);
    const all = debt.plus(requirement).mul(health).div(lt[0].mul(share).plus(lt[1].mul(D(1).minus(share))));
    const value = [exact(all.mul(share)), cases.length % 5 === 0 ? D(0) : exact(all.mul(D(1).minus(share)))];
    const markToMarket = exact(requirement.mul(between(-0.95, cases.length % 4 === 0 ? 0.5 : 0)));
    const c = { debt, minimumDebt: D(100), requirement, markToMarket, targetHealth: D("1.03"), tip: cases.length % 2 ? D(".005") : D(0), value, lt, bonus };
    const out = requirementLiquidation(c);
    if (out === null || seen[out.action] > count / 2) continue;
    ++seen[out.action];
    cases.push({
      debt: units, minimumDebt: D(100_000_000), requirement, markToMarket, targetHealth: c.targetHealth, tip: c.tip, dutchPrice: out.dutchPrice,
      value0: value[0], value1: value[1], lt0: lt[0], lt1: lt[1], bonus0: bonus[0], bonus1: bonus[1],
      action: D(out.action), repay: out.repay.mul("1e6").ceil(), seizeValue0: out.seize[0], seizeValue1: out.seize[1], fraction: out.fraction,
      debtTaken: out.debtTaken.mul("1e6").ceil(), payment: out.payment.mul("1e6").ceil(), deficit: out.deficit,
    });
  }
  return cases;
}

// The normal distribution in decimal arithmetic, for the scripts that make golden vectors and coefficients.
import { Decimal } from "decimal.js";

const halfPi = () => Decimal.acos(0); // to the precision that the calling script has set

// The Mills ratio Q(x)/n(x) of the standard normal, x >= 0, to the working precision less a few digits: under 4 by the Taylor series
// sqrt(pi/2) e^(x^2/2) - sum of x^(2k+1)/(2k+1)!!, from there by the continued fraction 1/(x + 1/(x + 2/(x + 3/...))).
export function millsRatio(x) {
  if (x.gte(4)) {
    let tail = x;
    for (let k = Math.ceil(1200 / Math.min(Number(x), 20)); k > 0; k--) tail = x.plus(Decimal.div(k, tail));
    return Decimal.div(1, tail);
  }
  const square = x.mul(x);
  let term = x, sum = new Decimal(0);
  for (let k = 1; term.gt("1e-75"); k++) {
    sum = sum.plus(term);
    term = term.mul(square).div(2 * k + 1);
  }
  return halfPi().sqrt().mul(square.div(2).exp()).minus(sum);
}

export const normalDensity = (x) => x.mul(x).div(-2).exp().div(halfPi().mul(4).sqrt());

export const normalCdf = (x) =>
  x.gt(0) ? new Decimal(1).minus(normalCdf(x.neg())) : normalDensity(x).mul(millsRatio(x.neg()));

using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Risk.Pricing;

/// <summary>
/// European options on a spot that pays a continuous yield q (Black and Scholes 1973, Merton 1973). With D = e^(-r T), Q = e^(-q T),
/// v = sigma sqrt(T), d1 = (ln(S/K) + (r - q) T)/v + v/2, d2 = d1 - v, s = 1 for a call and -1 for a put:
/// <code>
/// price  s [S Q N(s d1) - K D N(s d2)]     vega   S Q n(d1) sqrt(T)                  rho    s T K D N(s d2)
/// delta  s Q N(s d1)                       theta  s [q S Q N(s d1) - r K D N(s d2)] - S Q n(d1) sigma/(2 sqrt T)
/// gamma  Q n(d1)/(S v)                     vanna  -Q n(d1) d2/sigma                  volga  vega d1 d2/sigma
/// charm  q delta - Q n(d1) [(r - q)/v - d2/(2T)]                                     speed  -gamma/S (1 + d1/v)
/// </code>
/// The spot is held fixed in every one of them. Limits without volatility or time, at S = 0 and K = 0, and what happens to numbers of
/// extreme size, are as in <see cref="Black76"/>, with the forward S e^((r - q) T); so is the error.
/// Refusals: NegativeSpot, NegativeStrike, NegativeTime, NegativeVolatility, NotFinite.
/// </summary>
public static class BlackScholesMerton
{
    /// <inheritdoc cref="OptionValue.Price"/>
    /// <param name="spot">per unit of the underlying</param>
    /// <param name="strike">in the spot's unit</param>
    /// <param name="years">to expiry, of 365 days</param>
    /// <param name="volatility">annualised, 1 is 100 %</param>
    /// <param name="rate">continuously compounded, annual</param>
    /// <param name="yield">what holding the underlying earns, continuously compounded, annual</param>
    public static double Price(
        OptionKind kind, double spot, double strike, double years, double volatility, double rate, double yield = 0) =>
        Value(kind, spot, strike, years, volatility, rate, yield).Price;

    /// <summary>Price and every Greek; parameters as for <see cref="Price"/>.</summary>
    public static OptionValue Value(
        OptionKind kind, double spot, double strike, double years, double volatility, double rate, double yield = 0)
    {
        var sign = Black76.Sign(kind);
        Refuse(spot, strike, years, volatility, rate, yield);
        var carry = OptionValue.Bounded(rate - yield);
        var x = Math.Clamp(Black76.LogMoneyness(spot, strike) + (carry * years), -1e200, 1e200);
        var kept = Black76.Discount(yield, years);
        var held = Math.Min(spot * kept, double.MaxValue);
        var owed = Math.Min(strike * Black76.Discount(rate, years), double.MaxValue);
        var terms = new BlackTerms<Lane1>(sign, held, owed, x, BlackTerms<Lane1>.Counted(volatility * Math.Sqrt(years)));
        var (share, paid) = (terms.ForwardShare.Value, terms.StrikePart.Value);
        var delta = sign * (kept * share);
        return OptionValue.Of(
            terms, terms.Undiscounted.Value, delta, rho: sign * years * paid, spot,
            density: kept * terms.Density.Value,
            cashDensity: terms.ForwardDensity.Value,
            drift: sign * (OptionValue.Bounded(yield * (held * share)) - OptionValue.Bounded(rate * paid)),
            deltaDrift: yield * delta,
            carry, years, volatility);
    }

    private static void Refuse(double spot, double strike, double years, double volatility, double rate, double yield)
    {
        PricingInput.AtLeastZero(spot, "spot", "NegativeSpot");
        PricingInput.AtLeastZero(strike, "strike", "NegativeStrike");
        PricingInput.AtLeastZero(years, "time to expiry", "NegativeTime");
        PricingInput.AtLeastZero(volatility, "volatility", "NegativeVolatility");
        PricingInput.Finite(rate, "rate");
        PricingInput.Finite(yield, "yield");
    }
}

using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Risk.Pricing;

/// <summary>
/// European options on a forward (Black, "The pricing of commodity contracts", 1976). With D = e^(-r T), v = sigma sqrt(T),
/// d1 = ln(F/K)/v + v/2, d2 = d1 - v, s = 1 for a call and -1 for a put:
/// <code>
/// price  s D [F N(s d1) - K N(s d2)]       vega   D F n(d1) sqrt(T)                  rho    -T price
/// delta  s D N(s d1)                       theta  r price - D F n(d1) sigma/(2 sqrt T)
/// gamma  D n(d1)/(F v)                     vanna  -D n(d1) d2/sigma                  volga  vega d1 d2/sigma
/// charm  r delta + D n(d1) d2/(2T)         speed  -gamma/F (1 + d1/v)
/// </code>
/// The forward is held fixed in every one of them, so rho is that of discounting alone, and theta holds the rate term.
/// Limits. Without total volatility (v under 1e-100) the price is D max(0, s (F - K)) and delta 0 or s D; at F = K, where the payoff has
/// its kink, delta is s D/2, vega and vanna are their limits for vanishing sigma, and what grows beyond all bounds there (gamma, speed,
/// charm and theta's volatility term) is given as zero. At K = 0 a call is the discounted forward. A price is never under
/// D max(0, s (F - K)). Any finite input gives finite numbers; what would be beyond the largest double is given as that.
/// Error about 1e-16 (1 + d1^2) of the discounted forward.
/// Refusals: NegativeForward, NegativeStrike, NegativeTime, NegativeVolatility, NotFinite.
/// </summary>
public static class Black76
{
    /// <inheritdoc cref="OptionValue.Price"/>
    /// <param name="forward">per unit of the underlying</param>
    /// <param name="strike">in the forward's unit</param>
    /// <param name="years">to expiry, of 365 days</param>
    /// <param name="volatility">annualised, 1 is 100 %</param>
    /// <param name="rate">continuously compounded, annual</param>
    public static double Price(OptionKind kind, double forward, double strike, double years, double volatility, double rate) =>
        Price(Sign(kind), forward, strike, years, volatility, rate);

    /// <summary>Price and every Greek; parameters as for <see cref="Price(OptionKind, double, double, double, double, double)"/>.</summary>
    public static OptionValue Value(OptionKind kind, double forward, double strike, double years, double volatility, double rate) =>
        Value(Sign(kind), forward, strike, years, volatility, rate);

    internal static double Sign(OptionKind kind) => kind switch
    {
        OptionKind.Call => 1,
        OptionKind.Put => -1,
        _ => throw new RiskInputException("UnknownOptionKind", $"{kind} is neither a call nor a put."),
    };

    internal static double Price(double sign, double forward, double strike, double years, double volatility, double rate)
    {
        Refuse(sign, forward, strike, years, volatility, rate);
        var terms = Terms(sign, forward, strike, years, volatility);
        return OptionValue.Bounded(Discount(rate, years) * terms.Undiscounted.Value);
    }

    internal static OptionValue Value(double sign, double forward, double strike, double years, double volatility, double rate)
    {
        Refuse(sign, forward, strike, years, volatility, rate);
        var terms = Terms(sign, forward, strike, years, volatility);
        var discount = Discount(rate, years);
        var price = OptionValue.Bounded(discount * terms.Undiscounted.Value);
        var delta = sign * (discount * terms.ForwardShare.Value);
        return OptionValue.Of(
            terms, price, delta, rho: -years * price, forward,
            density: discount * terms.Density.Value,
            cashDensity: discount * terms.ForwardDensity.Value,
            drift: rate * price,
            deltaDrift: rate * delta,
            carry: 0, years, volatility);
    }

    /// <summary>e^(-r T), at most the largest double.</summary>
    internal static double Discount(double rate, double years) => Math.Min(Elementary.Exp(-(rate * years)), double.MaxValue);

    private static BlackTerms<Lane1> Terms(double sign, double forward, double strike, double years, double volatility) => new(
        sign, forward, strike, LogMoneyness(forward, strike), BlackTerms<Lane1>.Counted(volatility * Math.Sqrt(years)));

    /// <summary>ln(F/K) where the quotient may be no number; a price of zero counts as one of e^-1e200.</summary>
    internal static double LogMoneyness(double forward, double strike)
    {
        if (forward == 0 || strike == 0)
        {
            return forward > 0 ? 1e200 : strike > 0 ? -1e200 : 0;
        }

        var ratio = forward / strike;
        return ratio is > 1e-300 and < 1e300 ? Elementary.Log(ratio) : Elementary.Log(forward) - Elementary.Log(strike);
    }

    private static void Refuse(double sign, double forward, double strike, double years, double volatility, double rate)
    {
        if (sign is not (1 or -1))
        {
            throw new RiskInputException("UnknownOptionKind", $"The sign {sign} is neither 1, a call, nor -1, a put.");
        }

        PricingInput.AtLeastZero(forward, "forward", "NegativeForward");
        PricingInput.AtLeastZero(strike, "strike", "NegativeStrike");
        PricingInput.AtLeastZero(years, "time to expiry", "NegativeTime");
        PricingInput.AtLeastZero(volatility, "volatility", "NegativeVolatility");
        PricingInput.Finite(rate, "rate");
    }
}

using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// The requirement of `scaled` a second time, written out as its description reads (the head of ScaledMargin): every position priced
/// anew in every scenario, one after the other, without the engine's arrays, grids and shared markets. Slow, and for checking only.
/// </summary>
/// <param name="MarkToMarket">of the legs, units of account</param>
/// <param name="WorstLoss">largest damped loss, at least zero</param>
/// <param name="Contingency">for uncovered shorts and perpetuals, maintenance</param>
internal readonly record struct PlainRevaluation(double MarkToMarket, double WorstLoss, double Contingency)
{
    public double Requirement => Math.Max(0, WorstLoss - MarkToMarket + Contingency);

    /// <summary>clamp(z99 sigma sqrt(5/365), .08, .50), z99 = 2.3263478740.</summary>
    public static double Range(double volatility) => Math.Clamp(2.3263478740 * volatility * Math.Sqrt(5.0 / 365), .08, .50);

    /// <summary>The requirements of all underlyings added up.</summary>
    public static double RequirementOf(Portfolio portfolio, double? fixedRange = null) =>
        portfolio.Underlyings.Sum(market => Of(market, portfolio.Legs, fixedRange).Requirement);

    /// <summary>The legs of one underlying.</summary>
    /// <param name="fixedRange">instead of the range that follows volatility</param>
    public static PlainRevaluation Of(Underlying market, IReadOnlyList<Leg> all, double? fixedRange = null)
    {
        var legs = all.Where(leg => leg.Underlying == market.Name).ToList();
        var range = fixedRange ?? Range(market.Volatility);
        var today = Value(market, legs, 1, 1);
        var worst = 0.0;
        for (var quarter = -4; quarter <= 4; quarter++)
        {
            foreach (var volatility in (double[])[1.40, 1, .78])
            {
                worst = Math.Max(worst, today - Value(market, legs, 1 + (quarter * range / 4), volatility));
            }
        }

        foreach (var (move, share) in ((double, double)[])[(-.66, .24), (-.33, .48), (.50, .32), (1, .16)])
        {
            worst = Math.Max(worst, share * (today - Value(market, legs, 1 + move, 1.40)));
        }

        var perpetuals = Math.Abs(legs.Where(leg => leg.Kind == LegKind.Perp).Sum(leg => leg.Amount));
        return new PlainRevaluation(today, worst, market.Spot * ((.01 * Uncovered(legs)) + (.015 * perpetuals)));
    }

    /// <summary>What the legs are worth where spot stands at a multiple of today's and implied volatilities too.</summary>
    public static double Value(Underlying market, IEnumerable<Leg> legs, double spot, double volatility) => legs.Sum(leg =>
    {
        if (leg.Kind == LegKind.Perp)
        {
            return (leg.Amount * market.Perp!.Price * (spot - 1)) + leg.UnrealisedPnl;
        }

        var expiry = market.Expiries.First(one => one.Name == leg.Expiry);
        return leg.Amount * Black76.Price(
            leg.Kind == LegKind.Call ? OptionKind.Call : OptionKind.Put,
            expiry.FixedForward + ((expiry.Forward - expiry.FixedForward) * spot),
            leg.Strike,
            expiry.YearsToExpiry,
            (leg.ImpliedVolatility ?? expiry.ImpliedVolatility) * volatility,
            expiry.Rate);
    });

    /// <summary>Short options in excess of long ones of the same type and expiry.</summary>
    private static double Uncovered(IEnumerable<Leg> legs) => legs
        .Where(leg => leg.Kind != LegKind.Perp)
        .GroupBy(leg => (leg.Kind, leg.Expiry))
        .Sum(group => Math.Max(0, -group.Sum(leg => leg.Amount)));
}

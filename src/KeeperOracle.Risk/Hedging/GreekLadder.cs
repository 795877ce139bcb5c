using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Risk.Hedging;

/// <summary>Net Greeks of a book where spot stands at a multiple of today's.</summary>
/// <param name="SpotMultiplier">of today's spot</param>
/// <param name="Delta">units of the underlying</param>
/// <param name="Gamma">change of delta for a move of one unit of account</param>
/// <param name="Vega">units of account per 1.00 of volatility, all volatilities together</param>
public readonly record struct GreekBucket(double SpotMultiplier, double Delta, double Gamma, double Vega);

/// <summary>
/// Delta, gamma and vega of the legs on one underlying, in buckets over a grid of spot multipliers. With spot S m, the moving part of each
/// forward is multiplied by m (its fixed part stays), so that dF/dS = (F - fixed)/S =: k and
/// <code>
/// delta = q k dV/dF,  gamma = q k^2 d2V/dF2,  vega = q dV/dsigma          Black-76 at the leg's own volatility, or its expiry's
/// </code>
/// A perpetual has a delta of its amount times mark over spot. Collateral is no part of it: the thresholds are there for that.
/// </summary>
public static class GreekLadder
{
    /// <summary>Multipliers looked at unless the caller says otherwise.</summary>
    public static IReadOnlyList<double> DefaultGrid { get; } = [.90, .95, 1, 1.05, 1.10];

    /// <summary>
    /// One bucket for each multiplier. Refuses `UnknownUnderlying`, `SpotOutOfRange`, `UnknownExpiry`, `PerpMarketMissing`, `GridInvalid`
    /// (empty, or a multiplier not over zero), `NotFinite` and what Black-76 refuses.
    /// </summary>
    public static IReadOnlyList<GreekBucket> Of(Portfolio portfolio, string underlying, IReadOnlyList<double> grid)
    {
        ArgumentNullException.ThrowIfNull(portfolio);
        ArgumentNullException.ThrowIfNull(grid);
        var market = MarketOf(portfolio, underlying);
        var legs = portfolio.Legs.Where(leg => leg.Underlying == underlying).ToList();
        return [.. Grid(grid).Select(multiplier => RequireFinite(legs
            .Select(leg => OfLeg(market, leg, multiplier))
            .Aggregate(
                new GreekBucket(multiplier, 0, 0, 0),
                (sum, own) => new GreekBucket(multiplier, sum.Delta + own.Delta, sum.Gamma + own.Gamma, sum.Vega + own.Vega))))];
    }

    private static GreekBucket RequireFinite(GreekBucket bucket) =>
        double.IsFinite(bucket.Delta) && double.IsFinite(bucket.Gamma) && double.IsFinite(bucket.Vega)
            ? bucket
            : throw new RiskInputException("NotFinite", $"{bucket}: the amounts of legs are numbers and not too large.");

    internal static Underlying MarketOf(Portfolio portfolio, string underlying)
    {
        var market = portfolio.Underlyings.FirstOrDefault(known => known.Name == underlying)
            ?? throw new RiskInputException("UnknownUnderlying", $"The portfolio has no market of {underlying}.");
        return market.Spot > 0 && double.IsFinite(market.Spot)
            ? market
            : throw new RiskInputException("SpotOutOfRange", $"The spot of {underlying} is {market.Spot}: it is finite and over zero.");
    }

    internal static ExpiryMarket ExpiryOf(Underlying market, string? expiry) =>
        market.Expiries.FirstOrDefault(known => known.Name == expiry)
        ?? throw new RiskInputException("UnknownExpiry", $"{market.Name} has no expiry {expiry}.");

    internal static GreekBucket OfLeg(Underlying market, Leg leg, double multiplier)
    {
        if (leg.Kind == LegKind.Perp)
        {
            var mark = market.Perp?.Price ?? throw new RiskInputException("PerpMarketMissing", $"{market.Name} has no perpetual.");
            return new GreekBucket(multiplier, leg.Amount * mark / market.Spot, 0, 0);
        }

        var expiry = ExpiryOf(market, leg.Expiry);
        var value = Value(expiry, leg.Kind, leg.Strike, leg.ImpliedVolatility, multiplier);
        var carry = (expiry.Forward - expiry.FixedForward) / market.Spot;
        return new GreekBucket(
            multiplier, leg.Amount * carry * value.Delta, leg.Amount * carry * carry * value.Gamma, leg.Amount * value.Vega);
    }

    internal static OptionValue Value(ExpiryMarket expiry, LegKind kind, double strike, double? volatility, double multiplier) =>
        Black76.Value(
            kind == LegKind.Call ? OptionKind.Call : OptionKind.Put,
            expiry.FixedForward + ((expiry.Forward - expiry.FixedForward) * multiplier),
            strike,
            expiry.YearsToExpiry,
            volatility ?? expiry.ImpliedVolatility,
            expiry.Rate);

    private static IReadOnlyList<double> Grid(IReadOnlyList<double> grid) =>
        grid.Count > 0 && grid.All(multiplier => multiplier > 0 && double.IsFinite(multiplier))
            ? grid
            : throw new RiskInputException("GridInvalid", "The grid of spot multipliers has at least one, all finite and over zero.");
}

using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Tests.Risk.Hedging;

/// <summary>A small margin model for these tests: the worst of a few spot moves, plus a hundredth of spot for every short option, less mark to market.</summary>
internal static class ScenarioRequirement
{
    public static double Of(Portfolio portfolio)
    {
        var now = Value(portfolio, 1);
        var worst = new[] { .8, .9, 1, 1.1, 1.2 }.Max(move => now - Value(portfolio, move));
        var contingency = portfolio.Legs.Where(leg => leg.Kind != LegKind.Perp && leg.Amount < 0)
            .Sum(leg => -leg.Amount * .01 * portfolio.Underlyings.Single(market => market.Name == leg.Underlying).Spot);
        return Math.Max(0, -now + worst + contingency);
    }

    private static double Value(Portfolio portfolio, double move) => portfolio.Legs.Sum(leg =>
    {
        var market = portfolio.Underlyings.Single(known => known.Name == leg.Underlying);
        if (leg.Kind == LegKind.Perp)
        {
            return leg.UnrealisedPnl + (leg.Amount * (market.Perp?.Price ?? 0) * (move - 1));
        }

        var expiry = market.Expiries.Single(known => known.Name == leg.Expiry);
        var kind = leg.Kind == LegKind.Call ? OptionKind.Call : OptionKind.Put;
        var volatility = leg.ImpliedVolatility ?? expiry.ImpliedVolatility;
        return leg.Amount * Black76.Price(kind, expiry.Forward * move, leg.Strike, expiry.YearsToExpiry, volatility, expiry.Rate);
    });
}

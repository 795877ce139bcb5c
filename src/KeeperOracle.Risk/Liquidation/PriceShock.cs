using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>
/// The portfolio after prices have moved: spot, forwards (their part that still moves), perpetual marks and collaterals of an asset by its
/// multiplier; volatilities, rates and amounts stay. A perpetual's profit follows its mark. Assets are matched by name.
/// </summary>
public static class PriceShock
{
    /// <param name="multiplier">of an asset's price, over zero; 1 where it does not move</param>
    public static Portfolio Apply(Portfolio portfolio, Func<string, double> multiplier)
    {
        ArgumentNullException.ThrowIfNull(portfolio);
        ArgumentNullException.ThrowIfNull(multiplier);
        return portfolio with
        {
            Underlyings = [.. portfolio.Underlyings.Select(underlying => Move(underlying, multiplier(underlying.Name)))],
            Legs = [.. portfolio.Legs.Select(leg => Move(leg, portfolio, multiplier))],
            Collaterals = [.. portfolio.Collaterals.Select(held => held with { Price = held.Price * multiplier(held.Asset) })],
        };
    }

    private static Underlying Move(Underlying underlying, double by) => underlying with
    {
        Spot = underlying.Spot * by,
        Expiries = [.. underlying.Expiries.Select(
            expiry => expiry with { Forward = expiry.FixedForward + ((expiry.Forward - expiry.FixedForward) * by) })],
        Perp = underlying.Perp is { } perp ? perp with { Price = perp.Price * by } : null,
    };

    private static Leg Move(Leg leg, Portfolio portfolio, Func<string, double> multiplier)
    {
        var mark = leg.Kind == LegKind.Perp
            ? portfolio.Underlyings.FirstOrDefault(market => market.Name == leg.Underlying)?.Perp?.Price
            : null;
        return mark is { } price
            ? leg with { UnrealisedPnl = leg.UnrealisedPnl + (leg.Amount * price * (multiplier(leg.Underlying) - 1)) }
            : leg;
    }
}

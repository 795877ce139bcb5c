using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>What each leg contributes to one scenario.</summary>
internal static class LegGains
{
    /// <summary>By leg of the portfolio, damped, gains positive; zero for the legs of other underlyings. Sums to the gain before
    /// discounts.</summary>
    public static double[] Of(UnderlyingBook book, IReadOnlyList<Leg> legs, int lane)
    {
        var grid = book.Market.Grid;
        var gains = new double[legs.Count];
        for (var leg = 0; leg < book.LegCount; leg++)
        {
            var row = book.Rows.AsSpan(leg * grid.Lanes, grid.Lanes);
            gains[book.Source[leg]] = (row[lane] - row[grid.BaseLane]) * grid.Damping[lane];
        }

        foreach (var perp in book.Perps)
        {
            gains[perp] = legs[perp].Amount * book.Market.PerpPrice * grid.SpotMove[lane] * grid.Damping[lane];
        }

        return gains;
    }
}

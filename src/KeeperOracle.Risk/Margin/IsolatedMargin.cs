using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>Portfolio margin beside isolated margin; requirements positive.</summary>
/// <param name="Portfolio">maintenance requirement with all offsets</param>
/// <param name="Isolated">sum of <paramref name="Legs"/></param>
/// <param name="Legs">maintenance requirement of each leg alone</param>
/// <param name="InitialLegs">likewise, initial</param>
public sealed record IsolatedComparison(
    double Portfolio,
    double Isolated,
    double InitialPortfolio,
    double InitialIsolated,
    IReadOnlyList<double> Legs,
    IReadOnlyList<double> InitialLegs)
{
    /// <summary>What the hedges in the portfolio save, at least zero up to rounding.</summary>
    public double Offset => Isolated - Portfolio;
}

/// <summary>
/// Isolated margin: each leg asks for what `scaled` would ask for it alone, max(0, -MtM + its own worst loss + its own contingency), and
/// nothing offsets anything. The portfolio never asks for more than the sum: the worst of a sum is at most the sum of the worsts, shorts in
/// excess of longs are at most the shorts, and max(0, a + b) at most max(0, a) + max(0, b). The depth add-on takes no part in it, since it
/// grows faster than a book. With <see cref="ScaledParameters.Static"/> it is the `static` baseline.
/// </summary>
public static class IsolatedMargin
{
    /// <exception cref="RiskInputException">as <see cref="ScaledMargin.Assess"/></exception>
    public static IsolatedComparison Compare(Portfolio portfolio, ScaledParameters? parameters = null)
    {
        var rules = (parameters ?? new ScaledParameters()) with { DailyVolumes = new Dictionary<string, double>() };
        var book = new MarginBook(portfolio, rules);
        var (maintenance, initial) = (new double[portfolio.Legs.Count], new double[portfolio.Legs.Count]);
        for (var i = 0; i < portfolio.Underlyings.Count; i++)
        {
            var own = book.Legs(i);
            for (var leg = 0; leg < own.LegCount; leg++)
            {
                var naked = Math.Max(0, -own.Amount(leg)) * own.Market.Spot * rules.NakedOption;
                maintenance[own.Source[leg]] = initial[own.Source[leg]] = Math.Max(0, WorstLoss(own, leg) - Value(own, leg) + naked);
            }

            foreach (var perp in own.Perps)
            {
                var (amount, pnl) = (portfolio.Legs[perp].Amount, portfolio.Legs[perp].UnrealisedPnl);
                var loss = WorstLoss(own.Market.Grid, lane => amount * own.Market.PerpPrice * own.Market.Grid.SpotMove[lane]);
                var notional = Math.Abs(amount) * own.Market.Spot;
                maintenance[perp] = Math.Max(0, loss - pnl + (notional * rules.PerpMaintenance));
                initial[perp] = Math.Max(0, loss - pnl + (notional * (rules.PerpMaintenance + rules.PerpInitial)));
            }
        }

        var figures = book.Figures;
        return new IsolatedComparison(
            figures.Requirement, maintenance.Sum(), figures.InitialRequirement, initial.Sum(), maintenance, initial);
    }

    private static double Value(UnderlyingBook book, int leg) => book.Rows[(leg * book.Market.Grid.Lanes) + book.Market.Grid.BaseLane];

    private static double WorstLoss(UnderlyingBook book, int leg) =>
        WorstLoss(book.Market.Grid, lane => book.Rows[(leg * book.Market.Grid.Lanes) + lane] - Value(book, leg));

    private static double WorstLoss(ScenarioGrid grid, Func<int, double> gain)
    {
        var worst = 0.0;
        for (var lane = 0; lane < grid.Count; lane++)
        {
            worst = Math.Max(worst, -gain(lane) * grid.Damping[lane]);
        }

        return worst;
    }
}

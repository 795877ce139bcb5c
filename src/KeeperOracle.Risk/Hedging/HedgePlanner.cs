using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Hedging;

/// <summary>
/// Gamma scaffolding: watches the Greeks of a book over a grid of prices and, outside a no-trade band, proposes costed hedges.
/// <code>
/// inside the band:  |delta_j| at most max(limit, w_j),  |gamma_j| and |vega_j| at most their limits, in every bucket j     no plan
/// w_j             = no-trade band at the bucket's gamma and spot                                                       (NoTradeBand)
/// hedge           : minimise 1/2 sum over j and Greeks ((g_j + sum a_ij (buy_i - sell_i))/limit)^2 + lambda cost'(buy + sell)
///                   over 0 at most buy, sell at most their sizes                                                (BoundedLeastSquares)
/// lambda          = the largest, found by quartering and halving, whose hedge, rounded to lots, is inside the limits
/// </code>
/// so the plan spends little more than it must. Cost of a unit is what its price loses against the model's mark, never under zero: the
/// plan hedges and does not speculate on the model. Candidates are all instruments together, the perpetual alone, and each expiry with the
/// perpetual. Each says what it costs, the Greeks that stay and the margin that it frees: requirement before less requirement after less
/// cash paid. The requirement is a function of the portfolio that holds the hedge's legs beside the book's; cash is left as it was, so
/// that what is paid counts once. Volatilities move together; collateral is not hedged.
/// </summary>
public static class HedgePlanner
{
    private const int Quarterings = 10;
    private const int Halvings = 10;
    private const double Reached = 1 - 1e-9; // of every limit: the ladder, summed anew, then agrees
    private const double MostOfIt = .9;

    /// <summary>
    /// Refuses `LimitOutOfRange` (limits are over zero), `QuoteInvalid` (prices and sizes at least zero, bid at most ask), `NotFinite`,
    /// and what the ladder, the band and the margin model refuse.
    /// </summary>
    public static HedgeProposal Propose(
        Portfolio portfolio,
        string underlying,
        IReadOnlyList<HedgeInstrument> listed,
        HedgeLimits limits,
        Func<Portfolio, double> requirement,
        IReadOnlyList<double>? grid = null)
    {
        ArgumentNullException.ThrowIfNull(portfolio);
        ArgumentNullException.ThrowIfNull(listed);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(requirement);
        RequireLimits(limits);
        grid ??= GreekLadder.DefaultGrid;
        var before = GreekLadder.Of(portfolio, underlying, grid);
        var market = GreekLadder.MarketOf(portfolio, underlying);
        IReadOnlyList<double> bands = [.. before.Select(bucket => NoTradeBand.HalfWidth(
            bucket.Gamma, market.Spot * bucket.SpotMultiplier, limits.ProportionalCost, limits.RiskAversion, limits.Discount))];
        if (before.Zip(bands).All(pair => Inside(pair.First, limits, Math.Max(limits.Delta, pair.Second))))
        {
            return new HedgeProposal(HedgeStatus.InsideBand, before, bands, []);
        }

        var sides = listed.SelectMany(instrument => HedgeSide.Of(market, instrument, limits, grid)).ToList();
        var marginBefore = RequireFinite(requirement(portfolio));
        var plans = Candidates(sides)
            .Select(candidate => Plan(candidate.Name, candidate.Sides, before, limits, portfolio, market, requirement, marginBefore))
            .OrderByDescending(plan => plan.InsideTolerance)
            .ThenByDescending(plan => plan.MarginReleased)
            .ThenBy(plan => plan.Cost)
            .ThenBy(plan => plan.Name, StringComparer.Ordinal)
            .ToList();
        plans = plans.Exists(plan => plan.InsideTolerance) ? plans.FindAll(plan => plan.InsideTolerance) : plans;
        var status = plans.Count == 0 ? HedgeStatus.NoInstruments
            : plans[0].InsideTolerance ? HedgeStatus.Hedged
            : HedgeStatus.OutsideTolerance;
        return new HedgeProposal(status, before, bands, plans);
    }

    private static void RequireLimits(HedgeLimits limits)
    {
        ReadOnlySpan<double> values = [limits.Delta, limits.Gamma, limits.Vega];
        foreach (var value in values)
        {
            if (!(value > 0) || !double.IsFinite(value))
            {
                throw new RiskInputException(
                    "LimitOutOfRange", $"A limit of {value}: limits of delta, gamma and vega are finite and over zero.");
            }
        }
    }

    private static double RequireFinite(double margin) => double.IsFinite(margin)
        ? margin
        : throw new RiskInputException("NotFinite", $"The margin model gives {margin}: a requirement is a finite number.");

    private static bool Inside(GreekBucket bucket, HedgeLimits limits, double delta) =>
        Math.Abs(bucket.Delta) <= delta && Math.Abs(bucket.Gamma) <= limits.Gamma && Math.Abs(bucket.Vega) <= limits.Vega;

    private static IEnumerable<(string Name, List<HedgeSide> Sides)> Candidates(List<HedgeSide> sides)
    {
        var perpetual = sides.Where(side => side.Instrument.Kind == LegKind.Perp).ToList();
        var expiries = sides.Where(side => side.Instrument.Kind != LegKind.Perp).GroupBy(side => side.Instrument.Expiry!).ToList();
        if (perpetual.Count > 0)
        {
            yield return ("perpetual", perpetual);
        }

        foreach (var expiry in expiries)
        {
            yield return (expiry.Key, [.. expiry, .. perpetual]);
        }

        if (expiries.Count > 1)
        {
            yield return ("all", sides);
        }
    }

    private static HedgePlan Plan(
        string name,
        List<HedgeSide> sides,
        IReadOnlyList<GreekBucket> before,
        HedgeLimits limits,
        Portfolio portfolio,
        Underlying market,
        Func<Portfolio, double> requirement,
        double marginBefore)
    {
        var trades = Trades(sides, LeastCost(sides, before, limits));
        var hedged = portfolio with { Legs = [.. portfolio.Legs, .. trades.Select(trade => LegOf(trade, market))] };
        var residual = GreekLadder.Of(hedged, market.Name, [.. before.Select(bucket => bucket.SpotMultiplier)]);
        return new HedgePlan(
            name,
            trades,
            residual,
            residual.All(bucket => Inside(bucket, limits, limits.Delta)),
            marginBefore,
            RequireFinite(requirement(hedged)));
    }

    private static Leg LegOf(HedgeTrade trade, Underlying market) => new(
        trade.Instrument.Kind,
        market.Name,
        trade.Instrument.Expiry,
        trade.Instrument.Strike,
        trade.Amount,
        trade.Instrument.ImpliedVolatility);

    /// <summary>What is traded at all; buying and selling the same is never cheaper than neither.</summary>
    private static List<HedgeTrade> Trades(List<HedgeSide> sides, double[] amounts) => [.. sides
        .Select((side, i) => (Side: side, Amount: amounts[i]))
        .Where(pair => pair.Amount > 0)
        .Select(pair => new HedgeTrade(
            pair.Side.Instrument, pair.Side.Sign * pair.Amount, pair.Side.CashPaid * pair.Amount, pair.Side.Cost * pair.Amount))];

    /// <summary>
    /// Amounts by side, rounded to lots, of the largest cost weight that brings every bucket inside. Where none does: of the largest that
    /// takes away nine tenths of what can be taken away, for the last bit of an aim that is out of reach costs most.
    /// </summary>
    private static double[] LeastCost(List<HedgeSide> sides, IReadOnlyList<GreekBucket> before, HedgeLimits limits)
    {
        var target = before.SelectMany(bucket => HedgeSide.Scaled(bucket, limits)).Select(value => -value).ToArray();
        double[] Amounts(double weight)
        {
            var solution = BoundedLeastSquares.Solve(
                [.. sides.Select(side => side.Column)],
                target,
                [.. sides.Select(side => weight * side.Cost / side.Length)],
                [.. sides.Select(side => side.Size * side.Length)]);
            return [.. sides.Select((side, i) => side.RoundToLot(solution[i] / side.Length))];
        }

        double Excess(double[] amounts) => Residual(sides, target, amounts).Largest;
        var (tooDear, weight) = (double.PositiveInfinity, StartWeight(sides, target));
        List<double[]> tried = [Amounts(weight)];
        for (var i = 0; i < Quarterings && weight > 0 && Excess(tried[^1]) > Reached; i++)
        {
            (tooDear, weight) = (weight, weight / 4);
            tried.Add(Amounts(weight));
        }

        var best = tried[^1];
        if (Excess(best) > Reached)
        {
            double Norm(double[] amounts) => Residual(sides, target, amounts).Norm;
            var (unhedged, least) = (Norm(new double[sides.Count]), tried.Min(Norm));
            return tried.First(amounts => Norm(amounts) <= unhedged - (MostOfIt * (unhedged - least)));
        }

        for (var i = 0; i < Halvings && double.IsFinite(tooDear); i++)
        {
            var middle = Math.Sqrt(tooDear * weight);
            var amounts = Amounts(middle);
            (tooDear, weight, best) = Excess(amounts) <= Reached ? (tooDear, middle, amounts) : (middle, weight, best);
        }

        return best;
    }

    /// <summary>What stays in units of the limits: the largest of all buckets, and the root of the sum of squares.</summary>
    private static (double Largest, double Norm) Residual(List<HedgeSide> sides, double[] target, double[] amounts)
    {
        var (largest, squares) = (0.0, 0.0);
        for (var k = 0; k < target.Length; k++)
        {
            var left = -target[k];
            for (var i = 0; i < amounts.Length; i++)
            {
                left += sides[i].Column[k] * sides[i].Length * amounts[i];
            }

            largest = Math.Max(largest, Math.Abs(left));
            squares += left * left;
        }

        return (largest, Math.Sqrt(squares));
    }

    /// <summary>The weight at which no side is worth its cost any more.</summary>
    private static double StartWeight(List<HedgeSide> sides, double[] target)
    {
        var weight = 0.0;
        foreach (var side in sides.Where(side => side.Cost > 0))
        {
            var gain = side.Column.Select((value, k) => value * target[k]).Sum();
            weight = Math.Max(weight, gain * side.Length / side.Cost);
        }

        return weight;
    }
}

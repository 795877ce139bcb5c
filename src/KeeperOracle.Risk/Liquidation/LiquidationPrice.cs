using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>What a search for a liquidation price found.</summary>
public enum BarrierStatus
{
    /// <summary>The account is healthy and stops being so at this price.</summary>
    LiquidatableAt,

    /// <summary>The account is healthy at every price searched on this side.</summary>
    NeverLiquidatable,

    /// <summary>The account is liquidatable now and no longer at this price.</summary>
    HealthyAgainAt,

    /// <summary>The account is liquidatable now and at every price searched on this side.</summary>
    AlwaysLiquidatable,
}

/// <summary>The nearest change of state on one side of today's prices.</summary>
/// <param name="Multiplier">of the (first) asset's price at the change; null where there is none</param>
/// <param name="Distance">Multiplier - 1: a fraction of today's price, negative under it</param>
/// <param name="SigmaDays">|log move| in standard deviations of one day; null where the asset has no volatility</param>
public readonly record struct LiquidationBarrier(BarrierStatus Status, double? Multiplier, double? Distance, double? SigmaDays);

/// <summary>One asset moving alone. Prices in units of account, null where the barrier has none.</summary>
public sealed record AssetLiquidationPrice(
    string Asset, double Price, LiquidationBarrier Down, LiquidationBarrier Up, double? PriceDown, double? PriceUp);

/// <summary>
/// Where health crosses 1: for each asset moving alone, and for a joint shock, down and up; so that every account has an answer, with one
/// collateral or several, owed tokens, options, or no debt.
/// <code>
/// price_a = P_a exp(x d_a);   surplus(x) = num - D - R at these prices;   the nearest x of each sign where surplus changes sign
/// sigma-days = |x d_a|/(sigma_a/sqrt(365))
/// </code>
/// Alone, d is 1 for the asset. Jointly, every asset moves by the same number of its own daily standard deviations (correlation one), or
/// as the caller says. Legs are revalued by the margin model at every price. The search steps from x = 0 to a factor of 10,000 with steps
/// that grow from .00014 to .07 in log price and refines the first change of state to the last bits: two changes inside one step are not
/// seen. Below a ten-thousandth of its price an asset counts as worthless.
/// </summary>
public static class LiquidationPrice
{
    private const int Steps = 256;
    private const double Reach = 9.2103403719761827; // ln 10,000
    private const double DaysPerYear = 365;

    /// <summary>For each asset that is a collateral or an underlying, by first appearance.</summary>
    public static IReadOnlyList<AssetLiquidationPrice> PerAsset(Portfolio portfolio, Func<Portfolio, double>? requirement)
    {
        ArgumentNullException.ThrowIfNull(portfolio);
        return [.. Volatilities(portfolio).Select(asset =>
        {
            var price = PriceOf(portfolio, asset.Key);
            var (down, up) = Along(portfolio, requirement, [new AssetMove(asset.Key, 1)], asset.Value);
            return new AssetLiquidationPrice(asset.Key, price, down, up, price * down.Multiplier, price * up.Multiplier);
        })];
    }

    /// <summary>
    /// All assets together, each by the same number of its own daily standard deviations; the multiplier is of the most volatile. Without
    /// any volatility all prices move by the same factor.
    /// </summary>
    public static (LiquidationBarrier Down, LiquidationBarrier Up) Joint(Portfolio portfolio, Func<Portfolio, double>? requirement)
    {
        var volatilities = Volatilities(portfolio);
        var largest = volatilities.Count > 0 ? volatilities.Max(asset => asset.Value) : 0;
        var moves = volatilities
            .OrderByDescending(asset => asset.Value)
            .Select(asset => new AssetMove(asset.Key, largest > 0 ? asset.Value / largest : 1));
        return Along(portfolio, requirement, [.. moves], largest);
    }

    /// <summary>Along any shock; <paramref name="volatility"/> (annualised) is of the shock itself, for the distance in
    /// sigma-days.</summary>
    public static (LiquidationBarrier Down, LiquidationBarrier Up) Along(
        Portfolio portfolio, Func<Portfolio, double>? requirement, IReadOnlyList<AssetMove> moves, double volatility)
    {
        ArgumentNullException.ThrowIfNull(portfolio);
        ArgumentNullException.ThrowIfNull(moves);
        var logs = moves.ToDictionary(move => move.Asset, move => RequireFinite(move.LogMove), StringComparer.Ordinal);
        RequireFinite(volatility);
        Portfolio At(double x) => PriceShock.Apply(portfolio, asset => logs.TryGetValue(asset, out var log) ? Elementary.Exp(x * log) : 1);
        bool Healthy(double x) => AccountMargin.Of(At(x), requirement).Surplus >= 0;

        var first = moves.Count > 0 ? moves[0].LogMove : 0;
        return (Search(Healthy, -1, first, volatility), Search(Healthy, 1, first, volatility));
    }

    private static LiquidationBarrier Search(Func<double, bool> healthy, int side, double log, double volatility)
    {
        var now = healthy(0);
        for (var i = 1; i <= Steps; i++)
        {
            if (healthy(side * StepAt(i)) == now)
            {
                continue;
            }

            // Reported on the side where the state has changed: at the price given, the account is liquidatable (or healthy again).
            var x = side * MonotoneSearch.Least(StepAt(i - 1), StepAt(i), distance => healthy(side * distance) != now);
            var multiplier = Elementary.Exp(x * log);
            double? sigmas = volatility > 0 ? Math.Min(double.MaxValue, Math.Abs(x * log) / (volatility / Math.Sqrt(DaysPerYear))) : null;
            return new LiquidationBarrier(
                now ? BarrierStatus.LiquidatableAt : BarrierStatus.HealthyAgainAt, multiplier, multiplier - 1, sigmas);
        }

        return new LiquidationBarrier(now ? BarrierStatus.NeverLiquidatable : BarrierStatus.AlwaysLiquidatable, null, null, null);
    }

    private static double StepAt(int i) => Reach * i * i / (Steps * Steps);

    /// <summary>Annualised, the higher one of an asset that is both a collateral and an underlying.</summary>
    internal static Dictionary<string, double> Volatilities(Portfolio portfolio)
    {
        var found = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (asset, volatility) in portfolio.Collaterals.Select(held => (held.Asset, held.Volatility))
            .Concat(portfolio.Underlyings.Select(market => (market.Name, market.Volatility))))
        {
            found[asset] = Math.Max(RequireFinite(volatility), found.GetValueOrDefault(asset));
        }

        return found;
    }

    private static double PriceOf(Portfolio portfolio, string asset) =>
        portfolio.Collaterals.FirstOrDefault(held => held.Asset == asset)?.Price
        ?? portfolio.Underlyings.First(market => market.Name == asset).Spot;

    private static double RequireFinite(double value) => double.IsFinite(value)
        ? value
        : throw new RiskInputException("NotFinite", $"A log move or volatility of {value} is not a finite number.");
}

/// <summary>How far one asset's log price moves for each unit of a shock; 1 follows it, 0 stands still, negative moves against
/// it.</summary>
public readonly record struct AssetMove(string Asset, double LogMove);

using KeeperOracle.Risk.Factors;

namespace KeeperOracle.Risk.Cascade;

/// <summary>
/// What a seeded crash looks like. The defaults are a thin market, where liquidations are most of the trade: debt of twenty days' volume
/// lent at the thresholds of an aggressive market, a fall of a fifth within four hours, most of it made good within two days. In a deep
/// market (debt under a day's volume) or at the protocol's own thresholds the same crash leaves no bad debt with or without controls.
/// </summary>
/// <param name="Accounts">borrowers, each of one or two collaterals</param>
/// <param name="CrashSteps">length of the fall, in hours</param>
/// <param name="TotalSteps">with what comes after</param>
/// <param name="Fall">mean fall of the first asset over the crash, as a fraction; others by their volatility</param>
/// <param name="Bounce">share of the log fall that is made good over the steps after the crash; zero: the fall is of the fundamental
/// kind</param>
/// <param name="DebtToDailyVolume">all debt over the daily volume of all assets</param>
/// <param name="HorizonDays">h of the thresholds: 5 is the protocol's own, 1 gives what aggressive markets lend</param>
/// <param name="DynamicThresholds">whether the risk model tightens LT as volatility rises</param>
/// <param name="LiquidatorProfit">as in <see cref="CascadeMarket"/>; null: seized collateral is sold whatever that does to its
/// price</param>
public sealed record CrashShape(
    int Accounts = 100,
    int CrashSteps = 4,
    int TotalSteps = 52,
    double Fall = .2,
    double Bounce = .7,
    double DebtToDailyVolume = 20,
    double HorizonDays = 1,
    bool DynamicThresholds = true,
    double? LiquidatorProfit = null);

/// <summary>
/// A crash over generated accounts, a function of its seed: three correlated assets (70 %), borrowers whose health starts between 1.02 and
/// 2 (most near the lower end) and whose sizes spread over two orders of magnitude, hourly noise at the assets' volatility, doubled in the
/// crash. The targets of dynamic thresholds are LT of an EWMA (.97 by the hour) of the path's own returns, blended one to three with the
/// start's volatility; never over the start's LT.
/// </summary>
public static class CrashScenario
{
    private const double Correlation = .7;
    private const double Decay = .97;
    private const double EwmaWeight = .25;
    private static readonly (string Name, double Price, double Volatility, double Bonus, double VolumeShare)[] Kinds =
        [("ETH", 3000, .8, .05, .5), ("BTC", 60_000, .6, .05, .35), ("SOL", 150, 1.1, .08, .15)];

    /// <summary>Refuses (`CrashShapeOutOfRange`) a shape without accounts or steps, or with a fall outside (0, 1).</summary>
    public static CascadeScenario Seeded(ulong seed, CrashShape? shape = null)
    {
        shape ??= new CrashShape();
        if (shape.Accounts < 1 || shape.CrashSteps < 1 || shape.TotalSteps < shape.CrashSteps
            || !(shape.Fall is > 0 and < 1) || !(shape.Bounce is >= 0 and <= 2) || !(shape.DebtToDailyVolume is > 0 and <= 1000)
            || !(shape.HorizonDays is > 0 and <= 30))
        {
            throw new RiskInputException(
                "CrashShapeOutOfRange", $"{shape} needs accounts, steps, a fall in (0, 1), a debt and a horizon over zero.");
        }

        var random = new SeededRandom(seed);
        var assets = Kinds.Select(kind => new CascadeAsset(
            kind.Name, kind.Price, kind.Volatility, 1, Threshold(kind.Volatility, kind.Bonus, shape), kind.Bonus)).ToList();
        var accounts = Enumerable.Range(0, shape.Accounts).Select(_ => Account(random, assets)).ToList();
        var volume = accounts.Sum(account => account.Debt) / shape.DebtToDailyVolume;
        assets = [.. assets.Select((asset, i) => asset with { DailyVolume = volume * Kinds[i].VolumeShare })];
        var returns = Path(random, shape);
        IReadOnlyList<IReadOnlyList<double>> correlation =
            [.. Kinds.Select((_, i) => Kinds.Select((_, j) => i == j ? 1 : Correlation).ToArray())];
        return new CascadeScenario(
            new CascadeMarket(assets, correlation, LiquidatorProfit: shape.LiquidatorProfit),
            accounts,
            returns,
            shape.DynamicThresholds ? Thresholds(returns, assets, shape) : null);
    }

    private static double Threshold(double volatility, double bonus, CrashShape shape) =>
        CollateralFactors.LiquidationThreshold(
            volatility,
            0,
            new FactorParameters(Conventions.NormalTailMultiplier, shape.HorizonDays * Conventions.SecondsPerDay, bonus, .05));

    private static CascadeAccount Account(SeededRandom random, List<CascadeAsset> assets)
    {
        var value = 10_000 * Elementary.Exp(random.NextUniform() * Elementary.Log(100));
        var (first, second) = (random.NextInt(assets.Count), random.NextInt(assets.Count));
        var share = random.NextUniform();
        var amounts = new double[assets.Count];
        amounts[first] += value * share / assets[first].Price;
        amounts[second] += value * (1 - share) / assets[second].Price;
        var weighted = amounts.Select((amount, i) => amount * assets[i].Price * assets[i].LiquidationThreshold).Sum();
        var uniform = random.NextUniform();
        return new CascadeAccount(amounts, weighted / (1.02 + (.98 * uniform * uniform)));
    }

    private static double[][] Path(SeededRandom random, CrashShape shape)
    {
        var fall = Elementary.Log(1 - shape.Fall);
        var after = shape.TotalSteps - shape.CrashSteps;
        return [.. Enumerable.Range(0, shape.TotalSteps).Select(step =>
        {
            var crash = step < shape.CrashSteps;
            var common = random.NextNormal();
            return Kinds.Select(kind =>
            {
                var hourly = kind.Volatility / Math.Sqrt(365 * 24) * (crash ? 2 : 1);
                var noise = hourly * ((Math.Sqrt(Correlation) * common) + (Math.Sqrt(1 - Correlation) * random.NextNormal()));
                var drift = fall * (kind.Volatility / Kinds[0].Volatility) * (crash ? 1.0 / shape.CrashSteps : -shape.Bounce / after);
                return drift + noise;
            }).ToArray();
        })];
    }

    private static double[][] Thresholds(double[][] returns, List<CascadeAsset> assets, CrashShape shape)
    {
        var variance = Kinds.Select(kind => kind.Volatility * kind.Volatility / (365 * 24)).ToArray();
        return [.. returns.Select(step => assets.Select((asset, i) =>
        {
            variance[i] = (Decay * variance[i]) + ((1 - Decay) * step[i] * step[i]);
            var volatility = (EwmaWeight * Math.Sqrt(variance[i] * 365 * 24)) + ((1 - EwmaWeight) * Kinds[i].Volatility);
            return Math.Min(asset.LiquidationThreshold, Threshold(volatility, asset.Bonus, shape));
        }).ToArray())];
    }
}

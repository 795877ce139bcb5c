using KeeperOracle.Chain.Contracts;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Snapshots;
using Underlying = KeeperOracle.Risk.Portfolios.Underlying;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 3: what an account must hold reacts to realised and implied volatility, to depth and to sources that divide, and to a silent oracle. Each is moved
/// alone, first as attested, at the end as a node reads it (<see cref="HybridNodeSteps"/>). Known from elsewhere: the contracts' formulas in C#, every scenario priced one by one, and a fuzz of the fallback.
/// </summary>
internal static class HybridShow
{
    private const int Cases = 10_000;
    private static readonly double[] ImpliedVolatilities = [.60, .90];

    public static ChainShow Show { get; } = new("3", "Hybrid adjustment: volatility, depth, divergence and silence each move the requirement", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = await stage.SnapshotAsync(cancellationToken);
        await ReportAsync(stage, 1.2, 1, cancellationToken);
        var wilder = await stage.SnapshotAsync(cancellationToken);
        yield return Moved("Realised volatility is attested a fifth higher, and nothing else changes", first, wilder);

        await stage.WaitAsync(first.Report.MinIntervalSeconds, cancellationToken);
        await stage.SetPricesAsync(1, cancellationToken);
        var rested = await stage.SnapshotAsync(cancellationToken);
        await ReportAsync(stage, 1, 2, cancellationToken);
        yield return Moved("The pools are thinner: the slippage of a liquidation is attested twice as large", rested, await stage.SnapshotAsync(cancellationToken));

        yield return Implied();
        foreach (var step in await DivideAsync(stage, cancellationToken))
        {
            yield return step;
        }

        var spoken = await stage.SnapshotAsync(cancellationToken);
        await stage.WaitAsync(spoken.Report.HeartbeatSeconds + 1, cancellationToken);
        await stage.SetPricesAsync(1, cancellationToken);
        yield return Silent(spoken, await stage.SnapshotAsync(cancellationToken));
        yield return NeverLaxer(first.Assets[0]);
        await foreach (var step in HybridNodeSteps.PlayAsync(stage, cancellationToken))
        {
            yield return step;
        }
    }

    private static async Task ReportAsync(ShowStage stage, double volatility, double slippage, CancellationToken cancellationToken)
    {
        var report = await stage.ReportAsync(
            asset => asset.Attested.Volatility.ToDouble() * volatility, cancellationToken, asset => asset.Attested.Slippage.ToDouble() * slippage);
        await stage.SendAsync(stage.Chain.Accounts[0], stage.Deployment.Addresses.RiskOracle, report, cancellationToken);
    }

    private static ShowStep Moved(string what, ChainSnapshot before, ChainSnapshot after)
    {
        var (was, now) = (before.Assets[0], after.Assets[0]);
        var expected = SnapshotValuation.RecomputeFactors(now, after.Report, after.Block.Timestamp).BorrowFactor.ToDouble();
        return ShowStep.Of(
            $"{what}: of WETH {now.BorrowFactor.ToDouble():P2} may be borrowed instead of {was.BorrowFactor.ToDouble():P2}.",
            new { before = Inputs(was), after = Inputs(now), now = after.Block.Timestamp },
            new { borrowFactorBefore = was.BorrowFactor.ToDouble(), borrowFactorAfter = now.BorrowFactor.ToDouble() },
            $"less, and what the formula gives: {expected:0.000000000}",
            now.BorrowFactor < was.BorrowFactor && ShowStep.Near(now.BorrowFactor.ToDouble(), expected, 1e-9));
    }

    private static object Inputs(AssetSnapshot asset) => new
    {
        volatility = asset.Attested.Volatility.ToDouble(),
        slippage = asset.Attested.Slippage.ToDouble(),
        lnThresholdAtUpdate = asset.Attested.LnThresholdAtUpdate.ToDouble(),
        updatedAt = asset.Attested.UpdatedAt,
        tailMultiplier = asset.Bounds.TailMultiplier.ToDouble(),
        horizonSeconds = asset.Bounds.HorizonSeconds,
        bonus = asset.Bounds.Bonus.ToDouble(),
        jump = asset.Bounds.Jump.ToDouble(),
        rampPerDay = asset.Bounds.RampPerDay.ToDouble(),
    };

    /// <summary>Off-chain: what options require.</summary>
    private static ShowStep Implied()
    {
        Leg[] legs = [new(LegKind.Put, "ETH", "30d", 2700, -10)];
        Underlying Market(double implied) => new("ETH", 3000, .60, [new ExpiryMarket("30d", 30 * 86_400, 3000, implied)]);
        double Asked(double implied) => ScaledMargin.Assess(new Portfolio([Market(implied)], legs, [])).Figures.Requirement;
        double Plain(double implied) => PlainRevaluation.Of(Market(implied), legs).Requirement;
        var (calm, wild) = (Asked(ImpliedVolatilities[0]), Asked(ImpliedVolatilities[1]));
        return ShowStep.Of(
            $"Implied volatility rises from 60 % to 90 %, spot and realised volatility stay: ten short puts at 2,700 require {wild:N2} instead of {calm:N2}.",
            new { legs, market = Market(.60), impliedVolatilities = ImpliedVolatilities },
            new { calm, wild },
            $"more, and priced one by one {Plain(.60):N2} and {Plain(.90):N2}",
            wild > calm && ShowStep.Near(calm, Plain(.60), 1e-9) && ShowStep.Near(wild, Plain(.90), 1e-9));
    }

    /// <summary>Account 0 has WETH and is far from its limit.</summary>
    private static async Task<IReadOnlyList<ShowStep>> DivideAsync(ShowStage stage, CancellationToken cancellationToken)
    {
        var (vault, steps) = (stage.Deployment.Addresses.MarginVault, new List<ShowStep>());
        var account = (await stage.SnapshotAsync(cancellationToken)).Accounts[0];
        var borrow = new MarginVault.BorrowFunction(account.Account, 1_000_000, account.Owner, []);
        double[] answers = [3000, 2400, 3600];
        for (var liars = 0; liars <= 2; liars++)
        {
            if (liars > 0)
            {
                await stage.SetFeedAsync(0, liars, answers[liars], cancellationToken);
            }

            var asset = (await stage.SnapshotAsync(cancellationToken)).Assets[0];
            var refusal = await stage.RefusalAsync(account.Owner, vault, borrow, cancellationToken);
            var expected = liars < 2;
            steps.Add(ShowStep.Of(
                $"Feeds of WETH say {string.Join(", ", asset.Feeds.Select(feed => $"{feed.Price.PerToken.ToDouble():N0}"))}: "
                + (expected ? $"its price is {asset.Price.PerToken.ToDouble():N0}, and one more USDC is lent on it." : "no two agree, so there is no price and no new loan; nobody is liquidated on it either."),
                new { feeds = asset.Feeds.Select(feed => feed.Price.PerToken.ToDouble()).ToArray() },
                new { status = asset.PriceStatus.ToString(), price = asset.Price.PerToken.ToDouble(), refusal },
                expected ? "the median, which two of three agree on" : "the status is Divided and the vault refuses the loan",
                expected
                    ? refusal.Length == 0 && asset.PriceStatus == PriceStatus.Ok && ShowStep.Near(asset.Price.PerToken.ToDouble(), 3000, 1e-9)
                    : refusal.Length > 0 && asset.PriceStatus == PriceStatus.Divided && !asset.IsSeizableAt(ShowStage.Start)));
        }

        return steps;
    }

    private static ShowStep Silent(ChainSnapshot before, ChainSnapshot after)
    {
        var (was, now) = (before.Assets[0], after.Assets[0]);
        var expected = SnapshotValuation.RecomputeFactors(now, after.Report, after.Block.Timestamp);
        var unhealthy = after.Accounts.Count(account => SnapshotValuation.Value(after, account).Health < Wad.One);
        return ShowStep.Of(
            $"No report for {after.Block.Timestamp - after.Report.LastReportAt:N0} s, more than the {after.Report.HeartbeatSeconds:N0} that are allowed: the stricter fallback counts too, and of WETH only "
            + $"{now.BorrowFactor.ToDouble():P2} may be borrowed. The threshold of old loans has only glided on, to {now.LiquidationThreshold.ToDouble():0.0000}, and nobody is under health 1.",
            new
            {
                attested = Inputs(now),
                fallbackVolatility = now.Fallback.Volatility.ToDouble(),
                fallbackSlippage = now.Fallback.Slippage.ToDouble(),
                now = after.Block.Timestamp,
            },
            new { borrowFactorBefore = was.BorrowFactor.ToDouble(), borrowFactorAfter = now.BorrowFactor.ToDouble(), liquidationThreshold = now.LiquidationThreshold.ToDouble(), unhealthy },
            "the stricter of both, by the formula; the threshold by the ramp alone",
            now.BorrowFactor < was.BorrowFactor && unhealthy == 0
            && ShowStep.Near(now.BorrowFactor.ToDouble(), expected.BorrowFactor.ToDouble(), 1e-9)
            && ShowStep.Near(now.LiquidationThreshold.ToDouble(), expected.LiquidationThreshold.ToDouble(), 1e-9));
    }

    private static ShowStep NeverLaxer(AssetSnapshot asset)
    {
        var random = new Random(3);
        var parameters = new FactorParameters(
            asset.Bounds.TailMultiplier.ToDouble(), asset.Bounds.HorizonSeconds, asset.Bounds.Bonus.ToDouble(), asset.Bounds.Jump.ToDouble());
        var (laxer, moved) = (0, 0);
        for (var i = 0; i < Cases; i++)
        {
            var (volatility, slippage) = (.35 + (3.65 * random.NextDouble()), .3 * random.NextDouble());
            var start = CollateralFactors.LnLiquidationThreshold(.35 + (3.65 * random.NextDouble()), .3 * random.NextDouble(), parameters);
            var attested = new AttestedRisk(volatility, slippage, volatility, slippage, start, ShowStage.Start, asset.Bounds.RampPerDay.ToDouble());
            var now = ShowStage.Start + (ulong)random.Next(1_000_000);
            var spoken = CollateralFactors.InForce(attested, parameters, now);
            var silent = CollateralFactors.InForce(attested, parameters, now, new FallbackRisk(.35 + (3.65 * random.NextDouble()), .3 * random.NextDouble()));
            laxer += silent.BorrowFactor > spoken.BorrowFactor ? 1 : 0;
            moved += silent.LiquidationThreshold != spoken.LiquidationThreshold ? 1 : 0;
        }

        return ShowStep.Of(
            $"{Cases:N0} random attested values, ramps, ages and fallbacks: silence made borrowing laxer in {laxer} and moved the threshold in {moved}.",
            new { seed = 3, cases = Cases },
            new { laxer, moved },
            "never; the contracts' own fuzz says the same of Solidity",
            laxer == 0 && moved == 0);
    }
}

using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 4: the borrow factor moves at once, the liquidation threshold glides; both are derived on-chain from one attested vector, inside bounds. Known from
/// elsewhere: the formulas of contracts/README.md in C#, and the glide written out.
/// </summary>
internal static class RatioShow
{
    private const double Raise = 1.3;

    public static ChainShow Show { get; } = new("4", "Collateral ratio management: the borrow limit moves at once, the liquidation threshold glides", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (oracle, carrier) = (stage.Deployment.Addresses.RiskOracle, stage.Chain.Accounts[0]);
        var before = await stage.SnapshotAsync(cancellationToken);
        yield return Agree("The chain derives both factors of each collateral from its attested volatility and slippage; C# computes the same from the same inputs.", before);

        await stage.SendAsync(carrier, oracle, await stage.ReportAsync(asset => asset.Attested.Volatility.ToDouble() * Raise, cancellationToken), cancellationToken);
        var after = await stage.SnapshotAsync(cancellationToken);
        yield return Agree($"Three of four oracle nodes have signed volatilities {Raise - 1:P0} higher, and anyone carries the report. The factors follow.", after);
        yield return AtOnce(before, after);

        var early = await stage.RefusalAsync(carrier, oracle, await stage.ReportAsync(asset => asset.Attested.Volatility.ToDouble(), cancellationToken), cancellationToken);
        yield return Refused("A second report right after it is refused: between two whole reports six hours must pass.", "ReportTooEarly", early, new { after.Report.MinIntervalSeconds });

        await stage.WaitAsync(ShowStage.Hour, cancellationToken);
        yield return Glide(after, await stage.SnapshotAsync(cancellationToken));

        await stage.WaitAsync(after.Report.MinIntervalSeconds, cancellationToken);
        var step = after.Assets[0].Bounds.TightenStep.ToDouble();
        var oversized = await stage.RefusalAsync(
            carrier, oracle, await stage.ReportAsync(asset => asset.Attested.Volatility.ToDouble() * (1 + step) * 1.01, cancellationToken), cancellationToken);
        yield return Refused($"Even a full quorum cannot raise a volatility by more than {step:P0} in one report.", "VolatilityStepTooLarge", oversized, new { step });

        var cap = after.Assets[0].Bounds.VolatilityCap.ToDouble();
        var outside = await stage.RefusalAsync(carrier, oracle, await stage.ReportAsync(_ => cap * 1.01, cancellationToken), cancellationToken);
        yield return Refused($"Nor past the bound of {cap:P0} a year that governance has set.", "VolatilityOutOfBounds", outside, new { cap });
    }

    private static ShowStep Agree(string sentence, ChainSnapshot snapshot)
    {
        var pairs = snapshot.Assets.Select(asset => (asset, ours: SnapshotValuation.RecomputeFactors(asset, snapshot.Report, snapshot.Block.Timestamp))).ToList();
        return ShowStep.Of(
            $"{sentence} WETH: threshold {snapshot.Assets[0].LiquidationThreshold.ToDouble():0.0000}, borrow factor {snapshot.Assets[0].BorrowFactor.ToDouble():0.0000}.",
            new
            {
                now = snapshot.Block.Timestamp,
                assets = pairs.Select(pair => new
                {
                    symbol = pair.asset.Symbol,
                    volatility = pair.asset.Attested.Volatility.ToDouble(),
                    slippage = pair.asset.Attested.Slippage.ToDouble(),
                    initialVolatility = pair.asset.Attested.InitialVolatility.ToDouble(),
                    initialSlippage = pair.asset.Attested.InitialSlippage.ToDouble(),
                    lnThresholdAtUpdate = pair.asset.Attested.LnThresholdAtUpdate.ToDouble(),
                    updatedAt = pair.asset.Attested.UpdatedAt,
                    tailMultiplier = pair.asset.Bounds.TailMultiplier.ToDouble(),
                    horizonSeconds = pair.asset.Bounds.HorizonSeconds,
                    bonus = pair.asset.Bounds.Bonus.ToDouble(),
                    jump = pair.asset.Bounds.Jump.ToDouble(),
                    rampPerDay = pair.asset.Bounds.RampPerDay.ToDouble(),
                }).ToArray(),
            },
            new
            {
                onChain = pairs.Select(pair => new { liquidationThreshold = pair.asset.LiquidationThreshold.ToDouble(), borrowFactor = pair.asset.BorrowFactor.ToDouble() }).ToArray(),
                computed = pairs.Select(pair => new { liquidationThreshold = pair.ours.LiquidationThreshold.ToDouble(), borrowFactor = pair.ours.BorrowFactor.ToDouble() }).ToArray(),
            },
            "Solidity and C# agree to 1e-9",
            pairs.TrueForAll(pair => Near(pair.asset.LiquidationThreshold, pair.ours.LiquidationThreshold) && Near(pair.asset.BorrowFactor, pair.ours.BorrowFactor)));
    }

    private static ShowStep AtOnce(ChainSnapshot before, ChainSnapshot after)
    {
        var (was, now) = (before.Assets[0], after.Assets[0]);
        var seconds = after.Block.Timestamp - before.Block.Timestamp;
        var most = now.Bounds.RampPerDay.ToDouble() * seconds / 86_400;
        var moved = Math.Abs(Math.Log(now.LiquidationThreshold.ToDouble() / was.LiquidationThreshold.ToDouble()));
        return ShowStep.Of(
            $"In that block what may be borrowed on WETH fell from {was.BorrowFactor.ToDouble():0.0000} to {now.BorrowFactor.ToDouble():0.0000} of its value; the threshold of those who have "
            + $"borrowed already moved by {moved:0.0000000} of its logarithm, what {seconds} s allow.",
            new { seconds, rampPerDay = now.Bounds.RampPerDay.ToDouble(), volatilityBefore = was.Attested.Volatility.ToDouble(), volatilityAfter = now.Attested.Volatility.ToDouble() },
            new { borrowFactorBefore = was.BorrowFactor.ToDouble(), borrowFactorAfter = now.BorrowFactor.ToDouble(), thresholdMoved = moved },
            "the borrow factor is lower, and the threshold has moved by the ramp at most",
            now.BorrowFactor < was.BorrowFactor && moved <= most + 1e-12);
    }

    private static ShowStep Glide(ChainSnapshot from, ChainSnapshot to)
    {
        var (was, now) = (from.Assets[0], to.Assets[0]);
        var seconds = to.Block.Timestamp - from.Block.Timestamp;
        var expected = Math.Log(was.LiquidationThreshold.ToDouble()) - (now.Bounds.RampPerDay.ToDouble() * seconds / 86_400);
        var actual = Math.Log(now.LiquidationThreshold.ToDouble());
        var end = SnapshotValuation.ThresholdAfterRamp(now, now.Attested.Volatility, now.Attested.Slippage).ToDouble();
        return ShowStep.Of(
            $"{seconds} s later the threshold has come from {was.LiquidationThreshold.ToDouble():0.000000} to {now.LiquidationThreshold.ToDouble():0.000000}, on its way to {end:0.0000}.",
            new { seconds, rampPerDay = now.Bounds.RampPerDay.ToDouble(), from = was.LiquidationThreshold.ToDouble() },
            new { to = now.LiquidationThreshold.ToDouble(), end },
            $"ln LT falls by rampPerDay x seconds / 86,400: to {Math.Exp(expected):0.000000000}",
            Math.Abs(actual - expected) <= 1e-9 && now.LiquidationThreshold.ToDouble() > end);
    }

    private static ShowStep Refused(string sentence, string error, string given, object inputs) => ShowStep.Of(
        sentence, inputs, new { error = given }, $"the contract reverts with {error}", given.StartsWith($"{error}(", StringComparison.Ordinal));

    private static bool Near(Wad chain, Wad ours) => Math.Abs(chain.ToDouble() - ours.ToDouble()) <= 1e-9;
}

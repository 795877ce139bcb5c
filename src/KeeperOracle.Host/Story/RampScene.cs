using System.Runtime.CompilerServices;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Story;

/// <summary>
/// Scene 4: what may be borrowed follows volatility at once, what is liquidated glides. Known from elsewhere: the formulas of the factors in C#, and a control that is
/// valued without the swap and without the ramp, and then played on a fork (<see cref="ControlRun"/>).
/// </summary>
internal static class RampScene
{
    private const double Volatility = .90;
    private const ulong Day = 86_400;

    public static StoryScene Scene { get; } = new(4, "Initial margin jumps, maintenance glides, nobody is liquidated by the ramp", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await cast.WaitAsync((await cast.SnapshotAsync(cancellationToken)).Report.MinIntervalSeconds, cancellationToken);
        var before = await cast.SnapshotAsync(cancellationToken);
        cast.ImpliedVolatility = .85;
        await cast.ReportAsync(Volatility, cancellationToken);
        var after = await cast.SnapshotAsync(cancellationToken);
        var (was, now) = (before.Assets[0], after.Assets[0]);
        var expected = SnapshotValuation.RecomputeFactors(now, after.Report, after.Block.Timestamp);
        yield return ShowStep.Of(
            $"The nodes attest {Volatility:P0} for the {was.Attested.Volatility.ToDouble():P0} before, and {cast.ImpliedVolatility:P0} implied. Of WETH {now.BorrowFactor.ToDouble():P2} may be borrowed instead of {was.BorrowFactor.ToDouble():P2}, at once; "
            + $"loans that exist are still liquidated by a threshold of {now.LiquidationThreshold.ToDouble():0.000000}.",
            new { volatility = Volatility, volatilityBefore = was.Attested.Volatility.ToDouble(), slippage = now.Attested.Slippage.ToDouble(), impliedVolatility = cast.ImpliedVolatility },
            new { borrowFactors = (double[])[was.BorrowFactor.ToDouble(), now.BorrowFactor.ToDouble()], thresholds = (double[])[was.LiquidationThreshold.ToDouble(), now.LiquidationThreshold.ToDouble()] },
            $"the borrow factor by the formula, {expected.BorrowFactor.ToDouble():0.000000000}; the threshold has moved by some seconds of ramp only",
            now.BorrowFactor < was.BorrowFactor && ShowStep.Near(now.BorrowFactor.ToDouble(), expected.BorrowFactor.ToDouble(), 1e-9)
            && was.LiquidationThreshold.ToDouble() - now.LiquidationThreshold.ToDouble() is >= 0 and < 1e-4);

        await cast.WaitAsync(Day, cancellationToken);
        await cast.QuietAsync(cancellationToken);
        var later = await cast.SnapshotAsync(cancellationToken);
        var (end, seconds) = (later.Assets[0], later.Block.Timestamp - now.Attested.UpdatedAt);
        var byRamp = Math.Exp(Math.Log(now.LiquidationThreshold.ToDouble()) - (now.Bounds.RampPerDay.ToDouble() * (later.Block.Timestamp - after.Block.Timestamp) / Day));
        var unhealthy = later.Accounts.Count(account => SnapshotValuation.Value(later, account).Health < Wad.One);
        yield return ShowStep.Of(
            $"A day later the threshold has glided to {end.LiquidationThreshold.ToDouble():0.000000}, and Alice's health with it to {cast.Health(later):0.0000}. Nobody is liquidated.",
            new { rampPerDay = now.Bounds.RampPerDay.ToDouble(), seconds, thresholdBefore = now.LiquidationThreshold.ToDouble() },
            new { threshold = end.LiquidationThreshold.ToDouble(), health = cast.Health(later), unhealthy, liquidations = cast.Intents("liquidate/").Count },
            $"ln LT falls by the ramp alone: {byRamp:0.000000}; no account is under health 1",
            ShowStep.Near(end.LiquidationThreshold.ToDouble(), byRamp, 1e-6) && unhealthy == 0 && cast.Intents("liquidate/").Count == 0);

        yield return await ControlAsync(cast, later, cancellationToken);
        yield return await ControlRun.PlayAsync(cast, cancellationToken);
    }

    /// <summary>Her liens as they were before the swap, at today's prices and factors, and then with the threshold where the ramp will end.</summary>
    private static async Task<ShowStep> ControlAsync(StoryCast cast, ChainSnapshot now, CancellationToken cancellationToken)
    {
        var asset = now.Assets[0];
        var target = CollateralFactors.LiquidationThreshold(
            asset.Attested.Volatility.ToDouble(),
            asset.Attested.Slippage.ToDouble(),
            new FactorParameters(asset.Bounds.TailMultiplier.ToDouble(), asset.Bounds.HorizonSeconds, asset.Bounds.Bonus.ToDouble(), asset.Bounds.Jump.ToDouble()));
        var value = cast.ValueOfAlice(now);
        var owed = value.Debt.ToDouble() + value.MaintenanceRequirement.ToDouble();
        var (today, before) = ((await LienWorth.OfAsync(cast, cancellationToken)).Expected, cast.LiensBeforeTheSwap!);
        var liens = new LienWorth(today.Weth with { Units = before.Weth.Units }, today.Usdt with { Units = before.Usdt.Units });
        var (threshold, local) = (asset.LiquidationThreshold.ToDouble(), cast.Weth.Tokens(cast.AliceIn(now).Collateral[0]));
        var (weth, stable) = ((local * cast.Prices.Weth * threshold) + liens.Weth.Counts().Maintenance, liens.Usdt.Counts().Maintenance);
        var (swapless, rampless) = ((weth + stable) / owed, ((weth * target / threshold) + stable) / owed);
        return ShowStep.Of(
            $"Without the swap her health would be {swapless:0.0000} today; without the ramp either, with the threshold of {target:0.0000} that {asset.Attested.Volatility.ToDouble():P0} asks for, {rampless:0.0000}.",
            new { wethCapacity = weth, stableCapacity = stable, debtAndRequirement = owed, threshold, thresholdWithoutRamp = target },
            new { withoutTheSwap = swapless, withoutSwapAndRamp = rampless, asItIs = cast.Health(now) },
            "under 1 without both, over 1 as it is",
            rampless < 1 && cast.Health(now) > 1);
    }
}

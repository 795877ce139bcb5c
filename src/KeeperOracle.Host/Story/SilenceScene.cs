using System.Numerics;
using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>Scene 5: relay, keepers and reports fall silent for more than a day, and come back. Known from elsewhere: the haircut by its formula, the vault's refusals.</summary>
internal static class SilenceScene
{
    private const ulong Silent = 30 * TwoChainStage.Hour;
    public const double Volatility = .90;

    public static StoryScene Scene { get; } = new(5, "Relay, keepers and reports fall silent, and come back", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ProvenSinceAsync(cast, await cast.Stage.LatestAsync(cancellationToken) - TwoChainStage.Hour, cancellationToken);
        var (before, fresh) = await LienWorth.OfAsync(cast, cancellationToken);
        await cast.Stage.KillRelayAsync();
        await cast.KillKeeperAsync();
        await cast.WaitAsync(Silent, cancellationToken);
        var (capacity, expected) = await LienWorth.OfAsync(cast, cancellationToken);
        var haircut = expected.Weth.Counts().InitialHaircut;
        var maintenance = new Wad((await cast.B.CallAsync(cast.B.CrossChain.MarginHub, new MarginHub.CapacityOfFunction(cast.Account), cancellationToken)).Maintenance).ToDouble();
        yield return ShowStep.Of(
            $"The relay and the keepers are killed, no report comes, for {Silent / 3600} hours. What was seen of A is {expected.Weth.AgeSeconds:N0} s old instead of {fresh.Weth.AgeSeconds:N0}: the haircut of WETH is {haircut:P3}, that of USDT {expected.Usdt.Counts().InitialHaircut:P3}, and for new risk her liens count {capacity:N2} instead of {before:N2}.",
            expected.Inputs,
            new { capacity, capacityBefore = before, haircut, maintenance },
            $"sum of units x price x BF x (1 - z99 sigma sqrt(age)) = {expected.Initial:N2}; for liquidation {expected.Maintenance:N2}, by the finality lag alone",
            capacity < before && ShowStep.Near(capacity, expected.Initial, 1e-9) && ShowStep.Near(maintenance, expected.Maintenance, 1e-9));

        var refusal = await BorrowAsync(cast, cancellationToken);
        var now = await cast.SnapshotAsync(cancellationToken);
        var limits = new LiquidationLimits((BigInteger.One << 256) - 1, [.. now.Assets.Select(_ => BigInteger.Zero)], now.Block.Timestamp + 600);
        var liquidation = await cast.B.RefusalAsync(cast.Anyone, cast.Vault, new MarginVault.LiquidateFunction(cast.Account, limits, []), cancellationToken);
        yield return ShowStep.Of(
            $"A new loan of 100 is refused. Her health, {cast.Health(now):0.0000}, knows nothing of the silence, and somebody who tries to liquidate her is refused too.",
            new { silentSeconds = now.Block.Timestamp - now.Report.LastReportAt, heartbeat = now.Report.HeartbeatSeconds },
            new { refusalOfALoan = refusal, refusalOfALiquidation = liquidation, health = cast.Health(now) },
            "the loan reverts, and the liquidation with AccountHealthy",
            refusal.Length > 0 && liquidation.StartsWith("AccountHealthy(", StringComparison.Ordinal) && cast.Health(now) > 1);

        var seen = await ProvenAtAsync(cast, cancellationToken);
        await cast.Stage.StartRelayAsync(cancellationToken);
        await cast.StartKeeperAsync(cancellationToken);
        await ProvenSinceAsync(cast, seen + 1, cancellationToken);
        await cast.ReportAsync(Volatility, cancellationToken);
        await cast.QuietAsync(cancellationToken);
        var (restored, again) = await LienWorth.OfAsync(cast, cancellationToken);
        var loan = await BorrowAsync(cast, cancellationToken);
        yield return ShowStep.Of(
            $"They come back. The relay proves the liens anew, {again.Weth.AgeSeconds:N0} s old; the nodes report. They count {restored:N2}, and the same loan is made.",
            again.Inputs,
            new { capacity = restored, refusal = loan },
            $"more than in the silence, by the same formula {again.Initial:N2}; the loan is not refused",
            restored > capacity && ShowStep.Near(restored, again.Initial, 1e-9) && loan.Length == 0);
    }

    /// <summary>Time passes until the relay has proved both liens under headers of this time or later ones.</summary>
    private static async Task ProvenSinceAsync(StoryCast cast, ulong time, CancellationToken cancellationToken)
    {
        await cast.Stage.PassUntilAsync(
            "the relay proves the liens anew",
            450,
            async () => await ProvenAtAsync(cast, cancellationToken) >= time,
            cancellationToken);
        await cast.WaitAsync(1, cancellationToken);
    }

    /// <summary>Of the one that was seen longer ago.</summary>
    private static async Task<ulong> ProvenAtAsync(StoryCast cast, CancellationToken cancellationToken) => Math.Min(
        (await cast.Stage.OnHubAsync(cast.A, cast.Lien.Number, cancellationToken)).ObservedAt,
        (await cast.Stage.OnHubAsync(cast.A, cast.StableLien.Number, cancellationToken)).ObservedAt);

    private static Task<string> BorrowAsync(StoryCast cast, CancellationToken cancellationToken) => cast.B.RefusalAsync(
        cast.Alice, cast.Vault, new MarginVault.BorrowFunction(cast.Account, new BigInteger(100_000_000), cast.Alice, []), cancellationToken);
}

using System.Numerics;
using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Story;

/// <summary>
/// Scene 6: a deeper fall. The keeper takes what is on B, somebody repays more against the lien, and is paid on A by B's order, which the relay proves there. Known from
/// elsewhere: events, balances, and the target health.
/// </summary>
internal static class SeizureScene
{
    private const double Fallen = .95;

    public static StoryScene Scene { get; } = new(6, "A deeper fall: liquidated on B, paid on A", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = await cast.SnapshotAsync(cancellationToken);
        var fall = Fallen / cast.Health(first);
        await cast.SetPricesAsync(cast.Prices.Weth * fall, cast.Prices.Wbtc * Math.Pow(fall, .8), cancellationToken);
        await cast.QuietAsync(cancellationToken);
        var local = await LiquidatedAsync(cast, cancellationToken);
        var between = await cast.SnapshotAsync(cancellationToken);
        yield return ShowStep.Of(
            $"WETH falls by another {1 - fall:P1} to {cast.Prices.Weth:N2}. Alice is under health 1: the keeper repays {local.Sum(one => (double)one.Repaid) / 1e6:N2} and takes the WETH that she has on B. Her health is {cast.Health(between):0.0000} then.",
            new { price = cast.Prices.Weth, localBefore = (double)cast.AliceIn(first).Collateral[0] / 1e18, healthBefore = Fallen },
            new { liquidations = local.Count, repaid = local.Sum(one => (double)one.Repaid) / 1e6, localAfter = (double)cast.AliceIn(between).Collateral[0] / 1e18, health = cast.Health(between) },
            "one liquidation or more, all by the keeper, and hardly anything left on B",
            local.Count > 0 && local.All(one => one.Liquidator == cast.Stage.Keeper.Address) && cast.AliceIn(between).Collateral[0] < cast.AliceIn(first).Collateral[0]);

        var recipient = cast.A.Chain.Accounts[12];
        await cast.FundAsync(cast.Anyone, 1_000_000 * BigInteger.Pow(10, 6), cancellationToken);
        var lien = await cast.B.CallAsync(cast.B.CrossChain.MarginHub, new MarginHub.LienOfFunction(cast.Lien.Key), cancellationToken);
        var deadline = between.Block.Timestamp + 600;
        await cast.B.SendAsync(
            cast.Anyone, cast.Vault, new MarginVault.LiquidateLienFunction(cast.Account, new LienLimits(cast.Lien.Key, (BigInteger.One << 255), BigInteger.One, recipient, deadline)), cancellationToken);
        var ordered = lien.Counted - (await cast.B.CallAsync(cast.B.CrossChain.MarginHub, new MarginHub.LienOfFunction(cast.Lien.Key), cancellationToken)).Counted;
        var repaidThen = await cast.SnapshotAsync(cancellationToken);
        yield return ShowStep.Of(
            $"Somebody repays more of her debt against the lien on A: B orders that {(double)ordered / 1e18:N4} WETH be seized there for an address that he names. Her health is {cast.Health(repaidThen):0.0000}.",
            new { lien = (double)lien.Counted / 1e18, targetHealth = repaidThen.Market.TargetHealth.ToDouble() },
            new { ordered = (double)ordered / 1e18, health = cast.Health(repaidThen) },
            "the units leave her capacity at once, and health is at the target",
            ordered.Sign > 0 && Math.Abs(cast.Health(repaidThen) - repaidThen.Market.TargetHealth.ToDouble()) < .002);

        var before = await cast.A.CallAsync(cast.A.Deployment.Assets[0].Token, new ERC20.BalanceOfFunction(recipient), cancellationToken);
        await cast.Stage.PassUntilAsync(
            "the order is carried out on A",
            450,
            async () => await cast.A.CallAsync(cast.A.Deployment.Assets[0].Token, new ERC20.BalanceOfFunction(recipient), cancellationToken) > before,
            cancellationToken);
        var paid = await cast.A.CallAsync(cast.A.Deployment.Assets[0].Token, new ERC20.BalanceOfFunction(recipient), cancellationToken) - before;
        var left = (await TwoChainStage.InVaultAsync(cast.A, cast.Lien.Number, cancellationToken)).Amount;
        await cast.WaitAsync(1, cancellationToken);
        yield return ShowStep.Of(
            $"When the order is final on B the relay proves it on A, and A pays {(double)paid / 1e18:N4} WETH, no more and no less. In the lien are left {(double)left / 1e18:N4}.",
            new { ordered = (double)ordered / 1e18, lienBefore = (double)lien.Proven / 1e18 },
            new { paid = (double)paid / 1e18, left = (double)left / 1e18 },
            "paid to the unit what was ordered; lien before less that",
            paid == ordered && left == lien.Proven - ordered);
    }

    private static async Task<IReadOnlyList<MarginVault.LiquidatedEvent>> LiquidatedAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var made = new List<MarginVault.LiquidatedEvent>();
        foreach (var log in await cast.B.LogsAsync(cast.Vault, cancellationToken))
        {
            if (MarginVault.LiquidatedEvent.TryDecode(log, out var one) && one.Account == cast.Account)
            {
                made.Add(one);
            }
        }

        return made;
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Shows;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Story;

/// <summary>
/// Scene 6: a deeper fall. A keeper repays a part of Alice's debt on B against her lien, and is paid on A by B's order, which the relay proves there. Known from elsewhere: events,
/// balances, and the target health.
/// </summary>
internal static class SeizureScene
{
    private const double Fallen = .95;
    private const double BorrowedAgain = 12_000;

    /// <summary>Tokens of which the share that may leave A at once is taken, whatever more is locked.</summary>
    private const double RateBase = 400;

    public static StoryScene Scene { get; } = new(6, "A deeper fall: liquidated on B, paid on A", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await SellTheRestAsync(cast, cancellationToken);
        await LowerTheRateAsync(cast, cancellationToken);
        var first = await cast.SnapshotAsync(cancellationToken);
        var (worth, value) = ((await LienWorth.OfAsync(cast, cancellationToken)).Expected, cast.ValueOfAlice(first));
        var owed = value.Debt.ToDouble() + value.MaintenanceRequirement.ToDouble();
        var fall = ((Fallen * owed) - worth.Usdt.Counts().Maintenance) / worth.Weth.Counts().Maintenance; // of the one of the two that falls
        await cast.SetPricesAsync(cast.Prices.Weth * fall, cast.Prices.Wbtc * Math.Pow(fall, .8), cancellationToken);
        await cast.QuietAsync(cancellationToken);
        var (seized, at) = await SeizedAsync(cast, cancellationToken);
        var between = await SnapshotBeforeAsync(cast, at, cancellationToken);
        var sent = cast.Intents("liquidate/").Count(intent => intent.State is IntentState.Included or IntentState.Finalized);
        yield return ShowStep.Of(
            $"WETH falls by another {1 - fall:P1} to {cast.Prices.Weth:N2}. Alice is under health 1, at {cast.Health(between):0.0000}, and there is nothing on B to seize. A keeper repays {(double)seized.Repaid / 1e6:N2} of her debt against her lien on A.",
            new { price = cast.Prices.Weth, debt = cast.ValueOfAlice(between).Debt.ToDouble(), requirement = cast.ValueOfAlice(between).MaintenanceRequirement.ToDouble() },
            new { health = cast.Health(between), repaid = (double)seized.Repaid / 1e6, liquidations = sent },
            "health under 1, one liquidation, paid for by one of the keepers and for its own address on A",
            cast.Health(between) < 1 && sent == 1 && cast.Keepers.Any(keeper => keeper.Address == seized.Liquidator) && seized.Recipient == seized.Liquidator);

        var (recipient, ordered) = (seized.Recipient, seized.Units);
        var lien = await cast.B.CallAsync(cast.B.CrossChain.MarginHub, new MarginHub.LienOfFunction(cast.Lien.Key), cancellationToken);
        var repaidThen = await cast.SnapshotAsync(cancellationToken);
        yield return ShowStep.Of(
            $"B orders that {(double)ordered / 1e18:N4} WETH be seized there for that keeper: what it paid, with a bonus that counts the delay. Alice's health is {cast.Health(repaidThen):0.0000}.",
            new { lien = (double)(lien.Counted + ordered) / 1e18, targetHealth = repaidThen.Market.TargetHealth.ToDouble() },
            new { ordered = (double)ordered / 1e18, health = cast.Health(repaidThen) },
            "the units leave her capacity at once, and health is at the target",
            ordered.Sign > 0 && lien.Pending == ordered && Math.Abs(cast.Health(repaidThen) - repaidThen.Market.TargetHealth.ToDouble()) < .002);

        var began = await cast.Stage.LatestAsync(cancellationToken);
        var atOnce = await cast.A.CallAsync(cast.A.CrossChain.CollateralVault, new CollateralVault.AvailableAtOnceFunction(cast.A.Deployment.Assets[0].Token), cancellationToken);
        var before = await cast.A.CallAsync(cast.A.Deployment.Assets[0].Token, new ERC20.BalanceOfFunction(recipient), cancellationToken);
        await cast.Stage.PassUntilAsync(
            "the order is carried out on A",
            TwoChainStage.Hour,
            async () => (await TwoChainStage.InVaultAsync(cast.A, cast.Lien.Number, cancellationToken)).Counter >= lien.LastCounter,
            cancellationToken);
        var paid = await cast.A.CallAsync(cast.A.Deployment.Assets[0].Token, new ERC20.BalanceOfFunction(recipient), cancellationToken) - before;
        var left = (await TwoChainStage.InVaultAsync(cast.A, cast.Lien.Number, cancellationToken)).Amount;
        await cast.WaitAsync(1, cancellationToken);
        var hours = (await cast.Stage.LatestAsync(cancellationToken) - began) / 3600.0;
        yield return ShowStep.Of(
            $"When the order is final on B the relay proves it on A. Since the shock governance there lets only {cast.Weth.Tokens(atOnce):N0} WETH leave in a day at once, 2 % of {RateBase:N0}. The order is more, so A holds it for a day, in which Alice or the guardian could veto; then it pays {(double)paid / 1e18:N4} WETH, no more and no less. In the lien are left {(double)left / 1e18:N4}.",
            new { ordered = (double)ordered / 1e18, lienBefore = (double)lien.Proven / 1e18, rateBase = RateBase },
            new { atOnce = cast.Weth.Tokens(atOnce), hours, paid = (double)paid / 1e18, left = (double)left / 1e18 },
            "paid to the unit what was ordered, not before a day has passed; the lien holds that much less",
            ordered > atOnce && atOnce == cast.Weth.Units(RateBase * .02) && paid == ordered && left == lien.Proven - ordered && hours >= 24);
    }

    /// <summary>The risk admin of A, after the shock.</summary>
    private static async Task LowerTheRateAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var (vault, weth) = (cast.A.CrossChain.CollateralVault, cast.A.Deployment.Assets[0]);
        var cap = (await cast.A.CallAsync(vault, new CollateralVault.TokenOfFunction(weth.Token), cancellationToken)).Cap;
        await cast.A.SendAsync(cast.A.Deployer, vault, new CollateralVault.SetTokenFunction(weth.Token, (byte)weth.Decimals, cap, weth.Units(RateBase)), cancellationToken);
    }

    /// <summary>A keeper's seizure, and in which block.</summary>
    private static async Task<(MarginVault.LienSeizedEvent Seized, ulong Block)> SeizedAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        foreach (var log in await cast.B.LogsAsync(cast.Vault, cancellationToken))
        {
            if (MarginVault.LienSeizedEvent.TryDecode(log, out var seized))
            {
                return (seized, log.BlockNumber);
            }
        }

        throw new InvalidOperationException($"No keeper has liquidated against the lien: {cast.LastVerdict($"{cast.Account}")}.");
    }

    private static async Task<ChainSnapshot> SnapshotBeforeAsync(StoryCast cast, ulong block, CancellationToken cancellationToken)
    {
        var before = await cast.B.Chain.Eth.GetBlockByNumberAsync(block - 1, cancellationToken);
        var reader = new ChainReader(cast.B.Chain.Rpc, cast.B.Deployment.Addresses.Multicall3);
        return await new SnapshotReader(reader, cast.B.Chain.Eth, cast.B.Deployment.Addresses, cast.B.Chain.Id).ReadAsync(before!.Value.Ref, cast.Stage.Keeper.Address, cancellationToken);
    }

    /// <summary>
    /// She pays off what her collateral on B brings, and borrows a part of it again on what is on A. Her mandate she takes back: the health to which she is liquidated is under its
    /// trigger, and a keeper would swap what is left.
    /// </summary>
    private static async Task<ShowStep> SellTheRestAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        await cast.OpenPoolAsync(cast.Prices.Weth, cancellationToken);
        var before = await cast.SnapshotAsync(cancellationToken);
        var amount = cast.AliceIn(before).Collateral[0];
        var order = new SwapOrder(cast.Weth.Token, cast.B.Deployment.Stable, ShowPool.Fee, amount, BigInteger.One, before.Block.Timestamp + 600);
        await cast.B.SendAsync(cast.Alice, cast.Vault, new MarginVault.SwapCollateralFunction(cast.Account, order), cancellationToken);
        var after = await cast.SnapshotAsync(cancellationToken);
        await cast.B.SendAsync(cast.Alice, cast.Vault, new MarginVault.BorrowFunction(cast.Account, new BigInteger(BorrowedAgain * 1e6), cast.Alice, []), cancellationToken);
        await cast.B.SendAsync(
            cast.Alice, cast.B.CrossChain.MarginHub, new MarginHub.SetLienSwapMandateFunction(cast.Lien.Key, new LienSwapMandate(default, 0, 0, 0, 0, 0, 0, 0)), cancellationToken);
        var last = await cast.SnapshotAsync(cancellationToken);
        var (debtBefore, debt) = (cast.ValueOfAlice(before).Debt.ToDouble(), cast.ValueOfAlice(after).Debt.ToDouble());
        return ShowStep.Of(
            $"Alice sells the {(double)amount / 1e18:N4} WETH that she has on B herself: her debt goes from {debtBefore:N2} to {debt:N2}, her health from {cast.Health(before):0.0000} to {cast.Health(after):0.0000}. {BorrowedAgain:N0} she borrows again, which her liens secure: it is {cast.Health(last):0.0000}. All that secures her is on A, and what is left there of her WETH is to stay WETH: she takes her mandate back.",
            new { sold = (double)amount / 1e18, price = cast.Prices.Weth, debtBefore, borrowedAgain = BorrowedAgain },
            new { debt, debtAfter = cast.ValueOfAlice(last).Debt.ToDouble(), healthBefore = cast.Health(before), health = cast.Health(after), healthAfter = cast.Health(last) },
            "health rises by the sale, the debt falls by what they are worth less at most 1 %, and nothing is left on B; with the new loan it is over what she lets be swapped at",
            cast.Health(after) > cast.Health(before) && cast.AliceIn(after).Collateral[0].IsZero && cast.Health(last) > ShockScene.Trigger.ToDouble()
            && ShowStep.Near(cast.ValueOfAlice(last).Debt.ToDouble(), debt + BorrowedAgain, 1e-6)
            && (debtBefore - debt) / ((double)amount / 1e18 * cast.Prices.Weth) is > .99 and <= 1);
    }
}

using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Commands;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 14: how far an account is from liquidation, an alert, and a capped automatic top-up that a keeper's real process executes. Known from elsewhere: the
/// events of the vault, and the amount by hand.
/// </summary>
internal static class TopUpShow
{
    private const int Defended = 5;
    private const int Alone = 4;
    private const double Low = 1.01;
    private static readonly Wad Trigger = Wad.FromDoubleDown(1.05);
    private static readonly Wad Target = Wad.FromDoubleDown(1.30);
    private static readonly BigInteger Cap = 200_000 * BigInteger.Pow(10, 6);

    public static ChainShow Show { get; } = new("14", "Margin management: distance to liquidation, an alert, a capped top-up", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await stage.StartKeeperAsync(cancellationToken);
        var first = await stage.SnapshotAsync(cancellationToken);
        await AllowAsync(stage, first, cancellationToken);
        yield return Distances(first);

        var fall = Low / Health(first, Defended);
        await stage.SetPricesAsync(fall, cancellationToken);
        await stage.QuietAsync(cancellationToken);
        var made = await MadeAsync(stage, cancellationToken);
        // The keeper does not wait for the last of the feeds: what it saw is the block before its own.
        yield return ToppedUp(await stage.SnapshotAsync(made.Count == 1 ? made[0].Block - 1 : first.Block.Number, cancellationToken), [.. made.Select(one => one.Event)]);

        await stage.SetPricesAsync(fall * Low / Health(await stage.SnapshotAsync(cancellationToken), Alone), cancellationToken);
        await stage.QuietAsync(cancellationToken);
        yield return OnlyAnAlert(stage, await stage.SnapshotAsync(cancellationToken), (await MadeAsync(stage, cancellationToken)).Count);
    }

    /// <summary>The owner gives the keeper nothing: he lets anyone have the vault take from his wallet what restores his target.</summary>
    private static async Task AllowAsync(ShowStage stage, ChainSnapshot snapshot, CancellationToken cancellationToken)
    {
        var (vault, stable) = (stage.Deployment.Addresses.MarginVault, stage.Deployment.Stable);
        var account = snapshot.Accounts[Defended];
        var mandate = new TopUpMandate(default, stable, (ulong)Trigger.Raw, (uint)ShowStage.Hour, (ulong)Target.Raw, ShowStage.Start + (1000 * ShowStage.Hour), Cap);
        await stage.SendAsync(stage.Chain.Accounts[0], stable, new MockToken.MintFunction(account.Owner, Cap), cancellationToken);
        await stage.SendAsync(account.Owner, stable, new ERC20.ApproveFunction(vault, Cap), cancellationToken);
        await stage.SendAsync(account.Owner, vault, new MarginVault.SetTopUpMandateFunction(account.Account, 0, mandate), cancellationToken);
    }

    private static ShowStep Distances(ChainSnapshot snapshot)
    {
        var rows = snapshot.Accounts.Select((account, i) =>
        {
            var valuation = SnapshotValuation.Value(snapshot, account);
            return new
            {
                account = AccountId.Format(account.Account),
                capacity = valuation.LiquidationCapacity.ToDouble(),
                debt = valuation.Debt.ToDouble(),
                health = Health(snapshot, i),
                wethPriceAtLiquidation = snapshot.Assets[0].Price.PerToken.ToDouble() / Health(snapshot, i),
            };
        }).ToArray();
        return ShowStep.Of(
            $"Six accounts. If all prices fall alike the first is liquidated at WETH {rows[0].wethPriceAtLiquidation:N0}, the last at {rows[Defended].wethPriceAtLiquidation:N0}, "
            + $"{1 - (1 / rows[Defended].health):P1} under today's 3,000. Its owner allows top-ups from his wallet under health {Trigger.ToDouble():0.00}; the owner before him allows nothing.",
            new { rows },
            new { rows[0].wethPriceAtLiquidation, last = rows[Defended].wethPriceAtLiquidation },
            "health is capacity over debt for each, and every account has a price",
            rows.All(row => ShowStep.Near(row.health, row.capacity / row.debt, 1e-9) && double.IsFinite(row.wethPriceAtLiquidation)));
    }

    private static ShowStep ToppedUp(ChainSnapshot before, IReadOnlyList<MarginVault.ToppedUpEvent> made)
    {
        var valuation = SnapshotValuation.Value(before, before.Accounts[Defended]);
        var expected = valuation.Debt.ToDouble() - (valuation.LiquidationCapacity.ToDouble() / Target.ToDouble());
        var amount = made.Count == 1 ? (double)made[0].Amount / 1e6 : double.NaN;
        var after = made.Count == 1 ? new Wad(made[0].HealthAfter).ToDouble() : double.NaN;
        return ShowStep.Of(
            $"Prices fall until its health is {Health(before, Defended):0.0000}. The keeper has the vault take {amount:N2} from the wallet: health is {after:0.0000}.",
            new
            {
                debt = valuation.Debt.ToDouble(),
                capacity = valuation.LiquidationCapacity.ToDouble(),
                trigger = Trigger.ToDouble(),
                target = Target.ToDouble(),
                capAtOnce = (double)(Cap / 2) / 1e6,
            },
            new { topUps = made.Count, amount, healthAfter = after },
            $"exactly one top-up, of debt - capacity / target = {expected:N2}, within half of the cap",
            made.Count == 1 && ShowStep.Near(amount, expected, 1e-6) && amount <= (double)(Cap / 2) / 1e6 && after >= Target.ToDouble() - 1e-9);
    }

    private static ShowStep OnlyAnAlert(ShowStage stage, ChainSnapshot now, int topUps)
    {
        var account = now.Accounts[Alone];
        var alert = stage.VerdictsOn(account.Account.ToString()).OfType<Refuse>().LastOrDefault()?.Refusal;
        var purposes = stage.Journal(journal => journal.RecentIntents(1000).Select(intent => intent.Purpose.Split('/')[0]).Order(StringComparer.Ordinal).ToArray());
        return ShowStep.Of(
            $"They fall further until the account that allows nothing is at {Health(now, Alone):0.0000}. The keeper tells of it and does nothing: it may not.",
            new { account = AccountId.Format(account.Account), health = Health(now, Alone), alertHealth = 1.02 },
            new { alert = alert?.Code.ToString() ?? "", reason = alert?.Detail ?? "", sent = purposes, topUps },
            "the last decision on it is NearLiquidation; the keeper has sent its approval and one top-up, and nothing else",
            alert?.Code == RefusalCode.NearLiquidation && purposes.SequenceEqual(["approve", "topup"]) && topUps == 1);
    }

    private static double Health(ChainSnapshot snapshot, int account) => SnapshotValuation.Value(snapshot, snapshot.Accounts[account]).Health!.Value.ToDouble();

    private static async Task<IReadOnlyList<(MarginVault.ToppedUpEvent Event, ulong Block)>> MadeAsync(ShowStage stage, CancellationToken cancellationToken)
    {
        var made = new List<(MarginVault.ToppedUpEvent, ulong)>();
        foreach (var log in await stage.LogsAsync(stage.Deployment.Addresses.MarginVault, cancellationToken))
        {
            if (MarginVault.ToppedUpEvent.TryDecode(log, out var one))
            {
                made.Add((one, log.BlockNumber));
            }
        }

        return made;
    }
}

using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Commands;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 2: a falling feed walks three accounts up the ladder: top-up, swap, alert, partial liquidation, each by a keeper's real process. The keeper is killed
/// after a broadcast, and a second one races it. Known from elsewhere: the vault's events and their blocks, its error, the keeper's nonce.
/// </summary>
internal static class LadderShow
{
    /// <summary>From nearest to liquidation on: the owner of the first allows top-ups, that of the second swaps, that of the third nothing.</summary>
    private const int ToppedUp = 5;
    private const int Swapped = 4;
    private const int Alone = 3;
    private const int Within = 3;
    private static readonly string[] NextRungs = ["top-up", "swap", "alert", "partial liquidation"];
    private const ushort WbtcMask = 2;
    private const ushort StableMask = 0x8000;
    private static readonly Wad Trigger = Wad.FromDoubleDown(1.05);
    private static readonly Wad TopUpTarget = Wad.FromDoubleDown(1.50);
    private static readonly Wad SwapTarget = Wad.FromDoubleDown(1.30);
    private static readonly BigInteger Cap = 200_000 * BigInteger.Pow(10, 6);

    public static ChainShow Show { get; } = new("2", "Automated risk response: alert, top-up, swap, partial liquidation", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = await stage.SnapshotAsync(cancellationToken);
        var swapAt = 1.03 / Health(first, Swapped);
        await AllowAsync(stage, first, swapAt, cancellationToken);
        var keeper = await stage.AddKeeperAsync("first", cancellationToken);
        await keeper.StartAsync(cancellationToken);
        yield return Rungs(first);

        var block = await stage.FallInOneBlockAsync(1.04 / Health(first, ToppedUp), cancellationToken);
        await stage.MineAsync(cancellationToken);
        await keeper.QuietAsync(cancellationToken);
        yield return await TopUpAsync(stage, block, cancellationToken);

        block = await stage.FallInOneBlockAsync(swapAt, cancellationToken);
        await KillAfterBroadcastAsync(stage, keeper, cancellationToken);
        await stage.MineAsync(cancellationToken);
        await keeper.QuietAsync(cancellationToken);
        yield return await SwapAsync(stage, keeper, block, cancellationToken);

        block = await stage.FallInOneBlockAsync(1.01 / Health(first, Alone), cancellationToken);
        await stage.MineAsync(cancellationToken);
        await keeper.QuietAsync(cancellationToken);
        yield return await AlertAsync(stage, keeper, cancellationToken);

        var rival = await stage.AddKeeperAsync("second", cancellationToken);
        await rival.StartAsync(cancellationToken);
        block = await stage.FallInOneBlockAsync(.97 / Health(first, Alone), cancellationToken);
        await RaceAsync(stage, keeper, rival, cancellationToken);
        yield return await LiquidationAsync(stage, [keeper, rival], block, cancellationToken);
    }

    // ------------------------------------------------------------------------------------------------ what happens

    /// <summary>The owners allow what they allow; the pool stands where the market will be when it is needed.</summary>
    private static async Task AllowAsync(ShowStage stage, ChainSnapshot snapshot, double swapAt, CancellationToken cancellationToken)
    {
        var (vault, stable, wbtc) = (stage.Deployment.Addresses.MarginVault, stage.Deployment.Stable, stage.Deployment.Assets[1]);
        var (topped, swapped) = (snapshot.Accounts[ToppedUp], snapshot.Accounts[Swapped]);
        await stage.SendAsync(stage.Chain.Accounts[0], stable, new MockToken.MintFunction(topped.Owner, Cap), cancellationToken);
        await stage.SendAsync(topped.Owner, stable, new ERC20.ApproveFunction(vault, Cap), cancellationToken);
        var topUp = new TopUpMandate(default, stable, (ulong)Trigger.Raw, (uint)ShowStage.Hour, (ulong)TopUpTarget.Raw, ShowStage.Start + (1000 * ShowStage.Hour), Cap);
        await stage.SendAsync(topped.Owner, vault, new MarginVault.SetTopUpMandateFunction(topped.Account, 0, topUp), cancellationToken);
        var swap = new SwapMandate(
            (ulong)Trigger.Raw, (ulong)SwapTarget.Raw, (ulong)(Wad.Scale / 100), (ulong)(Wad.Scale / 50), (uint)ShowStage.Hour, topUp.Expiry, WbtcMask, StableMask, 0);
        await stage.SendAsync(swapped.Owner, vault, new MarginVault.SetSwapMandateFunction(swapped.Account, swap), cancellationToken);
        var stableToken = new Demo.DemoAsset("stable", stable, [], default, snapshot.Market.StableDecimals, 0);
        await ShowPool.MakeAsync(stage, wbtc, 2_000, stableToken, 2_000 * snapshot.Assets[1].Price.PerToken.ToDouble() * swapAt, cancellationToken);
    }

    /// <summary>Its swap is in the pool, in no block, and nothing of the process is left but its journal; then it is started again.</summary>
    private static async Task KillAfterBroadcastAsync(ShowStage stage, ShowKeeper keeper, CancellationToken cancellationToken)
    {
        await keeper.UntilAsync("broadcast its swap", async () => keeper.SentOf("swap/") is [{ Attempts.Count: > 0 } sent]
            && await stage.Chain.Eth.GetTransactionByHashAsync(sent.Attempts[0].TxHash, cancellationToken) is not null, cancellationToken);
        await keeper.KillAsync();
        keeper.Start();
    }

    /// <summary>Both see the same block and want the same; blocks come again when both have tried.</summary>
    private static async Task RaceAsync(ShowStage stage, ShowKeeper one, ShowKeeper other, CancellationToken cancellationToken)
    {
        bool Tried(ShowKeeper keeper) => keeper.SentOf("liquidate/").Count > 0 || keeper.EndsOf("liquidate/").Count > 0;
        await one.UntilAsync("tried", () => Task.FromResult(Tried(one)), cancellationToken);
        await other.UntilAsync("tried", () => Task.FromResult(Tried(other)), cancellationToken);
        await stage.MineAsync(cancellationToken);
        await one.QuietAsync(cancellationToken);
        await other.QuietAsync(cancellationToken);
    }

    // ---------------------------------------------------------------------------------------------- what is to hold

    private static ShowStep Rungs(ChainSnapshot snapshot)
    {
        var healths = snapshot.Accounts.Select((_, i) => Health(snapshot, i)).ToArray();
        return ShowStep.Of(
            $"Three of six accounts near their limit, at health {healths[ToppedUp]:0.000}, {healths[Swapped]:0.000} and {healths[Alone]:0.000}. The owner of the first lets anyone top it up "
            + $"from his wallet under {Trigger.ToDouble():0.00}, that of the second lets anyone sell its WBTC at a Uniswap pool, that of the third allows nothing. All prices fall alike, step by step.",
            new { healths, trigger = Trigger.ToDouble(), alertHealth = 1.02 },
            new { next = NextRungs },
            "the three are in this order, and none is under its trigger yet",
            healths[ToppedUp] > Trigger.ToDouble() && healths[ToppedUp] < healths[Swapped] && healths[Swapped] < healths[Alone]);
    }

    private static async Task<ShowStep> TopUpAsync(ShowStage stage, ulong block, CancellationToken cancellationToken)
    {
        var made = await EventsAsync(stage, log => MarginVault.ToppedUpEvent.TryDecode(log, out var one) ? one : null, cancellationToken);
        var (before, after) = made.Count == 1 ? (Number(made[0].Event.HealthBefore), Number(made[0].Event.HealthAfter)) : (0, 0);
        return ShowStep.Of(
            $"Prices fall by block {block}. The keeper has the vault take {(made.Count == 1 ? (double)made[0].Event.Amount / 1e6 : 0):N2} from the first owner's wallet in block {Block(made)}: health {before:0.0000} -> {after:0.0000}.",
            new { fallBlock = block, trigger = Trigger.ToDouble(), target = TopUpTarget.ToDouble() },
            new { actions = made.Count, actionBlock = Block(made), before, after },
            $"one top-up, within {Within} blocks, from under the trigger to the target",
            made.Count == 1 && IsSoon(made[0].Block, block) && before < Trigger.ToDouble() && ShowStep.Near(after, TopUpTarget.ToDouble(), 1e-6));
    }

    private static async Task<ShowStep> SwapAsync(ShowStage stage, ShowKeeper keeper, ulong block, CancellationToken cancellationToken)
    {
        var made = await EventsAsync(stage, log => MarginVault.CollateralSwappedEvent.TryDecode(log, out var one) ? one : null, cancellationToken);
        var (before, after) = made.Count == 1 ? (Number(made[0].Event.HealthBefore), Number(made[0].Event.HealthAfter)) : (0, 0);
        var sent = keeper.SentOf("");
        var nonce = await stage.Chain.Eth.GetTransactionCountAsync(keeper.Address, cancellationToken);
        return ShowStep.Of(
            $"They fall on by block {block}. The keeper broadcasts a swap for the second account and is killed with SIGKILL before any block has it. Started again it knows of it from its journal, and sends nothing more: "
            + $"block {Block(made)} sells {(made.Count == 1 ? (double)made[0].Event.AmountIn / 1e8 : 0):0.########} WBTC for {(made.Count == 1 ? (double)made[0].Event.AmountOut / 1e6 : 0):N2}, health {before:0.0000} -> {after:0.0000}.",
            new { fallBlock = block, trigger = Trigger.ToDouble(), target = SwapTarget.ToDouble(), maxSlippage = .01 },
            new { actions = made.Count, actionBlock = Block(made), before, after, intents = sent.Select(intent => intent.Purpose).ToArray(), nonce },
            $"exactly one swap, within {Within} blocks, up to the target; the keeper's nonce is the number of actions in its journal",
            made.Count == 1 && IsSoon(made[0].Block, block) && before <= Trigger.ToDouble() && after >= SwapTarget.ToDouble() && after < SwapTarget.ToDouble() * 1.001
                && nonce == (ulong)sent.Count);
    }

    private static async Task<ShowStep> AlertAsync(ShowStage stage, ShowKeeper keeper, CancellationToken cancellationToken)
    {
        var now = await stage.SnapshotAsync(cancellationToken);
        var account = now.Accounts[Alone].Account;
        var alert = keeper.VerdictsOn(account.ToString()).OfType<Refuse>().LastOrDefault()?.Refusal;
        var sent = keeper.SentOf("").Select(intent => intent.Purpose.Split('/')[0]).Order(StringComparer.Ordinal).ToArray();
        return ShowStep.Of(
            $"They fall on until the account that allows nothing is at {Health(now, Alone):0.0000}. The keeper tells of it, with the probability that it falls under 1 within a day, and does nothing: it may not.",
            new { account = AccountId.Format(account), health = Health(now, Alone), alertHealth = 1.02 },
            new { alert = alert?.Code.ToString() ?? "", reason = alert?.Detail ?? "", sent },
            "the last decision on it is NearLiquidation with its probability; the keeper has sent its approval, one top-up and one swap, and nothing else",
            alert?.Code == RefusalCode.NearLiquidation && alert.Detail.Contains("within a day with probability", StringComparison.Ordinal) && sent.SequenceEqual(["approve", "swap", "topup"]));
    }

    private static async Task<ShowStep> LiquidationAsync(ShowStage stage, ShowKeeper[] keepers, ulong block, CancellationToken cancellationToken)
    {
        var made = await EventsAsync(stage, log => MarginVault.LiquidatedEvent.TryDecode(log, out var one) ? one : null, cancellationToken);
        var (before, after) = made.Count == 1 ? (Number(made[0].Event.HealthBefore), Number(made[0].Event.HealthAfter)) : (0, 0);
        var snapshot = await stage.SnapshotAsync(cancellationToken);
        var left = (double)snapshot.Market.DebtOf(snapshot.Accounts[Alone]) / 1e6;
        var ends = keepers.SelectMany(keeper => keeper.EndsOf("liquidate/")).ToList();
        var won = ends.Count(end => end.Outcome == SettlementOutcome.Included);
        var refusal = ends.FirstOrDefault(end => end.Outcome is SettlementOutcome.SimulationReverted or SettlementOutcome.Reverted)?.Detail ?? "";
        return ShowStep.Of(
            $"They fall on by block {block}, and two keepers see the third account under 1. One liquidates just so much in block {Block(made)} that health {before:0.0000} becomes {after:0.0000}, and {left:N2} of its debt stay. "
            + $"The other is told: {refusal[..Math.Min(refusal.Length, 60)]}.",
            new { fallBlock = block, targetHealth = snapshot.Market.TargetHealth.ToDouble() },
            new { actions = made.Count, actionBlock = Block(made), before, after, debtLeft = left, won, refusal },
            $"one liquidation, within {Within} blocks, from under 1 to the market's target, with debt left; one keeper succeeds, the other has the vault's AccountHealthy",
            made.Count == 1 && IsSoon(made[0].Block, block) && made[0].Event.Account == snapshot.Accounts[Alone].Account && before < 1
                && ShowStep.Near(after, snapshot.Market.TargetHealth.ToDouble(), 1e-3) && left > 0 && won == 1 && refusal.Contains("AccountHealthy(", StringComparison.Ordinal));
    }

    private static bool IsSoon(ulong action, ulong cause) => action > cause && action <= cause + Within;

    private static ulong Block<T>(IReadOnlyList<(T Event, ulong Block)> made) => made.Count == 1 ? made[0].Block : 0;

    private static double Number(BigInteger wad) => new Wad(wad).ToDouble();

    private static double Health(ChainSnapshot snapshot, int account) => SnapshotValuation.Value(snapshot, snapshot.Accounts[account]).Health!.Value.ToDouble();

    private static async Task<IReadOnlyList<(T Event, ulong Block)>> EventsAsync<T>(ShowStage stage, Func<LogEntry, T?> read, CancellationToken cancellationToken)
        where T : class
    {
        var logs = await stage.LogsAsync(stage.Deployment.Addresses.MarginVault, cancellationToken);
        return [.. logs.Select(log => (Event: read(log), log.BlockNumber)).Where(pair => pair.Event is not null).Select(pair => (pair.Event!, pair.BlockNumber))];
    }
}

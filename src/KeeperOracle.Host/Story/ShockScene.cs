using System.Numerics;
using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Shows;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Story;

/// <summary>
/// Scene 3: a real shock in all feeds; two keepers want collateral under Alice's lien on A swapped for stable inside her mandate, and are killed at it once. The relay has it carried
/// out on A, and B counts both liens as they are then. Known from elsewhere: the hub's event, least units, minimum and healths by their formulas, and the tokens on A.
/// </summary>
internal static class ShockScene
{
    public static readonly Wad Trigger = new(Wad.Scale * 110 / 100);
    public static readonly Wad Target = new(Wad.Scale * 115 / 100);

    /// <summary>What whoever fills the swap may keep.</summary>
    private static readonly Wad MaxLoss = new(Wad.Scale / 200);
    private const double Fallen = 1.06;
    private const double Cap = 80;
    private const double Least = 1;

    public static StoryScene Scene { get; } = new(3, "A shock in all feeds; a keeper has collateral on A swapped inside Alice's mandate, another comes too late", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hub = cast.B.CrossChain.MarginHub;
        cast.BeforeTheShock = (await cast.B.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        var mandate = new LienSwapMandate(
            cast.StableLien.Key,
            (ulong)Trigger.Raw,
            (ulong)Target.Raw,
            (ulong)MaxLoss.Raw,
            await cast.B.NowAsync(cancellationToken) + (1000 * TwoChainStage.Hour),
            cast.Weth.Units(Cap),
            cast.Weth.Units(Least),
            (uint)(24 * TwoChainStage.Hour));
        await cast.B.SendAsync(cast.Alice, hub, new MarginHub.SetLienSwapMandateFunction(cast.Lien.Key, mandate), cancellationToken);
        var fall = Fallen / cast.Health(await cast.SnapshotAsync(cancellationToken));
        var was = cast.Prices.Weth;
        var whole = (await LienWorth.OfAsync(cast, cancellationToken)).Expected;
        await cast.RaceAsync(was * fall, cast.Prices.Wbtc * Math.Pow(fall, .8), "lienswap/", cancellationToken);
        cast.LiensBeforeTheSwap = whole with { Weth = whole.Weth with { Price = cast.Prices.Weth } };

        var made = await RequestsAsync(cast, cancellationToken);
        var (request, block) = made.Count == 1 ? made[0] : (null, 0UL);
        yield return await AskedAsync(cast, was, request, block, made.Count, cancellationToken);
        var sent = cast.Intents("lienswap/");
        yield return ShowStep.Of(
            "In the journals of the two keepers the request was made once; the hub has one event of it.",
            new { purposes = sent.Select(intent => intent.Purpose).ToArray() },
            new { states = sent.Select(intent => $"{intent.State}").ToArray() },
            "one intent that was included, of both keepers together",
            sent.Count(intent => intent.State is IntentState.Included or IntentState.Finalized) == 1 && made.Count == 1);
        if (request is not null)
        {
            yield return await CarriedOutAsync(cast, request, cancellationToken);
        }
    }

    /// <summary>Worked out once more from the block in which the keepers saw her.</summary>
    private static async Task<ShowStep> AskedAsync(
        StoryCast cast, double was, MarginHub.LienSwapRequestedEvent? request, ulong block, int requests, CancellationToken cancellationToken)
    {
        var seen = await SnapshotAtAsync(cast, block == 0 ? cast.BeforeTheShock.Number : block - 1, cancellationToken);
        var (alice, value) = (cast.AliceIn(seen), cast.ValueOfAlice(seen));
        var (weth, usdt) = (cast.LiensBeforeTheSwap!.Weth, cast.LiensBeforeTheSwap.Usdt);
        var (local, threshold) = (cast.Weth.Tokens(alice.Collateral[0]), seen.Assets[0].LiquidationThreshold.ToDouble());
        var (debt, requirement, loss) = (value.Debt.ToDouble(), value.MaintenanceRequirement.ToDouble(), MaxLoss.ToDouble());
        var capacity = (local * weth.Price * threshold) + weth.Counts().Maintenance + usdt.Counts().Maintenance;
        var (given, brought) = (weth with { Units = 1 }, usdt with { Units = weth.Price * (1 - loss) / usdt.Price });
        var gain = brought.Counts().Maintenance - given.Counts().Maintenance;
        var owed = debt + requirement;
        var needed = ((Target.ToDouble() * owed) - capacity) / gain;
        var (units, minOut) = (cast.Weth.Tokens(request?.Units), cast.Usdt.Tokens(request?.MinOut));
        var (before, after) = (Health(request?.HealthBefore), Health(request?.HealthAfter));
        return ShowStep.Of(
            $"WETH falls by {1 - (weth.Price / was):P1} to {weth.Price:N2} in every feed. Alice's health is {before:0.0000}, under the {Trigger.ToDouble():0.00} at which she lets anyone have collateral under her lien swapped. "
            + $"Two keepers see it in the same block, are killed with -9 and started again, and both want to. One has B's hub ask for {units:N4} of the {weth.Units:N0} WETH of her lien on A, against at least {minOut:N2} USDT into her other lien there: "
            + $"the fewest with which her health is the {Target.ToDouble():0.00} that she named.",
            new { priceBefore = was, weth, usdt, local, threshold, debt, requirement, trigger = Trigger.ToDouble(), target = Target.ToDouble(), maxLoss = loss },
            new { requests, units, minOut, healthBefore = before, healthAfter = after },
            $"exactly one request, by one of the keepers; least units {needed:N6}, of which each adds {gain:N4} to what her liens count for; their value less {loss:P1} is {needed * weth.Price * (1 - loss):N2}; health from {capacity / owed:0.000000} to the target",
            request is not null && cast.Keepers.Any(keeper => keeper.Address == request.Caller) && request.Account == cast.Account && request.LienKey == cast.Lien.Key
            && ShowStep.Near(before, capacity / owed, 1e-6) && before is >= 1 && before < Trigger.ToDouble()
            && ShowStep.Near(units, needed, 1e-6) && ShowStep.Near(minOut, units * weth.Price * (1 - loss) / usdt.Price, 1e-6)
            && ShowStep.Near(after, (capacity + (needed * gain)) / owed, 1e-6) && ShowStep.Near(after, Target.ToDouble(), 1e-6));
    }

    /// <summary>The order goes to A, is filled there by the relay, and is proved on B.</summary>
    private static async Task<ShowStep> CarriedOutAsync(StoryCast cast, MarginHub.LienSwapRequestedEvent request, CancellationToken cancellationToken)
    {
        var (a, relay) = (cast.A, cast.Stage.Relay.Address);
        var (vault, weth, usdt) = (a.CrossChain.CollateralVault, a.Deployment.Assets[0], a.Deployment.Assets[2]);
        Task<BigInteger> OfRelayAsync(Address token) => a.CallAsync(token, new ERC20.BalanceOfFunction(relay), cancellationToken);
        var locked = (await a.CallAsync(vault, new CollateralVault.TokenOfFunction(weth.Token), cancellationToken)).Total;
        var atOnce = await a.CallAsync(vault, new CollateralVault.AvailableAtOnceFunction(weth.Token), cancellationToken);
        var (heldWeth, heldUsdt) = (await OfRelayAsync(weth.Token), await OfRelayAsync(usdt.Token));
        var began = await cast.Stage.LatestAsync(cancellationToken);
        await cast.Stage.PassUntilAsync(
            "the swap is carried out on A and proved on B",
            450,
            async () => (await TwoChainStage.InVaultAsync(a, cast.Lien.Number, cancellationToken)).Counter >= request.Counter
                && (await cast.Stage.OnHubAsync(a, cast.Lien.Number, cancellationToken)).SwapCounter == 0,
            cancellationToken);
        await cast.WaitAsync(1, cancellationToken);
        await cast.QuietAsync(cancellationToken);
        var seconds = await cast.Stage.LatestAsync(cancellationToken) - began;
        var (fills, queued) = await OrdersAsync(cast, cancellationToken);
        var (got, paid) = (await OfRelayAsync(weth.Token) - heldWeth, heldUsdt - await OfRelayAsync(usdt.Token));
        var onA = (Weth: (await TwoChainStage.InVaultAsync(a, cast.Lien.Number, cancellationToken)).Amount, Usdt: (await TwoChainStage.InVaultAsync(a, cast.StableLien.Number, cancellationToken)).Amount);
        var onB = (Weth: await cast.Stage.OnHubAsync(a, cast.Lien.Number, cancellationToken), Usdt: await cast.Stage.OnHubAsync(a, cast.StableLien.Number, cancellationToken));
        var (snapshot, worth) = (await cast.SnapshotAsync(cancellationToken), (await LienWorth.OfAsync(cast, cancellationToken)).Expected);
        var (value, local, threshold) = (cast.ValueOfAlice(snapshot), cast.Weth.Tokens(cast.AliceIn(snapshot).Collateral[0]), snapshot.Assets[0].LiquidationThreshold.ToDouble());
        var (debt, requirement) = (value.Debt.ToDouble(), value.MaintenanceRequirement.ToDouble());
        var expected = ((local * cast.Prices.Weth * threshold) + worth.Maintenance) / (debt + requirement);
        var was = cast.LiensBeforeTheSwap!;
        return ShowStep.Of(
            $"When B is final about the order, the relay proves it on A. {weth.Tokens(request.Units):N4} WETH are less than the {weth.Tokens(atOnce):N2} that may leave there in a day at once, 2 % of {weth.Tokens(locked):N0} that are locked, most of them somebody else's: so nothing waits in the queue. "
            + $"The relay fills it itself: it brings {usdt.Tokens(paid):N2} USDT of its own and gets the WETH, worth {MaxLoss.ToDouble():P1} more. Proved back on B, {seconds / 60.0:N0} minutes after she was in need, her liens count as {cast.Weth.Tokens(onB.Weth.Counted):N4} WETH and {cast.Usdt.Tokens(onB.Usdt.Counted):N2} USDT; her health is {cast.Health(snapshot):0.0000}.",
            new
            {
                lockedOnA = weth.Tokens(locked),
                lienBefore = was.Weth.Units,
                stableLienBefore = was.Usdt.Units,
                units = weth.Tokens(request.Units),
                minOut = usdt.Tokens(request.MinOut),
                weth = worth.Weth,
                usdt = worth.Usdt,
                local,
                threshold,
                debt,
                requirement,
            },
            new
            {
                fills,
                queued,
                atOnce = weth.Tokens(atOnce),
                relayPaid = usdt.Tokens(paid),
                relayGot = weth.Tokens(got),
                lienOnA = weth.Tokens(onA.Weth),
                stableLienOnA = usdt.Tokens(onA.Usdt),
                lienOnB = cast.Weth.Tokens(onB.Weth.Counted),
                stableLienOnB = cast.Usdt.Tokens(onB.Usdt.Counted),
                health = cast.Health(snapshot),
                seconds,
            },
            $"one order carried out and none queued; what the relay brought and got is to the unit what B ordered; the liens on A and on B are the same to the unit, one less by the units and the other more by the minimum; health by the formula {expected:0.000000}",
            fills == 1 && queued == 0 && paid == request.MinOut && got == request.Units && request.Units <= atOnce && weth.Tokens(atOnce) <= .02 * weth.Tokens(locked)
            && onA.Weth == weth.Units(BeginningScene.Locked) - request.Units && onA.Usdt == usdt.Units(BeginningScene.LockedStable) + request.MinOut
            && onB.Weth.Counted == onA.Weth && onB.Usdt.Counted == onA.Usdt && onB.Weth.Pending.IsZero
            && ShowStep.Near(cast.Health(snapshot), expected, 1e-6) && ShowStep.Near(expected, Target.ToDouble(), 1e-3));
    }

    private static double Health(BigInteger? raw) => raw is { } value ? new Wad(value).ToDouble() : 0;

    /// <summary>What anyone asked the hub to swap under Alice's lien, with its block.</summary>
    private static async Task<IReadOnlyList<(MarginHub.LienSwapRequestedEvent Request, ulong Block)>> RequestsAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var made = new List<(MarginHub.LienSwapRequestedEvent, ulong)>();
        foreach (var log in await cast.B.LogsAsync(cast.B.CrossChain.MarginHub, cancellationToken))
        {
            if (MarginHub.LienSwapRequestedEvent.TryDecode(log, out var one))
            {
                made.Add((one, log.BlockNumber));
            }
        }

        return made;
    }

    /// <summary>How many orders about Alice's lien A has carried out, and put into its queue.</summary>
    private static async Task<(int Executed, int Queued)> OrdersAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var logs = await cast.A.LogsAsync(cast.A.CrossChain.CollateralVault, cancellationToken);
        return (logs.Count(log => CollateralVault.OrderExecutedEvent.TryDecode(log, out var one) && one.Number == cast.Lien.Number),
            logs.Count(log => CollateralVault.OrderQueuedEvent.TryDecode(log, out var one) && one.Number == cast.Lien.Number));
    }

    private static async Task<ChainSnapshot> SnapshotAtAsync(StoryCast cast, ulong block, CancellationToken cancellationToken)
    {
        var at = await cast.B.Chain.Eth.GetBlockByNumberAsync(block, cancellationToken);
        var reader = new ChainReader(cast.B.Chain.Rpc, cast.B.Deployment.Addresses.Multicall3);
        return await new SnapshotReader(reader, cast.B.Chain.Eth, cast.B.Deployment.Addresses, cast.B.Chain.Id).ReadAsync(at!.Value.Ref, cast.Stage.Keeper.Address, cancellationToken);
    }
}

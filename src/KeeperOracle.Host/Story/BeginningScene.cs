using System.Numerics;
using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>
/// Scene 1: governance sets bounds; Alice locks WETH, and a little of a stable token, on A and has margin on B, where she borrows and trades options. Known from elsewhere: the hub's formula in C#, the
/// requirement priced scenario by scenario, and the contracts' refusals.
/// </summary>
internal static class BeginningScene
{
    public const double Locked = 54;
    public const double LockedStable = 1000;
    public const double Local = 16;

    /// <summary>WETH of somebody else: at once may leave a share of all that is locked.</summary>
    private const double LockedByAnother = 2000;
    public const double Strike = 2800;
    public const double LowerStrike = 2400;
    public const int Contracts = 5;
    private const double Volatility = .60;
    private const double Borrowed = 115_000;
    private const ulong Day = 86_400;
    private static readonly Wad Floor = new(Wad.Scale * 40 / 100);

    public static StoryScene Scene { get; } = new(1, "Bounds by a vote, a lien on one chain, a loan and options on the other", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await VoteAsync(cast, cancellationToken);
        await cast.ReportAsync(Volatility, cancellationToken);
        yield return Median((await cast.SnapshotAsync(cancellationToken)).Assets[0].Attested.Volatility.ToDouble());

        await cast.AddCollateralAsync(cast.Alice, Local, cancellationToken);
        foreach (var step in await LockAsync(cast, cancellationToken))
        {
            yield return step;
        }

        yield return await CapacityAsync(cast, cancellationToken);
        yield return await BorrowAsync(cast, cancellationToken);
        yield return await TradeAsync(cast, cancellationToken);
    }

    private static async Task<ShowStep> VoteAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var (side, holder, anyone) = (cast.B, cast.B.Deployer, cast.Anyone);
        var (governor, oracle) = (side.AddressOf("governor"), side.Deployment.Addresses.RiskOracle);
        var bounds = await side.CallAsync(oracle, new RiskOracle.BoundsOfFunction(cast.Weth.Token), cancellationToken);
        IReadOnlyList<Address> targets = [oracle];
        IReadOnlyList<BigInteger> values = [BigInteger.Zero];
        IReadOnlyList<byte[]> calls = [new RiskOracle.SetBoundsFunction(cast.Weth.Token, bounds with { VolatilityFloor = (ulong)Floor.Raw }).EncodeCall()];
        const string Reason = "WETH: no volatility under 40 % is believed, whatever the last weeks were like.";
        var hash = Keccak.HashText(Reason);
        await side.SendAsync(holder, side.AddressOf("votingToken"), new VotingToken.DelegateFunction(holder), cancellationToken);
        await cast.Stage.WaitAsync(2, cancellationToken);
        await side.SendAsync(holder, governor, new KeeperGovernor.ProposeFunction(targets, values, calls, Reason), cancellationToken);
        var id = await side.CallAsync(governor, new KeeperGovernor.HashProposalFunction(targets, values, calls, hash), cancellationToken);
        await cast.Stage.WaitAsync((ulong)await side.CallAsync(governor, new KeeperGovernor.VotingDelayFunction(), cancellationToken) + 2, cancellationToken);
        await side.SendAsync(holder, governor, new KeeperGovernor.CastVoteFunction(id, 1), cancellationToken);
        await cast.Stage.WaitAsync((ulong)await side.CallAsync(governor, new KeeperGovernor.VotingPeriodFunction(), cancellationToken) + 2, cancellationToken);
        await side.SendAsync(anyone, governor, new KeeperGovernor.QueueFunction(targets, values, calls, hash), cancellationToken);
        var execute = new KeeperGovernor.ExecuteFunction(targets, values, calls, hash);
        var early = await side.RefusalAsync(anyone, governor, execute, cancellationToken);
        var delay = (ulong)await side.CallAsync(side.AddressOf("timelock"), new TimelockController.GetMinDelayFunction(), cancellationToken);
        await cast.WaitAsync(delay + 1, cancellationToken);
        await side.SendAsync(anyone, governor, execute, cancellationToken);
        var floor = (await side.CallAsync(oracle, new RiskOracle.BoundsOfFunction(cast.Weth.Token), cancellationToken)).VolatilityFloor;
        return ShowStep.Of(
            $"Governance votes that no volatility of WETH under {Floor.ToDouble():P0} is believed. Executed at once the change is refused; after the timelock's {delay / (double)Day:N0} days anyone may execute it.",
            new { floorBefore = bounds.VolatilityFloor / 1e18, proposed = Floor.ToDouble(), delaySeconds = delay },
            new { refusalOfTheEarlyOne = early, floor = floor / 1e18 },
            "the early execution reverts with TimelockUnexpectedOperationState; then the floor is what was voted for",
            early.StartsWith("TimelockUnexpectedOperationState(", StringComparison.Ordinal) && floor == (ulong)Floor.Raw);
    }

    private static ShowStep Median(double attested) => ShowStep.Of(
        $"Four oracle nodes sign a volatility each. Three say {Volatility:P0}, the fourth lies and says {Volatility / 2:P0}; the chain takes {attested:P0}.",
        new { signed = (double[])[Volatility, Volatility, Volatility, Volatility / 2] },
        new { attested },
        "the median, of an even count the stricter of the middle two",
        ShowStep.Near(attested, Volatility, 1e-9));

    private static async Task<IReadOnlyList<ShowStep>> LockAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var number = await cast.A.LockAsync(cast.Alice, cast.A.Deployment.Assets[0], Locked, cast.B, cast.Account, cancellationToken);
        var stable = await cast.A.LockAsync(cast.Alice, cast.A.Deployment.Assets[2], LockedStable, cast.B, cast.Account, cancellationToken);
        await cast.A.LockAsync(cast.Anyone, cast.A.Deployment.Assets[0], LockedByAnother, cast.B, StageChain.AccountOf(cast.Anyone, 0), cancellationToken);
        OfferedCountOf offered = new(cast, number);
        var call = await offered.CallAsync(cancellationToken);
        var (hub, alice) = (cast.B.CrossChain.MarginHub, cast.Alice);
        var proof = call.Proof.StateProof[^1].ToArray();
        proof[^1] ^= 1;
        var tampered = await cast.B.RefusalAsync(alice, hub, call with { Proof = call.Proof with { StateProof = [.. call.Proof.StateProof.SkipLast(1), proof] } }, cancellationToken);
        var greedy = await cast.B.RefusalAsync(alice, hub, call with { Terms = call.Terms with { Account = StageChain.AccountOf(cast.Anyone, 0) } }, cancellationToken);
        var elsewhere = await cast.A.RefusalAsync(alice, cast.A.CrossChain.MarginHub, call, cancellationToken);
        await cast.B.SendAsync(alice, hub, call, cancellationToken);
        cast.Lien = (number, TwoChainStage.KeyOf(cast.A, number));
        var once = (await cast.Stage.OnHubAsync(cast.A, number, cancellationToken)).Counted;
        var replay = await cast.B.RefusalAsync(alice, hub, call, cancellationToken);
        var twice = (await cast.Stage.OnHubAsync(cast.A, number, cancellationToken)).Counted;
        cast.StableLien = (stable, await cast.Stage.CountAsync(cast.A, stable, cast.Alice, cancellationToken));
        await cast.WaitAsync(1, cancellationToken);
        var other = (await cast.Stage.OnHubAsync(cast.A, stable, cancellationToken)).Counted;
        return
        [
            ShowStep.Of(
                $"Alice locks {Locked:N0} WETH on A for her account on B, and {LockedStable:N0} USDT, a stable token of three feeds as every collateral here. A quorum of nodes attests a header of A, the relay makes storage proofs under it. With one bit of the proof changed, for somebody else's account, or on A itself, the proof is refused.",
                new { lien = number, locked = Locked, stableLien = stable, lockedStable = LockedStable },
                new { tampered, forAnotherAccount = greedy, onTheOtherChain = elsewhere },
                "the proof does not lead to the state root; the caller does not own the account; the lien names another chain",
                tampered.Length > 0 && greedy.StartsWith("NotAccountOwner(", StringComparison.Ordinal) && elsewhere.StartsWith("LienForOtherHub(", StringComparison.Ordinal)),
            ShowStep.Of(
                $"As it was made it counts: {cast.Weth.Tokens(once):N0} WETH. Brought again it counts nothing more. The other counts {cast.Usdt.Tokens(other):N0} USDT.",
                new { locked = Locked, lockedStable = LockedStable },
                new { counted = cast.Weth.Tokens(once), refusalOfTheSecond = replay, countedAfterIt = cast.Weth.Tokens(twice), stableCounted = cast.Usdt.Tokens(other) },
                "what was locked, once",
                once == cast.Weth.Units(Locked) && twice == once && other == cast.Usdt.Units(LockedStable)),
        ];
    }

    private static async Task<ShowStep> CapacityAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var (capacity, expected) = await LienWorth.OfAsync(cast, cancellationToken);
        return ShowStep.Of(
            $"For what she may borrow they count {capacity:N2}: their values at the borrow factors, WETH's {expected.Weth.BorrowFactor:0.0000} and USDT's {expected.Usdt.BorrowFactor:0.0000}, less what each can lose in the {expected.Weth.AgeSeconds:N0} s and {expected.Usdt.AgeSeconds:N0} s since a header showed it.",
            expected.Inputs,
            new { capacity },
            $"sum of units x price x BF x (1 - z99 sigma sqrt(age)) = {expected.Initial:N2}",
            ShowStep.Near(capacity, expected.Initial, 1e-9));
    }

    private static async Task<ShowStep> BorrowAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var before = cast.ValueOfAlice(await cast.SnapshotAsync(cancellationToken));
        var over = await cast.B.RefusalAsync(
            cast.Alice, cast.Vault, new MarginVault.BorrowFunction(cast.Account, new BigInteger((before.BorrowCapacity.ToDouble() + 100) * 1e6), cast.Alice, []), cancellationToken);
        await cast.B.SendAsync(cast.Alice, cast.Vault, new MarginVault.BorrowFunction(cast.Account, new BigInteger(Borrowed * 1e6), cast.Alice, []), cancellationToken);
        var snapshot = await cast.SnapshotAsync(cancellationToken);
        var after = cast.ValueOfAlice(snapshot);
        return ShowStep.Of(
            $"With {Local:N0} WETH on B besides she may borrow {before.BorrowCapacity.ToDouble():N2}. A hundred more is refused; {Borrowed:N0} is lent, and her health is {cast.Health(snapshot):0.0000}.",
            new { capacity = before.BorrowCapacity.ToDouble(), maintenanceCapacity = after.LiquidationCapacity.ToDouble(), borrowed = Borrowed },
            new { refusalOfMore = over, debt = after.Debt.ToDouble(), health = cast.Health(snapshot) },
            "the larger loan reverts; health is maintenance capacity over debt",
            over.Length > 0 && ShowStep.Near(cast.Health(snapshot), after.LiquidationCapacity.ToDouble() / after.Debt.ToDouble(), 1e-9));
    }

    private static async Task<ShowStep> TradeAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        cast.Expiry = await cast.B.NowAsync(cancellationToken) + (5 * Day);
        await cast.Stage.ListExpiryAsync(cast.B, cast.Expiry, cast.ImpliedVolatility, cast.Prices.Weth, cancellationToken);
        var size = Contracts * Wad.Scale;
        await cast.Maker.TradeAsync(cast.Maker.Offer(false, Wad.FromDoubleDown(LowerStrike).Raw, cast.Expiry, size, false, 8_000_000), cast.Account, cast.Alice, cancellationToken);
        await cast.Maker.TradeAsync(cast.Maker.Offer(false, Wad.FromDoubleDown(Strike).Raw, cast.Expiry, size, true, 40_000_000), cast.Account, cast.Alice, cancellationToken);
        var leaf = await cast.LeafAsync(cancellationToken);
        var plain = PlainRevaluation.RequirementOf(leaf.Portfolio);
        var onChain = new Wad(await cast.B.CallAsync(cast.Book, new OptionBook.InitialRequirementFunction(cast.Account), cancellationToken)).ToDouble();
        var gross = 2 * Contracts * cast.Prices.Weth;
        return ShowStep.Of(
            $"She sells {Contracts} puts at {Strike:N0} to a maker of markets and buys as many at {LowerStrike:N0}. Her book must secure {onChain:N2}.",
            new { portfolio = leaf.Portfolio },
            new { onChain, offChain = new Wad(leaf.Leaf.Requirement).ToDouble() },
            $"every scenario priced one by one: {plain:N2}, the same to 1e-6 of gross notional",
            Math.Abs(onChain - plain) <= 1e-6 * gross && Math.Abs(new Wad(leaf.Leaf.Requirement).ToDouble() - plain) <= 1e-6 * gross);
    }

    /// <summary>The owner's call that the relay offers, once there are proofs for it.</summary>
    private sealed record OfferedCountOf(StoryCast Cast, ulong Lien)
    {
        public async Task<MarginHub.CountLienFunction> CallAsync(CancellationToken cancellationToken)
        {
            KeeperOracle.Host.Relay.OfferedCount? offered = null;
            await Cast.Stage.PassUntilAsync(
                $"the relay offers the proofs of lien {Lien}",
                450,
                async () => (offered = await Cast.Stage.OfferedCountAsync(Cast.A, Lien, cancellationToken)) is { Refusal.Length: 0 },
                cancellationToken);
            await Cast.WaitAsync(1, cancellationToken);
            return MarginHub.CountLienFunction.TryDecodeCall(Hex.ToBytes(offered!.Data), out var call)
                ? call
                : throw new InvalidOperationException("The relay gave something else than a call of countLien.");
        }
    }
}

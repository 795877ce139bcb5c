using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.MarginOracle.Leaves;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 5, the part on a chain: a requirement computed off-chain is taken under a bond, and whoever proves it wrong takes half of that. Known from elsewhere:
/// the contract's own requirement, the contract's refusal, and balances before and after.
/// </summary>
internal static class ChallengeShow
{
    private const double Implied = .60;
    private const ulong Month = 30 * 24 * ShowStage.Hour;
    private static readonly BigInteger Size = 2 * Wad.Scale;

    public static ChainShow Show { get; } = new("5", "Dynamic margin engine: an account is one portfolio, and anyone may challenge its number", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var step in MarginEngineShow.Show.Play())
        {
            yield return step;
        }

        var (book, attestations) = (stage.AddressOf("optionBook"), stage.AddressOf("marginAttestations"));
        var account = (await stage.SnapshotAsync(cancellationToken)).Accounts[0];
        await WriteAsync(stage, account.Account, account.Owner, cancellationToken);
        var block = (await stage.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        var (made, refusal) = await LeafMaker.MakeAsync(
            new ChainReader(stage.Chain.Rpc, stage.Deployment.Addresses.Multicall3), stage.Deployment.Addresses, book, account.Account, block, cancellationToken);
        var honest = made ?? throw new InvalidOperationException($"There is no leaf of the account: {refusal}.");
        var onChain = new Wad((await stage.Chain.Eth.CallAsync(new OptionBook.InitialRequirementFunction(account.Account), book, account.Owner, block.Hash, cancellationToken))).ToDouble();
        yield return Computed(honest, onChain);

        var poster = new ShowPoster(stage, account.Account);
        var right = await poster.PostAsync(stage.Chain.Accounts[8], honest.Leaf, cancellationToken);
        var held = await stage.CallAsync(attestations, new MarginAttestations.AttestedFunction(account.Account, right), cancellationToken);
        var lost = await stage.RefusalAsync(stage.Chain.Accounts[9], attestations, poster.Challenge(right, honest), cancellationToken);
        yield return ShowStep.Of(
            $"Somebody posts it under a bond of {(double)await poster.BondAsync(stage.Chain.Accounts[8], cancellationToken) / 1e6:N0}. The contract takes it, and a challenge of it fails: it computes the same.",
            new { requirement = new Wad(honest.Leaf.Requirement).ToDouble() },
            new { valid = held.Valid, refusalOfTheChallenge = lost },
            "the leaf holds, and the challenge reverts with LeafCorrect",
            held.Valid && lost.StartsWith("LeafCorrect(", StringComparison.Ordinal));

        yield return await UnderstatedAsync(stage, poster, honest, cancellationToken);
    }

    /// <summary>The account is short two puts at 3,000 and long two at 2,700.</summary>
    private static async Task WriteAsync(ShowStage stage, Hash32 account, Address owner, CancellationToken cancellationToken)
    {
        var expiry = await stage.NowAsync(cancellationToken) + Month;
        await ShowMaker.ListExpiryAsync(stage, expiry, Implied, cancellationToken);
        using var maker = await ShowMaker.OpenAsync(stage, 20, cancellationToken);
        await maker.TradeAsync(maker.Offer(false, 2700 * Wad.Scale, expiry, Size, false, 90_000_000), account, owner, cancellationToken);
        await maker.TradeAsync(maker.Offer(false, 3000 * Wad.Scale, expiry, Size, true, 190_000_000), account, owner, cancellationToken);
    }

    private static ShowStep Computed(MadeLeaf made, double onChain)
    {
        var requirement = new Wad(made.Leaf.Requirement).ToDouble();
        var gross = made.Leaf.Underlyings.Sum(part => new Wad(part.GrossAmount).ToDouble() * new Wad(part.Spot).ToDouble());
        return ShowStep.Of(
            $"An account on a chain is short two puts at 3,000 and long two at 2,700. Computed here its requirement is {requirement:N6}.",
            new { made.Portfolio },
            new { requirement, onChain, grossNotional = gross },
            $"the contract computes {onChain:N6} in fixed point: the same to 1e-6 of gross notional",
            Math.Abs(requirement - onChain) <= 1e-6 * gross && requirement > 0);
    }

    /// <summary>The same leaf with a requirement 1 % lower, by somebody else; and the bond that goes.</summary>
    private static async Task<ShowStep> UnderstatedAsync(ShowStage stage, ShowPoster poster, MadeLeaf honest, CancellationToken cancellationToken)
    {
        var (liar, challenger) = (stage.Chain.Accounts[10], stage.Chain.Accounts[9]);
        var stated = honest.Leaf.Requirement * 99 / 100;
        var wrong = await poster.PostAsync(liar, honest.Leaf with { Requirement = stated }, cancellationToken);
        var bond = await poster.BondAsync(liar, cancellationToken);
        var before = await stage.CallAsync(stage.Deployment.Stable, new ERC20.BalanceOfFunction(challenger), cancellationToken);
        await stage.SendAsync(challenger, poster.Attestations, poster.Challenge(wrong, honest), cancellationToken);
        var reward = await stage.CallAsync(stage.Deployment.Stable, new ERC20.BalanceOfFunction(challenger), cancellationToken) - before;
        var (left, held) = (
            await poster.BondAsync(liar, cancellationToken),
            await stage.CallAsync(poster.Attestations, new MarginAttestations.AttestedFunction(poster.Account, wrong), cancellationToken));
        return ShowStep.Of(
            $"Another poster states {new Wad(stated).ToDouble():N6}, 1 % less. Somebody challenges it: the root is void, he is paid {(double)reward / 1e6:N0}, and of the bond of {(double)bond / 1e6:N0} is left {(double)left / 1e6:N0}.",
            new { stated = new Wad(stated).ToDouble(), bond = (double)bond / 1e6 },
            new { reward = (double)reward / 1e6, bondLeft = (double)left / 1e6, valid = held.Valid },
            "the leaf holds no more, half of the bond is the challenger's, the rest the insurance fund's",
            !held.Valid && left.IsZero && bond.Sign > 0 && reward == bond / 2);
    }
}

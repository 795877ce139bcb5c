using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Demo;

/// <summary>The people of one chain: lenders, borrowers, and whoever moves the feeds. They use the contracts as anyone would.</summary>
internal sealed class Market(LocalChain chain, Deployment deployment)
{
    private const int FeedChunk = 150;
    private static readonly BigInteger Gas = BigInteger.Pow(10, 21);

    private Address Admin => chain.Accounts[0];

    private Address Vault => deployment.Addresses.MarginVault;

    /// <summary>
    /// Writes the history into the feeds: one answer an hour up to the hour before the chain's next block. Whole into the first feed of an
    /// asset, which the oracle nodes estimate from; the last hour of it into the others, whose past nobody reads.
    /// </summary>
    public async Task WriteHistoryAsync(PricePath path, ulong now, CancellationToken cancellationToken)
    {
        await chain.SetNextTimestampAsync(now, cancellationToken);
        foreach (var asset in deployment.Assets)
        {
            for (var first = 0; first < path.History.Count; first += FeedChunk)
            {
                var rows = path.History.Skip(first).Take(FeedChunk).ToList();
                var times = rows.Select((_, i) => now - ((ulong)(path.History.Count - first - i) * 3600)).ToList();
                await chain.SendAsync(
                    Admin,
                    asset.Feeds[0],
                    new MockFeed.PushManyFunction([.. rows.Select(prices => asset.Answer(deployment.PriceOf(asset, prices)))], times),
                    cancellationToken);
            }

            foreach (var other in asset.Feeds.Skip(1).Append(asset.Fallback))
            {
                await chain.SendAsync(
                    Admin, other, new MockFeed.PushAtFunction(asset.Answer(deployment.PriceOf(asset, path.History[^1])), now - 3600), cancellationToken);
            }
        }
    }

    /// <summary>Moves chain time and every feed: the three of each asset, and the one that waits to replace any of them.</summary>
    public async Task SetPricesAsync(HourlyPrices prices, ulong timestamp, CancellationToken cancellationToken)
    {
        await chain.SetNextTimestampAsync(timestamp, cancellationToken);
        foreach (var asset in deployment.Assets)
        {
            foreach (var feed in asset.Feeds.Append(asset.Fallback))
            {
                await chain.SendAsync(Admin, feed, new MockFeed.PushFunction(asset.Answer(deployment.PriceOf(asset, prices))), cancellationToken);
            }
        }
    }

    /// <summary>Lenders supply the stable; the keeper gets gas and stable to liquidate with.</summary>
    public async Task FundAsync(Address keeper, CancellationToken cancellationToken)
    {
        var lender = chain.Accounts[1];
        var supply = 20_000_000 * BigInteger.Pow(10, 6);
        await chain.SendAsync(lender, deployment.Stable, new MockToken.MintFunction(lender, supply), cancellationToken);
        await chain.SendAsync(lender, deployment.Stable, new MockToken.ApproveFunction(Vault, supply), cancellationToken);
        await chain.SendAsync(lender, Vault, new MarginVault.DepositFunction(supply, lender), cancellationToken);
        await chain.SendAsync(Admin, deployment.Stable, new MockToken.MintFunction(keeper, supply), cancellationToken);
        await chain.SetBalanceAsync(keeper, Gas, cancellationToken);
    }

    /// <summary>
    /// Opens accounts, each with its own mix of collaterals and its own appetite: from less than half of what it may borrow to nearly all.
    /// Amounts follow from the account's number alone.
    /// </summary>
    public async Task OpenAccountsAsync(int count, HourlyPrices prices, CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            var owner = chain.Accounts[2 + (i % (chain.Accounts.Count - 2))];
            var number = i / (chain.Accounts.Count - 2);
            var account = Id(owner, number);
            var value = 40_000.0 + (17_000 * (i % 7));
            var share = (i % 3) switch { 0 => 1.0, 1 => 0.0, _ => 0.6 };
            await AddAsync(owner, account, deployment.Assets[0], value * share / prices.Weth, cancellationToken);
            await AddAsync(owner, account, deployment.Assets[1], value * (1 - share) / prices.Wbtc, cancellationToken);
            var capacity = await chain.Eth.CallAsync(
                new MarginVault.ValuationFunction(account), Vault, owner, (await chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Hash, cancellationToken);
            var appetite = 0.45 + (0.54 * i / Math.Max(1, count - 1));
            var amount = capacity.BorrowCapacity / BigInteger.Pow(10, 12) * (int)(appetite * 10_000) / 10_000;
            await chain.SendAsync(owner, Vault, new MarginVault.BorrowFunction(account, amount, owner, []), cancellationToken);
        }
    }

    private async Task AddAsync(Address owner, Hash32 account, DemoAsset asset, double tokens, CancellationToken cancellationToken)
    {
        var units = asset.Units(tokens);
        if (units.IsZero)
        {
            return;
        }

        await chain.SendAsync(owner, asset.Token, new MockToken.MintFunction(owner, units), cancellationToken);
        await chain.SendAsync(owner, asset.Token, new MockToken.ApproveFunction(Vault, units), cancellationToken);
        await chain.SendAsync(owner, Vault, new MarginVault.AddCollateralFunction(account, asset.Token, units), cancellationToken);
    }

    private static Hash32 Id(Address owner, int number)
    {
        Span<byte> id = stackalloc byte[32];
        owner.CopyTo(id);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(id[28..], number);
        return new Hash32(id);
    }
}

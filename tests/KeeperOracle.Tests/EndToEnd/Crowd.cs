using System.Buffers.Binary;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// Many accounts that are alike. Their owner is the chain's Multicall3, to which anybody may give orders: so one transaction opens many,
/// and thousands are there in seconds.
/// </summary>
internal sealed class Crowd(LocalChain chain, Deployment deployment)
{
    private const int OpenedTogether = 25;

    private Address Owner => deployment.Addresses.Multicall3;

    private Address Vault => deployment.Addresses.MarginVault;

    /// <summary>
    /// Opens accounts number <paramref name="first"/> and on, each with so many WETH, and lets each borrow a share of what it may, at the prices of now.
    /// </summary>
    public async Task<IReadOnlyList<Hash32>> OpenAsync(int first, int count, double weth, double appetite, CancellationToken cancellationToken)
    {
        var asset = deployment.Assets[0];
        var units = asset.Units(weth);
        var accounts = Enumerable.Range(first, count).Select(Id).ToList();
        await TogetherAsync(
            [
                new Call3(asset.Token, false, new MockToken.MintFunction(Owner, units * count).EncodeCall()),
                new Call3(asset.Token, false, new MockToken.ApproveFunction(Vault, units * count).EncodeCall()),
                Add(accounts[0]),
            ],
            cancellationToken);
        var amount = (await CapacityAsync(accounts[0], cancellationToken)) / BigInteger.Pow(10, 12) * (int)(appetite * 10_000) / 10_000;
        await TogetherAsync([Borrow(accounts[0], amount)], cancellationToken);
        foreach (var chunk in accounts.Skip(1).Chunk(OpenedTogether))
        {
            await TogetherAsync([.. chunk.SelectMany(account => (Call3[])[Add(account), Borrow(account, amount)])], cancellationToken);
        }

        return accounts;

        Call3 Add(Hash32 account) => new(Vault, false, new MarginVault.AddCollateralFunction(account, asset.Token, units).EncodeCall());
    }

    /// <summary>Borrows more.</summary>
    public Task BorrowAsync(Hash32 account, BigInteger amount, CancellationToken cancellationToken) =>
        TogetherAsync([Borrow(account, amount)], cancellationToken);

    /// <summary>What the account may owe in all, in units of account scaled by 1e18.</summary>
    public async Task<BigInteger> CapacityAsync(Hash32 account, CancellationToken cancellationToken)
    {
        var head = await chain.Eth.GetLatestBlockAsync(cancellationToken);
        return (await chain.Eth.CallAsync(new MarginVault.ValuationFunction(account), Vault, Owner, head.Ref.Hash, cancellationToken)).BorrowCapacity;
    }

    /// <summary>The account of this number.</summary>
    public Hash32 Id(int number)
    {
        Span<byte> id = stackalloc byte[32];
        Owner.CopyTo(id);
        BinaryPrimitives.WriteInt32BigEndian(id[28..], number);
        return new Hash32(id);
    }

    private Call3 Borrow(Hash32 account, BigInteger amount) =>
        new(Vault, false, new MarginVault.BorrowFunction(account, amount, Owner, []).EncodeCall());

    private Task<TransactionReceipt> TogetherAsync(IReadOnlyList<Call3> calls, CancellationToken cancellationToken) =>
        chain.SendAsync(chain.Accounts[0], Owner, new Multicall3.Aggregate3Function(calls), cancellationToken);
}

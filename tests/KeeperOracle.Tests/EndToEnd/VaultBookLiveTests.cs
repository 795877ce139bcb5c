using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The book against cold reads of the real contracts on a live chain, whose last blocks fall away with what stood in them.</summary>
[Collection(EndToEndCollections.World)]
public sealed class VaultBookLiveTests(ProtocolWorld world)
{
    private const int Deepest = 64;
    private readonly List<BookDifference> _alarms = [];
    private readonly Random _random = new(64);
    private int _opened;

    /// <summary>
    /// Every depth from 1 to 64, deposits, borrowings, repayments, openings, liquidations and prices on both sides, and in turn as many, fewer or more
    /// blocks instead: the book never needs a cold read for it, and is equal to one.
    /// </summary>
    [Fact]
    public async Task F10_BlocksOfEveryDepthFallAway_BookEqualsAColdRead()
    {
        await PrepareAsync();
        var cold = new SnapshotReader(world.Reader, world.Chain.Eth, world.Deployment.Addresses, world.Chain.Id);
        var book = new VaultBook(cold, _alarms.Add);
        await CompareAsync(book, cold);
        for (var depth = 1; depth <= Deepest; depth++)
        {
            var from = (await HeadAsync()).Number;
            await ActAsync(Math.Min(depth, 3));
            var left = (ulong)depth - ((await HeadAsync()).Number - from);
            if (left > 0)
            {
                await world.SendAsync("anvil_mine", $"0x{left:x}");
            }

            await CompareAsync(book, cold);
            Assert.Equal("", book.Last.WhyCold);
            await FallAsync(depth);
            await CompareAsync(book, cold);
            Assert.Equal("", book.Last.WhyCold);
        }

        Assert.Empty(_alarms);
    }

    [Fact]
    public async Task Advance_LiquidationAndPrices_BookEqualsAColdRead()
    {
        await PrepareAsync();
        var cold = new SnapshotReader(world.Reader, world.Chain.Eth, world.Deployment.Addresses, world.Chain.Id);
        var book = new VaultBook(cold, _alarms.Add);
        var before = await CompareAsync(book, cold);
        await PushPricesAsync(2_300, 46_000);
        var fallen = await CompareAsync(book, cold);
        Assert.True(before == fallen);
        var liquidated = 0;
        for (var account = 0; account < ProtocolWorld.AccountCount; account++)
        {
            liquidated += await TryAsync(() => LiquidateAsync(account)) ? 1 : 0;
            await CompareAsync(book, cold);
            Assert.Equal(("", true), (book.Last.WhyCold, book.Last.AccountsRead <= ProtocolWorld.AccountCount));
        }

        Assert.InRange(liquidated, 1, ProtocolWorld.AccountCount);
        Assert.Empty(_alarms);
    }

    private async Task PrepareAsync()
    {
        await world.ResetAsync();
        var vault = world.Deployment.Addresses.MarginVault;
        var most = (BigInteger.One << 256) - 1;
        for (var owner = 0; owner < ProtocolWorld.AccountCount; owner++)
        {
            foreach (var token in world.Deployment.Assets.Select(asset => asset.Token).Append(world.Deployment.Stable))
            {
                await world.Chain.SendAsync(world.Owner(owner), token, new MockToken.MintFunction(world.Owner(owner), BigInteger.Pow(10, 30)), CancellationToken.None);
                await world.Chain.SendAsync(world.Owner(owner), token, new MockToken.ApproveFunction(vault, most), CancellationToken.None);
            }
        }
    }

    private async Task<ImmutableArray<AccountSnapshot>> CompareAsync(VaultBook book, SnapshotReader cold)
    {
        var head = await HeadAsync();
        var kept = await book.AdvanceAsync(head, world.Keeper, CancellationToken.None);
        var read = await cold.ReadAsync(head, world.Keeper, CancellationToken.None);
        Assert.Equal(Text(new ChainObserved(read)), Text(new ChainObserved(kept)));
        return kept.Accounts;
    }

    private static string Text(KeeperEvent observed) => Encoding.UTF8.GetString(KeeperJson.Write(observed));

    private async Task<BlockRef> HeadAsync() => (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref;

    /// <summary>Takes the last blocks away; what comes instead is as many blocks, fewer or more, with other things in them.</summary>
    private async Task FallAsync(int depth)
    {
        switch (depth % 3)
        {
            case 0:
                await world.SendAsync("anvil_reorg", depth, Array.Empty<object>());
                break;
            case 1:
                await world.SendAsync("anvil_rollback", depth);
                await ActAsync(2);
                break;
            default:
                await world.SendAsync("anvil_reorg", depth, Array.Empty<object>());
                await ActAsync(3);
                break;
        }
    }

    private async Task ActAsync(int actions)
    {
        for (var action = 0; action < actions; action++)
        {
            var (account, kind) = (_random.Next(ProtocolWorld.AccountCount), _random.Next(7));
            await TryAsync(() => kind switch
            {
                0 => AddAsync(account, number: 0),
                1 => AddAsync(account, number: 1000 + _opened++),
                2 => world.Chain.SendAsync(Of(account), Vault, new MarginVault.BorrowFunction(Id(account), 150_000_000, Of(account), []), CancellationToken.None),
                3 => world.Chain.SendAsync(Of(account), Vault, new MarginVault.RepayFunction(Id(account), 75_000_000), CancellationToken.None),
                4 => PushPricesAsync(2_400 + _random.Next(900), 50_000 + _random.Next(15_000)),
                5 => LiquidateAsync(account),
                _ => world.Chain.SendAsync(Of(account), Vault, new MarginVault.OpenAccountFunction(5000 + _opened++), CancellationToken.None),
            });
        }
    }

    /// <summary>False where the contract refuses, as it may at any price.</summary>
    private static async Task<bool> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (ContractRevertException)
        {
            return false;
        }
    }

    private Address Vault => world.Deployment.Addresses.MarginVault;

    private Address Of(int account) => world.Owner(account);

    private Hash32 Id(int account, int number = 0)
    {
        var id = new byte[32];
        Of(account).CopyTo(id);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(28), number);
        return new Hash32(id);
    }

    private Task<TransactionReceipt> AddAsync(int account, int number) => world.Chain.SendAsync(
        Of(account), Vault, new MarginVault.AddCollateralFunction(Id(account, number), world.Deployment.Assets[account % 2].Token, 1_000 + account), CancellationToken.None);

    /// <summary>All feeds in one block.</summary>
    private async Task PushPricesAsync(int weth, int wbtc)
    {
        await world.SendAsync("evm_setAutomine", false);
        foreach (var (asset, price) in world.Deployment.Assets.Zip((int[])[weth, wbtc]))
        {
            foreach (var feed in asset.Feeds)
            {
                await world.PoolAsync(world.Chain.Accounts[0], feed, new MockFeed.PushFunction(asset.Answer(price)));
            }
        }

        await world.SendAsync("anvil_mine", "0x1");
        await world.SendAsync("evm_setAutomine", true);
    }

    private async Task LiquidateAsync(int account)
    {
        var liquidator = Of((account + 1) % ProtocolWorld.AccountCount);
        var head = await HeadAsync();
        var limits = new LiquidationLimits((BigInteger.One << 128) - 1, [0, 0], head.Timestamp + 3600);
        await world.Chain.SendAsync(liquidator, Vault, new MarginVault.LiquidateFunction(Id(account), limits, []), CancellationToken.None);
    }
}

using System.Buffers.Binary;
using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Demo;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

// Specification of this folder.
//
// One file for each incident of the design's list. A replay plays the incident itself, with its published figures as input (the source stands
// beside them), against the real contracts on a live chain and the real keeper's process, and has the outcome that the list requires. It is
// judged by numbers (Judgement): nobody was liquidated whose health was at least 1 at the TRUE prices, bad debt at the true prices is at most
// .1 % of the debt there was when it began, and what the incident's own row asks for.
// The true price of an asset is what its feeds say, unless the replay says otherwise (TrueFromNowAsync): where feeds lie, stop or are wrongly
// composed. A control plays the same with the protection taken away, and the damage is asserted: a replay that could not fail shows nothing.
//
// Where a protocol of the incident lent another token than a stable, our unit of account takes that token's place.

/// <summary>What replays share: the attacker, new collaterals and loans, and the judgement.</summary>
public abstract class IncidentReplay(ProtocolWorld world, ITestOutputHelper output)
{
    /// <summary>More than any block of a replay asks: what is replayed is not whether the feeds' own transactions get through.</summary>
    private protected const ulong AnyGwei = 10_000;

    private readonly List<(ulong FromBlock, Address Token, double Price)> _truth = [];
    private readonly Dictionary<ulong, ChainSnapshot> _snapshots = [];
    private ulong _begin;
    private Wad _debt;

    private protected ProtocolWorld World => world;

    private protected LocalChain Chain => world.Chain;

    private protected Address Admin => world.Chain.Accounts[0];

    private protected Address Attacker => world.Chain.Accounts[20];

    private protected Address Vault => world.Deployment.Addresses.MarginVault;

    private protected DemoAsset Weth => world.Deployment.Assets[0];

    private protected DemoAsset Wbtc => world.Deployment.Assets[1];

    private protected ListedAsset Listing => new(world);

    private protected Crowd NewCrowd() => new(world.Chain, world.Deployment);

    /// <summary>From here on it is judged: after everything has been set up.</summary>
    private protected async Task BeginAsync()
    {
        var snapshot = await world.SnapshotAsync();
        _begin = snapshot.Block.Number;
        _debt = snapshot.Accounts.Aggregate(Wad.Zero, (sum, account) => sum + SnapshotValuation.Value(snapshot, account).Debt);
        _truth.Clear();
        _snapshots.Clear();
    }

    /// <summary>From the next block on this is the price, whatever the feeds say.</summary>
    private protected async Task TrueFromNowAsync(DemoAsset asset, double price) => _truth.Add((await HeadAsync() + 1, asset.Token, price));

    private protected async Task<Judgement> JudgeAsync()
    {
        _snapshots.Clear();
        var wrongful = new List<string>();
        var liquidations = await LiquidatedAsync();
        foreach (var (block, liquidated) in liquidations)
        {
            if (await TrueHealthAsync(block, liquidated.Account) is var health && health >= Wad.One)
            {
                wrongful.Add($"{AccountId.Format(liquidated.Account)} at {health}");
            }
        }

        var writtenOff = (await LogsAsync()).Aggregate(
            Wad.Zero, (sum, log) => MarginVault.DeficitRealisedEvent.TryDecode(log, out var deficit) ? sum + Value(deficit.Amount) : sum);
        var now = AtTruth(await SnapshotAtAsync(await HeadAsync()));
        var uncovered = now.Accounts.Select(account => SnapshotValuation.Value(now, account)).Where(value => value.Debt > value.CollateralValue)
            .Aggregate(Wad.Zero, (sum, value) => sum + (value.Debt - value.CollateralValue));
        var judged = new Judgement(liquidations.Count, wrongful, writtenOff + uncovered, _debt);
        Say($"{judged}");
        return judged;
    }

    /// <summary>Every liquidation since the beginning, with its block.</summary>
    private protected async Task<List<(ulong Block, MarginVault.LiquidatedEvent Event)>> LiquidatedAsync()
    {
        var found = new List<(ulong, MarginVault.LiquidatedEvent)>();
        foreach (var log in await LogsAsync())
        {
            if (MarginVault.LiquidatedEvent.TryDecode(log, out var liquidated))
            {
                found.Add((log.BlockNumber, liquidated));
            }
        }

        return found;
    }

    /// <summary>The revert of a call that must be refused, in its words.</summary>
    private protected async Task<string> RefusedAsync<T>(Address from, Address to, IContractFunction<T> call) => (await Assert.ThrowsAsync<ContractRevertException>(
        () => Chain.Eth.CallAsync(from, to, call.EncodeCall(), null, CancellationToken.None))).Message;

    private protected Task SendAsync<T>(Address from, Address to, IContractFunction<T> call) => Chain.SendAsync(from, to, call, CancellationToken.None);

    private protected async Task<T> AskAsync<T>(Address to, IContractFunction<T> call) => await Chain.Eth.CallAsync(
        call, to, Admin, (await Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Hash, CancellationToken.None);

    /// <summary>Whom anybody could liquidate now, and the stable units it would take.</summary>
    private protected async Task<Dictionary<Hash32, BigInteger>> PreyAsync()
    {
        var prey = new Dictionary<Hash32, BigInteger>();
        foreach (var account in (await world.SnapshotAsync()).Accounts)
        {
            if (await AskAsync(Vault, new MarginVault.LiquidationPlanFunction(account.Account)) is { Repay.Sign: > 0 } plan)
            {
                prey.Add(account.Account, plan.Repay);
            }
        }

        return prey;
    }

    /// <summary>Opens an account with so many tokens and lets it borrow a share of what it may.</summary>
    private protected async Task<Hash32> OpenAsync(Address owner, uint number, DemoAsset asset, double tokens, double appetite)
    {
        var account = Id(owner, number);
        await AddAsync(owner, account, asset, tokens);
        await BorrowAsync(account, owner, await RoomAsync(account) * (int)(appetite * 10_000) / 10_000);
        return account;
    }

    private protected async Task AddAsync(Address owner, Hash32 account, DemoAsset asset, double tokens)
    {
        var units = asset.Units(tokens);
        await SendAsync(owner, asset.Token, new MockToken.MintFunction(owner, units));
        await SendAsync(owner, asset.Token, new MockToken.ApproveFunction(Vault, units));
        await SendAsync(owner, Vault, new MarginVault.AddCollateralFunction(account, asset.Token, units));
    }

    private protected Task BorrowAsync(Hash32 account, Address owner, BigInteger units) => SendAsync(owner, Vault, Borrow(account, owner, units));

    private protected static MarginVault.BorrowFunction Borrow(Hash32 account, Address owner, BigInteger units) => new(account, units, owner, []);

    /// <summary>Stable units that the account may owe in all.</summary>
    private protected async Task<BigInteger> RoomAsync(Hash32 account) =>
        (await AskAsync(Vault, new MarginVault.ValuationFunction(account))).BorrowCapacity / BigInteger.Pow(10, 12);

    private protected static Hash32 Id(Address owner, uint number)
    {
        Span<byte> id = stackalloc byte[32];
        owner.CopyTo(id);
        BinaryPrimitives.WriteUInt32BigEndian(id[28..], number);
        return new Hash32(id);
    }

    /// <summary>Stable units in whole tokens.</summary>
    private protected static BigInteger Stable(double tokens) => (BigInteger)((decimal)tokens * 1_000_000m);

    /// <summary>The balance of a token of ours, as its first storage slot holds it.</summary>
    private protected Task SetBalanceAsync(Address token, Address holder, BigInteger units)
    {
        Span<byte> key = stackalloc byte[64];
        key.Clear();
        holder.CopyTo(key[12..]);
        return world.SendAsync("anvil_setStorageAt", token.ToString(), Keccak.Hash(key).ToString(), Word(units));
    }

    private protected static string Word(BigInteger value) => "0x" + value.ToString("x64", System.Globalization.CultureInfo.InvariantCulture)[^64..];

    /// <summary>Puts the same answer of some feeds in the pool, at this price for a gas.</summary>
    private protected async Task PoolAnswersAsync(DemoAsset asset, double price, ulong gwei, params int[] feeds)
    {
        foreach (var feed in feeds)
        {
            await world.SendAsync("eth_sendTransaction", new Dictionary<string, object?>
            {
                ["from"] = Admin.ToString(),
                ["to"] = asset.Feeds[feed].ToString(),
                ["data"] = Hex.FromBytes(new MockFeed.PushFunction(asset.Answer(price)).EncodeCall()),
                ["gas"] = "0x30d40",
                ["gasPrice"] = $"0x{gwei * 1_000_000_000:x}",
            });
        }
    }

    /// <summary>A block so much later, whose base fee is given in gwei.</summary>
    private protected async Task MineAsync(ulong seconds, double gwei)
    {
        await world.SendAsync("anvil_setNextBlockBaseFeePerGas", $"0x{(ulong)(gwei * 1e9):x}");
        await world.MineAtAsync(await world.NowAsync() + seconds);
    }

    /// <summary>Figures for who reads the log of a run.</summary>
    private protected void Say(FormattableString figures) => output.WriteLine(FormattableString.Invariant(figures));

    private protected async Task<ulong> HeadAsync() => (await Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;

    /// <summary>What an account was before the block that liquidated it, at the prices and the interest of that block.</summary>
    private async Task<Wad?> TrueHealthAsync(ulong block, Hash32 account)
    {
        var before = await SnapshotAtAsync(block - 1);
        var then = AtTruth(await SnapshotAtAsync(block)) with { Accounts = before.Accounts };
        return SnapshotValuation.Value(then, before.Accounts.Single(one => one.Account == account)).Health ?? Wad.One;
    }

    private async Task<IReadOnlyList<LogEntry>> LogsAsync() =>
        await Chain.Eth.GetLogsAsync(new LogFilter(Vault, null, null, _begin + 1, await HeadAsync()), CancellationToken.None);

    private protected async Task<ChainSnapshot> SnapshotAtAsync(ulong number)
    {
        if (_snapshots.TryGetValue(number, out var known))
        {
            return known;
        }

        var block = await Chain.Eth.GetBlockByNumberAsync(number, CancellationToken.None) ?? throw new InvalidOperationException($"There is no block {number}.");
        var reader = new SnapshotReader(world.Reader, Chain.Eth, world.Deployment.Addresses, Chain.Id);
        return _snapshots[number] = await reader.ReadAsync(block.Ref, world.Keeper, CancellationToken.None);
    }

    private ChainSnapshot AtTruth(ChainSnapshot snapshot) => snapshot with
    {
        Assets = [.. snapshot.Assets.Select(asset =>
        {
            var told = _truth.FindLast(one => one.Token == asset.Token && one.FromBlock <= snapshot.Block.Number);
            return told.FromBlock == 0 ? asset : asset with { PriceStatus = PriceStatus.Ok, Price = new Price(Wad.FromDoubleDown(told.Price)) };
        })],
    };

    private static Wad Value(BigInteger stable) => new(stable * BigInteger.Pow(10, 12));
}

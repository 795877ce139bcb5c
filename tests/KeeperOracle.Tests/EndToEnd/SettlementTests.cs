using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// Options on the real contracts, from their trade to the last claim: a keeper's real process records prices, makes the median final, settles everybody and pays
/// the winners. What they are paid is computed here from the legs and the price, to the unit.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class SettlementTests(ProtocolWorld world) : IDisposable
{
    /// <summary>Holds the calls, and has written the put.</summary>
    private const int Other = 0;

    private static readonly BigInteger CallStrike = 3_000 * Wad.Scale;
    private static readonly BigInteger PutStrike = 3_600 * Wad.Scale;
    private static readonly BigInteger Calls = BigInteger.Parse("2123456789012345678", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly BigInteger Puts = BigInteger.Parse("1111111111111111111", System.Globalization.CultureInfo.InvariantCulture);
    private readonly PrivateKey _maker = PrivateKey.Generate();
    private readonly PrivateKey _buyer = PrivateKey.Generate();
    private Address _book;
    private ulong _expiry;

    private Address Weth => world.Deployment.Assets[0].Token;

    private Hash32 Maker => IdOf(_maker.Address);

    private Hash32 Buyer => IdOf(_buyer.Address);

    public void Dispose()
    {
        _maker.Dispose();
        _buyer.Dispose();
    }

    [Fact]
    public async Task Run_OptionsExpire_KeeperFixesThePriceSettlesEverybodyAndPaysOnce()
    {
        var taker = await TradeAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");

        await MoveToWindowAsync();
        for (var recorded = 0; recorded < 6; recorded++)
        {
            var wanted = recorded + 1;
            await world.SetPricesAsync(3_300 + (7.77 * ((recorded * 4) % 7)), 60_000, await world.NowAsync() + 121);
            await Until.TrueAsync(async () => keeper.HasExited || (await ObservedAsync()).Count >= wanted, $"price {wanted} is recorded", () => keeper.Errors);
        }

        await world.MineAtAsync(_expiry + 1);
        await Until.TrueAsync(async () => keeper.HasExited || await IsPaidAsync(), "everybody is paid", () => Evidence(keeper, folder));
        await Until.TrueAsync(() => keeper.HasExited || folder.Intents().All(intent => !intent.IsOpen), "the keeper knows of it", () => Evidence(keeper, folder));
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);

        var price = Median([.. (await ObservedAsync()).Select(one => one.Price)]);
        var final = Assert.Single(await EventsAsync<OptionBook.FinalisedEvent>(OptionBook.FinalisedEvent.TryDecode));
        Assert.Equal((price, BigInteger.Zero), (final.Price, final.FallbackRound));
        await AssertSettledAsync(price, taker);
        await AssertPaidOnceAsync(taker);
        AssertEachOnce(folder);

        var explained = await folder.RunAsync("account", "explain", taker.ToString());
        Assert.True(explained.ExitCode == 0, explained.ToString());
        Assert.Contains("Options, what would hedge them and their settlement, as last judged:", explained.Output, StringComparison.Ordinal);
        Assert.Contains($"{Subject.Settlement(taker, Weth, _expiry)}: Act: it is credited", explained.Output, StringComparison.Ordinal);
        var replayed = await folder.RunAsync("replay");
        Assert.True(replayed.ExitCode == 0, replayed.ToString());
    }

    [Fact]
    public async Task Run_KilledAfterTheBroadcast_SettlesEveryAccountExactlyOnce()
    {
        var taker = await TradeAsync();
        await FixAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await world.SendAsync("evm_setAutomine", false);
        await using (var keeper = folder.StartKeeper())
        {
            await Until.TrueAsync(() => keeper.HasExited || Open(folder).Count == 3, "three settlements are sent", () => Evidence(keeper, folder));
            await Until.TrueAsync(async () => keeper.HasExited || await world.AreKnownAsync(Open(folder)), "the pool has them", () => keeper.Errors);
            Signals.Send("KILL", keeper.Id);
        }

        await using var again = folder.StartKeeper();
        await again.SaysAsync("tells of new heads");
        await world.SendAsync("evm_setAutomine", true);
        await world.SendAsync("anvil_mine", "0x1");
        await Until.TrueAsync(async () => again.HasExited || await IsPaidAsync(), "everybody is paid", () => Evidence(again, folder));
        await Until.TrueAsync(() => again.HasExited || folder.Intents().All(intent => !intent.IsOpen), "the keeper knows of it", () => Evidence(again, folder));
        Assert.Equal(0, (await again.StopAsync()).ExitCode);

        await AssertSettledAsync((await PoolAsync()).Price, taker);
        await AssertPaidOnceAsync(taker);
        AssertEachOnce(folder);
        Assert.Equal((ulong)folder.Intents().Count, await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None));
    }

    /// <summary>From trade to claim by hand, and by the fallback feed's round, which nobody told: the book kept from head to head is a cold read at each.</summary>
    [Fact]
    public async Task Advance_NoPricesRecorded_FindsTheFallbackRoundAndBookEqualsAColdReadToTheEnd()
    {
        await world.ResetAsync();
        var cold = new SnapshotReader(world.Reader, world.Chain.Eth, world.Deployment.Addresses, world.Chain.Id);
        var book = new VaultBook(cold, difference => Assert.Fail(difference.Detail));
        await CompareAsync(book, cold);
        var taker = await TradeAsync(reset: false);
        var traded = await CompareAsync(book, cold);
        Assert.Equal(2, Of(traded, taker).Legs.Length);
        Assert.Equal(new LegSnapshot(Weth, _expiry, true, new Wad(CallStrike), new Wad(-Calls)), Assert.Single(Of(traded, Maker).Legs));
        Assert.Equal(3, traded.Assets[0].ExpiryPools.Single(pool => pool.Expiry == _expiry).Accounts);

        await world.SetPricesAsync(3_400, 60_000, _expiry + 60); // the first round at or after expiry
        var first = (await world.Chain.Eth.CallAsync(new AggregatorV3Interface.LatestRoundDataFunction(), world.Deployment.Assets[0].Fallback, world.Keeper, (await HeadAsync()).Hash, CancellationToken.None)).RoundId;
        await world.SetPricesAsync(3_500, 60_000, _expiry + ProtocolWorld.Hour);
        Assert.Equal(BigInteger.Zero, PoolOf(await CompareAsync(book, cold)).FallbackRound);
        await world.SetPricesAsync(3_550, 60_000, _expiry + (6 * ProtocolWorld.Hour));
        var due = await CompareAsync(book, cold);
        Assert.Equal(first, PoolOf(due).FallbackRound);
        var act = Assert.IsType<Act>(Judged.Of(due, Subject.Expiry(Weth, _expiry)));
        Assert.Equal(new FinaliseExpiry(Weth, _expiry, first), act.Action);

        await SendAsync(new OptionBook.FinaliseFromFallbackFunction(Weth, _expiry, first));
        Assert.Equal(new Wad(3_400 * Wad.Scale), PoolOf(await CompareAsync(book, cold)).Price);
        foreach (var account in (Hash32[])[Maker, Buyer, taker])
        {
            await SendAsync(new OptionBook.SettleFunction(account, Weth, _expiry));
            await CompareAsync(book, cold);
        }

        var closed = await CompareAsync(book, cold);
        Assert.True(PoolOf(closed).IsClosed && closed.Accounts.All(account => account.Legs.IsEmpty) && closed.Accounts.Count(account => account.Claims.Length == 1) == 2);
        await AssertSettledAsync(3_400 * Wad.Scale, taker);
        await SendAsync(new OptionBook.ClaimFunction(taker, Weth, _expiry));
        Assert.Empty(Of(await CompareAsync(book, cold), taker).Claims);
    }

    // ------------------------------------------------------------------------------------------------ the stage

    /// <summary>The maker has written calls that the taker holds; the taker has written puts that the buyer holds.</summary>
    private async Task<Hash32> TradeAsync(bool reset = true)
    {
        if (reset)
        {
            await world.ResetAsync();
        }

        _book = (await world.SnapshotAsync()).Market.OptionBook;
        _expiry = await world.NowAsync() + (24 * ProtocolWorld.Hour);
        await world.Chain.SendAsync(
            world.Chain.Accounts[0], world.Deployment.Addresses.RiskOracle, new RiskOracle.ListExpiryFunction(Weth, _expiry, 700_000_000_000_000_000, (ulong)Wad.Scale), CancellationToken.None);
        await FundAsync(Maker);
        await FundAsync(Buyer);
        var taker = IdOf(world.Owner(Other));
        await FundAsync(taker);
        await TakeAsync(new Offer(Maker, Weth, true, CallStrike, _expiry, Calls, false, 100_000_000, default, 1, _expiry), _maker, taker);
        await TakeAsync(new Offer(Buyer, Weth, false, PutStrike, _expiry, Puts, true, 600_000_000, default, 1, _expiry), _buyer, taker);
        return taker;
    }

    private async Task TakeAsync(Offer offer, PrivateKey signer, Hash32 taker)
    {
        var digest = await world.Chain.Eth.CallAsync(new OptionBook.DigestOfFunction(offer), _book, world.Keeper, (await HeadAsync()).Hash, CancellationToken.None);
        var fill = new Fill(taker, offer.Size, false, false, [], []);
        await world.Chain.SendAsync(world.Owner(Other), _book, new OptionBook.TradeFunction(offer, signer.SignDigest(digest).ToBytes65(), fill), CancellationToken.None);
    }

    /// <summary>Anyone may add collateral to any account.</summary>
    private async Task FundAsync(Hash32 account)
    {
        var (giver, vault, amount) = (world.Chain.Accounts[0], world.Deployment.Addresses.MarginVault, 30 * Wad.Scale);
        await world.Chain.SendAsync(giver, Weth, new MockToken.MintFunction(giver, amount), CancellationToken.None);
        await world.Chain.SendAsync(giver, Weth, new MockToken.ApproveFunction(vault, amount), CancellationToken.None);
        await world.Chain.SendAsync(giver, vault, new MarginVault.AddCollateralFunction(account, Weth, amount), CancellationToken.None);
    }

    /// <summary>By somebody else than the keeper.</summary>
    private async Task FixAsync()
    {
        await MoveToWindowAsync();
        for (var i = 0; i < 5; i++)
        {
            await world.SetPricesAsync(3_350 + i, 60_000, await world.NowAsync() + 121);
            await SendAsync(new OptionBook.RecordObservationFunction(Weth, _expiry));
        }

        await world.MineAtAsync(_expiry + 1);
        await SendAsync(new OptionBook.FinaliseFunction(Weth, _expiry));
    }

    /// <summary>Some seconds before the half hour in which prices are recorded.</summary>
    private Task MoveToWindowAsync() => world.SetPricesAsync(3_200, 60_000, _expiry - 1_860);

    private Task<TransactionReceipt> SendAsync<T>(IContractFunction<T> call) => world.Chain.SendAsync(world.Chain.Accounts[9], _book, call, CancellationToken.None);

    private static Hash32 IdOf(Address owner) => new([.. owner.ToBytes(), .. new byte[12]]);

    // ------------------------------------------------------------------------------------------------ what must be

    /// <summary>Exact over both legs, then rounded once: a gain down, a loss up.</summary>
    private async Task AssertSettledAsync(BigInteger price, Hash32 taker)
    {
        var call = Calls * BigInteger.Max(price - CallStrike, 0);
        var put = Puts * BigInteger.Max(PutStrike - price, 0);
        var expected = new Dictionary<Hash32, BigInteger> { [Maker] = Units(-call), [Buyer] = Units(put), [taker] = Units(call - put) };
        var settled = await EventsAsync<OptionBook.SettledEvent>(OptionBook.SettledEvent.TryDecode);

        Assert.Equal(expected.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)), settled.OrderBy(one => one.Account).Select(one => (one.Account, one.Net)));
        Assert.All(settled, one => Assert.Equal(BigInteger.Zero, one.Uncovered));
        Assert.InRange(settled.Aggregate(BigInteger.Zero, (sum, one) => sum + one.Net), -2, 0); // rounding stays with the vault
        foreach (var account in expected.Keys)
        {
            var refused = await Assert.ThrowsAsync<ContractRevertException>(() => SendAsync(new OptionBook.SettleFunction(account, Weth, _expiry)));
            Assert.StartsWith("LegsAbsent(", refused.Message, StringComparison.Ordinal);
        }
    }

    private async Task AssertPaidOnceAsync(Hash32 taker)
    {
        var settled = await EventsAsync<OptionBook.SettledEvent>(OptionBook.SettledEvent.TryDecode);
        var claimed = await EventsAsync<OptionBook.ClaimedEvent>(OptionBook.ClaimedEvent.TryDecode);
        Assert.Equal(
            settled.Where(one => one.Net.Sign > 0).OrderBy(one => one.Account).Select(one => (one.Account, one.Net, one.Net)),
            claimed.OrderBy(one => one.Account).Select(one => (one.Account, one.Claim, one.Paid)));
        Assert.Equal(2, claimed.Count);
        var refused = await Assert.ThrowsAsync<ContractRevertException>(() => SendAsync(new OptionBook.ClaimFunction(taker, Weth, _expiry)));
        Assert.StartsWith("ClaimAbsent(", refused.Message, StringComparison.Ordinal);
    }

    private static void AssertEachOnce(KeeperFolder folder)
    {
        var steps = folder.Intents().Where(intent => Purpose.IsSettlement(intent.Purpose)).ToList();
        Assert.All(steps, intent => Assert.Equal(IntentState.Included, intent.State));
        Assert.Equal(steps.Count, steps.Select(intent => intent.Purpose).Distinct().Count());
        Assert.Equal((3, 2), (steps.Count(intent => intent.Purpose.StartsWith("settle/", StringComparison.Ordinal)), steps.Count(intent => intent.Purpose.StartsWith("claim/", StringComparison.Ordinal))));
    }

    private static BigInteger Units(BigInteger exact)
    {
        var unit = BigInteger.Pow(10, 30); // 36 decimals of a unit of account in a stable unit
        return exact.Sign >= 0 ? exact / unit : -((-exact + unit - 1) / unit);
    }

    private static BigInteger Median(List<BigInteger> prices)
    {
        prices.Sort();
        var (lower, upper) = (prices[(prices.Count - 1) / 2], prices[prices.Count / 2]);
        return lower + ((upper - lower) / 2);
    }

    // ------------------------------------------------------------------------------------------------ what is

    private static List<IntentRecord> Open(KeeperFolder folder) =>
        [.. folder.Intents().Where(intent => intent.IsOpen && intent.Purpose.StartsWith("settle/", StringComparison.Ordinal))];

    private static string Evidence(ProductProcess keeper, KeeperFolder folder) =>
        $"{keeper.Errors}\n{string.Join('\n', folder.Decisions().TakeLast(12).Select(decision => $"{decision.Subject}: {decision.Verdict}"))}";

    private async Task<BlockRef> HeadAsync() => (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref;

    private async Task<Pool> PoolAsync() =>
        await world.Chain.Eth.CallAsync(new OptionBook.PoolOfFunction(Weth, _expiry), _book, world.Keeper, (await HeadAsync()).Hash, CancellationToken.None);

    private async Task<bool> IsPaidAsync()
    {
        var snapshot = await world.SnapshotAsync();
        return PoolOf(snapshot).IsClosed && snapshot.Accounts.All(account => account.Options.PendingClaims.IsZero);
    }

    private ExpiryPoolSnapshot PoolOf(ChainSnapshot snapshot) => snapshot.Assets[0].ExpiryPools.Single(pool => pool.Expiry == _expiry);

    private static AccountSnapshot Of(ChainSnapshot snapshot, Hash32 account) => snapshot.Accounts.Single(one => one.Account == account);

    private Task<List<OptionBook.ObservationRecordedEvent>> ObservedAsync() => EventsAsync<OptionBook.ObservationRecordedEvent>(OptionBook.ObservationRecordedEvent.TryDecode);

    private delegate bool Decoder<T>(LogEntry log, [NotNullWhen(true)] out T? decoded);

    private async Task<List<T>> EventsAsync<T>(Decoder<T> decode)
    {
        var filter = new LogFilter(_book, null, null, world.Deployment.Block, (await HeadAsync()).Number);
        var events = new List<T>();
        foreach (var log in await world.Chain.Eth.GetLogsAsync(filter, CancellationToken.None))
        {
            if (decode(log, out var one))
            {
                events.Add(one);
            }
        }

        return events;
    }

    private async Task<ChainSnapshot> CompareAsync(VaultBook book, SnapshotReader cold)
    {
        var head = await HeadAsync();
        var kept = await book.AdvanceAsync(head, world.Keeper, CancellationToken.None);
        Assert.Equal(Text(await cold.ReadAsync(head, world.Keeper, CancellationToken.None)), Text(kept));
        return kept;
    }

    private static string Text(ChainSnapshot snapshot) => Encoding.UTF8.GetString(KeeperJson.Write(new ChainObserved(snapshot)));
}

using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Shows;
using KeeperOracle.Host.Story;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// How an account is defended by what lies on another chain, on two live chains with real oracle nodes, relay and keepers: a swap under its lien, asked for by one of two keepers that race, filled by
/// the relay and proved back; and top-ups of the lien by the relay, inside their owner's mandates.
/// </summary>
[Collection(EndToEndCollections.Demo)]
public sealed class LienDefenceTests : IAsyncLifetime
{
    private const double Fallen = 2_760;
    private static readonly BigInteger Ether = BigInteger.Pow(10, 18);
    private static readonly BigInteger Dollar = BigInteger.Pow(10, 6);
    private static readonly Wad Trigger = new(Wad.Scale * 110 / 100);
    private static readonly Wad Target = new(Wad.Scale * 115 / 100);
    private static readonly CancellationToken None = CancellationToken.None;
    private TwoChainStage _stage = null!;

    public async Task InitializeAsync()
    {
        var (tools, problem) = DemoTools.Find(RepositoryFiles.Root);
        Assert.True(tools is not null, problem);
        _stage = await TwoChainStage.SetAsync(tools, null, None, withStable: true);
        await _stage.FundRelayAsync(A, Usdt, 100_000, None);
        await _stage.StartOraclesAsync(None);
        await _stage.StartRelayAsync(None);
    }

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    private StageChain A => _stage.A;

    private StageChain B => _stage.B;

    private Address Alice => A.Chain.Accounts[5];

    private Address Whale => A.Chain.Accounts[6];

    private Address Stranger => A.Chain.Accounts[7];

    private Hash32 Account => StageChain.AccountOf(Alice, 1);

    private DemoAsset Weth => A.Deployment.Assets[0];

    private DemoAsset Usdt => A.Deployment.Assets[2];

    /// <summary>One story, since the chains take longer to stand than to play it.</summary>
    [Fact]
    public async Task Defence_CollateralOnAnotherChain_IsSwappedAndToppedUpInsideItsMandatesOnce()
    {
        // Somebody else's lien is so large that Alice's orders are under 2 % of what is locked, and leave at once.
        await A.LockAsync(Whale, Weth, 10_000, B, StageChain.AccountOf(Whale, 1), None);
        var lien = await A.LockAsync(Alice, Weth, 10, B, Account, None);
        var stableLien = await A.LockAsync(Alice, Usdt, 100, B, Account, None);
        var key = await _stage.CountAsync(A, lien, Alice, None);
        var filled = await _stage.CountAsync(A, stableLien, Alice, None);
        await B.SendAsync(Alice, B.Deployment.Addresses.MarginVault, new MarginVault.BorrowFunction(Account, 20_000 * Dollar, Alice, []), None);

        await OneOfTwoKeepersHasTheLienSwappedAsync(lien, key, stableLien, filled);
        await RelayTopsTheLienUpOnceAsync(lien);
    }

    // ------------------------------------------------------------------------------------------- the swap

    private async Task OneOfTwoKeepersHasTheLienSwappedAsync(ulong lien, Hash32 key, ulong stableLien, Hash32 filled)
    {
        var mandate = new LienSwapMandate(filled, (ulong)Trigger.Raw, (ulong)Target.Raw, (ulong)(Wad.Scale / 200), await B.NowAsync(None) + (100 * TwoChainStage.Hour), 20 * Ether, Ether / 10, 86_400);
        await B.SendAsync(Alice, B.CrossChain.MarginHub, new MarginHub.SetLienSwapMandateFunction(key, mandate), None);
        Assert.StartsWith("SwapNotDue", await B.RefusalAsync(Stranger, B.CrossChain.MarginHub, new MarginHub.RequestSwapByMandateFunction(key, Ether), None), StringComparison.Ordinal);

        var second = DemoKey.Create("keeper-2", "keeper", Directory.CreateDirectory(Path.Combine(_stage.Directory, "keepers", "2")).FullName);
        await B.Chain.SetBalanceAsync(second.Address, BigInteger.Pow(10, 21), None);
        await A.Chain.SetBalanceAsync(second.Address, BigInteger.Pow(10, 21), None);
        await using var one = new StoryKeeper(_stage, Copied(_stage.Keeper, "1"), Path.Combine(_stage.Directory, "keepers", "1"));
        await using var two = new StoryKeeper(_stage, second, Path.Combine(_stage.Directory, "keepers", "2"));
        StoryKeeper[] keepers = [one, two];
        Array.ForEach(keepers, keeper => keeper.Start());
        await RestAsync(keepers);

        // The price falls in one block, and both want the same of the next.
        await using (await _stage.SetPricesAndHoldAsync(B, new HourlyPrices(Fallen, 60_000), None))
        {
            await PlanIsTheContractsAsync(key);
            await _stage.UntilAsync("both keepers have asked, or one was told that it is late", () => Task.FromResult(keepers.Count(HasAsked) == 2), None);
        }

        await RestAsync(keepers);
        var (request, block) = Assert.Single(await RequestsAsync());
        Assert.Equal((key, 1UL, Account), (request.LienKey, request.Counter, request.Account));
        var winner = Assert.Single(keepers, keeper => keeper.Address == request.Caller);
        var loser = Assert.Single(keepers, keeper => keeper != winner);
        Assert.Single(EndsOf(winner), end => end.Outcome == SettlementOutcome.Included);
        Assert.All(EndsOf(loser), end => Assert.StartsWith("TooManyPendingOrders(", end.Detail, StringComparison.Ordinal));
        Assert.NotEmpty(EndsOf(loser));
        Assert.All(keepers, keeper => Assert.Single(DecisionsOf(keeper), decision => decision.Verdict is Refuse { Refusal.Code: RefusalCode.LienSwapWaiting })); // and not at each head
        Assert.All(keepers, keeper => Assert.DoesNotContain(DecisionsOf(keeper), decision => decision.Verdict is Refuse { Refusal.Code: RefusalCode.SwapRefused }));

        // The request is what the block before it asks for.
        var seen = await SnapshotAsync(block - 1);
        var plan = LienSwapSizing.Size(seen, AliceIn(seen), Assert.Single(AliceIn(seen).LienSwaps));
        Assert.Equal((LienSwapAnswer.Restores, plan.Units, plan.MinOut), (plan.Answer, request.Units, request.MinOut));
        Assert.InRange(request.HealthAfter, Target.Raw - (Wad.Scale / 1_000_000), Target.Raw + (Wad.Scale / 1_000_000));

        await _stage.PassUntilAsync("the hub knows its end", 450, async () => (await _stage.OnHubAsync(A, lien, None)) is { EndedCounter: 1, Pending.IsZero: true }, None);
        var (given, brought) = (await TwoChainStage.InVaultAsync(A, lien, None), await TwoChainStage.InVaultAsync(A, stableLien, None));
        Assert.Equal((10 * Ether) - request.Units, given.Amount);
        Assert.Equal((100 * Dollar) + request.MinOut, brought.Amount);
        Assert.Equal((given.Amount, brought.Amount), ((await _stage.OnHubAsync(A, lien, None)).Counted, (await _stage.OnHubAsync(A, stableLien, None)).Counted));
        Assert.DoesNotContain(await A.LogsAsync(A.CrossChain.CollateralVault, None), log => CollateralVault.OrderQueuedEvent.TryDecode(log, out _));
        Assert.Equal(request.Units, await A.CallAsync(Weth.Token, new ERC20.BalanceOfFunction(_stage.Relay.Address), None));
        Assert.InRange(await HealthAsync(), Target.ToDouble() - .001, Target.ToDouble() + .001);
        Assert.Single(await RequestsAsync());

        await RestAsync(keepers);
        foreach (var keeper in keepers)
        {
            await keeper.DisposeAsync();
            var replayed = await ProductProcess.RunAsync("replay", "--journal", keeper.JournalFile);
            Assert.True(replayed.ExitCode == 0, replayed.ToString());
        }

        var explained = await ProductProcess.RunAsync(
            "account", "explain", Account.ToString(), "--chain", $"{B.Chain.Id}", "-c", DemoConfiguration.Common(_stage.Directory), "-c", DemoConfiguration.Keeper(Path.GetDirectoryName(winner.JournalFile)!));
        Assert.True(explained.ExitCode == 0, explained.ToString());
        Assert.Contains("Mandates to swap under liens on other chains, as last judged:", explained.Output, StringComparison.Ordinal);
        Assert.Contains($"lien {key}: under health 1.1 have WETH swapped for USDT of lien {filled} up to health 1.15, at a loss of at most 0.005 of it, from 0.1 WETH on and at most 20 WETH in 86400 s", explained.Output, StringComparison.Ordinal);
    }

    /// <summary>To the unit, at one block: the hub takes what the plan says, and of what it refuses it says the health that is computed here.</summary>
    private async Task PlanIsTheContractsAsync(Hash32 key)
    {
        var snapshot = await SnapshotAsync((await B.Chain.Eth.GetLatestBlockAsync(None)).Ref.Number);
        var alice = AliceIn(snapshot);
        var mandate = Assert.Single(alice.LienSwaps);
        Assert.Equal((key, 0UL, 10 * Ether), (mandate.Lien, mandate.In.LastCounter, mandate.Available));
        var plan = LienSwapSizing.Size(snapshot, alice, mandate);
        Assert.Equal(LienSwapAnswer.Restores, plan.Answer);
        Assert.Equal("", await AskedAsync(plan.Units));
        Assert.Equal("", await AskedAsync(mandate.LeastUnits));
        Assert.StartsWith("LienSwapTooSmall", await AskedAsync(mandate.LeastUnits - 1), StringComparison.Ordinal);
        var refused = 0;
        foreach (var units in (BigInteger[])[plan.Units - 1, plan.Units + 1, plan.Units + 2, plan.Units + (Ether / 1_000_000), plan.Units + (Ether / 1000), 5 * Ether])
        {
            var isTooLarge = LienSwapSizing.HealthAfter(snapshot, alice, mandate, units - 1) > Target; // the hub looks at one unit less
            var said = isTooLarge ? $"healthAfter {LienSwapSizing.HealthAfter(snapshot, alice, mandate, units).Raw}, targetHealth {Target.Raw})" : "";
            Assert.EndsWith(said, await AskedAsync(units), StringComparison.Ordinal);
            Assert.Equal(isTooLarge, (await AskedAsync(units)).StartsWith("LienSwapTooLarge(", StringComparison.Ordinal));
            refused += isTooLarge ? 1 : 0;
        }

        Assert.True(refused >= 3, $"{refused}");

        async Task<string> AskedAsync(BigInteger units)
        {
            try
            {
                await B.Chain.Eth.CallAsync(new MarginHub.RequestSwapByMandateFunction(key, units), B.CrossChain.MarginHub, Stranger, snapshot.Block.Hash, None);
                return "";
            }
            catch (ContractRevertException reverted)
            {
                return reverted.Message;
            }
        }
    }

    /// <summary>Its request is in the pool, or it was told that it is late.</summary>
    private static bool HasAsked(StoryKeeper keeper)
    {
        using var journal = Journal.OpenReadOnly(keeper.JournalFile);
        return journal.RecentIntents(10).Any(intent => intent.Purpose.StartsWith("lienswap/", StringComparison.Ordinal))
            || EndsOf(keeper).Any(end => end.Outcome == SettlementOutcome.SimulationReverted);
    }

    private static IReadOnlyList<IntentSettled> EndsOf(StoryKeeper keeper)
    {
        using var journal = Journal.OpenReadOnly(keeper.JournalFile);
        return [.. journal.Decisions(1, long.MaxValue).Select(record => KeeperJson.ReadEvent(record.Event.Span)).OfType<IntentSettled>().Where(end => end.Purpose.StartsWith("lienswap/", StringComparison.Ordinal))];
    }

    private static IReadOnlyList<Decision> DecisionsOf(StoryKeeper keeper)
    {
        using var journal = Journal.OpenReadOnly(keeper.JournalFile);
        return [.. journal.Decisions(1, long.MaxValue).SelectMany(record => KeeperJson.ReadDecisions(record.Decisions.Span))];
    }

    private async Task RestAsync(StoryKeeper[] keepers)
    {
        foreach (var keeper in keepers)
        {
            await _stage.UntilAsync($"{keeper.Name} comes to rest", () => keeper.IsQuietAsync(None), None);
        }
    }

    /// <summary>The key's files beside a keeper's own configuration.</summary>
    private DemoKey Copied(DemoKey key, string folder)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_stage.Directory, "keepers", folder)).FullName;
        foreach (var file in (string[])[key.KeystoreFile, key.PasswordFile])
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        return key with { KeystoreFile = Path.Combine(directory, Path.GetFileName(key.KeystoreFile)), PasswordFile = Path.Combine(directory, Path.GetFileName(key.PasswordFile)) };
    }

    private async Task<IReadOnlyList<(MarginHub.LienSwapRequestedEvent Request, ulong Block)>> RequestsAsync() =>
        [.. (await B.LogsAsync(B.CrossChain.MarginHub, None)).Select(log => (MarginHub.LienSwapRequestedEvent.TryDecode(log, out var one) ? one : null, log.BlockNumber)).Where(pair => pair.Item1 is not null).Select(pair => (pair.Item1!, pair.BlockNumber))];

    // ------------------------------------------------------------------------------------------- the top-up

    /// <summary>Without a mandate nothing is moved; with one the least that restores the target, once, though the relay is killed while its call waits in the pool; and it is proved back.</summary>
    private async Task RelayTopsTheLienUpOnceAsync(ulong lien)
    {
        var vault = A.CrossChain.CollateralVault;
        await A.SendAsync(Alice, Weth.Token, new MockToken.MintFunction(Alice, 8 * Ether), None);
        await A.SendAsync(Alice, Weth.Token, new MockToken.ApproveFunction(vault, 8 * Ether), None);
        await _stage.SetPricesAsync(new HourlyPrices(2_500, 60_000), None);
        var before = (await TwoChainStage.InVaultAsync(A, lien, None)).Amount;
        Assert.InRange(await HealthAsync(), 1, Trigger.ToDouble() - .001);
        await _stage.QuietAsync(None);
        Assert.Equal((before, 8 * Ether), ((await TwoChainStage.InVaultAsync(A, lien, None)).Amount, await WalletAsync()));

        await _stage.SetPricesAsync(new HourlyPrices(Fallen, 60_000), None);
        var mandate = new LienTopUpMandate(_stage.Relay.Address, (ulong)Trigger.Raw, 86_400, (ulong)Target.Raw, await A.NowAsync(None) + (100 * TwoChainStage.Hour), 10 * Ether);
        await A.SendAsync(Alice, vault, new CollateralVault.SetTopUpMandateFunction(lien, mandate), None);
        await _stage.QuietAsync(None);
        Assert.Empty(await ToppedUpAsync());

        // A mines nothing but by hand: the call waits in the pool while the relay is killed and another goes on by its journal.
        await A.Chain.Rpc.SendAsync("evm_setAutomine", None, false);
        await B.Market.SetPricesAsync(new HourlyPrices(2_500, 60_000), await _stage.LatestAsync(None) + 60, None);
        await _stage.UntilAsync("the top-up is in the pool of A", async () => await PoolOfAAsync() > 0, None);
        await _stage.KillRelayAsync();
        await _stage.StartRelayAsync(None);
        await Task.Delay(1_000);
        Assert.Equal(1, await PoolOfAAsync());
        var needed = await NeededAsync(lien);
        await A.Chain.Rpc.SendAsync("anvil_mine", None, "0x1");
        await A.Chain.Rpc.SendAsync("evm_setAutomine", None, true);

        await _stage.UntilAsync("the relay says that it is on the way", async () =>
            (await _stage.LinksAsync(None)).Any(link => link.Waits.Any(wait => wait.Code == RelayWaitCode.TopUpOnTheWay)), None);
        var made = Assert.Single(await ToppedUpAsync());
        Assert.Equal((lien, Account, _stage.Relay.Address), ((ulong)made.Number, made.Account, made.Keeper));
        Assert.InRange(made.Amount, needed - (Ether / 10_000), needed + (Ether / 10_000));
        Assert.True(made.Amount <= 5 * Ether); // half of the cap at once
        Assert.Equal(before + made.Amount, (await TwoChainStage.InVaultAsync(A, lien, None)).Amount);
        Assert.Equal((8 * Ether) - made.Amount, await WalletAsync());

        await _stage.PassUntilAsync("the hub counts it", 450, async () => (await _stage.OnHubAsync(A, lien, None)).Counted == before + made.Amount, None);
        await _stage.QuietAsync(None);
        Assert.InRange(await HealthAsync(), Target.ToDouble() - .001, Target.ToDouble() + .001);
        Assert.Single(await ToppedUpAsync());

        // Deeper than what is left of the cap: no more than that, and the relay says what ends it.
        await _stage.SetPricesAsync(new HourlyPrices(1_000, 60_000), None);
        await _stage.UntilAsync("the relay says that the budget is spent", async () =>
            (await _stage.LinksAsync(None)).Any(link => link.Waits.Any(wait => wait.Code is RelayWaitCode.TopUpCapExhausted)), None);
        var all = await ToppedUpAsync();
        Assert.Equal(2, all.Count);
        Assert.InRange(all[0].Amount + all[1].Amount, 5 * Ether, 10 * Ether); // half of the cap, and what has come back of it meanwhile
        Assert.True(await WalletAsync() > 0);
    }

    /// <summary>What is missing at the head of B, in one line of the risk model and in doubles.</summary>
    private async Task<BigInteger> NeededAsync(ulong lien)
    {
        var snapshot = await SnapshotAsync((await B.Chain.Eth.GetLatestBlockAsync(None)).Ref.Number);
        var value = SnapshotValuation.Value(snapshot, AliceIn(snapshot));
        var factors = await B.CallAsync(B.Deployment.Addresses.RiskOracle, new RiskOracle.FactorsFunction(B.Deployment.Assets[0].Token), None);
        var each = 2_500 * new Wad(factors.LiquidationThreshold).ToDouble() * (1 - (2.326347874 * new Wad(factors.MaintenanceVolatility).ToDouble() * Math.Sqrt(900 / 31_536_000.0)));
        Assert.True((await _stage.OnHubAsync(A, lien, None)).Pending.IsZero);
        return Weth.Units(((Target.ToDouble() * value.Debt.ToDouble()) - value.LiquidationCapacity.ToDouble()) / each);
    }

    private Task<BigInteger> WalletAsync() => A.CallAsync(Weth.Token, new ERC20.BalanceOfFunction(Alice), None);

    private async Task<int> PoolOfAAsync() => Convert.ToInt32((await A.Chain.Rpc.SendAsync("txpool_status", None)).GetProperty("pending").GetString(), 16);

    private async Task<IReadOnlyList<CollateralVault.LienToppedUpEvent>> ToppedUpAsync() =>
        [.. (await A.LogsAsync(A.CrossChain.CollateralVault, None)).Select(log => CollateralVault.LienToppedUpEvent.TryDecode(log, out var one) ? one : null).OfType<CollateralVault.LienToppedUpEvent>()];

    // ------------------------------------------------------------------------------------------- what B says

    private async Task<double> HealthAsync()
    {
        var snapshot = await SnapshotAsync((await B.Chain.Eth.GetLatestBlockAsync(None)).Ref.Number);
        return SnapshotValuation.Value(snapshot, AliceIn(snapshot)).Health!.Value.ToDouble();
    }

    private AccountSnapshot AliceIn(ChainSnapshot snapshot) => snapshot.Accounts.Single(one => one.Account == Account);

    /// <summary>As a keeper that follows the chain has it, which is what one that begins there has.</summary>
    private async Task<ChainSnapshot> SnapshotAsync(ulong block)
    {
        var reader = new SnapshotReader(new ChainReader(B.Chain.Rpc, B.Deployment.Addresses.Multicall3), B.Chain.Eth, B.Deployment.Addresses, B.Chain.Id);
        var (before, head) = (await B.Chain.Eth.GetBlockByNumberAsync(block - 1, None), await B.Chain.Eth.GetBlockByNumberAsync(block, None));
        var book = new VaultBook(reader);
        await book.AdvanceAsync(before!.Value.Ref, default, None);
        var followed = await book.AdvanceAsync(head!.Value.Ref, default, None);
        var cold = await reader.ReadAsync(head.Value.Ref, default, None);
        Assert.Equal("", book.Last.WhyCold);
        Assert.True(AliceIn(cold).IsSameAs(AliceIn(followed)));
        return followed;
    }
}

using System.Net.Http.Json;
using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Proofs;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Host.Relay;
using KeeperOracle.Host.Shows;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// Two live chains, four oracle nodes and the relay as real processes: what crosses, what never does, what a kill leaves behind, two relays on one link, and orders that wait in the queue. What silence does is played by the show of system 6.
/// </summary>
[Collection(EndToEndCollections.Demo)]
public sealed class RelayTests : IAsyncLifetime
{
    private static readonly BigInteger Ether = BigInteger.Pow(10, 18);
    private static readonly BigInteger Dollar = BigInteger.Pow(10, 6);
    private static readonly CancellationToken None = CancellationToken.None;
    private const ulong Day = 86_400;
    private const ulong Quarter = Day / 4;
    private readonly Dictionary<string, int> _logs = [];
    private TwoChainStage _stage = null!;

    public async Task InitializeAsync()
    {
        var (tools, problem) = DemoTools.Find(RepositoryFiles.Root);
        Assert.True(tools is not null, problem);
        _stage = await TwoChainStage.SetAsync(tools, null, None);
        await _stage.StartOraclesAsync(None);
    }

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    private StageChain A => _stage.A;

    private StageChain B => _stage.B;

    private Address Alice => A.Chain.Accounts[5];

    private Address Whale => A.Chain.Accounts[6];

    private Address Liquidator => A.Chain.Accounts[7];

    private Address Receiver => A.Chain.Accounts[8];

    private DemoAsset Weth => A.Deployment.Assets[0];

    /// <summary>One story, since the chains take longer to stand than to play it.</summary>
    [Fact]
    public async Task Relay_TwoChains_CarriesWhatIsFinalOnceAndNothingElse()
    {
        // A lien in a block that is not final is in no attested header, and gone with its block.
        await _stage.StartRelayAsync(None);
        await LienInALostBlockIsNeverSeenAsync();

        // Alice's ten ether on A secure a loan on B.
        var large = await A.LockAsync(Whale, Weth, 10_000, B, StageChain.AccountOf(Whale, 1), None);
        var lien = await A.LockAsync(Alice, Weth, 10, B, StageChain.AccountOf(Alice, 1), None);
        var key = await _stage.CountAsync(A, lien, Alice, None);
        Assert.Equal(10 * Ether, (await _stage.OnHubAsync(A, lien, None)).Counted);
        await CopiesAreRefusedByNameAsync(lien);
        await BorrowAsync(9_000);

        await ReleaseWithARelayThatIsKilledPaysOnceAsync(lien, key);
        await KeeperSeizesTheLienAndIsPaidThereAsync(lien, key);

        // The whale's lien: two relays at once, then an order that waits in the queue and is vetoed, then one that lapses there.
        var largeKey = await _stage.CountAsync(A, large, Whale, None);
        await TwoRelaysOnOneLinkHaveEachEffectOnceAsync(large, largeKey);
        await VetoedOrderIsProvedAnewAndPaidADayLaterAsync(large, largeKey);
        await QueuedOrderPastItsDeadlineLapsesAsync(large, largeKey);
    }

    private async Task LienInALostBlockIsNeverSeenAsync()
    {
        await A.LockAsync(Alice, Weth, 3, B, StageChain.AccountOf(Alice, 7), None);
        var block = (await A.Chain.Eth.GetLatestBlockAsync(None)).Ref;
        Assert.Equal(1, (int)await A.CallAsync(A.CrossChain.CollateralVault, new CollateralVault.LienCountFunction(), None));
        await A.Chain.Rpc.SendAsync("anvil_reorg", None, 1, Array.Empty<object>());
        await _stage.WaitAsync(1000, None);
        await _stage.QuietAsync(None);

        Assert.Equal(0, (int)await A.CallAsync(A.CrossChain.CollateralVault, new CollateralVault.LienCountFunction(), None));
        Assert.StartsWith("LienUnknown", (await _stage.OfferedCountAsync(A, 1, None))!.Refusal, StringComparison.Ordinal);
        using var http = new HttpClient();
        foreach (var (_, url) in _stage.Oracles)
        {
            var offered = (await http.GetFromJsonAsync<OfferedHeaders>(new Uri(url, $"api/v1/headers/{A.Chain.Id}/{B.Chain.Id}"), KeeperJson.Options))!;
            Assert.Equal("", offered.NoHeader);
            Assert.True(offered.Headers[^1].Number > block.Number);
            Assert.DoesNotContain(offered.Headers, header => header.BlockHash == block.Hash);
        }
    }

    private async Task CopiesAreRefusedByNameAsync(ulong lien)
    {
        // The owner's call again, tampered with, in a stranger's hands, and on the other chain: it was offered before it was sent.
        var carried = await AttestedAsync();
        Assert.StartsWith("HeaderNotNewer", await B.RefusalAsync(Alice, B.CrossChain.AttestedHeaders, carried, None), StringComparison.Ordinal);
        Assert.StartsWith("ChainIsOwn", await A.RefusalAsync(Alice, A.CrossChain.AttestedHeaders, carried, None), StringComparison.Ordinal);
        var header = carried.Attestation;
        var forged = carried with { Attestation = header with { Number = header.Number + 1000, Timestamp = header.Timestamp + 1 } };
        Assert.Matches("Signer|Signature", await B.RefusalAsync(Alice, B.CrossChain.AttestedHeaders, forged, None));

        var block = await A.Chain.Eth.GetBlockByNumberAsync(header.Number, None);
        var proof = await A.Chain.Eth.GetProofAsync(A.CrossChain.CollateralVault, [LienSlots.TermsSlot(lien), LienSlots.StateSlot(lien)], block!.Value.Ref.Hash, None);
        Assert.Null(StorageProofs.Check(header.StateRoot, proof));
        var terms = await A.CallAsync(A.CrossChain.CollateralVault, new CollateralVault.TermsOfFunction(lien), None);
        var call = new MarginHub.CountLienFunction(
            new LienId(A.Chain.Id.Value, A.CrossChain.CollateralVault, lien),
            terms,
            proof.Slots[0].Proof,
            new LienProof(LienSlots.Locator(header.Number), proof.Proof, proof.Slots[1].Proof, []));
        Assert.StartsWith("NotAccountOwner", await B.RefusalAsync(Whale, B.CrossChain.MarginHub, call, None), StringComparison.Ordinal);
        Assert.StartsWith("LienForOtherHub", await A.RefusalAsync(Alice, A.CrossChain.MarginHub, call, None), StringComparison.Ordinal);
        Assert.StartsWith(
            "LienTermsNotStored", await B.RefusalAsync(Alice, B.CrossChain.MarginHub, call with { Terms = terms with { Token = A.Deployment.Assets[1].Token } }, None), StringComparison.Ordinal);
        var tampered = proof.Slots[1].Proof.Select(node => node.ToArray()).ToArray();
        tampered[^1][^1] ^= 1;
        Assert.Equal(ProofRefusalCode.ProofNotOfRoot, StorageProofs.Check(header.StateRoot, proof with { Slots = [proof.Slots[0], proof.Slots[1] with { Proof = tampered }] })!.Code);
        Assert.Contains("TrieProof", await B.RefusalAsync(Alice, B.CrossChain.MarginHub, call with { Proof = call.Proof with { StateProof = tampered } }, None), StringComparison.Ordinal);
    }

    /// <summary>The newest header of A that B believes, with signatures, from the transaction that brought it.</summary>
    private async Task<AttestedHeaders.AttestFunction> AttestedAsync()
    {
        var log = (await B.LogsAsync(B.CrossChain.AttestedHeaders, None))[^1];
        var transaction = await B.Chain.Rpc.SendAsync("eth_getTransactionByHash", None, log.TransactionHash.ToString());
        Assert.True(AttestedHeaders.AttestFunction.TryDecodeCall(Hex.ToBytes(transaction.GetProperty("input").GetString()!), out var call));
        return call;
    }

    private async Task BorrowAsync(int dollars) => await B.SendAsync(
        Alice, B.Deployment.Addresses.MarginVault, new MarginVault.BorrowFunction(StageChain.AccountOf(Alice, 1), dollars * Dollar, Alice, []), None);

    private async Task ReleaseWithARelayThatIsKilledPaysOnceAsync(ulong lien, Hash32 key)
    {
        var before = await TokensAsync(Whale);
        await B.SendAsync(Alice, B.CrossChain.MarginHub, new MarginHub.RequestReleaseFunction(key, Ether, Whale, []), None);
        Assert.Equal(9 * Ether, (await _stage.OnHubAsync(A, lien, None)).Counted);

        // Issued, in a block of B that is not final: nobody attests it yet.
        await _stage.WaitAsync(1000, None);
        await _stage.UntilAsync(
            "the order is issued", async () => !(await B.CallAsync(B.CrossChain.MarginHub, new MarginHub.OrderHashOfFunction(key, 1), None)).IsZero, None);

        // A mines nothing: the relay's call waits in the pool when the relay is killed, and the next one knows of it by its journal.
        await A.Chain.Rpc.SendAsync("evm_setAutomine", None, false);
        await B.MineAtAsync(await B.NowAsync(None) + 5, None);
        for (var blocks = 0; blocks < 2; blocks++)
        {
            await _stage.UntilAsync("the header with the order, then the release is in the pool of A", async () => await PoolOfAAsync() > 0, None);
            await _stage.KillRelayAsync();
            await _stage.StartRelayAsync(None);
            await A.Chain.Rpc.SendAsync("anvil_mine", None, "0x1");
        }

        await A.Chain.Rpc.SendAsync("evm_setAutomine", None, true);
        await _stage.PassUntilAsync("the release is paid", 60, async () => (await TwoChainStage.InVaultAsync(A, lien, None)).Counter == 1, None);
        await _stage.PassUntilAsync("the hub knows its end", 905, async () => (await _stage.OnHubAsync(A, lien, None)) is { EndedCounter: 1, Pending.IsZero: true }, None);

        Assert.Equal(before + Ether, await TokensAsync(Whale));
        Assert.Single(await ExecutedAsync());
        Assert.Equal(9 * Ether, (await _stage.OnHubAsync(A, lien, None)).Proven);
        var order = (await ExecutedAsync())[0].Order;
        Assert.StartsWith(
            "OrderOutOfSequence", await A.RefusalAsync(Alice, A.CrossChain.CollateralVault, new CollateralVault.ExecuteQueuedFunction(order), None), StringComparison.Ordinal);
    }

    /// <summary>A keeper's real process liquidates against the lien, as the contract itself would at that block, and is paid on the other chain.</summary>
    private async Task KeeperSeizesTheLienAndIsPaidThereAsync(ulong lien, Hash32 key)
    {
        await _stage.SetPricesAsync(new HourlyPrices(1150, 60000), None);
        await B.SendAsync(Liquidator, B.Deployment.Stable, new MockToken.MintFunction(Liquidator, 100_000 * Dollar), None);
        await B.SendAsync(Liquidator, B.Deployment.Stable, new MockToken.ApproveFunction(B.Deployment.Addresses.MarginVault, 100_000 * Dollar), None);
        await B.SendAsync(Liquidator, B.Deployment.Stable, new MockToken.MintFunction(_stage.Keeper.Address, 100_000 * Dollar), None);
        await PlanIsTheContractsAsync(key);

        var keeper = ChildProcess.StartSelf(
            "keeper", _stage.Directory, "run", "-c", DemoConfiguration.Common(_stage.Directory), "-c", DemoConfiguration.Keeper(_stage.Directory));
        var before = await TokensAsync(_stage.Keeper.Address);
        try
        {
            await _stage.UntilAsync("the keeper has ordered the seizure", async () => (await _stage.OnHubAsync(A, lien, None)).LastCounter == 2, None);
            await _stage.PassUntilAsync("the seizure is paid", 905, async () => (await TwoChainStage.InVaultAsync(A, lien, None)).Counter == 2, None);
        }
        finally
        {
            await keeper.DisposeAsync();
        }

        var order = await B.CallAsync(B.CrossChain.MarginHub, new MarginHub.OrderOfFunction(key, 2), None);
        Assert.Equal(_stage.Keeper.Address, order.To);
        Assert.Equal(before + order.Units, await TokensAsync(_stage.Keeper.Address));
        var after = await SnapshotAsync();
        var health = SnapshotValuation.Value(after, AliceIn(after)).Health!.Value.ToDouble();
        Assert.InRange(health, after.Market.TargetHealth.ToDouble() - .01, after.Market.TargetHealth.ToDouble() + .01);
        var journal = Path.Combine(_stage.Directory, "journal.db");
        using (var read = KeeperOracle.Host.Journal.Journal.OpenReadOnly(journal))
        {
            Assert.Single(read.RecentIntents(1000), intent => intent.ChainId == B.Chain.Id && intent.Purpose.StartsWith("liquidate/", StringComparison.Ordinal));
        }

        var replayed = await ProductProcess.RunAsync("replay", "--journal", journal);
        Assert.True(replayed.ExitCode == 0, replayed.ToString());
    }

    // ------------------------------------------------------------------------------------------- two relays

    /// <summary>A mines nothing until each relay has sent, or has been told by its simulation, which sees the pool, that it is late.</summary>
    private async Task TwoRelaysOnOneLinkHaveEachEffectOnceAsync(ulong lien, Hash32 key)
    {
        var (relay, other) = await StartSecondRelayAsync();
        await using var second = relay;
        (string Name, Address Key)[] relays = [("relay", _stage.Relay.Address), ("relay-2", other)];
        var before = await TokensAsync(Receiver);
        await B.SendAsync(Whale, B.CrossChain.MarginHub, new MarginHub.RequestReleaseFunction(key, 20 * Ether, Receiver, []), None);
        foreach (var (name, _) in relays)
        {
            _logs[name] = (int)new FileInfo(Path.Combine(_stage.Directory, $"{name}.log")).Length; // it is written in ASCII
        }

        // Before the order is issued: what else they send to B makes blocks there, under which it may be final at once.
        await A.Chain.Rpc.SendAsync("evm_setAutomine", None, false);
        await _stage.WaitAsync(1000, None);
        await _stage.UntilAsync("one of them has issued the order", async () => !(await B.CallAsync(B.CrossChain.MarginHub, new MarginHub.OrderHashOfFunction(key, 1), None)).IsZero, None);
        await B.MineAtAsync(await B.NowAsync(None) + 5, None);
        // Each may have seen another header become final: then both are news. An order is carried out by one.
        foreach (var (contract, refusal, most) in ((Address, string, int)[])[(A.CrossChain.AttestedHeaders, "HeaderNotNewer", 2), (A.CrossChain.CollateralVault, "OrderOutOfSequence", 1)])
        {
            await _stage.UntilAsync($"both have tried; a late one is told {refusal}", async () =>
            {
                var sent = await SendersInPoolOfAAsync(contract);
                return sent.Count > 0 && relays.All(one => sent.Contains(one.Key) || IsOvertaken(one.Name, refusal));
            }, None);
            await A.Chain.Rpc.SendAsync("anvil_mine", None, "0x1");
            var winners = (await ReceiptsOfHeadOfAAsync()).Where(receipt => receipt.Succeeded && receipt.To == contract).Select(receipt => receipt.From).ToList();
            Assert.InRange(winners.Count, 1, most);
            foreach (var (name, _) in relays.Where(one => !winners.Contains(one.Key)))
            {
                await _stage.UntilAsync($"{name} says that it was overtaken by {refusal}", () => Task.FromResult(IsOvertaken(name, refusal)), None);
            }
        }

        await A.Chain.Rpc.SendAsync("evm_setAutomine", None, true);
        await _stage.PassUntilAsync("the hub knows its end", 905, async () => (await _stage.OnHubAsync(A, lien, None)) is { EndedCounter: 1, Pending.IsZero: true }, None);
        Assert.Equal(before + (20 * Ether), await TokensAsync(Receiver));
        Assert.Single(await ExecutedAsync(), one => one.Order.Lien.Number == lien);
        var headers = (await A.LogsAsync(A.CrossChain.AttestedHeaders, None)).Select(log => AttestedHeaders.HeaderAttestedEvent.TryDecode(log, out var one) ? one : null).OfType<AttestedHeaders.HeaderAttestedEvent>().ToList();
        Assert.Equal(headers.Count, headers.Select(one => one.Number).Distinct().Count());
    }

    private async Task<(ChildProcess Process, Address Key)> StartSecondRelayAsync()
    {
        var key = DemoKey.Create("relay-2", "keeper", _stage.Directory);
        var url = new Uri($"http://127.0.0.1:{LocalChain.FreePort()}");
        foreach (var side in (StageChain[])[A, B])
        {
            await side.Chain.SetBalanceAsync(key.Address, BigInteger.Pow(10, 21), None);
        }

        var root = JsonNode.Parse(await File.ReadAllTextAsync(DemoConfiguration.Relay(_stage.Directory)))!;
        var section = root["KeeperOracle"]!;
        section["JournalFile"] = "relay-2.journal.db";
        section["Keys"] = new JsonObject
        {
            [key.Name] = new JsonObject { ["Role"] = key.Role, ["KeystoreFile"] = Path.GetFileName(key.KeystoreFile), ["PasswordFile"] = Path.GetFileName(key.PasswordFile) },
        };
        (section["Relay"]!["Key"], section["Relay"]!["ListenUrl"]) = (key.Name, url.ToString());
        var file = Path.Combine(_stage.Directory, "relay-2.json");
        await File.WriteAllTextAsync(file, root.ToJsonString());
        var relay = ChildProcess.StartSelf("relay-2", _stage.Directory, "relay", "run", "-c", DemoConfiguration.Common(_stage.Directory), "-c", file);
        using var http = new HttpClient();
        await _stage.UntilAsync("the second relay has read both links", async () =>
        {
            try
            {
                return (await http.GetFromJsonAsync<List<LinkStatus>>(new Uri(url, "api/v1/links"), KeeperJson.Options))!.Count(link => link.Problem.Length == 0) == 2;
            }
            catch (Exception silent) when (silent is HttpRequestException or IOException && !relay.HasExited)
            {
                return false; // it does not listen yet
            }
        }, None);
        return (relay, key.Address);
    }

    /// <summary>Who has a call of this contract in the pool of A.</summary>
    private async Task<HashSet<Address>> SendersInPoolOfAAsync(Address contract)
    {
        var pending = (await A.Chain.Rpc.SendAsync("txpool_content", None)).GetProperty("pending");
        var calls = pending.EnumerateObject().SelectMany(sender => sender.Value.EnumerateObject()).Select(nonce => nonce.Value);
        return [.. calls.Where(call => Address.FromHex(call.GetProperty("to").GetString()!) == contract).Select(call => Address.FromHex(call.GetProperty("from").GetString()!))];
    }

    private async Task<IReadOnlyList<TransactionReceipt>> ReceiptsOfHeadOfAAsync()
    {
        var block = await A.Chain.Rpc.SendAsync("eth_getBlockByNumber", None, "latest", false);
        return await A.Chain.Eth.GetTransactionReceiptsAsync([.. block.GetProperty("transactions").EnumerateArray().Select(hash => Hash32.FromHex(hash.GetString()!))], None);
    }

    /// <summary>Whether a relay's log says so of chain A since the race began.</summary>
    private bool IsOvertaken(string relay, string refusal)
    {
        using var reader = new StreamReader(new FileStream(Path.Combine(_stage.Directory, $"{relay}.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd()[_logs[relay]..].Split('\n').Any(
            line => line.Contains($" Chain {A.Chain.Id}: ", StringComparison.Ordinal) && line.Contains(", overtaken, ", StringComparison.Ordinal) && line.Contains($"{refusal}(", StringComparison.Ordinal));
    }

    // ------------------------------------------------------------------------------------------- the queue

    private async Task RequestLargeReleaseAsync(ulong lien, Hash32 key)
    {
        await B.SendAsync(Whale, B.CrossChain.MarginHub, new MarginHub.RequestReleaseFunction(key, 2_000 * Ether, Receiver, []), None);
        await _stage.PassUntilAsync("the order is in the queue of A", 905, async () => !(await QueuedAsync(lien)).OrderHash.IsZero, None);
    }

    /// <summary>A fifth of what is locked does not leave at once. The owner sends it back; then no header serves that is known since less than a day after.</summary>
    private async Task VetoedOrderIsProvedAnewAndPaidADayLaterAsync(ulong lien, Hash32 key)
    {
        await RequestLargeReleaseAsync(lien, key);
        var (before, vault) = (await TokensAsync(Receiver), A.CrossChain.CollateralVault);
        Assert.StartsWith("NotLienOwner", await A.RefusalAsync(Alice, vault, new CollateralVault.VetoFunction(lien), None), StringComparison.Ordinal);
        await A.SendAsync(Whale, vault, new CollateralVault.VetoFunction(lien), None);
        var vetoedAt = await A.NowAsync(None);
        Assert.True((await QueuedAsync(lien)).OrderHash.IsZero);
        await _stage.WaitAsync(3600, None);
        await _stage.UntilAsync(
            "the relay says that it waits for the veto", async () => (await _stage.LinksAsync(None)).Any(link => link.Waits.Any(wait => wait.Code == RelayWaitCode.Vetoed)), None);
        await _stage.QuietAsync(None);
        Assert.True((await QueuedAsync(lien)).OrderHash.IsZero);

        await _stage.PassUntilAsync("it is queued anew", Quarter, async () => !(await QueuedAsync(lien)).OrderHash.IsZero, None);
        var queuedAt = await A.NowAsync(None);
        Assert.True(queuedAt >= vetoedAt + Day, $"queued again {queuedAt - vetoedAt} s after the veto");
        Assert.StartsWith("AlreadyVetoed", await A.RefusalAsync(Whale, vault, new CollateralVault.VetoFunction(lien), None), StringComparison.Ordinal);
        Assert.Equal(before, await TokensAsync(Receiver));
        var readyAt = (await QueuedAsync(lien)).ReadyAt;
        await _stage.PassUntilAsync("it is paid", Quarter, async () => (await TwoChainStage.InVaultAsync(A, lien, None)).Counter == 2, None);
        Assert.True(await A.NowAsync(None) >= readyAt);
        Assert.Equal(before + (2_000 * Ether), await TokensAsync(Receiver));
    }

    /// <summary>The relay is away until the order's week is over: what waits in the queue ends without effect, and all of it may be asked for once more.</summary>
    private async Task QueuedOrderPastItsDeadlineLapsesAsync(ulong lien, Hash32 key)
    {
        var counted = (await _stage.OnHubAsync(A, lien, None)).Counted;
        await RequestLargeReleaseAsync(lien, key);
        var (tokens, locked) = (await TokensAsync(Receiver), (await TwoChainStage.InVaultAsync(A, lien, None)).Amount);
        var order = await B.CallAsync(B.CrossChain.MarginHub, new MarginHub.OrderOfFunction(key, 3), None);
        Assert.Equal(counted - (2_000 * Ether), (await _stage.OnHubAsync(A, lien, None)).Counted);
        await _stage.StopRelayAsync();
        await _stage.WaitAsync(8 * Day, None);
        Assert.True(await A.NowAsync(None) > order.Deadline);
        Assert.Equal(2ul, (await TwoChainStage.InVaultAsync(A, lien, None)).Counter);

        await _stage.StartRelayAsync(None);
        await _stage.PassUntilAsync("the hub knows that it has lapsed", 905, async () => (await _stage.OnHubAsync(A, lien, None)) is { EndedCounter: 3, Pending.IsZero: true }, None);
        var lapsed = (await A.LogsAsync(A.CrossChain.CollateralVault, None)).Select(log => CollateralVault.OrderLapsedEvent.TryDecode(log, out var one) ? one : null).OfType<CollateralVault.OrderLapsedEvent>();
        Assert.Equal(lien, (ulong)Assert.Single(lapsed).Number);
        Assert.Equal(tokens, await TokensAsync(Receiver));
        Assert.Equal((locked, 3ul), ((await TwoChainStage.InVaultAsync(A, lien, None)).Amount, (await TwoChainStage.InVaultAsync(A, lien, None)).Counter));
        Assert.Equal(locked, (await _stage.OnHubAsync(A, lien, None)).Proven);
        Assert.Equal("", await B.RefusalAsync(Whale, B.CrossChain.MarginHub, new MarginHub.RequestReleaseFunction(key, counted, Receiver, []), None));
        Assert.DoesNotContain(await ExecutedAsync(), one => one.Order.Lien.Number == lien && one.Order.Counter == 3);
    }

    private Task<QueuedOrder> QueuedAsync(ulong lien) => A.CallAsync(A.CrossChain.CollateralVault, new CollateralVault.QueuedOfFunction(lien), None);

    /// <summary>To the unit: what a call of liquidateLien says at a block, and what the snapshot of that block is sized to.</summary>
    private async Task PlanIsTheContractsAsync(Hash32 key)
    {
        var snapshot = await SnapshotAsync();
        var alice = AliceIn(snapshot);
        var (sizing, vault) = (SnapshotValuation.SizeLien(snapshot, alice, Assert.Single(alice.Liens))!.Value, B.Deployment.Addresses.MarginVault);
        var seizure = new MarginVault.LiquidateLienFunction(alice.Account, new LienLimits(key, 100_000 * Dollar, 1, Whale, snapshot.Block.Timestamp + 3600));
        var said = await B.Chain.Eth.CallAsync(seizure, vault, Liquidator, snapshot.Block.Hash, None);
        Assert.Equal((said.Repaid, said.Units), (sizing.Repay, sizing.Units));
        Assert.True(sizing.IsRestored);

        var cold = await new SnapshotReader(Reader, B.Chain.Eth, B.Deployment.Addresses, B.Chain.Id).ReadAsync(snapshot.Block, default, None);
        Assert.True(AliceIn(cold).IsSameAs(alice));
    }

    private ChainReader Reader => new(B.Chain.Rpc, B.Deployment.Addresses.Multicall3);

    /// <summary>As a keeper that follows the chain has it.</summary>
    private async Task<ChainSnapshot> SnapshotAsync()
    {
        var head = (await B.Chain.Eth.GetLatestBlockAsync(None)).Ref;
        var before = await B.Chain.Eth.GetBlockByNumberAsync(head.Number - 1, None);
        var book = new VaultBook(new SnapshotReader(Reader, B.Chain.Eth, B.Deployment.Addresses, B.Chain.Id));
        await book.AdvanceAsync(before!.Value.Ref, default, None);
        return await book.AdvanceAsync(head, default, None);
    }

    private AccountSnapshot AliceIn(ChainSnapshot snapshot) => snapshot.Accounts.Single(one => one.Account == StageChain.AccountOf(Alice, 1));

    private Task<BigInteger> TokensAsync(Address holder) => A.CallAsync(Weth.Token, new ERC20.BalanceOfFunction(holder), None);

    private async Task<int> PoolOfAAsync() => Convert.ToInt32((await A.Chain.Rpc.SendAsync("txpool_status", None)).GetProperty("pending").GetString(), 16);

    private async Task<IReadOnlyList<CollateralVault.OrderExecutedEvent>> ExecutedAsync() =>
        [.. (await A.LogsAsync(A.CrossChain.CollateralVault, None)).Select(log => CollateralVault.OrderExecutedEvent.TryDecode(log, out var one) ? one : null).OfType<CollateralVault.OrderExecutedEvent>()];
}

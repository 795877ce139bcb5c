using System.Net.Http.Json;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Proofs;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Host.Shows;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// Two live chains, four oracle nodes and the relay as real processes: what crosses, what never does, and what a kill leaves behind. What silence does is played by the show of system 6.
/// </summary>
[Collection(EndToEndCollections.Demo)]
public sealed class RelayTests : IAsyncLifetime
{
    private static readonly BigInteger Ether = BigInteger.Pow(10, 18);
    private static readonly BigInteger Dollar = BigInteger.Pow(10, 6);
    private static readonly CancellationToken None = CancellationToken.None;
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

    private DemoAsset Weth => A.Deployment.Assets[0];

    /// <summary>One story, since the chains take longer to stand than to play it.</summary>
    [Fact]
    public async Task Relay_TwoChains_CarriesWhatIsFinalOnceAndNothingElse()
    {
        // A lien in a block that is not final is in no attested header, and gone with its block.
        await _stage.StartRelayAsync(None);
        await LienInALostBlockIsNeverSeenAsync();

        // Alice's ten ether on A secure a loan on B.
        await A.LockAsync(Whale, Weth, 10_000, B, StageChain.AccountOf(Whale, 1), None);
        var lien = await A.LockAsync(Alice, Weth, 10, B, StageChain.AccountOf(Alice, 1), None);
        var key = await _stage.CountAsync(A, lien, Alice, None);
        Assert.Equal(10 * Ether, (await _stage.OnHubAsync(A, lien, None)).Counted);
        await CopiesAreRefusedByNameAsync(lien);
        await BorrowAsync(9_000);

        await ReleaseWithARelayThatIsKilledPaysOnceAsync(lien, key);
        await KeeperSeizesTheLienAndIsPaidThereAsync(lien, key);
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

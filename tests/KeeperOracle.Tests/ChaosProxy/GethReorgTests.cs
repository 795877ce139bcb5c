using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.ChaosProxy;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;
using static KeeperOracle.Tests.ChaosProxy.ChaosWorld;

namespace KeeperOracle.Tests.ChaosProxy;

/// <summary>What becomes of blocks and transactions when anvil goes back: as geth would have it.</summary>
public sealed class GethReorgTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F10_ReorgTakesATransactionOut_ItWaitsAgainWithTheSameHash(bool throughProxy)
    {
        await using var world = await StartAsync();
        var (first, second) = (Transfer(0), Transfer(1));
        await world.SendRawAsync(first);
        await world.MineAsync();
        await world.SendRawAsync(second);
        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(second));
        await (throughProxy ? world.SendAsync("anvil_reorg", 2, Array.Empty<object>()) : world.Anvil.ReorgAsync(2));
        Assert.Null(await world.ReceiptAsync(first));
        Assert.True(await world.IsPendingAsync(first));
        Assert.True(await world.IsPendingAsync(second));
        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(first));
        Assert.NotNull(await world.ReceiptAsync(second));
    }

    [Fact]
    public async Task F11_ReorgMovesATransactionToAnotherBlock_ReceiptHasTheNewOne()
    {
        await using var world = await StartAsync();
        var sent = Transfer(0);
        await world.SendRawAsync(sent);
        await world.MineAsync(2);
        var before = await world.ReceiptAsync(sent);
        await world.SendAsync("anvil_reorg", 2, new object[] { new object[] { sent.ToHex(), 1 } });
        var after = await world.ReceiptAsync(sent);
        Assert.Equal((1u, 2u), (before!.BlockNumber, after!.BlockNumber));
        Assert.Equal(1u, await world.PendingNonceAsync(Account(0)));
    }

    [Fact]
    public async Task F10_ReorgOfBlocksFromBeforeTheProxy_TransactionsWaitAgain()
    {
        await using var anvil = await AnvilNode.StartAsync(arguments: "--no-mining");
        var sent = Transfer(0);
        await anvil.Eth.SendRawTransactionAsync(sent, CancellationToken.None);
        await anvil.MineAsync(3);
        await using var proxy = await ChaosProxyHost.StartAsync(new ChaosProxyOptions { Upstream = anvil.Url });
        using var rpc = new HttpRpc("proxy", proxy.Url, Once);
        await rpc.SendAsync("anvil_reorg", CancellationToken.None, 3, Array.Empty<object>());
        var known = await new EthApi(rpc).GetTransactionByHashAsync(sent.Hash, CancellationToken.None);
        Assert.True(known!.IsPending);
    }

    [Fact]
    public async Task F12_ReorgPutsAnotherTransactionOfTheSameNonceInPlace_OursIsGone()
    {
        await using var world = await StartAsync();
        var (ours, theirs) = (Transfer(0), Transfer(0, 20 * Gwei, 2 * Gwei, to: Account(8)));
        await world.SendRawAsync(ours);
        await world.MineAsync();
        await world.SendAsync("anvil_reorg", 1, new object[] { new object[] { theirs.ToHex(), 0 } });
        Assert.NotNull(await world.ReceiptAsync(theirs));
        Assert.Null(await world.Eth.GetTransactionByHashAsync(ours.Hash, CancellationToken.None));
    }

    [Fact]
    public async Task F15_RollbackWithoutNewBlocks_BringsNothingBack()
    {
        await using var world = await StartAsync();
        var lost = Transfer(0);
        await world.SendRawAsync(lost);
        await world.MineAsync();
        await world.Anvil.SendAsync("anvil_rollback", 1);
        Assert.Equal(0u, (await world.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number);
        Assert.Null(await world.Eth.GetTransactionByHashAsync(lost.Hash, CancellationToken.None));
    }

    [Fact]
    public async Task F43_PendingNonceAfterAReorgThatLeavesAGap_IsTheMissingNonce()
    {
        await using var world = await StartAsync();
        await world.SendAsync("chaos_geth", new Dictionary<string, object?> { ["reinjection"] = false });
        await world.SendRawAsync(Transfer(0));
        await world.MineAsync();
        await world.SendRawAsync(Transfer(1));
        await world.MineAsync();
        await world.SendRawAsync(Transfer(2));
        await world.SendAsync("anvil_reorg", 1, Array.Empty<object>());
        Assert.Equal(1u, await world.PendingNonceAsync(Account(0)));
    }

    [Fact]
    public async Task SideBlock_AfterAReorg_IsFoundByItsHashButIsNotCanonical()
    {
        await using var world = await StartAsync();
        var sent = Transfer(0);
        await world.SendRawAsync(sent);
        await world.MineAsync();
        var old = await world.Eth.GetLatestBlockAsync(CancellationToken.None);
        await world.SendAsync("anvil_reorg", 1, Array.Empty<object>());
        Assert.Equal(old, await world.Eth.GetBlockByHashAsync(old.Ref.Hash, CancellationToken.None));
        var receipts = await world.SendAsync("eth_getBlockReceipts", old.Ref.Hash.ToString());
        Assert.Equal(sent.Hash.ToString(), receipts[0].GetProperty("transactionHash").GetString());
        var problem = await Assert.ThrowsAsync<RpcException>(() => world.Eth.GetBalanceAsync(Account(9), old.Ref.Hash, CancellationToken.None));
        Assert.Equal((-32000, "hash is not currently canonical"), (problem.Code, problem.Problem));
        var unknown = await Assert.ThrowsAsync<RpcException>(() => world.Eth.GetBalanceAsync(Account(9), new Hash32(new byte[32]), CancellationToken.None));
        Assert.Equal((-32000, "header not found"), (unknown.Code, unknown.Problem));
    }

    [Fact]
    public async Task F13_ReorgPastFinalized_IsRefusedAndWhereItHappensBehindTheProxyCounted()
    {
        await using var world = await StartAsync();
        await world.MineAsync(70);
        var finalized = await world.Eth.GetBlockByTagAsync("finalized", CancellationToken.None);
        Assert.Equal(6u, finalized!.Value.Ref.Number);
        var problem = await world.RefusalAsync("anvil_reorg", 65, Array.Empty<object>());
        Assert.Equal((-38002, "Invalid forkchoice state"), (problem.Code, problem.Problem));
        Assert.Equal(finalized, await world.Eth.GetBlockByTagAsync("finalized", CancellationToken.None));
        await world.SendAsync("anvil_reorg", 64, Array.Empty<object>());
        Assert.Equal(0, await ViolationsAsync(world));
        Assert.Equal(finalized, await world.Eth.GetBlockByTagAsync("finalized", CancellationToken.None));

        await world.Anvil.ReorgAsync(66);
        Assert.NotEqual(finalized, await world.Eth.GetBlockByTagAsync("finalized", CancellationToken.None));
        Assert.Equal(1, await ViolationsAsync(world));
    }

    [Fact]
    public async Task Revert_TransactionsWaiting_TheyAreGone()
    {
        await using var world = await StartAsync();
        var snapshot = (await world.SendAsync("evm_snapshot")).GetString();
        var waiting = Transfer(0);
        await world.SendRawAsync(waiting);
        await world.MineAsync();
        await world.SendRawAsync(Transfer(1));
        Assert.True((await world.SendAsync("evm_revert", snapshot)).GetBoolean());
        await world.MineAsync();
        Assert.Null(await world.ReceiptAsync(waiting));
        Assert.Equal(0u, await world.PendingNonceAsync(Account(0)));
    }

    private static async Task<int> ViolationsAsync(ChaosWorld world)
    {
        await world.Eth.GetLatestBlockAsync(CancellationToken.None);
        return (await world.SendAsync("chaos_stats")).GetProperty("finalizedReorgs").GetInt32();
    }
}

using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.ChaosProxy;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;
using static KeeperOracle.Tests.ChaosProxy.ChaosWorld;

namespace KeeperOracle.Tests.ChaosProxy;

/// <summary>What geth does and anvil does not, one by one, and that each can be switched off.</summary>
public sealed class GethLikenessTests
{
    [Theory]
    [InlineData(11_000_000_000, 1_100_000_000, true)]
    [InlineData(10_999_999_999, 1_100_000_000, false)]
    [InlineData(11_000_000_000, 1_099_999_999, false)]
    [InlineData(20_000_000_000, 1_000_000_000, false)]
    public async Task F34_ReplacementUnderTenPercentOnEitherFee_IsUnderpriced(long maxFee, long maxTip, bool isTaken)
    {
        await using var world = await StartAsync();
        var first = Transfer(0);
        var second = Transfer(0, maxFee, maxTip);
        Assert.True((await world.SendRawAsync(first)).IsHeld);
        var outcome = await world.SendRawAsync(second);
        Assert.Equal(
            isTaken ? new SendOutcome(SendOutcomeKind.Accepted, "") : new SendOutcome(SendOutcomeKind.Underpriced, "replacement transaction underpriced"),
            outcome);
        await world.MineAsync();
        Assert.Equal(isTaken, await world.ReceiptAsync(second) is not null);
        Assert.Equal(!isTaken, await world.ReceiptAsync(first) is not null);
    }

    [Fact]
    public async Task ReplacementPrice_SwitchedOff_IsAnvilsOwn()
    {
        await using var world = await StartAsync();
        await world.SendAsync("chaos_geth", false);
        await world.SendRawAsync(Transfer(0));
        Assert.True((await world.SendRawAsync(Transfer(0, (10 * Gwei) + 1))).IsHeld);
    }

    [Fact]
    public async Task F33_FeeUnderTheBaseFee_IsTakenAndParkedUntilItFits()
    {
        await using var world = await StartAsync();
        await world.SendAsync("anvil_setNextBlockBaseFeePerGas", "0x2540be400"); // 10 gwei
        await world.MineAsync();
        var cheap = Transfer(0, 2 * Gwei);
        Assert.Equal(SendOutcomeKind.Accepted, (await world.SendRawAsync(cheap)).Kind);
        Assert.Equal(SendOutcomeKind.AlreadyKnown, (await world.SendRawAsync(cheap)).Kind);
        await world.MineAsync();
        Assert.True(await world.IsPendingAsync(cheap));
        Assert.Equal(1u, await world.PendingNonceAsync(Account(0)));
        Assert.Equal("0x1", (await world.SendAsync("txpool_status")).GetProperty("pending").GetString());
        Assert.Null(await world.ReceiptAsync(cheap));

        await world.SendAsync("anvil_setNextBlockBaseFeePerGas", "0x3b9aca00"); // 1 gwei
        await world.MineAsync();
        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(cheap));
    }

    [Fact]
    public async Task F33_ParkedTransactionReplacedByADearerOne_OnlyTheDearerIsMined()
    {
        await using var world = await StartAsync();
        await world.SendAsync("anvil_setNextBlockBaseFeePerGas", "0x2540be400");
        await world.MineAsync();
        var cheap = Transfer(0, 2 * Gwei);
        var dear = Transfer(0, 20 * Gwei, 2 * Gwei);
        Assert.True((await world.SendRawAsync(cheap)).IsHeld);
        Assert.True((await world.SendRawAsync(dear)).IsHeld);
        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(dear));
        Assert.Null(await world.Eth.GetTransactionByHashAsync(cheap.Hash, CancellationToken.None));
    }

    [Fact]
    public async Task F36_BaseFeeRisesOverTheCapOfAWaitingTransaction_ItIsKeptAndMinedLater()
    {
        await using var world = await StartAsync();
        var waiting = Transfer(0, 3 * Gwei);
        Assert.True((await world.SendRawAsync(waiting)).IsHeld);
        await world.SendAsync("anvil_setNextBlockBaseFeePerGas", "0x2540be400");
        await world.MineAsync();
        await world.MineAsync();
        Assert.Null(await world.Anvil.Eth.GetTransactionByHashAsync(waiting.Hash, CancellationToken.None));
        Assert.True(await world.IsPendingAsync(waiting));

        await world.SendAsync("anvil_setNextBlockBaseFeePerGas", "0x3b9aca00");
        await world.MineAsync();
        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(waiting));
    }

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
    public async Task F41_ParkedTransactionThatTheSenderCannotPay_IsInsufficientFunds()
    {
        await using var world = await StartAsync();
        await world.SendAsync("anvil_setNextBlockBaseFeePerGas", "0x2540be400");
        await world.MineAsync();
        await world.SendAsync("anvil_setBalance", Account(0).ToString(), "0x1");
        Assert.Equal(SendOutcomeKind.InsufficientFunds, (await world.SendRawAsync(Transfer(0, 2 * Gwei))).Kind);
        Assert.Equal(0u, await world.PendingNonceAsync(Account(0)));
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
    public async Task F43_PendingNonceWithAGap_CountsOnlyWhatIsContiguous()
    {
        await using var world = await StartAsync();
        await world.SendRawAsync(Transfer(0));
        await world.SendRawAsync(Transfer(1));
        await world.SendRawAsync(Transfer(3));
        Assert.Equal(2u, await world.PendingNonceAsync(Account(0)));
        await world.SendRawAsync(Transfer(2));
        Assert.Equal(4u, await world.PendingNonceAsync(Account(0)));
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
    public async Task F32_NonceGap_LaterTransactionWaitsUntilTheGapIsFilled()
    {
        await using var world = await StartAsync();
        var later = Transfer(1);
        Assert.True((await world.SendRawAsync(later)).IsHeld);
        await world.MineAsync();
        Assert.True(await world.IsPendingAsync(later));
        Assert.Equal(0u, await world.PendingNonceAsync(Account(0)));
        await world.SendRawAsync(Transfer(0));
        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(later));
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

    [Fact]
    public async Task SendTransaction_ToARevertingContractWithoutGas_FailsInTheEstimate()
    {
        await using var world = await StartAsync();
        var target = Account(7);
        await world.Anvil.SetCodeAsync(target, "0x63deadbeef60e01b60005260046000fd");
        var message = new Dictionary<string, object?> { ["from"] = Account(0).ToString(), ["to"] = target.ToString() };
        var problem = await world.RefusalAsync("eth_sendTransaction", message);
        Assert.Equal(3, problem.Code);
        Assert.Equal([0xDE, 0xAD, 0xBE, 0xEF], problem.RevertData.ToArray());
        message["gas"] = "0x186a0";
        Assert.Equal(66, (await world.SendAsync("eth_sendTransaction", message)).GetString()!.Length);
    }

    [Fact]
    public async Task F38_KnownAndUsedUpTransactions_AreRefusedInGethsWords()
    {
        await using var world = await StartAsync();
        var sent = Transfer(0);
        await world.SendRawAsync(sent);
        Assert.Equal(new SendOutcome(SendOutcomeKind.AlreadyKnown, "already known"), await world.SendRawAsync(sent));
        await world.MineAsync();
        Assert.Equal(new SendOutcome(SendOutcomeKind.NonceTooLow, "nonce too low: next nonce 1, tx nonce 0"), await world.SendRawAsync(sent));
        var problem = await world.RefusalAsync("eth_sendRawTransaction", sent.ToHex());
        Assert.Equal(-32000, problem.Code);
    }

    private static async Task<int> ViolationsAsync(ChaosWorld world)
    {
        await world.Eth.GetLatestBlockAsync(CancellationToken.None);
        return (await world.SendAsync("chaos_stats")).GetProperty("finalizedReorgs").GetInt32();
    }
}

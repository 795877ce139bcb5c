using KeeperOracle.Chain.Transactions;
using static KeeperOracle.Tests.ChaosProxy.ChaosWorld;

namespace KeeperOracle.Tests.ChaosProxy;

/// <summary>What geth's pool takes, keeps and refuses, and anvil's does not.</summary>
public sealed class GethPoolTests
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
}

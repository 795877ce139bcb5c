using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain.Transactions;

/// <summary>Sending and calling on a live anvil, and the wordings of other nodes.</summary>
public sealed class EthApiTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Address Target = Address.FromHex("0x00000000000000000000000000000000000c0de0");

    /// <summary>Errors as geth (core/txpool/errors.go, core/error.go), erigon, nethermind and anvil word them.</summary>
    [Theory]
    [InlineData("already known", SendOutcomeKind.AlreadyKnown)]
    [InlineData("AlreadyKnown", SendOutcomeKind.Rejected)]
    [InlineData("transaction already imported", SendOutcomeKind.AlreadyKnown)]
    [InlineData("nonce too low: next nonce 5, tx nonce 4", SendOutcomeKind.NonceTooLow)]
    [InlineData("replacement transaction underpriced: new tx gas fee cap 1", SendOutcomeKind.Underpriced)]
    [InlineData("transaction underpriced: gas tip cap 0, minimum needed 1", SendOutcomeKind.Underpriced)]
    [InlineData("max fee per gas less than block base fee: address 0x", SendOutcomeKind.Underpriced)]
    [InlineData("insufficient funds for gas * price + value: balance 0", SendOutcomeKind.InsufficientFunds)]
    [InlineData("Insufficient funds for gas * price + value", SendOutcomeKind.InsufficientFunds)]
    [InlineData("invalid sender", SendOutcomeKind.Rejected)]
    [InlineData("exceeds block gas limit", SendOutcomeKind.Rejected)]
    public void Of_WordsOfANode_AreSorted(string words, SendOutcomeKind kind)
    {
        var outcome = SendOutcome.Of(new RpcException(RpcFailure.ErrorReply, "n", words, -32000));
        Assert.Equal((kind, words), (outcome.Kind, outcome.Reason));
    }

    [Theory]
    [InlineData(RpcFailure.Transport)]
    [InlineData(RpcFailure.Timeout)]
    [InlineData(RpcFailure.RateLimited)]
    [InlineData(RpcFailure.CircuitOpen)]
    [InlineData(RpcFailure.MalformedReply)]
    public void Of_NoAnswer_IsUnknownWhateverItSays(RpcFailure kind) =>
        Assert.Equal(SendOutcomeKind.Unknown, SendOutcome.Of(new RpcException(kind, "n", "nonce too low")).Kind);

    [Fact]
    public async Task Send_OnLiveAnvil_EveryOutcomeIsNamed()
    {
        await using var anvil = await AnvilNode.StartAsync(4242, "--no-mining");
        using var key = AnvilNode.Key(1);
        var plain = new Eip1559Transaction(anvil.ChainId, 0, 1_000_000_000, 5_000_000_000, 21000, Target, 1, []);
        var signed = plain.Sign(key);

        Assert.Equal(new SendOutcome(SendOutcomeKind.Accepted, ""), await anvil.Eth.SendRawTransactionAsync(signed, None));
        Assert.Equal(SendOutcomeKind.AlreadyKnown, (await anvil.Eth.SendRawTransactionAsync(signed, None)).Kind);
        Assert.Equal(SendOutcomeKind.Underpriced, (await SendAsync(plain with { MaxFeePerGas = 4_999_999_999, MaxPriorityFeePerGas = 999_999_999 })).Kind);
        Assert.Equal(SendOutcomeKind.Underpriced, (await SendAsync(plain with { Nonce = 1, MaxFeePerGas = 1, MaxPriorityFeePerGas = 1 })).Kind);
        Assert.Equal(SendOutcomeKind.InsufficientFunds, (await SendAsync(plain with { Nonce = 1, Value = BigInteger.Pow(10, 30) })).Kind);
        Assert.Equal(SendOutcomeKind.Rejected, (await SendAsync(plain with { ChainId = new ChainId(1), Nonce = 1 })).Kind);

        Assert.Null(await anvil.Eth.GetTransactionReceiptAsync(signed.Hash, None));
        Assert.True((await anvil.Eth.GetTransactionByHashAsync(signed.Hash, None))!.IsPending);
        Assert.Equal(0UL, await anvil.Eth.GetTransactionCountAsync(key.Address, None));
        await anvil.MineAsync();
        var receipt = await anvil.Eth.GetTransactionReceiptAsync(signed.Hash, None);
        Assert.Equal((true, signed.Hash, 21000UL, key.Address, (Address?)Target), (receipt!.Succeeded, receipt.TransactionHash, receipt.GasUsed, receipt.From, receipt.To));
        Assert.Equal(receipt.BlockHash, (await anvil.Eth.GetTransactionByHashAsync(signed.Hash, None))!.BlockHash);
        Assert.Equal(1UL, await anvil.Eth.GetTransactionCountAsync(key.Address, None));
        Assert.Equal(1, await anvil.Eth.GetBalanceAsync(Target, receipt.BlockHash, None));
        Assert.Equal(SendOutcomeKind.NonceTooLow, (await SendAsync(plain with { Value = 2 })).Kind);
        Assert.Null(await anvil.Eth.GetTransactionByHashAsync(default, None));

        async Task<SendOutcome> SendAsync(Eip1559Transaction transaction) => await anvil.Eth.SendRawTransactionAsync(transaction.Sign(key), None);
    }

    [Fact]
    public async Task Call_RevertNoCodeAndShortAnswer_AreToldApart()
    {
        await using var anvil = await AnvilNode.StartAsync();
        var head = (await anvil.Eth.GetLatestBlockAsync(None)).Ref;
        var noCode = await Assert.ThrowsAsync<AbiException>(() => anvil.Eth.CallAsync(new ERC20.TotalSupplyFunction(), Target, default, head.Hash, None));
        Assert.Contains("no code at", noCode.Message, StringComparison.Ordinal);

        await anvil.SetCodeAsync(Target, "0x63deadbeef6000526004601cfd");
        var revert = await Assert.ThrowsAsync<ContractRevertException>(() => anvil.Eth.CallAsync(default, Target, [], null, None));
        Assert.Equal("unknown error 0xdeadbeef", revert.Message);
        revert = await Assert.ThrowsAsync<ContractRevertException>(() => anvil.Eth.EstimateGasAsync(default, Target, [], 0, None));
        Assert.Equal("unknown error 0xdeadbeef", revert.Message);

        await anvil.SetCodeAsync(Target, "0x60056000f3");
        await anvil.MineAsync();
        head = (await anvil.Eth.GetLatestBlockAsync(None)).Ref;
        await Assert.ThrowsAsync<AbiException>(() => anvil.Eth.CallAsync(new ERC20.TotalSupplyFunction(), Target, default, head.Hash, None));
    }

    [Fact]
    public async Task Blocks_ByHashNumberAndTag_Agree()
    {
        await using var anvil = await AnvilNode.StartAsync();
        await anvil.MineAsync(3);
        var head = await anvil.Eth.GetLatestBlockAsync(None);
        Assert.Equal(3UL, head.Ref.Number);
        Assert.Equal(head, await anvil.Eth.GetBlockByHashAsync(head.Ref.Hash, None));
        Assert.Equal(head, await anvil.Eth.GetBlockByNumberAsync(3, None));
        Assert.Equal(head.Ref.ParentHash, (await anvil.Eth.GetBlockByNumberAsync(2, None))!.Value.Ref.Hash);
        Assert.Null(await anvil.Eth.GetBlockByNumberAsync(4, None));
        Assert.Null(await anvil.Eth.GetBlockByHashAsync(new Hash32(new byte[32]), None));
        Assert.True(head.BaseFeePerGas > 0);
        // The last blocks were nearly empty: the next one asks for less, and what is bid must not depend on it.
        Assert.Equal(head.BaseFeePerGas, (await anvil.Eth.SuggestFeesAsync(3, 50, None)).BaseFeePerGas);
        Assert.Empty(await anvil.Eth.GetLogsAsync(new LogFilter(Target, [null, default(Hash32)], BlockHash: head.Ref.Hash), None));
        Assert.Empty(await anvil.Eth.GetCodeAsync(Target, head.Ref.Hash, None));
    }
}

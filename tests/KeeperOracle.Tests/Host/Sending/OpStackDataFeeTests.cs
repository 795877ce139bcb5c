using System.Numerics;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Sending;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Sending;

/// <summary>On a live anvil with code at the place where OP-stack chains have their GasPriceOracle.</summary>
public sealed class OpStackDataFeeTests
{
    /// <summary>Answers with a thousand wei for each byte: PUSH2 1000, PUSH1 4, CALLDATALOAD, MUL, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN.</summary>
    private const string ThousandEachByte = "0x6103e8600435025f5260205ff3";
    private const string Reverts = "0x5f5ffd";

    private static readonly BigInteger Highest = 200 * BigInteger.Pow(10, 9);

    [Fact]
    public async Task Simulate_OpStackChain_HasGasAndTheBoundOfTheDataFee()
    {
        await using var anvil = await AnvilNode.StartAsync();
        await anvil.SetCodeAsync(OpStackDataFee.Oracle, ThousandEachByte);
        using var key = AnvilNode.Key(0);
        var data = Enumerable.Repeat((byte)7, 300).ToArray();
        var node = new NodeSendingChain(anvil.Eth, 64, TimeProvider.System, new OpStackDataFee(anvil.Eth, anvil.ChainId, Highest));

        var simulation = await node.SimulateAsync(key.Address, Target, data, CancellationToken.None);

        var plain = await new NodeSendingChain(anvil.Eth, 64, TimeProvider.System).SimulateAsync(key.Address, Target, data, CancellationToken.None);
        Assert.Equal(new CallCost(plain.GasLimit, 0), plain);
        Assert.Equal(plain.GasLimit, simulation.GasLimit);
        var sent = new Eip1559Transaction(anvil.ChainId, 5, 1, Highest / 2, 300_000, Target, 0, data);
        Assert.InRange((long)simulation.DataFee!.Value, sent.UnsignedSize * 1000L, (sent.UnsignedSize + 30) * 1000L);
    }

    [Theory]
    [InlineData("0x")]
    [InlineData(Reverts)]
    [InlineData("0x60055f5260055ff3")]
    public async Task Ask_NothingThatAnswers_IsUnknown(string code)
    {
        await using var anvil = await AnvilNode.StartAsync();
        await anvil.SetCodeAsync(OpStackDataFee.Oracle, code);
        Assert.Null(await new OpStackDataFee(anvil.Eth, anvil.ChainId, Highest).AskAsync(Target, new byte[3], CancellationToken.None));
    }

    private static Address Target => Address.FromHex("0x00000000000000000000000000000000000000aa");
}

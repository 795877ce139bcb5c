using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain.Reading;

/// <summary>Batches on a live anvil, with contracts of a few bytes each.</summary>
public sealed class ChainReaderTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Address Nobody = Address.FromHex("0x00000000000000000000000000000000000c0de0");
    private static readonly Address Reverting = Address.FromHex("0x00000000000000000000000000000000000c0de1");
    private static readonly Address Short = Address.FromHex("0x00000000000000000000000000000000000c0de2");
    private static readonly Address Bomb = Address.FromHex("0x00000000000000000000000000000000000c0de3");
    private static readonly Address Height = Address.FromHex("0x00000000000000000000000000000000000c0de4");
    private static readonly Address Echo = Address.FromHex("0x00000000000000000000000000000000000c0de5");

    [Fact]
    public async Task Batch_BadCallsAmongGoodOnes_FailAloneWithTheirReason()
    {
        await using var anvil = await StartAsync();
        var reader = new ChainReader(anvil.Rpc, await anvil.DeployMulticall3Async(), batchSize: 2);
        var head = (await anvil.Eth.GetLatestBlockAsync(None)).Ref;
        var batch = reader.At(head.Hash);
        var nobody = batch.Add(Nobody, new ERC20.TotalSupplyFunction());
        var reverting = batch.Add(Reverting, new ERC20.TotalSupplyFunction());
        var shorter = batch.Add(Short, new ERC20.TotalSupplyFunction());
        var bomb = batch.Add(Bomb, new ERC20.TotalSupplyFunction());
        var good = batch.Add(Height, new ERC20.TotalSupplyFunction());
        Assert.Throws<InvalidOperationException>(() => good.Value);
        await batch.ExecuteAsync(None);

        Assert.Equal(head.Number, good.Value);
        Assert.False(good.Failed);
        Assert.Equal($"no code at {Eip55.Format(Nobody)}", nobody.Problem);
        Assert.Equal($"call to {Eip55.Format(Reverting)}: unknown error 0xdeadbeef", reverting.Problem);
        Assert.Equal([0xDE, 0xAD, 0xBE, 0xEF], reverting.RevertData.ToArray());
        Assert.Contains("5 bytes where at least 32 must be", shorter.Problem, StringComparison.Ordinal);
        Assert.Contains("1048575 bytes where the value ends after 32", bomb.Problem, StringComparison.Ordinal);
        Assert.Throws<ReadFailedException>(() => nobody.Value);
        Assert.Throws<InvalidOperationException>(() => batch.Add(Height, new ERC20.TotalSupplyFunction()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => batch.ExecuteAsync(None));
    }

    [Fact]
    public async Task Read_BlockThatAReorgTookAway_IsRefusedByTheNode()
    {
        await using var anvil = await StartAsync();
        var reader = new ChainReader(anvil.Rpc, await anvil.DeployMulticall3Async());
        await anvil.MineAsync(5);
        var old = (await anvil.Eth.GetLatestBlockAsync(None)).Ref;
        Assert.Equal(old.Number, await reader.ReadAsync(new ERC20.TotalSupplyFunction(), Height, old.Hash, None));
        await anvil.ReorgAsync(2);
        await Assert.ThrowsAsync<RpcException>(() => reader.ReadAsync(new ERC20.TotalSupplyFunction(), Height, old.Hash, None));
    }

    [Fact]
    public async Task Read_OlderBlock_IsReadThere()
    {
        await using var anvil = await StartAsync();
        var reader = new ChainReader(anvil.Rpc, await anvil.DeployMulticall3Async());
        var old = (await anvil.Eth.GetLatestBlockAsync(None)).Ref;
        await anvil.MineAsync(5);
        Assert.Equal(old.Number, await reader.ReadAsync(new ERC20.TotalSupplyFunction(), Height, old.Hash, None));
    }

    [Fact]
    public async Task Read_NoMulticallAtItsAddress_SaysSo()
    {
        await using var anvil = await StartAsync();
        var head = (await anvil.Eth.GetLatestBlockAsync(None)).Ref;
        var problem = await Assert.ThrowsAsync<AbiException>(() => new ChainReader(anvil.Rpc, Nobody).ReadAsync(new ERC20.TotalSupplyFunction(), Height, head.Hash, None));
        Assert.Contains("where Multicall3 should be", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_MoreCallsThanOneChunk_KeepsTheirOrder()
    {
        await using var anvil = await StartAsync();
        var reader = new ChainReader(anvil.Rpc, await anvil.DeployMulticall3Async(), batchSize: 300);
        var head = (await anvil.Eth.GetLatestBlockAsync(None)).Ref;
        var batch = reader.At(head.Hash);
        var reads = Enumerable.Range(0, 1000).Select(i => (Wanted: (BigInteger)i, Read: batch.Add(Echo, new FirstArgument(i)))).ToList();
        await batch.ExecuteAsync(None);
        Assert.All(reads, pair => Assert.Equal(pair.Wanted, pair.Read.Value));
        Assert.Equal(1000, batch.Count);
    }

    [Fact]
    public async Task Batch_Empty_AsksNobody()
    {
        using var nobody = new HttpRpc("nobody", new Uri("http://127.0.0.1:1"));
        await new ChainReader(nobody, Nobody).At(default).ExecuteAsync(None);
    }

    private static async Task<AnvilNode> StartAsync()
    {
        var anvil = await AnvilNode.StartAsync();
        await anvil.SetCodeAsync(Reverting, "0x63deadbeef6000526004601cfd");
        await anvil.SetCodeAsync(Short, "0x60056000f3");
        await anvil.SetCodeAsync(Bomb, "0x620fffff6000f3");
        await anvil.SetCodeAsync(Height, "0x4360005260206000f3");
        // Gives back the first argument: calldatacopy(0, 4, 32), return(0, 32).
        await anvil.SetCodeAsync(Echo, "0x6020600460003760206000f3");
        return anvil;
    }

    /// <summary>A function of one number that returns it.</summary>
    private sealed record FirstArgument(BigInteger Number) : IContractFunction<BigInteger>
    {
        public byte[] EncodeCall()
        {
            var writer = new AbiWriter();
            writer.BigUnsigned(Number, 256);
            return writer.ToCall(new Selector(0x01020304));
        }

        public BigInteger DecodeResult(ReadOnlySpan<byte> data)
        {
            var reader = new AbiReader(data, 1);
            var value = reader.BigUnsigned(256);
            reader.Finish();
            return value;
        }
    }
}

using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;
using KeeperOracle.Tests.EndToEnd;
using static KeeperOracle.Tests.ChaosProxy.ChaosWorld;

namespace KeeperOracle.Tests.ChaosProxy;

/// <summary>Raw transactions as the proxy reads them, against what anvil says of the ones it signed.</summary>
public sealed class RawTransactionTests
{
    private const string AccessList = """[{"address": "0x00000000000000000000000000000000000000aa", "storageKeys": ["0x0000000000000000000000000000000000000000000000000000000000000001"]}]""";

    [Theory]
    [InlineData("""{"gasPrice": "0x77359400"}""")]
    [InlineData("""{"gasPrice": "0x77359400", "accessList": ACCESS}""")]
    [InlineData("""{"maxFeePerGas": "0x77359400", "maxPriorityFeePerGas": "0x1"}""")]
    [InlineData("""{"maxFeePerGas": "0x77359400", "maxPriorityFeePerGas": "0x3", "accessList": ACCESS, "input": "0x0102"}""")]
    public async Task Read_TransactionThatAnvilSigned_HasTheSameFields(string fields)
    {
        await using var anvil = await AnvilNode.StartAsync(arguments: "--no-mining");
        var message = JsonNode.Parse(fields.Replace("ACCESS", AccessList, StringComparison.Ordinal))!.AsObject();
        (message["from"], message["to"], message["value"], message["gas"]) = (Account(2).ToString(), Account(3).ToString(), "0x5", "0x186a0");
        var hash = (await anvil.SendAsync("eth_sendTransaction", message)).GetString();
        var told = JsonNode.Parse((await anvil.SendAsync("eth_getTransactionByHash", hash)).GetRawText())!.AsObject();
        var read = RawTransaction.TryRead((await anvil.SendAsync("eth_getRawTransactionByHash", hash)).GetString());
        // Of a waiting transaction of type 2 geth says the highest fee here, anvil what it would pay in the next block.
        foreach (var (name, value) in read!.Pending.Where(field => field.Key != "gasPrice" || message["gasPrice"] is not null))
        {
            Assert.True(JsonNode.DeepEquals(told[name], value), $"{name}: {told[name]} and not {value}");
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("0x03c0")]
    [InlineData("0x02c0")]
    [InlineData("0x02f8")]
    [InlineData("0xzz")]
    public void Read_WhatIsNoTransactionOfTheseTypes_IsNull(string? raw) => Assert.Null(RawTransaction.TryRead(raw));
}

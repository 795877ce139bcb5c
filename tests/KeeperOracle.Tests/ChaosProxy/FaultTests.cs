using System.Diagnostics;
using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;
using static KeeperOracle.Tests.ChaosProxy.ChaosWorld;

namespace KeeperOracle.Tests.ChaosProxy;

/// <summary>Each fault as our own client, or a bare one, meets it.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task F01_PortClosed_ConnectionsAreRefusedAndLaterTakenAgain()
    {
        await using var world = await StartAsync();
        await world.Proxy.CloseAsync();
        var problem = await world.RefusalAsync("eth_chainId");
        Assert.Equal((RpcFailure.Transport, "no answer (ConnectionError)"), (problem.Kind, problem.Problem));
        await world.Proxy.ListenAsync();
        Assert.Equal("0x7a69", (await world.SendAsync("eth_chainId")).GetString());
    }

    [Fact]
    public async Task F01_DownForASecond_ComesBackOnTheSamePort()
    {
        await using var world = await StartAsync();
        await world.SendAsync("chaos_down", 1);
        await Until.TrueAsync(() => FailsAsync(world), "the port is closed");
        await Until.TrueAsync(async () => !await FailsAsync(world), "the port is open again");
    }

    [Fact]
    public async Task F01_ConnectionReset_IsTransport()
    {
        await using var world = await StartAsync("""{"fault": "reset", "methods": "eth_chainId", "count": 1}""");
        Assert.Equal(RpcFailure.Transport, (await world.RefusalAsync("eth_chainId")).Kind);
        Assert.Equal("0x7a69", (await world.SendAsync("eth_chainId")).GetString());
    }

    [Fact]
    public async Task F01_AnvilKilled_ProxyResetsItsConnections()
    {
        await using var world = await StartAsync();
        using (var anvil = Process.GetProcessById(world.Anvil.ProcessId))
        {
            anvil.Kill();
            await anvil.WaitForExitAsync();
        }

        Assert.Equal(RpcFailure.Transport, (await world.RefusalAsync("eth_chainId")).Kind);
    }

    [Fact]
    public async Task F02_Hang_IsATimeoutAndOtherCallsGoOn()
    {
        var patient = Once with { AttemptTimeout = TimeSpan.FromMilliseconds(500) };
        await using var world = await StartAsync("""{"fault": "hang", "methods": "eth_chainId", "count": 1}""", options: patient);
        Assert.Equal(RpcFailure.Timeout, (await world.RefusalAsync("eth_chainId")).Kind);
        using var other = new HttpRpc("other", world.Proxy.Url, Once);
        Assert.Equal("0x0", (await other.SendAsync("eth_blockNumber", CancellationToken.None)).GetString());
    }

    [Fact]
    public async Task F03_Delay_OnlyMatchingCallsWait()
    {
        var hasty = Once with { AttemptTimeout = TimeSpan.FromMilliseconds(500) };
        await using var world = await StartAsync("""{"fault": "delay", "methods": "eth_get*", "milliseconds": 60000, "jitterMilliseconds": 5000}""", options: hasty);
        Assert.Equal(RpcFailure.Timeout, (await world.RefusalAsync("eth_getBalance", Account(0).ToString(), "latest")).Kind);
        using var patient = new HttpRpc("patient", world.Proxy.Url, Once);
        Assert.Equal("0x7a69", (await patient.SendAsync("eth_chainId", CancellationToken.None)).GetString());
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task F04_StatusWithRetryAfter_IsSeenAsSent(int code)
    {
        await using var world = await StartAsync($$"""{"fault": "status", "code": {{code}}, "retryAfterSeconds": 7, "count": 2}""");
        var (response, body) = await world.PostAsync("""{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}""");
        Assert.Equal((code, TimeSpan.FromSeconds(7), ""), ((int)response.StatusCode, response.Headers.RetryAfter!.Delta, body));
        var problem = await world.RefusalAsync("eth_chainId");
        Assert.Equal((code == 429 ? RpcFailure.RateLimited : RpcFailure.Transport, code), (problem.Kind, problem.Code));
        Assert.Equal("0x7a69", (await world.SendAsync("eth_chainId")).GetString());
    }

    [Theory]
    [InlineData("""{"fault": "truncate"}""", RpcFailure.Transport)]
    [InlineData("""{"fault": "truncate", "agrees": true}""", RpcFailure.MalformedReply)]
    [InlineData("""{"fault": "notJson"}""", RpcFailure.MalformedReply)]
    [InlineData("""{"fault": "notJson", "text": ""}""", RpcFailure.MalformedReply)]
    [InlineData("""{"fault": "wrongId"}""", RpcFailure.MalformedReply)]
    [InlineData("""{"fault": "duplicate"}""", RpcFailure.MalformedReply)]
    [InlineData("""{"fault": "huge", "bytes": 100000000}""", RpcFailure.MalformedReply)]
    public async Task F05_BodyThatIsNoAnswer_IsATypedFailureAloneAndInABatch(string rule, RpcFailure kind)
    {
        await using var world = await StartAsync(rule);
        Assert.Equal(kind, (await world.RefusalAsync("eth_chainId")).Kind);
        var batch = await Assert.ThrowsAsync<RpcException>(
            () => world.Rpc.SendBatchAsync([new("eth_chainId", []), new("eth_blockNumber", [])], CancellationToken.None));
        Assert.Equal(kind, batch.Kind);
    }

    [Fact]
    public async Task F05_ReplyOf100Megabytes_ComesWholeToAClientThatTakesIt()
    {
        await using var world = await StartAsync("""{"fault": "huge"}""");
        using var http = new HttpClient();
        using var content = new StringContent("""{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}""");
        using var response = await http.PostAsync(world.Proxy.Url, content);
        await using var body = await response.Content.ReadAsStreamAsync();
        Assert.True(body.Length > 100_000_000);
        Assert.Equal("0x7a69", JsonNode.Parse(body)!["result"]!.GetValue<string>());
    }

    [Fact]
    public async Task F06_NodeLagsBehind_KnowsNothingOfLaterBlocks()
    {
        await using var world = await StartAsync();
        await world.MineAsync(5);
        var sent = Transfer(0);
        await world.SendRawAsync(sent);
        await world.MineAsync(); // block 6
        await world.MineAsync(); // block 7
        var head = await world.Eth.GetLatestBlockAsync(CancellationToken.None);
        world.Proxy.Set("""{"fault": "lag", "blocks": 2}""");

        Assert.Equal("0x5", (await world.SendAsync("eth_blockNumber")).GetString());
        Assert.Equal(5u, (await world.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number);
        Assert.Null(await world.Eth.GetBlockByNumberAsync(6, CancellationToken.None));
        Assert.Null(await world.Eth.GetBlockByHashAsync(head.Ref.Hash, CancellationToken.None));
        Assert.Null(await world.ReceiptAsync(sent));
        Assert.True(await world.IsPendingAsync(sent));
        Assert.Equal(0u, await world.Eth.GetTransactionCountAsync(Account(0), CancellationToken.None));
        var balance = await world.Eth.GetBalanceAsync(Account(9), null, CancellationToken.None);
        Assert.Equal(await world.Anvil.Eth.GetBalanceAsync(Account(9), null, CancellationToken.None) - 1, balance);
        var problem = await Assert.ThrowsAsync<RpcException>(() => world.Eth.GetBalanceAsync(Account(9), head.Ref.Hash, CancellationToken.None));
        Assert.Equal("header not found", problem.Problem);

        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(sent));
    }

    [Fact]
    public async Task F07_LiesOfABalanceACallAReceiptAndABlock_AreToldByTheRule()
    {
        await using var world = await StartAsync();
        var target = Account(7);
        await world.Anvil.SetCodeAsync(target, "0x602a60005260066020526040" + "6000f3"); // returns the words 42 and 6
        var sent = Transfer(0);
        await world.SendRawAsync(sent);
        await world.MineAsync();
        var balance = await world.Eth.GetBalanceAsync(Account(1), null, CancellationToken.None);
        world.Proxy.Set($$$"""
            [{"fault": "lie", "methods": "eth_getBalance", "address": "{{{Account(1)}}}", "scaleBps": 11000},
             {"fault": "lie", "methods": "eth_call", "address": "{{{target}}}", "scaleBps": 5000, "word": 1},
             {"fault": "lie", "methods": "eth_getTransactionReceipt", "address": "{{{Account(0)}}}", "set": {"status": "0x0"}},
             {"fault": "lie", "methods": "eth_gasPrice", "result": "0x1"}]
            """);
        Assert.Equal(balance * 11 / 10, await world.Eth.GetBalanceAsync(Account(1), null, CancellationToken.None));
        Assert.Equal(balance, await world.Eth.GetBalanceAsync(Account(2), null, CancellationToken.None));
        var words = await world.Eth.CallAsync(Account(0), target, [], null, CancellationToken.None);
        Assert.Equal((42, 3), (new BigInteger(words.AsSpan(0, 32), true, true), new BigInteger(words.AsSpan(32, 32), true, true)));
        Assert.False((await world.ReceiptAsync(sent))!.Succeeded);
        Assert.Equal("0x1", (await world.SendAsync("eth_gasPrice")).GetString());
    }

    [Fact]
    public async Task F09_WrongChainId_IsToldWhileTheRuleStands()
    {
        await using var world = await StartAsync("""{"fault": "chainId", "id": "0x1", "after": 1}""");
        Assert.Equal(new ChainId(31337), await world.Eth.GetChainIdAsync(CancellationToken.None));
        Assert.Equal(new ChainId(1), await world.Eth.GetChainIdAsync(CancellationToken.None));
        Assert.Equal("1", (await world.SendAsync("net_version")).GetString());
        await world.SendAsync("chaos_clear");
        Assert.Equal(new ChainId(31337), await world.Eth.GetChainIdAsync(CancellationToken.None));
    }

    [Fact]
    public async Task F36_TransactionDroppedFromThePool_IsUnknownUntilSentAgain()
    {
        await using var world = await StartAsync("""{"fault": "drop", "count": 1}""");
        var sent = Transfer(0);
        Assert.Equal(SendOutcomeKind.Accepted, (await world.SendRawAsync(sent)).Kind);
        Assert.Null(await world.Eth.GetTransactionByHashAsync(sent.Hash, CancellationToken.None));
        await world.MineAsync();
        Assert.Null(await world.ReceiptAsync(sent));
        Assert.Equal(SendOutcomeKind.Accepted, (await world.SendRawAsync(sent)).Kind);
        await world.SendAsync("chaos_drop", sent.Hash.ToString());
        Assert.False(await world.IsPendingAsync(sent));
        await world.SendRawAsync(sent);
        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(sent));
    }

    [Theory]
    [InlineData("hang")]
    [InlineData("reset")]
    public async Task F37_ReplySwallowed_OutcomeIsUnknownAndTheNodeHasTheTransaction(string ending)
    {
        var hasty = Once with { AttemptTimeout = TimeSpan.FromSeconds(2) };
        await using var world = await StartAsync($$"""{"fault": "swallowReply", "ending": "{{ending}}", "count": 1}""", options: hasty);
        var sent = Transfer(0);
        Assert.Equal(SendOutcomeKind.Unknown, (await world.SendRawAsync(sent)).Kind);
        using var patient = new HttpRpc("patient", world.Proxy.Url, Once);
        Assert.Equal(SendOutcomeKind.AlreadyKnown, (await new EthApi(patient).SendRawTransactionAsync(sent, CancellationToken.None)).Kind);
        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(sent));
    }

    [Fact]
    public async Task F37_RequestSwallowed_HashIsAnsweredAndTheNodeHasNothing()
    {
        await using var world = await StartAsync($$"""{"fault": "swallowRequest", "address": "{{Account(0)}}", "count": 1}""");
        var (other, sent) = (Transfer(0, from: 1), Transfer(0));
        Assert.Equal(SendOutcomeKind.Accepted, (await world.SendRawAsync(other)).Kind);
        Assert.Equal(SendOutcomeKind.Accepted, (await world.SendRawAsync(sent)).Kind);
        await world.MineAsync();
        Assert.NotNull(await world.ReceiptAsync(other));
        Assert.Null(await world.Eth.GetTransactionByHashAsync(sent.Hash, CancellationToken.None));
        Assert.Equal(SendOutcomeKind.Accepted, (await world.SendRawAsync(sent)).Kind);
        Assert.True(await world.IsPendingAsync(sent));
    }

    [Fact]
    public async Task F43_StalePending_IsOffWhileLatestIsRight()
    {
        await using var world = await StartAsync("""{"fault": "stalePending", "offset": -2}""");
        await world.SendRawAsync(Transfer(0));
        await world.MineAsync();
        await world.SendRawAsync(Transfer(1));
        await world.SendRawAsync(Transfer(2));
        Assert.Equal(1u, await world.PendingNonceAsync(Account(0)));
        Assert.Equal(1u, await world.Eth.GetTransactionCountAsync(Account(0), CancellationToken.None));
        Assert.Equal(0u, await world.PendingNonceAsync(Account(5)));
    }

    [Theory]
    [InlineData("""{"fault": "empty"}""", 0)]
    [InlineData("""{"fault": "short"}""", 5)]
    [InlineData("""{"fault": "short", "bytes": 33}""", 33)]
    public async Task F44_ResultOfACallTooShort_HasSoManyBytes(string rule, int length)
    {
        await using var world = await StartAsync(rule);
        await world.Anvil.SetCodeAsync(Account(7), "0x602a600052" + "60406000f3");
        Assert.Equal(length, (await world.Eth.CallAsync(Account(0), Account(7), [], null, CancellationToken.None)).Length);
    }

    [Fact]
    public async Task F44_CustomErrorOfACall_IsARevertWithItsData()
    {
        await using var world = await StartAsync("""{"fault": "error", "methods": "eth_call", "code": 3, "message": "execution reverted", "data": "0xdeadbeef"}""");
        var revert = await Assert.ThrowsAsync<ContractRevertException>(() => world.Eth.CallAsync(Account(0), Account(7), [], null, CancellationToken.None));
        Assert.Equal([0xDE, 0xAD, 0xBE, 0xEF], revert.RevertData.ToArray());
    }

    private static async Task<bool> FailsAsync(ChaosWorld world)
    {
        try
        {
            await world.SendAsync("eth_chainId");
            return false;
        }
        catch (RpcException problem) when (problem.Kind == RpcFailure.Transport)
        {
            return true;
        }
    }
}

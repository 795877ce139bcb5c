using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using KeeperOracle.Primitives;
using static KeeperOracle.Tests.ChaosProxy.ChaosWorld;

namespace KeeperOracle.Tests.ChaosProxy;

/// <summary>Heads and logs over WebSocket and by filters, with what geth tells after a reorganisation, and with faults.</summary>
public sealed class SubscriptionTests
{
    /// <summary>Emits one log with topic 1 and no data.</summary>
    private const string Emitter = "0x600160006000a1";

    [Fact]
    public async Task Heads_ReorgOfTwo_AnnouncesEachHeadOfTheNewBranch()
    {
        await using var world = await StartAsync();
        using var client = await ClientAsync(world);
        await client.SubscribeAsync("newHeads");
        await world.MineAsync(2);
        var old = new[] { await client.NextAsync(), await client.NextAsync() };
        await world.Anvil.ReorgAsync(2);
        var fresh = new[] { await client.NextAsync(), await client.NextAsync() };
        Assert.Equal(["0x1", "0x2"], old.Select(head => head["number"]!.GetValue<string>()));
        Assert.Equal(["0x1", "0x2"], fresh.Select(head => head["number"]!.GetValue<string>()));
        Assert.NotEqual(old[0]["hash"]!.GetValue<string>(), fresh[0]["hash"]!.GetValue<string>());
        Assert.Equal(fresh[0]["hash"]!.GetValue<string>(), fresh[1]["parentHash"]!.GetValue<string>());
        Assert.Null(fresh[0]["transactions"]);
    }

    [Fact]
    public async Task F14_LogsAfterAReorg_ComeAgainMarkedAsRemoved()
    {
        await using var world = await StartAsync();
        using var client = await ClientAsync(world);
        var emitter = await EmitterAsync(world);
        await client.SubscribeAsync("logs", new JsonObject { ["address"] = emitter.ToString() });
        var filter = (await world.SendAsync("eth_newFilter", new Dictionary<string, object?> { ["address"] = emitter.ToString() })).GetString();
        await world.SendRawAsync(Transfer(0, to: emitter));
        await world.MineAsync();
        var told = await client.NextAsync();
        Assert.False(told["removed"]!.GetValue<bool>());
        await world.Anvil.ReorgAsync(1);
        var again = await client.NextAsync();
        Assert.True(again["removed"]!.GetValue<bool>());
        Assert.Equal(told["blockHash"]!.GetValue<string>(), again["blockHash"]!.GetValue<string>());

        var changes = await world.SendAsync("eth_getFilterChanges", filter);
        Assert.Equal([false, true], changes.EnumerateArray().Select(log => log.GetProperty("removed").GetBoolean()));
        Assert.Equal(0, (await world.SendAsync("eth_getFilterChanges", filter)).GetArrayLength());
    }

    [Fact]
    public async Task F14_LogNotificationLost_TheReadAtTheHashStillHasIt()
    {
        await using var world = await StartAsync("""{"fault": "hang", "methods": "eth_subscription/logs", "count": 1}""");
        using var client = await ClientAsync(world);
        var emitter = await EmitterAsync(world);
        await client.SubscribeAsync("logs");
        await world.SendRawAsync(Transfer(0, to: emitter));
        await world.MineAsync();
        await world.SendRawAsync(Transfer(1, to: emitter));
        await world.MineAsync();
        Assert.Equal("0x2", (await client.NextAsync())["blockNumber"]!.GetValue<string>());
        var logs = await world.SendAsync("eth_getLogs", new Dictionary<string, object?> { ["fromBlock"] = "0x1", ["toBlock"] = "0x2" });
        Assert.Equal(2, logs.GetArrayLength());
    }

    [Fact]
    public async Task F06_LaggingNode_AnnouncesOldHeads()
    {
        await using var world = await StartAsync("""{"fault": "lag", "blocks": 2, "methods": "eth_subscription/*"}""");
        using var client = await ClientAsync(world);
        await world.MineAsync(4);
        await client.SubscribeAsync("newHeads");
        await world.MineAsync();
        Assert.Equal("0x3", (await client.NextAsync())["number"]!.GetValue<string>());
    }

    [Fact]
    public async Task F02_RequestThatHangs_DoesNotHoldUpTheOthersOfTheSocket()
    {
        await using var world = await StartAsync("""{"fault": "hang", "methods": "eth_chainId"}""");
        using var client = await ClientAsync(world);
        await client.SendAsync(1, "eth_chainId");
        await client.SendAsync(2, "eth_blockNumber");
        Assert.Equal(2, (await client.ReceiveAsync())["id"]!.GetValue<int>());
    }

    [Fact]
    public async Task F01_SocketReset_BreaksInTheMiddleOfTheHeads()
    {
        await using var world = await StartAsync("""{"fault": "reset", "methods": "eth_subscription/newHeads", "after": 1}""");
        using var client = await ClientAsync(world);
        await client.SubscribeAsync("newHeads");
        await world.MineAsync();
        Assert.Equal("0x1", (await client.NextAsync())["number"]!.GetValue<string>());
        await world.MineAsync();
        await Assert.ThrowsAsync<WebSocketException>(client.NextAsync);
    }

    [Fact]
    public async Task F01_PortClosedUnderASocket_BreaksIt()
    {
        await using var world = await StartAsync();
        using var client = await ClientAsync(world);
        await client.SubscribeAsync("newHeads");
        await world.Proxy.CloseAsync();
        await Assert.ThrowsAsync<WebSocketException>(client.NextAsync);
        await world.Proxy.ListenAsync();
        using var again = await ClientAsync(world);
        await again.SubscribeAsync("newHeads");
    }

    [Fact]
    public async Task F05_NotificationTwice_IsTheSameTextTwice()
    {
        await using var world = await StartAsync("""{"fault": "duplicate", "methods": "eth_subscription/newHeads"}""");
        using var client = await ClientAsync(world);
        await client.SubscribeAsync("newHeads");
        await world.MineAsync();
        Assert.Equal((await client.NextAsync()).ToJsonString(), (await client.NextAsync()).ToJsonString());
    }

    [Fact]
    public async Task Subscription_EndedOrOverHttp_TellsNothing()
    {
        await using var world = await StartAsync();
        using var client = await ClientAsync(world);
        var id = await client.SubscribeAsync("newHeads");
        await client.SendAsync(7, "eth_unsubscribe", id);
        Assert.True((await client.ReceiveAsync())["result"]!.GetValue<bool>());
        await world.MineAsync();
        await client.SendAsync(8, "eth_blockNumber");
        Assert.Equal(8, (await client.ReceiveAsync())["id"]!.GetValue<int>());
        Assert.Equal("notifications not supported", (await world.RefusalAsync("eth_subscribe", "newHeads")).Problem);
    }

    private static async Task<Address> EmitterAsync(ChaosWorld world)
    {
        await world.Anvil.SetCodeAsync(Account(7), Emitter);
        return Account(7);
    }

    private static async Task<Client> ClientAsync(ChaosWorld world)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(world.Proxy.WebSocketUrl, CancellationToken.None);
        return new Client(socket);
    }

    /// <summary>A bare WebSocket.</summary>
    private sealed class Client(ClientWebSocket socket) : IDisposable
    {
        public Task SendAsync(int id, string method, params JsonNode?[] parameters)
        {
            var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = new JsonArray(parameters) };
            return socket.SendAsync(Encoding.UTF8.GetBytes(request.ToJsonString()), WebSocketMessageType.Text, true, CancellationToken.None);
        }

        public async Task<JsonObject> ReceiveAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            using var message = new MemoryStream();
            var buffer = new byte[16 * 1024];
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
                message.Write(buffer, 0, part.Count);
            }
            while (!part.EndOfMessage);
            return JsonNode.Parse(message.ToArray())!.AsObject();
        }

        public async Task<string> SubscribeAsync(string kind, JsonNode? filter = null)
        {
            await (filter is null ? SendAsync(1, "eth_subscribe", kind) : SendAsync(1, "eth_subscribe", kind, filter));
            return (await ReceiveAsync())["result"]!.GetValue<string>();
        }

        /// <summary>What the next notification is about.</summary>
        public async Task<JsonObject> NextAsync() => (await ReceiveAsync())["params"]!["result"]!.AsObject();

        public void Dispose() => socket.Dispose();
    }
}

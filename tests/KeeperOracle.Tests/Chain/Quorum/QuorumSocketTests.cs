using System.Text.Json;
using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Tests.Chain.Rpc;

namespace KeeperOracle.Tests.Chain.Quorum;

/// <summary>Two good nodes of three behind real sockets, and a third with the fault of a socket.</summary>
public sealed class QuorumSocketTests : IAsyncDisposable
{
    private static readonly HttpRpcOptions Once = new() { MaxRetries = 0, CircuitMinimumCalls = 1000, MaxReplyBytes = 100_000 };

    private readonly TrueChain _chain = new();
    private readonly List<RawHttpServer> _servers = [];
    private readonly List<HttpRpc> _clients = [];

    [Fact]
    public async Task F01_ConnectionRefused_TheOthersCarry() => await BadNodeIsDownAsync(new Uri("http://127.0.0.1:1/v3/SECRETKEY"), "Transport");

    [Fact]
    public async Task F02_NodeHangsWithAnOpenSocket_IsNotWaitedFor() => await BadNodeIsDownAsync(Serve((_, _) => null), "no answer in time");

    [Fact]
    public async Task F03_NodeAnswersLate_ItsAnswerIsNeitherNeededNorALie()
    {
        using var gate = new SemaphoreSlim(0);
        var slow = Serve((body, _) =>
        {
            gate.Wait(TimeSpan.FromMinutes(1));
            return Honest(body);
        });
        var quorum = Quorum(TimeSpan.FromMinutes(1), Serve((body, _) => Honest(body)), slow, Serve((body, _) => Honest(body)));
        await HoldsAsync(quorum);
        Assert.Equal(NodeStanding.Down, quorum.Nodes[1].Standing);
        gate.Release(100);
        await UntilAsync(() => quorum.Nodes[1].Standing == NodeStanding.Alive);
        Assert.Empty(quorum.Evidence);
    }

    [Theory]
    [InlineData("429 Too Many Requests", "RateLimited")]
    [InlineData("503 Service Unavailable", "Transport")]
    [InlineData("502 Bad Gateway", "Transport")]
    public async Task F04_NodeHasEnoughOrIsBroken_ItsBodyNeverCounts(string status, string reason) =>
        await BadNodeIsDownAsync(Serve((body, _) => RawHttpServer.Status(status, "retry-after: 1\r\n", Body(Honest(body)))), reason);

    [Theory]
    [InlineData("<html>maintenance</html>")]
    [InlineData("[]")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"result":"0x7a69"},{"jsonrpc":"2.0","id":1,"result":"0x7a69"}]""")]
    [InlineData("""[{"jsonrpc":"2.0","id":999,"result":"0x7a69"},{"jsonrpc":"2.0","id":998,"result":"0x7a69"}]""")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"result":"0x7a69"},{"jsonrpc":"2.0","id":2,"result":{"number":"many"}}]""")]
    public async Task F05_ReplyThatIsNone_CondemnsTheNode(string body) => await BadNodeIsDownAsync(Serve((_, _) => RawHttpServer.Ok(body)), "MalformedReply");

    [Fact]
    public async Task F05_ReplyOverTheLimit_CondemnsTheNode() =>
        await BadNodeIsDownAsync(Serve((_, _) => RawHttpServer.Ok(new string(' ', 200_000))), "larger than 100000 bytes");

    [Fact]
    public async Task F01_F02_TwoOfThreeAreBad_IsNoQuorumWithoutAUrl()
    {
        var quorum = Quorum(TimeSpan.FromMilliseconds(50), Serve((body, _) => Honest(body)), new Uri("http://127.0.0.1:1/v3/SECRETKEY"), Serve((_, _) => RawHttpServer.Ok("SECRETKEY")));
        var problem = await QuorumFixture.NoQuorumAsync(() => quorum.SendAsync("eth_getBalance", CancellationToken.None, "0x01", QuorumFixture.At(_chain.Head.Hash)));
        Assert.Contains("beta is down (Transport", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRETKEY", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", problem.ToString(), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task BadNodeIsDownAsync(Uri bad, string reason)
    {
        var quorum = Quorum(TimeSpan.FromMilliseconds(50), Serve((body, _) => Honest(body)), bad, Serve((body, _) => Honest(body)));
        await HoldsAsync(quorum);
        await UntilAsync(() => quorum.Nodes[1].Reason.Contains(reason, StringComparison.Ordinal));
        Assert.Equal(NodeStanding.Down, quorum.Nodes[1].Standing);
        Assert.DoesNotContain("SECRETKEY", quorum.Nodes[1].ToString(), StringComparison.Ordinal);
        await HoldsAsync(quorum);
        Assert.Empty(quorum.Evidence);
    }

    private async Task HoldsAsync(QuorumRpc quorum)
    {
        var block = _chain.Head.Hash;
        Assert.Equal(block.ToString(), (await quorum.SendAsync("eth_getBlockByNumber", CancellationToken.None, "latest", false)).GetProperty("hash").GetString());
        Assert.Equal(TrueChain.StateAt("eth_getBalance", "0x01", block), (await quorum.SendAsync("eth_getBalance", CancellationToken.None, "0x01", QuorumFixture.At(block))).GetString());
    }

    private QuorumRpc Quorum(TimeSpan grace, params Uri[] urls)
    {
        var options = new ReadQuorumOptions { Required = 2, StragglerGrace = grace, Deadline = TimeSpan.FromMinutes(1) };
        string[] names = ["alpha", "beta", "gamma"];
        _clients.AddRange(urls.Zip(names, (url, name) => new HttpRpc(name, url, Once)));
        return new QuorumRpc(QuorumFixture.Id, [.. names.Zip(_clients, (name, rpc) => new QuorumNode(name, rpc))], options, TimeProvider.System);
    }

    private Uri Serve(Func<string, int, string?> answer)
    {
        var server = new RawHttpServer(answer);
        _servers.Add(server);
        return server.Url;
    }

    private string Honest(string body)
    {
        var node = new ScriptedNode("honest", _chain);
        using var request = JsonDocument.Parse(body);
        string One(JsonElement call)
        {
            var parameters = call.GetProperty("params").EnumerateArray().Select(parameter => parameter.ValueKind == JsonValueKind.String ? parameter.GetString() : (object?)parameter).ToArray();
            var reply = node.Answer(call.GetProperty("method").GetString()!, parameters);
            return $$"""{"jsonrpc":"2.0","id":{{call.GetProperty("id")}},"result":{{reply.ResultOrThrow().GetRawText()}}}""";
        }

        return RawHttpServer.Ok(request.RootElement.ValueKind == JsonValueKind.Array
            ? $"[{string.Join(',', request.RootElement.EnumerateArray().Select(One))}]"
            : One(request.RootElement));
    }

    private static string Body(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 6000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition());
    }
}

using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using Microsoft.Extensions.Time.Testing;

namespace KeeperOracle.Tests.Chain.Rpc;

/// <summary>A node that misbehaves, over a real socket.</summary>
public sealed class HttpRpcTests
{
    private const string Chain1 = """{"jsonrpc":"2.0","id":1,"result":"0x1"}""";

    /// <summary>Short limits, so that tests of waiting do not wait; no circuit unless the test is about it.</summary>
    private static readonly HttpRpcOptions Quick = new()
    {
        AttemptTimeout = TimeSpan.FromSeconds(1),
        TotalDeadline = TimeSpan.FromSeconds(60),
        RetryDelay = TimeSpan.Zero,
        MaxRetries = 2,
        CircuitMinimumCalls = 1000,
    };

    private static readonly HttpRpcOptions Patient = Quick with { AttemptTimeout = TimeSpan.FromSeconds(15) };

    [Fact]
    public async Task Send_NobodyListens_IsTransport()
    {
        using var rpc = new HttpRpc("alpha", new Uri("http://127.0.0.1:1/SECRETKEY"), Quick);
        var problem = await Assert.ThrowsAsync<RpcException>(() => rpc.SendAsync("eth_chainId", CancellationToken.None));
        Assert.Equal(RpcFailure.Transport, problem.Kind);
        Assert.StartsWith("alpha: ", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRETKEY", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_NodeHangs_TimesOutAfterItsRetries()
    {
        // Time passes when a request has arrived, so that a slow machine does not end an attempt before it has begun.
        var time = new FakeTimeProvider();
        await using var server = new RawHttpServer((_, _) =>
        {
            time.Advance(Quick.AttemptTimeout);
            return null;
        });
        var problem = await Fail(server, Quick, time: time);
        Assert.Equal(RpcFailure.Timeout, problem.Kind);
        Assert.Equal(3, server.Requests);
    }

    [Fact]
    public async Task Send_NodeHangsOnATransaction_IsSentOnce()
    {
        var time = new FakeTimeProvider();
        await using var server = new RawHttpServer((_, _) =>
        {
            time.Advance(Quick.AttemptTimeout);
            return null;
        });
        var problem = await Fail(server, Quick, "eth_sendRawTransaction", time);
        Assert.Equal(RpcFailure.Timeout, problem.Kind);
        Assert.Equal(1, server.Requests);
    }

    [Theory]
    [InlineData("503 Service Unavailable")]
    [InlineData("502 Bad Gateway")]
    public async Task Send_ServerErrorOnATransaction_IsSentOnce(string status)
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Status(status, "", "oops"));
        var problem = await Fail(server, Patient, "eth_sendRawTransaction");
        Assert.Equal(RpcFailure.Transport, problem.Kind);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task Send_ServerErrorThenAnswer_ReadsAgain()
    {
        await using var server = new RawHttpServer((_, n) => n == 0 ? RawHttpServer.Status("500 Oops", "", "") : RawHttpServer.Ok(Chain1));
        using var rpc = new HttpRpc("alpha", server.Url, Patient);
        Assert.Equal("0x1", (await rpc.SendAsync("eth_chainId", CancellationToken.None)).GetString());
        Assert.Equal(2, server.Requests);
    }

    [Fact]
    public async Task Send_RateLimited_WaitsAsAskedAndSaysSo()
    {
        // The wait asked for is far above our limit, which is what is waited then.
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Status("429 Too Many Requests", "retry-after: 3600\r\n", ""));
        var problem = await Fail(server, Patient with { MaxRetryDelay = TimeSpan.FromMilliseconds(2) });
        Assert.Equal(RpcFailure.RateLimited, problem.Kind);
        Assert.Equal(429, problem.Code);
        Assert.Equal(3, server.Requests);
    }

    [Fact]
    public async Task Send_RateLimitedForLongerThanTheDeadline_GivesUpAtTheDeadline()
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Status("429 Too Many Requests", "retry-after: 3600\r\n", ""));
        var time = new FakeTimeProvider();
        var hour = TimeSpan.FromHours(1);
        var failed = Fail(server, Patient with { MaxRetryDelay = hour, AttemptTimeout = hour, TotalDeadline = hour / 2 }, time: time);
        while (!failed.IsCompleted)
        {
            // Only once it has been answered: before that it would be the answer that is late.
            time.Advance(server.Requests == 0 ? TimeSpan.Zero : hour / 60);
            await Task.Delay(20);
        }

        var problem = await failed;
        Assert.Equal(RpcFailure.Timeout, problem.Kind);
        Assert.Equal(1, server.Requests);
    }

    [Theory]
    [InlineData("<html>maintenance</html>")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x1" """)]
    [InlineData("""{"jsonrpc":"2.0","id":2,"result":"0x1"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"1","result":"0x1"}""")]
    [InlineData("""{"jsonrpc":"2.0","result":"0x1"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x1","result":"0x2"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x1","error":{"code":1,"message":"no"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":"no"}""")]
    public async Task Send_BodyThatIsNoAnswer_IsMalformedAndNotRetried(string body)
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Ok(body));
        var problem = await Fail(server, Patient);
        Assert.Equal(RpcFailure.MalformedReply, problem.Kind);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task Send_BodyCutOff_IsTransport()
    {
        await using var server = new RawHttpServer((_, _) => "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + Chain1);
        Assert.Equal(RpcFailure.Transport, (await Fail(server, Patient)).Kind);
    }

    [Theory]
    [InlineData("content-length: 5000000\r\n")]
    [InlineData("")]
    public async Task Send_BodyOverTheLimit_IsRefusedWithOrWithoutItsLength(string header)
    {
        await using var server = new RawHttpServer((_, _) => $"HTTP/1.1 200 OK\r\n{header}connection: close\r\n\r\n" + new string(' ', 5_000_000));
        var problem = await Fail(server, Patient with { MaxReplyBytes = 100_000 });
        Assert.Equal(RpcFailure.MalformedReply, problem.Kind);
        Assert.Contains("larger than 100000 bytes", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_Redirect_IsNotFollowed()
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Status("307 Elsewhere", "location: http://127.0.0.1:1/\r\n", ""));
        var problem = await Fail(server, Patient with { MaxRetries = 0 });
        Assert.Equal(307, problem.Code);
    }

    [Fact]
    public async Task Send_ErrorReply_HasCodeWordsAndRevertData()
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Ok("""{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted","data":"0xdeadbeef"}}"""));
        var problem = await Fail(server, Patient);
        Assert.Equal(RpcFailure.ErrorReply, problem.Kind);
        Assert.Equal((3, "execution reverted"), (problem.Code, problem.Problem));
        Assert.Equal([0xDE, 0xAD, 0xBE, 0xEF], problem.RevertData.ToArray());
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task Send_ErrorReplyThatMovesTheCursor_IsEscapedAndCut()
    {
        var words = "a\\u001b[2J" + new string('x', 5000);
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Ok($$$"""{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"{{{words}}}"}}"""));
        var problem = await Fail(server, Patient);
        Assert.StartsWith("a\\u001b[2Jxxx", problem.Problem, StringComparison.Ordinal);
        Assert.True(problem.Problem.Length < 600);
    }

    [Fact]
    public async Task Send_NullResult_IsAResult()
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Ok("""{"jsonrpc":"2.0","id":1,"result":null}"""));
        using var rpc = new HttpRpc("alpha", server.Url, Patient);
        Assert.Equal(JsonValueKind.Null, (await rpc.SendAsync("eth_getTransactionReceipt", CancellationToken.None, "0x00")).ValueKind);
    }

    [Theory]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"result":"a"}]""")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"result":"a"},{"jsonrpc":"2.0","id":1,"result":"b"}]""")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"result":"a"},{"jsonrpc":"2.0","id":2,"result":"b"},{"jsonrpc":"2.0","id":2,"result":"c"}]""")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"result":"a"},{"jsonrpc":"2.0","id":3,"result":"b"}]""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"a"}""")]
    public async Task Batch_RepliesMissingDoubledOrForeign_IsMalformed(string body)
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Ok(body));
        using var rpc = new HttpRpc("alpha", server.Url, Patient);
        var problem = await Assert.ThrowsAsync<RpcException>(() => rpc.SendBatchAsync([new("eth_chainId", []), new("net_version", [])], CancellationToken.None));
        Assert.Equal(RpcFailure.MalformedReply, problem.Kind);
    }

    [Fact]
    public async Task Batch_OutOfOrderWithOneRefused_KeepsTheOrderOfTheRequests()
    {
        await using var server = new RawHttpServer((_, _) =>
            RawHttpServer.Ok("""[{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"no"}},{"jsonrpc":"2.0","id":1,"result":"a"}]"""));
        using var rpc = new HttpRpc("alpha", server.Url, Patient);
        var replies = await rpc.SendBatchAsync([new("eth_chainId", []), new("net_version", [])], CancellationToken.None);
        Assert.Equal("a", replies[0].Result.GetString());
        Assert.Equal("no", replies[1].Error!.Problem);
    }

    [Fact]
    public async Task Batch_RefusedAsAWhole_IsTheNodesError()
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Ok("""{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}"""));
        using var rpc = new HttpRpc("alpha", server.Url, Patient);
        var problem = await Assert.ThrowsAsync<RpcException>(() => rpc.SendBatchAsync([new("eth_chainId", [])], CancellationToken.None));
        Assert.Equal((RpcFailure.ErrorReply, "batch too large"), (problem.Kind, problem.Problem));
    }

    [Fact]
    public async Task Send_NodeFailsAgainAndAgain_IsNotAskedForAWhile()
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Status("500 Oops", "", ""));
        using var rpc = new HttpRpc("alpha", server.Url, Patient with { MaxRetries = 0, CircuitMinimumCalls = 4, CircuitBreak = TimeSpan.FromHours(1) });
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(RpcFailure.Transport, (await Assert.ThrowsAsync<RpcException>(() => rpc.SendAsync("eth_chainId", CancellationToken.None))).Kind);
        }

        var problem = await Assert.ThrowsAsync<RpcException>(() => rpc.SendAsync("eth_chainId", CancellationToken.None));
        Assert.Equal(RpcFailure.CircuitOpen, problem.Kind);
        Assert.Equal(4, server.Requests);
    }

    [Fact]
    public async Task Send_Cancelled_IsNoFailureOfTheNode()
    {
        await using var server = new RawHttpServer((_, _) => null);
        using var rpc = new HttpRpc("alpha", server.Url, Patient);
        using var cancel = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rpc.SendAsync("eth_chainId", cancel.Token));
    }

    [Fact]
    public void Create_UrlThatIsNotHttp_IsRefusedWithoutShowingIt()
    {
        var problem = Assert.Throws<ArgumentException>(() => new HttpRpc("alpha", new Uri("ftp://host/SECRETKEY")));
        Assert.DoesNotContain("SECRETKEY", problem.ToString(), StringComparison.Ordinal);
    }

    private static async Task<RpcException> Fail(RawHttpServer server, HttpRpcOptions options, string method = "eth_chainId", TimeProvider? time = null)
    {
        using var rpc = new HttpRpc("alpha", server.Url, options, time);
        var problem = await Assert.ThrowsAsync<RpcException>(() => rpc.SendAsync(method, CancellationToken.None));
        Assert.DoesNotContain("SECRETKEY", problem.ToString(), StringComparison.Ordinal);
        return problem;
    }
}

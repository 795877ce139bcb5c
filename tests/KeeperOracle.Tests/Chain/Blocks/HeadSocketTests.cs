using System.Collections.Concurrent;
using System.Net.WebSockets;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;
using Microsoft.Extensions.Time.Testing;
using Connection = KeeperOracle.Tests.Chain.Blocks.ScriptedSocketServer.Connection;

namespace KeeperOracle.Tests.Chain.Blocks;

public sealed class HeadSocketTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly WakeSignal _wake = new();
    private readonly ConcurrentQueue<string> _changes = [];

    public enum Fault
    {
        ClosesAtOnce,
        DropsTheConnection,
        RefusesTheSubscription,
        SendsGarbage,
        SendsBinary,
        SendsNumbers,
        SendsAHundredMegabytes,
        SendsAMessageWithoutEnd,
        Floods,
        ForbidsTheUpgrade,
        Redirects,
        SpeaksNoHttp,
    }

    public static TheoryData<Fault> Faults => new(Enum.GetValues<Fault>());

    [Theory]
    [InlineData("http://127.0.0.1:8545")]
    [InlineData("https://node.example/KEY")]
    public void New_NoWebSocketUrl_IsRefusedWithoutTellingIt(string url)
    {
        var problem = Assert.Throws<ArgumentException>(() => Socket(new Uri(url)));
        Assert.DoesNotContain("node.example", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NewHead_Wakes()
    {
        await using var server = new ScriptedSocketServer(async connection =>
        {
            await connection.SayAsync(ScriptedSocketServer.Subscribed);
            await connection.SayAsync(ScriptedSocketServer.NewHead);
            await connection.StayAsync();
        });
        await using var run = Start(server);
        await _wake.WaitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal([""], _changes);
    }

    [Fact]
    public async Task Run_OtherMessages_WakeNobody()
    {
        await using var server = new ScriptedSocketServer(async connection =>
        {
            await connection.SayAsync(ScriptedSocketServer.Subscribed);
            foreach (var other in (string[])["{}", "[]", "{\"params\":1}", "{\"params\":{\"subscription\":7}}", ScriptedSocketServer.NewHead.Replace("0x5ab5", "0x5ab6", StringComparison.Ordinal)])
            {
                await connection.SayAsync(other);
            }

            await connection.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", connection.Stop);
            await connection.StayAsync();
        });
        await using var run = Start(server);
        await Until.TrueAsync(() => _changes.Count == 2, "all was read");
        Assert.Equal(["", "the node closed it"], _changes);
        Assert.False(IsSet());
    }

    /// <summary>Each of these ends the connection, is told once without the URL, and after the pause the next connection serves.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task F05_SocketMisbehaves_IsToldAndConnectedAgain(Fault fault)
    {
        await using var server = new ScriptedSocketServer(connection => connection.Number == 0 ? MisbehaveAsync(fault, connection) : ServeAsync(connection))
        {
            Refuses = number => number > 0 ? null : fault switch
            {
                Fault.ForbidsTheUpgrade => "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
                Fault.Redirects => "HTTP/1.1 302 Found\r\nlocation: ws://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
                Fault.SpeaksNoHttp => "who is there?\r\n\r\n",
                _ => null,
            },
        };
        await using var run = Start(server);
        await Until.TrueAsync(() => _changes.Any(change => change.Length > 0), $"{fault} is told");
        _ = IsSet();
        await PassUntilAsync(() => server.Connections > 1);
        await _wake.WaitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Single(_changes, change => change.Length > 0);
        Assert.DoesNotContain(_changes, change => change.Contains("SECRETKEY", StringComparison.Ordinal) || change.Contains("127.0.0.1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)] // takes the connection and never a word
    [InlineData(true)] // and after the subscription never a word
    public async Task F02_SocketHangs_IsGivenUpAfterItsTimeAndConnectedAgain(bool subscribes)
    {
        await using var server = new ScriptedSocketServer(async connection =>
        {
            if (subscribes)
            {
                await connection.SayAsync(ScriptedSocketServer.Subscribed);
            }

            await connection.StayAsync();
        });
        await using var run = Start(server);
        await Until.TrueAsync(() => subscribes ? !_changes.IsEmpty : server.Connections == 1, "it is connected");
        await PassUntilAsync(() => server.Connections == 2);
        Assert.Contains("no subscription in time, or no head after it", _changes);
    }

    [Fact]
    public async Task F01_NobodyListens_PausesGrowAndDifferByChance()
    {
        var server = new ScriptedSocketServer(ServeAsync);
        var url = server.Url;
        await server.DisposeAsync();
        var pauses = new List<double>();
        await using (var run = Start(Socket(url)))
        {
            for (var failure = 1; failure <= 6; failure++)
            {
                await Until.TrueAsync(() => _changes.Count >= failure, "the connection fails");
                var passed = 0.0;
                while (_changes.Count == failure)
                {
                    _time.Advance(TimeSpan.FromMilliseconds(500));
                    passed += 0.5;
                    // A refused connection on loopback takes far less than this; where it takes longer the pause only seems longer.
                    await Task.Delay(5);
                }

                pauses.Add(passed);
            }
        }

        for (var i = 0; i < pauses.Count; i++)
        {
            Assert.True(pauses[i] >= Math.Min(Math.Pow(2, i), 60) / 2, string.Join(' ', pauses));
        }

        Assert.All(_changes, change => Assert.Equal("the connection broke or was refused", change));
    }

    [Fact]
    public async Task Probe_Answers_WhetherTheNodeTakesASubscription()
    {
        await using var good = new ScriptedSocketServer(ServeAsync);
        await using var bad = new ScriptedSocketServer(connection => MisbehaveAsync(Fault.RefusesTheSubscription, connection));
        Assert.Null(await Socket(good.Url).ProbeAsync(CancellationToken.None));
        Assert.Equal("it does not take the subscription", await Socket(bad.Url).ProbeAsync(CancellationToken.None));
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Socket(good.Url).ProbeAsync(cancel.Token));
    }

    [Fact]
    public async Task Run_LiveAnvil_HeadsComeWithoutPolling()
    {
        await using var anvil = await AnvilNode.StartAsync();
        await using var run = Start(Socket(new UriBuilder(anvil.Url) { Scheme = "ws" }.Uri));
        await Until.TrueAsync(() => _changes.Contains(""), "it is subscribed");

        // The poll interval is virtual and never passes.
        var tracker = new HeadTracker(anvil.Rpc, new ChainId(31337), TimeSpan.FromDays(1), _time, wake: _wake);
        await using var heads = tracker.FollowAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await heads.MoveNextAsync());
        for (var height = 1UL; height <= 5; height++)
        {
            await anvil.MineAsync();
            Assert.True(await heads.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Equal((height, false), (heads.Current.Head.Number, heads.Current.Reorg));
        }

        await anvil.ReorgAsync(2);
        Assert.True(await heads.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.True(heads.Current.Reorg);
    }

    private static async Task ServeAsync(Connection connection)
    {
        await connection.SayAsync(ScriptedSocketServer.Subscribed);
        await connection.SayAsync(ScriptedSocketServer.NewHead);
        await connection.StayAsync();
    }

    private static async Task MisbehaveAsync(Fault fault, Connection connection)
    {
        if (fault == Fault.RefusesTheSubscription)
        {
            await connection.SayAsync("""{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"see ws://node.example/SECRETKEY"}}""");
            await connection.StayAsync();
        }

        await connection.SayAsync(ScriptedSocketServer.Subscribed);
        var megabyte = new byte[1 << 20];
        Array.Fill(megabyte, (byte)'1');
        switch (fault)
        {
            case Fault.ClosesAtOnce:
                await connection.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", connection.Stop);
                await connection.StayAsync();
                break;
            case Fault.SendsGarbage:
                await connection.SayAsync("{\"jsonrpc\":");
                await connection.StayAsync();
                break;
            case Fault.SendsBinary:
                await connection.Socket.SendAsync(new byte[10], WebSocketMessageType.Binary, true, connection.Stop);
                await connection.StayAsync();
                break;
            case Fault.SendsNumbers:
                await connection.SayAsync("12 13");
                await connection.StayAsync();
                break;
            case Fault.SendsAHundredMegabytes or Fault.SendsAMessageWithoutEnd:
                for (var i = 0; i < 100; i++)
                {
                    await connection.Socket.SendAsync(megabyte, WebSocketMessageType.Text, fault == Fault.SendsAHundredMegabytes && i == 99, connection.Stop);
                }

                await connection.StayAsync();
                break;
            case Fault.Floods:
                while (true)
                {
                    await connection.SayAsync(ScriptedSocketServer.NewHead);
                }

            default:
                // The connection drops with the script's end.
                break;
        }
    }

    private HeadSocket Socket(Uri url) => new("home", url, _wake, _time, new Random(7), change => _changes.Enqueue(change.Problem));

    private Running Start(ScriptedSocketServer server) => Start(Socket(server.Url));

    private static Running Start(HeadSocket socket) => new(socket);

    /// <summary>Lets virtual time pass until this is so; how much is not said.</summary>
    private Task PassUntilAsync(Func<bool> condition) => Until.TrueAsync(
        () =>
        {
            if (!condition())
            {
                _time.Advance(TimeSpan.FromSeconds(5));
            }

            return condition();
        },
        "the next connection comes");

    private bool IsSet()
    {
        using var cancel = new CancellationTokenSource();
        var waiting = _wake.WaitAsync(cancel.Token);
        var isSet = waiting.IsCompletedSuccessfully;
        cancel.Cancel();
        return isSet;
    }

    /// <summary>A socket that runs until it is disposed, and must then end without an exception.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _task;

        public Running(HeadSocket socket) => _task = socket.RunAsync(_stop.Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _task.WaitAsync(TimeSpan.FromSeconds(60));
            _stop.Dispose();
        }
    }
}

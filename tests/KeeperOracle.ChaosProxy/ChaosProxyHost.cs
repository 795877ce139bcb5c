using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Doors;
using KeeperOracle.ChaosProxy.Faults;
using KeeperOracle.ChaosProxy.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace KeeperOracle.ChaosProxy;

// Specification of this project.
//
// A JSON-RPC node in front of one anvil, over HTTP and WebSocket on one port of loopback. It makes anvil behave like geth (Geth/) and
// lets the faults happen that it was told (Faults/); without rules it is a geth that never fails. A call passes, from the outside:
// door (Doors/), the faults of this call in the order of their rules, subscriptions (Subscriptions/), geth's manners, anvil (Node/).
// A request named chaos_* is for the proxy itself and meets no fault (Control.cs).
// Kestrel serves, because broken HTTP must come from a server that is right everywhere else: what a test sees broken is what a rule broke.
// The one thing that it cannot do while it runs is to refuse connections: chaos_down stops it and starts it again on the same port.
// Limits: one anvil; no TLS; loopback only; while the port is closed another process could take it.

/// <summary>A proxy inside this process, or the whole of the program.</summary>
internal sealed class ChaosProxyHost : IAsyncDisposable
{
    private readonly LiveNode _node;
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _door = new(1, 1);
    private readonly Desk _desk;
    private readonly Task _following;
    private readonly TimeProvider _time;
    private WebApplication? _app;
    private int _port;

    private ChaosProxyHost(ChaosProxyOptions options)
    {
        _time = options.Time;
        _port = options.Port;
        _node = new LiveNode(options.Upstream);
        Faults = new FaultBook(options.Seed, options.Time);
        Faults.Set(ReadRules(options.Rules));
        _desk = new Desk(_node, Faults, new Control(_node, Faults, time => _ = GoDownAsync(time)), options.Time);
        _following = FollowAsync(options.Poll);
    }

    /// <summary>Where it listens; the same after it was down.</summary>
    public Uri Url => new($"http://127.0.0.1:{_port}");

    public Uri WebSocketUrl => new($"ws://127.0.0.1:{_port}");

    public FaultBook Faults { get; }

    public LiveNode Node => _node;

    /// <summary>Ready when it returns. Throws <see cref="FormatException"/> for a bad rule.</summary>
    public static async Task<ChaosProxyHost> StartAsync(ChaosProxyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var host = new ChaosProxyHost(options);
        await host.ListenAsync();
        return host;
    }

    /// <summary>Adds rules, as chaos_set. Throws <see cref="FormatException"/>.</summary>
    public IReadOnlyList<long> Set(string rules) => Faults.Set(ReadRules(rules));

    /// <summary>From now on connections are refused. Those that are open break.</summary>
    public async Task CloseAsync()
    {
        await _door.WaitAsync();
        try
        {
            if (_app is { } app)
            {
                _app = null;
                await app.StopAsync(new CancellationToken(canceled: true));
                await app.DisposeAsync();
            }
        }
        finally
        {
            _door.Release();
        }
    }

    /// <summary>Listens again.</summary>
    public async Task ListenAsync()
    {
        await _door.WaitAsync();
        try
        {
            if (_app is null)
            {
                _app = Build();
                await _app.StartAsync();
                _port = new Uri(_app.Urls.Single()).Port;
            }
        }
        finally
        {
            _door.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await CloseAsync();
        await _following;
        _node.Dispose();
        _end.Dispose();
        _door.Dispose();
    }

    private WebApplication Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{_port}");
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(ServeAsync);
        return app;
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await HttpDoor.ServeAsync(context, _desk);
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
        using var door = new WebSocketDoor(socket, _desk, closing.Token);
        await door.ServeAsync(_node.Feeds);
    }

    private async Task GoDownAsync(TimeSpan time)
    {
        // The answer to the request that asked for it is to arrive first.
        await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
        await CloseAsync();
        await Task.Delay(time, _time, _end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        if (!_end.IsCancellationRequested)
        {
            await ListenAsync();
        }
    }

    /// <summary>Subscribers are told of heads, and parked transactions get their chance, although nobody asks.</summary>
    private async Task FollowAsync(TimeSpan poll)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await _node.FollowAsync();
                await Task.Delay(poll, _end.Token);
            }
            catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or JsonException)
            {
                // Anvil is down or has just been killed: it is looked for again.
                await Task.Delay(poll, CancellationToken.None);
            }
        }
    }

    private static JsonNode? ReadRules(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException problem)
        {
            throw new FormatException($"The rules are no JSON (line {problem.LineNumber + 1}, byte {problem.BytePositionInLine}).");
        }
    }
}

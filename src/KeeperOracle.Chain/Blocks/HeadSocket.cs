using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;

namespace KeeperOracle.Chain.Blocks;

// Specification.
//
// One node's newHeads over a WebSocket. What comes is no data: a notification of our subscription means "look now", and the head itself is read
// through the quorum as ever (HeadTracker.cs), which goes on polling behind. So whatever this socket does, a head is at most late by a
// poll interval, and never wrong.
//
// The connection is its own: beside other traffic Nagle's algorithm costs 42 ms, and TCP_NODELAY is set. No redirect is followed: it would carry
// the key in the URL to a stranger.
//
// A connection ends where it breaks; where it is not there, or the node does not take the subscription, within Patience; where nothing comes for
// Silence (a halted chain is silent too, and connecting again does no harm); at a message over MessageLimit or one that is not JSON-RPC in text;
// and at more than BurstLimit messages within a second. Then it is made again after a pause that doubles from FirstPause to LongestPause, less up to
// half of it by chance, so that many keepers do not come back at once. A connection that told of a head begins at FirstPause again.
// Messages say the node's name and the kind of the fault, never the URL.

/// <summary>How a node's socket stands now; <paramref name="Problem"/> is empty where it is subscribed.</summary>
public readonly record struct HeadSocketChange(string Node, string Problem);

/// <summary>Listens to one node's new heads.</summary>
public sealed class HeadSocket
{
    /// <summary>Bytes; a header of a block has about two thousand.</summary>
    public const int MessageLimit = 256 * 1024;

    /// <summary>Messages within a second.</summary>
    public const int BurstLimit = 1000;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(2);
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private static readonly byte[] Subscribe = """{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"""u8.ToArray();

    private readonly string _node;
    private readonly Uri _url;
    private readonly WakeSignal _wake;
    private readonly TimeProvider _time;
    private readonly Random _jitter;
    private readonly Action<HeadSocketChange>? _onChange;

    /// <param name="node">the node's name in messages</param>
    /// <param name="url">ws or wss, perhaps with an API key in it</param>
    /// <param name="wake">set at each notification</param>
    /// <param name="time">the clock of limits and pauses</param>
    /// <param name="jitter">for this socket alone</param>
    /// <param name="onChange">hears of each subscription and of each end; it must not block</param>
    public HeadSocket(string node, Uri url, WakeSignal wake, TimeProvider time, Random jitter, Action<HeadSocketChange>? onChange = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (url.Scheme is not ("ws" or "wss"))
        {
            throw new ArgumentException($"{node}: the URL must begin with ws or wss, not {url.Scheme}.", nameof(url));
        }

        (_node, _url, _wake, _time, _jitter, _onChange) = (node, url, wake, time, jitter, onChange);
    }

    /// <summary>Runs until cancelled, and then ends without an exception.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            var (told, problem) = await ConnectAsync(ListenAsync, ct).ConfigureAwait(false);
            if (ct.IsCancellationRequested)
            {
                return;
            }

            failures = told ? 1 : failures + 1;
            _onChange?.Invoke(new HeadSocketChange(_node, problem));
            try
            {
                await Task.Delay(Pause(failures), _time, ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Whether the node takes a subscription now: null where it does, else why not.</summary>
    public async Task<string?> ProbeAsync(CancellationToken ct)
    {
        var (taken, problem) = await ConnectAsync((_, _, _) => Task.FromResult((true, "")), ct).ConfigureAwait(false);
        ct.ThrowIfCancellationRequested();
        return taken ? null : problem;
    }

    private TimeSpan Pause(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 16));
        return (pause < LongestPause ? pause : LongestPause) * (1 - (_jitter.NextDouble() / 2));
    }

    /// <summary>Connects, subscribes, and goes on with <paramref name="then"/>; every fault of the node and its network is a problem in words.</summary>
    private async Task<(bool Told, string Problem)> ConnectAsync(
        Func<Inbox, string, CancellationTokenSource, Task<(bool, string)>> then, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        var inbox = new Inbox(socket, _time, either.Token);
        try
        {
            using var http = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectCallback = OpenAsync });
            await socket.ConnectAsync(_url, http, either.Token).ConfigureAwait(false);
            await socket.SendAsync(Subscribe, WebSocketMessageType.Text, endOfMessage: true, either.Token).ConfigureAwait(false);
            var (subscription, problem) = await SubscriptionAsync(inbox).ConfigureAwait(false);
            return subscription is null ? (false, problem) : await then(inbox, subscription, limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return (inbox.HasTold, ct.IsCancellationRequested ? "ended" : inbox.HasTold ? "silent for too long" : "no subscription in time, or no head after it");
        }
        catch (Exception fault) when (fault is WebSocketException or HttpRequestException or IOException or SocketException)
        {
            // Their texts can hold the host's name, but the kind of the fault is enough to act on.
            var status = (int)socket.HttpStatusCode;
            return (inbox.HasTold, status is 0 or 101 ? "the connection broke or was refused" : $"HTTP {status}");
        }
    }

    private static async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, ct).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The id that the node gives our subscription.</summary>
    private static async Task<(string? Id, string Problem)> SubscriptionAsync(Inbox inbox)
    {
        var (message, problem) = await inbox.NextAsync().ConfigureAwait(false);
        using (message)
        {
            return message is null ? (null, problem)
                : message.RootElement.ValueKind == JsonValueKind.Object && message.RootElement.TryGetProperty("result", out var id) && id.ValueKind == JsonValueKind.String
                    ? (id.GetString(), "")
                    : (null, "it does not take the subscription");
        }
    }

    private async Task<(bool Told, string Problem)> ListenAsync(Inbox inbox, string subscription, CancellationTokenSource limit)
    {
        _onChange?.Invoke(new HeadSocketChange(_node, ""));
        while (true)
        {
            limit.CancelAfter(Silence);
            var (message, problem) = await inbox.NextAsync().ConfigureAwait(false);
            using (message)
            {
                if (message is null)
                {
                    return (inbox.HasTold, problem);
                }

                if (IsHead(message.RootElement, subscription))
                {
                    inbox.HasTold = true;
                    _wake.Set();
                }
            }
        }
    }

    private static bool IsHead(JsonElement message, string subscription) =>
        message.ValueKind == JsonValueKind.Object
        && message.TryGetProperty("params", out var told) && told.ValueKind == JsonValueKind.Object
        && told.TryGetProperty("subscription", out var id) && id.ValueKind == JsonValueKind.String && id.ValueEquals(subscription);

    /// <summary>What a connection sends, message by message, within the limits.</summary>
    private sealed class Inbox(ClientWebSocket socket, TimeProvider time, CancellationToken ct)
    {
        private readonly byte[] _buffer = new byte[MessageLimit];
        private long _secondBegan = time.GetTimestamp();
        private int _thisSecond;

        /// <summary>Whether it has told of a head.</summary>
        public bool HasTold { get; set; }

        /// <summary>The next message, or null and why there is none.</summary>
        public async Task<(JsonDocument? Message, string Problem)> NextAsync()
        {
            var length = 0;
            while (true)
            {
                var part = await socket.ReceiveAsync(_buffer.AsMemory(length), ct).ConfigureAwait(false);
                length += part.Count;
                if (part.MessageType != WebSocketMessageType.Text)
                {
                    return (null, part.MessageType == WebSocketMessageType.Close ? "the node closed it" : "a message that is not text");
                }

                if (part.EndOfMessage)
                {
                    break;
                }

                if (length == _buffer.Length)
                {
                    return (null, $"a message of more than {MessageLimit} bytes");
                }
            }

            if (time.GetElapsedTime(_secondBegan) >= TimeSpan.FromSeconds(1))
            {
                (_secondBegan, _thisSecond) = (time.GetTimestamp(), 0);
            }

            if (++_thisSecond > BurstLimit)
            {
                return (null, $"more than {BurstLimit} messages within a second");
            }

            try
            {
                return (JsonDocument.Parse(_buffer.AsMemory(0, length)), "");
            }
            catch (JsonException)
            {
                return (null, "a message that is not JSON");
            }
        }
    }
}

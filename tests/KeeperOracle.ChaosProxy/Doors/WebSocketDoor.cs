using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using KeeperOracle.ChaosProxy.Node;
using KeeperOracle.ChaosProxy.Subscriptions;

namespace KeeperOracle.ChaosProxy.Doors;

/// <summary>One WebSocket: requests are answered side by side, all that is sent goes through one queue.</summary>
internal sealed class WebSocketDoor(WebSocket socket, Desk desk, CancellationToken closing) : ISubscriber, IDisposable
{
    private const int MaxMessageBytes = 32 * 1024 * 1024;
    private const int MaxRequestsAtOnce = 64;
    private const int MaxOutgoing = 20_000;

    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(closing);
    private readonly SemaphoreSlim _requests = new(MaxRequestsAtOnce, MaxRequestsAtOnce);
    private readonly Channel<Outgoing> _outgoing =
        Channel.CreateBounded<Outgoing>(new BoundedChannelOptions(MaxOutgoing) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly HashSet<string> _announced = new(StringComparer.Ordinal);
    private readonly List<Outgoing> _early = [];

    public async Task ServeAsync(Feeds feeds)
    {
        var pump = PumpAsync();
        try
        {
            while (await ReceiveAsync() is { } message)
            {
                await _requests.WaitAsync(_ended.Token);
                _ = AnswerAsync(message);
            }
        }
        catch (Exception problem) when (problem is WebSocketException or OperationCanceledException)
        {
            // The other side is gone, or the proxy ends: either way there is nobody to tell.
        }
        finally
        {
            feeds.Forget(this);
            await _ended.CancelAsync();
            await pump;
        }
    }

    /// <summary>A subscriber hears of its subscription before it hears from it.</summary>
    public void Notify(string subscription, string kind, JsonNode item)
    {
        var outgoing = new Outgoing(new Wire(), [], subscription, kind, item);
        lock (_announced)
        {
            if (_announced.Contains(subscription))
            {
                _outgoing.Writer.TryWrite(outgoing);
            }
            else if (_early.Count < MaxOutgoing)
            {
                _early.Add(outgoing);
            }
        }
    }

    public void Dispose()
    {
        _ended.Dispose();
        _requests.Dispose();
    }

    private async Task AnswerAsync(byte[] message)
    {
        try
        {
            var wire = new Wire();
            var messages = await desk.AnswerAsync(message, wire, this, _ended.Token);
            _outgoing.Writer.TryWrite(new Outgoing(wire, messages));
            if (message.AsSpan().IndexOf("eth_subscribe"u8) >= 0)
            {
                Announce(messages);
            }

            _requests.Release();
        }
        catch (Exception problem) when (problem is OperationCanceledException or ObjectDisposedException)
        {
            // The connection ended while its request was answered.
        }
    }

    /// <summary>A result among the answers may be the id of a subscription that items wait for.</summary>
    private void Announce(IReadOnlyList<string> messages)
    {
        lock (_announced)
        {
            foreach (var text in messages)
            {
                var replies = JsonNode.Parse(text) is JsonArray batch ? [.. batch] : new[] { JsonNode.Parse(text) };
                var results = replies.Select(reply => reply!["result"].AsText()).OfType<string>();
                _announced.UnionWith(results.Where(id => id.StartsWith(Feeds.IdPrefix, StringComparison.Ordinal)));
            }

            foreach (var due in _early.Where(one => _announced.Contains(one.Subscription!)).ToList())
            {
                _early.Remove(due);
                _outgoing.Writer.TryWrite(due);
            }
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            await foreach (var outgoing in _outgoing.Reader.ReadAllAsync(_ended.Token))
            {
                await SendAsync(outgoing.Item is null ? outgoing : await WordAsync(outgoing));
            }
        }
        catch (Exception problem) when (problem is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private async Task<Outgoing> WordAsync(Outgoing notification)
    {
        var reply = await desk.NotifyAsync(notification.Kind!, notification.Item!, notification.Wire, _ended.Token);
        var json = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["method"] = "eth_subscription",
            ["params"] = new JsonObject { ["subscription"] = notification.Subscription, ["result"] = reply.Result?.DeepClone() },
        };
        return notification with { Messages = [.. Enumerable.Repeat(json.ToJsonString(), reply.Copies)] };
    }

    private async Task SendAsync(Outgoing outgoing)
    {
        var wire = outgoing.Wire;
        if (wire.Ending == Ending.Hang)
        {
            return;
        }

        if (wire.Ending == Ending.Reset || wire.Status != 200)
        {
            socket.Abort();
            return;
        }

        foreach (var message in outgoing.Messages)
        {
            var text = wire.Instead ?? message;
            text = wire.IsCut ? text[..(text.Length / 2)] : text;
            for (var left = wire.PaddingBytes; left > 0; left -= 64 * 1024)
            {
                var spaces = Encoding.UTF8.GetBytes(new string(' ', (int)Math.Min(left, 64 * 1024)));
                await socket.SendAsync(spaces, WebSocketMessageType.Text, endOfMessage: false, _ended.Token);
            }

            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, _ended.Token);
        }
    }

    /// <summary>Null where the other side closes.</summary>
    private async Task<byte[]?> ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, _ended.Token);
            if (part.MessageType == WebSocketMessageType.Close || message.Length + part.Count > MaxMessageBytes)
            {
                return null;
            }

            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                return message.ToArray();
            }
        }
    }

    /// <summary>Messages that are ready, or a notification that is worded when it is its turn.</summary>
    private sealed record Outgoing(Wire Wire, IReadOnlyList<string> Messages, string? Subscription = null, string? Kind = null, JsonNode? Item = null);
}

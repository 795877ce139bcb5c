using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;

namespace KeeperOracle.Benchmarks.Chain;

/// <summary>Heads as they are told by WebSocket, on a connection of its own, with the time of this process at which each came.</summary>
internal sealed class HeadWatch : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<ulong, long> _times = [];
    private readonly CancellationTokenSource _ending = new();
    private Task _listening = Task.CompletedTask;

    /// <summary>Hears of each head at once; it must not block.</summary>
    public Action<ulong>? OnHead { get; set; }

    public static async Task<HeadWatch> StartAsync(Uri url, CancellationToken ct)
    {
        var watch = new HeadWatch();
        await watch._socket.ConnectAsync(SocketUrl(url), ct);
        var subscribe = """{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"""u8.ToArray();
        await watch._socket.SendAsync(subscribe, WebSocketMessageType.Text, true, ct);
        watch._listening = watch.ListenAsync();
        return watch;
    }

    public static Uri SocketUrl(Uri url) => new UriBuilder(url) { Scheme = "ws" }.Uri;

    /// <summary>Stamp of the head of this height, once it has come.</summary>
    public async Task<long> TimeOfAsync(ulong number, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_times.TryGetValue(number, out var time))
            {
                return time;
            }

            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(20))
            {
                throw new TimeoutException($"Nobody told of block {number}.");
            }

            await Task.Delay(2, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _listening;
        _socket.Dispose();
        _ending.Dispose();
    }

    private async Task ListenAsync()
    {
        var buffer = new byte[1 << 20];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length), _ending.Token);
                    length += part.Count;
                }
                while (!part.EndOfMessage);
                var now = Stopwatch.GetTimestamp();
                using var message = JsonDocument.Parse(buffer.AsMemory(0, length));
                if (message.RootElement.TryGetProperty("params", out var told))
                {
                    var number = ulong.Parse(told.GetProperty("result").GetProperty("number").GetString()!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    OnHead?.Invoke(number);
                    _times.TryAdd(number, now);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}

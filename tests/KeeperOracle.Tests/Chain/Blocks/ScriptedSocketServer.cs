using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace KeeperOracle.Tests.Chain.Blocks;

/// <summary>
/// A WebSocket server on loopback. It takes the upgrade and the subscription of each connection, and then does what the script says; a script that
/// returns ends the connection. Before the upgrade it may answer with anything instead.
/// </summary>
internal sealed class ScriptedSocketServer : IAsyncDisposable
{
    public const string Subscribed = """{"jsonrpc":"2.0","id":1,"result":"0x5ab5"}""";
    public const string NewHead = """{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x5ab5","result":{"number":"0x10"}}}""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Connection, Task> _script;
    private readonly Task _loop;
    private int _connections;

    /// <param name="script">what each connection does once it is open</param>
    public ScriptedSocketServer(Func<Connection, Task> script)
    {
        _script = script;
        _listener.Start();
        _loop = AcceptAsync();
    }

    public Uri Url => new($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v3/SECRETKEY");

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>An answer to the upgrade, from a connection's number (from 0), that refuses it; null takes it.</summary>
    public Func<int, string?> Refuses { get; init; } = _ => null;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop; // a listener that is stopped before refuses the loop's next accept with another exception
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                connections.Add(ServeAsync(client, Interlocked.Increment(ref _connections) - 1));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            var request = await ReadRequestAsync(stream);
            if (Refuses(number) is { } refusal)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(refusal), _stop.Token);
                return;
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(Upgrade(request)), _stop.Token);
            using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
            await socket.ReceiveAsync(new byte[4096], _stop.Token);
            await _script(new Connection(number, socket, _stop.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or WebSocketException)
        {
            // The client went away, or the test is over.
        }
    }

    private async Task<string> ReadRequestAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var chunk = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(chunk, _stop.Token);
            text.Append(read == 0 ? throw new IOException("The client went away.") : Encoding.ASCII.GetString(chunk, 0, read));
        }

        return text.ToString();
    }

    // RFC 6455 takes SHA-1 for this, where nothing depends on its strength.
#pragma warning disable CA5350
    private static string Upgrade(string request)
    {
        var key = request.Split("\r\n").Single(line => line.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase)).Split(':')[1].Trim();
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        return $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n";
    }
#pragma warning restore CA5350

    /// <summary>An open connection, for its script.</summary>
    internal sealed record Connection(int Number, WebSocket Socket, CancellationToken Stop)
    {
        public Task SayAsync(string text) => Socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Stop);

        public Task StayAsync() => Task.Delay(Timeout.Infinite, Stop);
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KeeperOracle.Tests.Chain.Rpc;

/// <summary>
/// A server on loopback that answers each request, whatever it is, with the next of its scripted answers as raw bytes; the last one
/// repeats. An answer of null holds the connection open without a word. It counts the requests.
/// </summary>
internal sealed class RawHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, int, string?> _answer;
    private readonly Task _loop;
    private int _requests;

    /// <param name="answer">from the request's body and its number, from 0, to the raw answer</param>
    public RawHttpServer(Func<string, int, string?> answer)
    {
        _answer = answer;
        _listener.Start();
        _loop = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v3/SECRETKEY");

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>A whole answer with this body.</summary>
    public static string Ok(string body) => Status("200 OK", "", body);

    public static string Status(string status, string headers, string body) =>
        $"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {Encoding.UTF8.GetByteCount(body)}\r\nconnection: close\r\n\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            // A listener that was stopped between two connections is asked for none.
            while (!_stop.IsCancellationRequested)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // Stopped: an ObjectDisposedException is one of these too.
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            var body = await ReadRequestAsync(stream);
            var answer = _answer(body, Interlocked.Increment(ref _requests) - 1);
            if (answer is null)
            {
                await Task.Delay(Timeout.Infinite, _stop.Token);
                return;
            }

            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), _stop.Token);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // The client went away, or the test is over.
        }
    }

    private async Task<string> ReadRequestAsync(NetworkStream stream)
    {
        var bytes = new List<byte>();
        var chunk = new byte[4096];
        while (true)
        {
            var read = await stream.ReadAsync(chunk, _stop.Token);
            if (read == 0)
            {
                throw new IOException("The client went away.");
            }

            bytes.AddRange(chunk.AsSpan(0, read));
            var text = Encoding.UTF8.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            var length = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
            if (end >= 0 && length >= 0 && bytes.Count >= end + 4 + int.Parse(text[(length + 16)..text.IndexOf('\r', length)], System.Globalization.CultureInfo.InvariantCulture))
            {
                return text[(end + 4)..];
            }
        }
    }
}

using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace KeeperOracle.Benchmarks.Chain;

/// <summary>
/// The least that a client can do: bodies made beforehand, one connection, the reply read whole and its hexadecimal result turned into bytes. No
/// retries, no limits, no checks, and no value of a field is known afterwards.
/// </summary>
internal sealed class RawClient(Uri url) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 });
    private byte[] _buffer = new byte[1 << 20];

    public static byte[] Call(string to, string data, string block, string? code = null)
    {
        var overrides = code is null ? "" : $$$""",{"{{{to}}}":{"code":"{{{code}}}"}}""";
        return Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"{{to}}","data":"{{data}}"},{"blockHash":"{{block}}","requireCanonical":true}{{overrides}}]}""");
    }

    public static byte[] Batch(IEnumerable<byte[]> bodies) => Encoding.UTF8.GetBytes($"[{string.Join(',', bodies.Select(Encoding.UTF8.GetString))}]");

    /// <summary>Bytes of all results together.</summary>
    public async Task<long> SendAsync(byte[] body)
    {
        var reply = await PostAsync(body);
        var bytes = 0L;
        var rest = reply.Span;
        while (rest.IndexOf("\"result\":\"0x"u8) is >= 0 and var at)
        {
            rest = rest[(at + 12)..];
            var length = rest.IndexOf((byte)'"');
            bytes += Convert.FromHexString(Encoding.Latin1.GetString(rest[..length])).Length;
            rest = rest[length..];
        }

        return bytes;
    }

    /// <summary>How many items the array of the result has.</summary>
    public async Task<int> CountAsync(byte[] body)
    {
        using var document = JsonDocument.Parse(await PostAsync(body));
        return document.RootElement.GetProperty("result").GetArrayLength();
    }

    public static byte[] Logs(string address, ulong to) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $$"""{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"address":"{{address}}","fromBlock":"0x0","toBlock":"0x{{to:x}}"}]}"""));

    public void Dispose() => _http.Dispose();

    private async Task<ReadOnlyMemory<byte>> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var length = 0;
        while (true)
        {
            if (length == _buffer.Length)
            {
                Array.Resize(ref _buffer, 2 * length);
            }

            var read = await stream.ReadAsync(_buffer.AsMemory(length));
            if (read == 0)
            {
                return _buffer.AsMemory(0, length);
            }

            length += read;
        }
    }
}

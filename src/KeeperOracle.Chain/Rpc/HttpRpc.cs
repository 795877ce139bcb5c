using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace KeeperOracle.Chain.Rpc;

// Specification of this folder.
//
// JSON-RPC to one node over HTTP. Layers from the outside: a deadline for the whole call; retries, for reads only, with jittered
// exponential backoff, not before the node's Retry-After; a circuit breaker for the node; a timeout for each attempt; a cap on the body.
// What counts as the node's failure (and is retried, and opens the circuit): no or a broken connection, no answer in time, 429, 5xx.
// An error reply and a malformed one are answers: they are not retried here. A malformed one condemns the node, which is for the
// quorum above to see.
// A call that may change something (see Methods) is sent once. Where its outcome is not known the exception is Transport or Timeout, and
// the caller, who has the signed bytes in a journal, decides what to send again.
// This client does not vote: that k of n nodes agree is the affair of Quorum/QuorumRpc.cs, over n of these.

/// <summary>A node behind a URL.</summary>
public sealed class HttpRpc : IRpc, IDisposable
{
    private const int FirstBodyBytes = 64 * 1024;

    private readonly string _node;
    private readonly Uri _url;
    private readonly SecretWords _secrets;
    private readonly HttpRpcOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly ResiliencePipeline<ReadOnlyMemory<byte>> _reads;
    private readonly ResiliencePipeline<ReadOnlyMemory<byte>> _writes;
    private long _lastId;

    /// <param name="node">the node's name in messages; the URL never appears there</param>
    /// <param name="url">http or https, perhaps with an API key in it</param>
    /// <param name="options">limits; null for the defaults</param>
    /// <param name="time">the clock of timeouts and delays</param>
    /// <param name="handler">for a proxy or a client certificate; owned by the caller</param>
    /// <param name="token">that the handler sends, so that it can be hidden where the node repeats it; null where none is sent</param>
    public HttpRpc(
        string node, Uri url, HttpRpcOptions? options = null, TimeProvider? time = null, HttpMessageHandler? handler = null, string? token = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (url.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"{node}: the URL must begin with http or https, not {url.Scheme}.", nameof(url));
        }

        _node = node;
        _url = url;
        _secrets = new SecretWords(url, token);
        _options = options ?? new HttpRpcOptions();
        // Redirects would carry the request, and the key in the URL, to a stranger.
        _http = handler is null
            ? new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
            : new HttpClient(handler, disposeHandler: false);
        _http.Timeout = Timeout.InfiniteTimeSpan;
        _time = time ?? TimeProvider.System;
        (_reads, _writes) = RpcPipeline.Build(_options, _time);
    }

    public async Task<JsonElement> SendAsync(string method, CancellationToken ct, params object?[] parameters)
    {
        var replies = await SendAsync([new RpcRequest(method, parameters)], isBatch: false, ct).ConfigureAwait(false);
        return replies[0].ResultOrThrow();
    }

    public async Task<IReadOnlyList<RpcReply>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return requests.Count == 0 ? [] : await SendAsync(requests, isBatch: true, ct).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    private async Task<RpcReply[]> SendAsync(IReadOnlyList<RpcRequest> requests, bool isBatch, CancellationToken ct)
    {
        var firstId = Interlocked.Add(ref _lastId, requests.Count) - requests.Count + 1;
        var body = JsonRpc.Write(requests, firstId, isBatch);
        var pipeline = requests.All(request => Methods.IsRead(request.Method)) ? _reads : _writes;
        try
        {
            var reply = await pipeline.ExecuteAsync(async token => await PostAsync(body, token).ConfigureAwait(false), ct).ConfigureAwait(false);
            return JsonRpc.Read(_node, _secrets, reply, firstId, requests.Count, isBatch);
        }
        catch (TimeoutRejectedException timeout)
        {
            var seconds = timeout.Timeout.TotalSeconds;
            throw new RpcException(RpcFailure.Timeout, _node, $"{requests[0].Method} got no answer within {seconds:0.###} s");
        }
        catch (BrokenCircuitException)
        {
            var seconds = _options.CircuitBreak.TotalSeconds;
            throw new RpcException(RpcFailure.CircuitOpen, _node, $"not asked: it failed too often and rests for {seconds:0.###} s");
        }
    }

    private async Task<ReadOnlyMemory<byte>> PostAsync(byte[] body, CancellationToken ct)
    {
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = content };
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
            return response.IsSuccessStatusCode || MayCarryAnError(response)
                ? await ReadBodyAsync(response, ct).ConfigureAwait(false)
                : throw Refused(response);
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException)
        {
            // The text of these exceptions can hold the host's name, but the kind of the fault is enough to act on.
            var kind = problem is HttpRequestException http ? http.HttpRequestError.ToString() : "the connection broke";
            throw new RpcException(RpcFailure.Transport, _node, $"no answer ({kind})");
        }
    }

    /// <summary>Some nodes send a JSON-RPC error with HTTP 400; everything else that is no success is no answer.</summary>
    private static bool MayCarryAnError(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.BadRequest && response.Content.Headers.ContentType?.MediaType == "application/json";

    private RpcException Refused(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var kind = response.StatusCode == HttpStatusCode.TooManyRequests ? RpcFailure.RateLimited : RpcFailure.Transport;
        var after = response.Headers.RetryAfter;
        return new RpcException(kind, _node, $"HTTP {status}", status) { RetryAfter = after?.Delta ?? after?.Date - _time.GetUtcNow() };
    }

    private async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.Content.Headers.ContentLength > _options.MaxReplyBytes)
        {
            throw TooLarge();
        }

        using var stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        // One byte more than is announced: the end is seen without growing.
        var body = new byte[response.Content.Headers.ContentLength is { } announced ? (int)announced + 1 : FirstBodyBytes];
        var length = 0;
        int read;
        while ((read = await stream.ReadAsync(body.AsMemory(length), ct).ConfigureAwait(false)) > 0)
        {
            length += read;
            if (length > _options.MaxReplyBytes)
            {
                throw TooLarge();
            }

            if (length == body.Length)
            {
                Array.Resize(ref body, (int)Math.Min(2L * length, _options.MaxReplyBytes + 1L));
            }
        }

        return body.AsMemory(0, length);
    }

    private RpcException TooLarge() => new(RpcFailure.MalformedReply, _node, $"the reply is larger than {_options.MaxReplyBytes} bytes");
}

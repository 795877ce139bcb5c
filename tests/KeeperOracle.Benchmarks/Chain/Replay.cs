using System.Collections.Concurrent;
using System.Net;

namespace KeeperOracle.Benchmarks.Chain;

/// <summary>
/// The node's answers kept in memory, so that what is measured is our own side alone: a body that was asked before gets the same bytes without
/// a node. Ids count from 1 in each client, so a new client asks with the same bytes.
/// </summary>
internal sealed class Replay : HttpMessageHandler
{
    private readonly HttpMessageInvoker _node = new(new SocketsHttpHandler());
    private readonly ConcurrentDictionary<string, byte[]> _answers = [];

    /// <summary>True where unknown questions go to the node.</summary>
    public bool IsRecording { get; set; } = true;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        var key = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(body));
        if (!_answers.TryGetValue(key, out var answer))
        {
            if (!IsRecording)
            {
                throw new InvalidOperationException("A question that was not asked before.");
            }

            using var response = await _node.SendAsync(request, cancellationToken);
            answer = _answers[key] = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        }

        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(answer) };
    }

    protected override void Dispose(bool disposing)
    {
        _node.Dispose();
        base.Dispose(disposing);
    }
}

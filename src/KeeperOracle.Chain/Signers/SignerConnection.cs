using System.Net.Http.Headers;
using System.Net.Sockets;

namespace KeeperOracle.Chain.Signers;

/// <summary>Where a signer listens: "unix:/path" of a socket, or an http or https URL. Its text may be shown: it holds no secret.</summary>
public sealed record SignerConnection
{
    private const string UnixScheme = "unix:";

    private SignerConnection(Uri url, string? socketPath) => (Url, SocketPath) = (url, socketPath);

    /// <summary>What HTTP is spoken to; for a socket only a name.</summary>
    public Uri Url { get; }

    /// <summary>Absolute path of the socket; null for a URL.</summary>
    public string? SocketPath { get; }

    /// <summary>False with what is wrong. Plain http is taken on loopback only: a token must not cross a network in the clear.</summary>
    public static bool TryParse(string text, out SignerConnection? connection, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        connection = null;
        if (text.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            var path = text[UnixScheme.Length..];
            problem = !Path.IsPathRooted(path) ? "the path of a socket begins with /"
                : path.Length > 100 ? "the path of a socket has at most 100 characters"
                : "";
            connection = problem.Length == 0 ? new SignerConnection(new Uri("http://signer/"), path) : null;
            return connection is not null;
        }

        problem = !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") ? "this is neither unix:/path nor an http or https URL"
            : url.UserInfo.Length > 0 ? "a user name or password never stands in a URL"
            : url.Scheme == "http" && !url.IsLoopback ? "plain http would carry the token over a network in the clear"
            : "";
        connection = problem.Length == 0 ? new SignerConnection(url!, null) : null;
        return connection is not null;
    }

    public override string ToString() => SocketPath is null ? $"{Url.Scheme}://{Url.Host}:{Url.Port}" : UnixScheme + SocketPath;

    /// <param name="token">sent as a bearer token; null for none</param>
    internal HttpMessageHandler Open(string? token)
    {
        // Redirects would carry the token to a stranger, and a proxy has no business with a signer.
        var sockets = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        if (SocketPath is { } path)
        {
            sockets.ConnectCallback = (_, ct) => ConnectAsync(path, ct);
        }

        return token is null ? sockets : new TokenHandler(token, sockets);
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class TokenHandler(string token, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

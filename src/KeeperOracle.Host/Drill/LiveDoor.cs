using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Drill;

/// <summary>
/// The only way from the fork to the live chain: JSON-RPC on loopback, where methods that read are passed on to the configured node and every other
/// is turned away and counted. So nothing that happens on the fork can reach the live chain; and the node's URL, which may hold a key, stands in
/// no command line and no log of another process.
/// </summary>
internal sealed class LiveDoor : IAsyncDisposable
{
    private const int MethodNotFound = -32601;
    private const int ServerError = -32000;
    private readonly HttpRpc _node;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _turnedAway = new(StringComparer.Ordinal);

    private LiveDoor(HttpRpc node, WebApplication app) => (_node, _app) = (node, app);

    public Uri Url => new(_app.Urls.First());

    public IReadOnlyDictionary<string, int> Asked => _asked.ToImmutableSortedDictionary(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, int> TurnedAway => _turnedAway.ToImmutableSortedDictionary(StringComparer.Ordinal);

    public static async Task<LiveDoor> OpenAsync(EndpointOptions node, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://{IPAddress.Loopback}:0");
        var app = builder.Build();
        var door = new LiveDoor(new HttpRpc(node.Name, node.Url.Value), app);
        app.Run(door.HandleAsync);
        try
        {
            await app.StartAsync(cancellationToken);
            return door;
        }
        catch
        {
            await door.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _node.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            var root = document.RootElement;
            object reply = root.ValueKind == JsonValueKind.Array
                ? await Task.WhenAll(root.EnumerateArray().Select(one => AnswerAsync(one, context.RequestAborted)))
                : await AnswerAsync(root, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(reply, context.RequestAborted);
        }
        catch (JsonException)
        {
            context.Response.StatusCode = (int)HttpStatusCode.BadRequest;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The fork has ended: nobody waits for this answer.
        }
    }

    private async Task<Dictionary<string, object?>> AnswerAsync(JsonElement request, CancellationToken cancellationToken)
    {
        var method = request.ValueKind == JsonValueKind.Object && request.TryGetProperty("method", out var name) ? name.GetString() ?? "" : "";
        var reply = new Dictionary<string, object?> { ["jsonrpc"] = "2.0", ["id"] = request.TryGetProperty("id", out var id) ? id : null };
        if (!Methods.IsRead(method))
        {
            _turnedAway.AddOrUpdate(method, 1, (_, count) => count + 1);
            reply["error"] = Error(MethodNotFound, $"{method} is not passed on to the live chain: only reads are", null);
            return reply;
        }

        _asked.AddOrUpdate(method, 1, (_, count) => count + 1);
        try
        {
            object?[] parameters = request.TryGetProperty("params", out var given) && given.ValueKind == JsonValueKind.Array
                ? [.. given.EnumerateArray().Select(one => (object?)one)]
                : [];
            reply["result"] = await _node.SendAsync(method, cancellationToken, parameters);
        }
        catch (RpcException problem)
        {
            reply["error"] = Error(problem.Code == 0 ? ServerError : problem.Code, problem.Message, problem.RevertData.IsEmpty ? null : Hex.FromBytes(problem.RevertData.Span));
        }

        return reply;
    }

    private static Dictionary<string, object?> Error(int code, string message, string? data)
    {
        var error = new Dictionary<string, object?> { ["code"] = code, ["message"] = message };
        if (data is not null)
        {
            error["data"] = data;
        }

        return error;
    }
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>The anvil behind the proxy. A connection that fails is an <see cref="HttpRequestException"/>.</summary>
internal sealed class Upstream(Uri url) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };

    public async Task<Reply> SendAsync(Call call)
    {
        var body = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = call.Method, ["params"] = call.Parameters.DeepClone() };
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await _http.PostAsync(url, content);
        var reply = JsonNode.Parse(await response.Content.ReadAsStreamAsync()) as JsonObject ?? throw new HttpRequestException("anvil gave no JSON-RPC reply.");
        return reply["error"] is JsonObject error
            ? Reply.Fail(error["message"].AsText() ?? "", error["code"]?.GetValue<int>() ?? 0, error["data"]?.DeepClone())
            : Reply.Ok(Detach(reply, "result"));
    }

    /// <summary>The result, for the proxy's own questions, which anvil has no reason to refuse.</summary>
    public async Task<JsonNode?> AskAsync(string method, params JsonNode?[] parameters)
    {
        var reply = await SendAsync(Call.Of(method, parameters));
        return reply.Error is null ? reply.Result : throw new HttpRequestException($"anvil refused {method}: {reply.Error.Message}");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>A node that has a parent cannot be put anywhere else.</summary>
    private static JsonNode? Detach(JsonObject owner, string name)
    {
        var value = owner[name];
        owner.Remove(name);
        return value;
    }
}

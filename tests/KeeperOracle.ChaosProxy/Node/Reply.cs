using System.Text.Json.Nodes;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>An error as JSON-RPC has it.</summary>
internal sealed record RpcError(int Code, string Message, JsonNode? Data = null);

/// <summary>The answer to a call: a result (null is one too) or an error, and how it is misdelivered.</summary>
internal sealed record Reply(JsonNode? Result, RpcError? Error = null)
{
    /// <summary>How often it is sent.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Added to the id of the request.</summary>
    public long IdOffset { get; init; }

    public bool HasResult => Error is null && Result is not null;

    public static Reply Ok(JsonNode? result) => new(result);

    /// <summary>Geth's code for nearly everything is -32000.</summary>
    public static Reply Fail(string message, int code = -32000, JsonNode? data = null) => new(null, new RpcError(code, message, data));

    public Reply WithResult(JsonNode? result) => this with { Result = result };

    /// <summary>As a member of JSON-RPC text.</summary>
    public JsonObject ToJson(JsonNode? id)
    {
        var shifted = IdOffset == 0 ? id?.DeepClone() : JsonValue.Create((id is JsonValue number && number.TryGetValue(out long value) ? value : 0) + IdOffset);
        var json = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = shifted };
        if (Error is null)
        {
            json["result"] = Result?.DeepClone();
            return json;
        }

        json["error"] = new JsonObject { ["code"] = Error.Code, ["message"] = Error.Message };
        if (Error.Data is { } data)
        {
            json["error"]!["data"] = data.DeepClone();
        }

        return json;
    }
}

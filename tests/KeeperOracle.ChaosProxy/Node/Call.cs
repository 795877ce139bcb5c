using System.Text.Json.Nodes;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>A JSON-RPC request without its id. Parameters are never changed in place: what was asked stays what was asked.</summary>
internal sealed record Call(string Method, JsonArray Parameters)
{
    public static Call Of(string method, params JsonNode?[] parameters) => new(method, new JsonArray([.. parameters.Select(value => value?.DeepClone())]));

    public JsonNode? Parameter(int index) => index < Parameters.Count ? Parameters[index] : null;

    /// <summary>The parameter where it is text, else null.</summary>
    public string? Text(int index) => Parameter(index).AsText();

    /// <summary>A copy with another parameter; those between that are missing become null.</summary>
    public Call With(int index, JsonNode? value)
    {
        var copy = (JsonArray)Parameters.DeepClone();
        while (copy.Count <= index)
        {
            copy.Add(null);
        }

        copy[index] = value?.DeepClone();
        return this with { Parameters = copy };
    }
}

/// <summary>The rest of the way to the node.</summary>
internal delegate Task<Reply> Next(Call call);
